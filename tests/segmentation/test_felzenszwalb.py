"""Felzenszwalb and Huttenlocher's regions against the paper's words, one pair after another."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from skimage import data as pictures
from strategies import images, masks, scenes, shapes
from trees.pairs import Sets, pairs_inside

from classicseg import connected_regions, felzenszwalb_segment
from classicseg._core.chosen import choices
from classicseg._core.image import as_image
from classicseg.filters.smoothing import smooth


def weight(a, b, scale):
    """The distance in units of the scale, whose square has 12 bits."""
    square = np.float32(((a - b) ** 2).sum() / scale**2)
    bits = square.view(np.uint32) & np.uint32(0xFFFFF000)
    return np.sqrt(bits.view(np.float32).astype(np.float64)).astype(np.float32)


def by_the_paper(image, mask, scale, sigma, min_area, connectivity, shuffle=lambda pairs: pairs):
    parsed = as_image(image, channel_axis=-1, mask=mask)
    values = smooth(parsed, sigma, (1.0,) * len(parsed.shape)).values.astype(np.float64)
    pairs = shuffle(pairs_inside(parsed.shape, mask, connectivity))
    pairs = sorted(((weight(values[a], values[b], scale), a, b) for a, b in pairs), key=lambda pair: pair[0])
    sets, strongest = Sets(parsed.shape, mask), {}
    for w, one, other in pairs:
        a, b = sets.of(one), sets.of(other)
        limits = [strongest.get(s, np.float32(0)) + np.float32(1) / np.float32(sets.size(s)) for s in (a, b)]
        if a != b and w <= min(limits):
            strongest[sets.join(a, b)] = w
    for _, level in itertools.groupby(pairs, key=lambda pair: pair[0]):
        ends = [(sets.of(one), sets.of(other), one, other) for _, one, other in level]
        small = [(one, other) for a, b, one, other in ends if min(sets.size(a), sets.size(b)) < min_area]
        for one, other in small:
            sets.join(sets.of(one), sets.of(other))
    return sets.labels()


@st.composite
def cases(draw):
    shape = draw(shapes(draw(st.integers(1, 3)), most=5))
    image = draw(images(shape, n_channels=draw(st.integers(1, 3)), dtype=draw(st.sampled_from(["u1", "f8"]))))
    options = {
        "scale": draw(st.sampled_from([0.5, 3.0, 30.0, 500.0])),
        "sigma": draw(st.sampled_from([0.0, 0.8])),
        "min_area": draw(st.sampled_from([1, 2, 5])),
        "connectivity": draw(st.integers(1, len(shape))),
    }
    return image, draw(st.none() | masks(shape)), options


@given(st.data())
def test_regions_are_those_of_the_paper(data):
    image, mask, options = data.draw(cases())
    expected = by_the_paper(image, mask, **options)
    assert_array_equal(felzenszwalb_segment(image, mask=mask, channel_axis=-1, **options), expected)


@given(st.data())
def test_the_order_of_equal_weights_decides_nothing(data):
    image, mask, options = data.draw(cases())
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    shuffled = by_the_paper(
        image, mask, **options, shuffle=lambda pairs: [pairs[i] for i in rng.permutation(len(pairs))]
    )
    assert_array_equal(felzenszwalb_segment(image, mask=mask, channel_axis=-1, **options), shuffled)


@given(st.data())
def test_an_image_and_its_scale_by_any_whole_number_have_the_same_regions(data):
    image = data.draw(images(n_channels=3) | scenes()).astype(np.uint16)
    scale, factor = data.draw(st.sampled_from([3, 64, 500])), data.draw(st.sampled_from([2, 3, 100, 257]))
    labels = felzenszwalb_segment(image, scale=scale, sigma=0)
    assert_array_equal(felzenszwalb_segment(image * factor, scale=scale * factor, sigma=0), labels)
    assert_array_equal(felzenszwalb_segment(image * factor, sigma=0), felzenszwalb_segment(image, sigma=0))


@given(st.data())
def test_corners_connect_where_they_are_asked_to(data):
    image = data.draw(scenes())
    labels = felzenszwalb_segment(image, connectivity=2, scale=data.draw(st.sampled_from([1.0, 50.0])))
    assert_array_equal(labels, connected_regions(labels, connectivity=2))


@given(st.data())
def test_no_region_is_smaller_than_asked_where_it_has_a_neighbor(data):
    image = data.draw(scenes())
    min_area = data.draw(st.integers(1, 40))
    areas = np.bincount(felzenszwalb_segment(image, scale=5, min_area=min_area).ravel())[1:]
    assert areas.min() >= min(min_area, image.size)


def test_a_texture_is_one_region_and_a_weak_edge_beside_it_a_border():
    """The paper's figure 1: the steps within the texture are stronger than the border of the smooth parts."""
    image = np.zeros((60, 120))
    image[:, :60] = np.linspace(0, 30, 60)
    image[:, 60:] = 80
    image[15:45, 75:105] = np.random.default_rng(0).integers(140, 240, (30, 30))
    labels = felzenszwalb_segment(image, scale=1000, sigma=0, min_area=50)
    assert labels.max() == 3
    assert labels[0, 0] != labels[0, 119] != labels[30, 90]


@pytest.mark.large
def test_flips_and_turns_of_a_photograph_are_those_of_its_labels():
    image = pictures.astronaut()[60:130, 160:240]
    for options in ({"sigma": 0, "min_area": 1}, {"sigma": 0, "connectivity": 2}, {}):
        labels = felzenszwalb_segment(image, **options)
        for turn in (np.flipud, np.fliplr, *[np.rot90] * (options.get("sigma") == 0)):
            assert_array_equal(connected(turn(labels)), felzenszwalb_segment(turn(image), **options))


def connected(labels):
    """Named by the first pixel."""
    first = {name: number for number, name in enumerate(dict.fromkeys(labels.ravel().tolist()), start=1)}
    return np.vectorize(first.get)(labels)


def test_what_was_chosen_is_told():
    with choices() as chosen:
        felzenszwalb_segment(np.arange(2000.0).reshape(40, 50) % 2, sigma=0)
    assert chosen == {"scale": pytest.approx(90 * 40 * 49 / (40 * 49 + 39 * 50)), "min_area": 2}

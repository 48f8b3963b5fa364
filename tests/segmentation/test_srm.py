"""Statistical region merging against the predicate as it is printed, one pair after another."""

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

from classicseg import srm_segment
from classicseg._core.chosen import choices
from classicseg._core.image import as_image
from classicseg.filters.smoothing import smooth


def bound(size, n_pixels, complexity, value_range):
    levels = min(size, 256) * np.log(size + 1) + np.log(6 * n_pixels**2)
    return value_range**2 / (2 * complexity * size) * levels


def by_the_paper(image, mask, complexity, sigma, value_range, connectivity):
    parsed = as_image(image, channel_axis=-1, mask=mask)
    values = parsed.values.astype(np.float64)
    smoothed = smooth(parsed, sigma, (1.0,) * len(parsed.shape)).values.astype(np.float64)
    pairs = pairs_inside(parsed.shape, mask, connectivity)
    pairs = [(np.abs(smoothed[a] - smoothed[b]).max(), a, b) for a, b in pairs]
    sets, n_pixels = Sets(parsed.shape, mask), np.count_nonzero(parsed.mask_array())
    for _, level in itertools.groupby(sorted(pairs, key=lambda pair: pair[0]), key=lambda pair: pair[0]):
        joined = []
        for _, one, other in level:
            regions = [sets.names == sets.of(one), sets.names == sets.of(other)]
            limit = sum(bound(np.count_nonzero(r), n_pixels, complexity, value_range) for r in regions)
            apart = values[regions[0]].mean(axis=0) - values[regions[1]].mean(axis=0)
            joined += [(one, other)] if (apart**2 <= limit).all() else []
        for one, other in joined:
            sets.join(sets.of(one), sets.of(other))
    return sets.labels()


@given(st.data())
def test_regions_are_those_of_the_predicate(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=5))
    dtype = data.draw(st.sampled_from(["u1", "f8"]))
    image = data.draw(images(shape, n_channels=data.draw(st.integers(1, 3)), dtype=dtype))
    mask = data.draw(st.none() | masks(shape))
    options = {
        "complexity": data.draw(st.sampled_from([1.0, 32.0, 1000.0, 30000.0])),
        "sigma": data.draw(st.sampled_from([0.0, 0.8])),
        "value_range": data.draw(st.sampled_from([16.0, 256.0])),
        "connectivity": data.draw(st.integers(1, len(shape))),
    }
    expected = by_the_paper(image, mask, **options)
    assert_array_equal(srm_segment(image, mask=mask, channel_axis=-1, min_area=1, **options), expected)


@given(st.data())
def test_scaling_an_image_and_its_range_changes_nothing(data):
    image = data.draw(images(n_channels=3) | scenes())
    factor = data.draw(st.sampled_from([2, 100, 257]))
    labels = srm_segment(image, complexity=500, sigma=0)
    assert_array_equal(srm_segment(image.astype(np.uint16) * np.uint16(factor), complexity=500, sigma=0), labels)


@given(st.data())
def test_what_is_added_to_floats_changes_nothing(data):
    image = data.draw(scenes(dtype="f8"))
    labels = srm_segment(image, complexity=500, value_range=256)
    offset = 2.0 ** data.draw(st.integers(8, 18))
    assert_array_equal(srm_segment(image + offset, complexity=500, value_range=256), labels)


def test_the_range_is_256_for_8_bits():
    image = np.array([[0, 255, 3, 70]], np.uint8)
    with choices() as chosen:
        srm_segment(image)
    assert chosen["value_range"] == 256


def test_far_values_stay_apart_and_sums_do_not_overflow():
    image = np.array([[0.0, 1.0, 1e30, 1e30, -1e150, -1e150, 2.0]])
    labels = srm_segment(image, complexity=1000, value_range=100, sigma=0, min_area=1)
    assert_array_equal(labels, [[1, 1, 2, 2, 3, 3, 4]])


@pytest.mark.large
def test_more_complexity_means_more_regions():
    image = pictures.astronaut()[60:130, 160:240]
    counts = [srm_segment(image, complexity=complexity, min_area=1).max() for complexity in (2, 32, 512)]
    assert counts == sorted(counts)
    assert counts[0] < counts[2] / 2

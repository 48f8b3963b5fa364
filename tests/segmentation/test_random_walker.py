"""The random walker beside probabilities worked out by hand, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import marker_images, scenes

from classicseg import connected_regions, random_walker_probabilities, random_walker_segment
from classicseg.solvers import random_walks


def test_a_chain_is_a_line_of_resistors():
    """The probability falls by the share of the resistance that is behind."""
    image, beta = np.array([[0, 1, 1, 3, 3]]), 0.5
    resistance = np.cumsum([0, *np.exp(beta * np.diff(image[0]) ** 2.0)])
    found = random_walker_probabilities(image, strokes=[(0, 0), (0, 4)], beta=beta)
    assert np.allclose(found[0, :, 1], resistance / resistance[-1], atol=1e-5)
    assert np.allclose(found.sum(axis=-1), 1)


def test_spacing_counts_lengths():
    """Three neighbors on a plane, two of them twice as far: conductances 1, 1 / 4 and 1 / 4."""
    image = np.zeros((3, 2))
    strokes = {1: [(1, 1)], 2: [(0, 0)], 3: [(2, 0)]}
    mask = np.array([[True, False], [True, True], [True, False]])
    found = random_walker_probabilities(image, strokes=strokes, mask=mask, spacing=(2, 1))
    assert np.allclose(found[1, 0], np.array([1, 0.25, 0.25]) / 1.5, atol=1e-6)
    same = random_walker_probabilities(image, strokes=strokes, mask=mask, spacing=(6, 3))
    assert_array_equal(found, same)


@pytest.mark.large
def test_beta_is_in_units_of_the_image():
    rng = np.random.default_rng(0)
    image = rng.random((20, 20))
    strokes = [(0, 0), (19, 19)]
    expected = random_walker_probabilities(image, strokes=strokes, beta=4)
    assert np.allclose(random_walker_probabilities(image * 10, strokes=strokes, beta=0.04), expected, atol=1e-4)
    default = random_walker_probabilities(image, strokes=strokes)
    by_hand = random_walker_probabilities(image, strokes=strokes, beta=30 / image.var())
    assert np.allclose(default, by_hand, atol=1e-4)
    far = random_walker_probabilities(image, strokes=strokes, beta=0)
    assert np.allclose(far, random_walker_probabilities(np.zeros((20, 20)), strokes=strokes), atol=1e-4)


def test_walkers_shun_the_heights_of_a_surface():
    """The same chain of resistors, of the mean of two heights, at any spacing."""
    heights = np.array([[0, 2, 1, 5, 0]])
    strokes = [(0, 0), (0, 4)]
    for options, beta in [({"beta": 0.2}, 0.2), ({}, 3 / np.mean(heights**2.0))]:
        means = (heights[0, 1:] + heights[0, :-1]) / 2
        resistance = np.cumsum([0, *np.exp(beta * means**2)])
        for spacing in (1, (1, 7)):
            found = random_walker_probabilities(
                heights, strokes=strokes, surface="image", spacing=spacing, **options
            )
            assert np.allclose(found[0, :, 1], resistance / resistance[-1], atol=1e-4)
    scaled = random_walker_segment(heights * 1000.0, strokes=strokes, surface="image")
    assert_array_equal(scaled, random_walker_segment(heights, strokes=strokes, surface="image"))
    assert_array_equal(random_walker_segment(heights * 0, strokes=strokes, surface="image"), [[1, 1, 1, 2, 2]])


def test_labels_are_the_most_probable_ones():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 255, (30, 20, 3)).astype(np.uint8)
    strokes = {4: [(0, 0), (3, 3)], 7: [(29, 19)], 1000: [(15, 10)]}
    probabilities = random_walker_probabilities(image, strokes=strokes)
    labels = random_walker_segment(image, strokes=strokes)
    assert_array_equal(labels, np.array([4, 7, 1000])[probabilities.argmax(axis=-1)])


def test_pieces_without_strokes_are_0_and_one_label_fills_the_others():
    image = np.arange(20.0).reshape(4, 5)
    mask = np.ones((4, 5), bool)
    mask[:, 2] = False
    labels = random_walker_segment(image, strokes={6: [(3, 4)]}, mask=mask)
    assert_array_equal(labels, [[0, 0, 0, 6, 6]] * 4)
    probabilities = random_walker_probabilities(image, strokes={6: [(3, 4)]}, mask=mask)
    assert_array_equal(probabilities[..., 0], labels / 6)


def test_single_pixels_and_many_labels():
    assert_array_equal(random_walker_segment([[3]], strokes=[(0, 0)]), [[1]])
    every = np.arange(1, 5001).reshape(50, 100)
    assert_array_equal(random_walker_segment(np.zeros((50, 100)), strokes=every), every)


@pytest.mark.large
def test_very_many_labels_are_those_of_the_whole_image(monkeypatch):
    rng = np.random.default_rng(0)
    image, strokes = np.hypot(*np.indices((9, 11))), np.zeros((9, 11), int)
    strokes.reshape(-1)[rng.choice(strokes.size, 17, replace=False)] = 1 + np.arange(17)
    expected = random_walker_segment(image, strokes=strokes, beta=0.1)
    probabilities = np.sort(random_walker_probabilities(image, strokes=strokes, beta=0.1), axis=-1)
    is_clear = probabilities[..., -1] - probabilities[..., -2] > 0.02  # a tenth of a 17th may be left out
    monkeypatch.setattr(random_walks, "_NEAR", 1)  # many are more than 16 then
    labels = random_walker_segment(image, strokes=strokes, beta=0.1)
    assert is_clear.mean() > 0.5
    assert_array_equal(labels[is_clear], expected[is_clear])
    flipped = random_walker_segment(image[::-1], strokes=strokes[::-1], beta=0.1)
    assert_array_equal(flipped, labels[::-1])


@pytest.mark.large
@given(st.data())
def test_labels_are_connected_to_their_strokes(data):
    image = data.draw(scenes())
    strokes = data.draw(marker_images(np.ones(image.shape, bool)))
    beta = data.draw(st.sampled_from([0, None, 1e-3, 1e3]))
    labels = random_walker_segment(image, strokes=strokes, beta=beta)
    regions = connected_regions(labels)
    assert set(regions.ravel()) == set(regions[strokes > 0])


def test_what_is_refused():
    image = np.zeros((4, 5))
    for options, error, text in [
        ({"strokes": None}, TypeError, "strokes"),
        ({"strokes": {}}, ValueError, "strokes name no pixel"),
        ({"strokes": [(9, 9)]}, ValueError, "outside"),
        ({"strokes": {1: [(0, 0)], 2: [(0, 0)]}}, ValueError, "strokes 1 and 2 are both at"),
        ({"strokes": [(0, 0)], "mask": np.zeros((4, 5), bool)}, ValueError, "take no part"),
        ({"strokes": [(0, 0)], "beta": -1}, ValueError, "beta is -1"),
        ({"strokes": [(0, 0)], "beta": np.nan}, ValueError, "beta is nan"),
        ({"strokes": [(0, 0)], "spacing": (1, 2, 3)}, ValueError, "spacing has 3"),
        ({"strokes": [(0, 0)], "surface": "gradient"}, ValueError, "surface is 'gradient'"),
    ]:
        for function in (random_walker_segment, random_walker_probabilities):
            with pytest.raises(error, match=text):
                function(image, **options)
    with pytest.raises(ValueError, match="heights of at least 0"):
        random_walker_segment(image - 1, strokes=[(0, 0)], surface="image")

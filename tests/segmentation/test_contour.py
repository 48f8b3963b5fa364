"""Regions from closed contours: a cut of the tree of what a detector finds."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from classicseg import boundary_tree, contour_segment, contour_tree, cut_tree, gradient_magnitude
from classicseg._core.chosen import choices


@pytest.fixture(scope="module")
def image():
    rng = np.random.default_rng(0)
    values = rng.normal(100, 6, (40, 50))
    values[8:30, 10:30] += 60
    values[20:36, 34:46] -= 50
    return values


def test_it_is_a_cut_of_the_tree_of_what_the_detector_finds(image):
    detector = partial(gradient_magnitude, sigma=3)
    tree = contour_tree(detector(image))
    assert_array_equal(contour_segment(image, detector=detector, n_segments=3), cut_tree(tree, n_segments=3))
    found = contour_segment(image, detector=detector, height=[1, 2], min_area=30)
    assert_array_equal(found, cut_tree(tree, height=[1, 2], min_area=30))
    assert_array_equal(
        contour_segment(image, n_segments=4),
        cut_tree(contour_tree(gradient_magnitude(image, sigma=2)), n_segments=4),
    )


@pytest.mark.large
def test_color_photographs_are_divided_by_what_people_draw(image):
    photograph = np.clip(image[..., np.newaxis] + [0, 20, -20], 0, 255).astype(np.uint8)
    tree = boundary_tree(photograph)
    with choices() as chosen:
        found = contour_segment(photograph)
    assert_array_equal(found, cut_tree(tree, height=chosen["height"]))
    assert_array_equal(contour_segment(photograph, n_segments=3), cut_tree(tree, n_segments=3))
    grey = contour_segment(photograph[..., 0], n_segments=3)
    assert_array_equal(grey, contour_segment(photograph[..., 0].astype(float), n_segments=3))


def test_a_model_may_be_asked_for(image):
    photograph = np.clip(image[..., np.newaxis] + [0, 20, -20], 0, 255).astype(np.uint8)
    grey = photograph[..., 0]
    assert_array_equal(contour_segment(photograph, model="photographs"), contour_segment(photograph))
    with choices() as chosen:
        found = contour_segment(grey, model="photographs")
    assert_array_equal(found, cut_tree(boundary_tree(grey), height=chosen["height"]))
    with choices() as of_no_model:
        found = contour_segment(photograph, model=None)
    assert_array_equal(found, cut_tree(boundary_tree(photograph, model=None), height=of_no_model["height"]))
    assert of_no_model["height"] != chosen["height"]


def test_orientations_count(image):
    strengths, angles = gradient_magnitude(image, sigma=2), np.full(image.shape, 0.3)
    tree = contour_tree(strengths, orientation=angles)
    found = contour_segment(image, detector=lambda _: (strengths, angles), n_segments=5)
    assert_array_equal(found, cut_tree(tree, n_segments=5))


def test_what_is_masked_may_be_anything(image):
    strengths, mask = gradient_magnitude(image, sigma=2), np.ones(image.shape, bool)
    mask[:5], strengths[:5] = False, np.nan
    found = contour_segment(image, detector=lambda _: strengths, mask=mask, n_segments=3)
    assert_array_equal(found > 0, mask)


def test_the_height_that_is_chosen(image):
    with choices() as chosen:
        found = contour_segment(image)
    assert_array_equal(found, contour_segment(image, height=chosen["height"]))
    assert_array_equal(found, contour_segment(image * 8))
    assert found.max() > 2


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"detector": np.ones((40, 50))}, TypeError, "detector is ndarray; expected a function"),
        ({"detector": "canny"}, TypeError, "detector is str"),
        ({"detector": lambda image: image[1:]}, ValueError, "detector returns an array of shape"),
        ({"detector": lambda image: -image}, ValueError, "boundaries holds values from -"),
        (
            {"detector": lambda image: np.full(image.shape, np.nan)},
            ValueError,
            "detector returns numbers that are",
        ),
        ({"n_segments": 2, "height": 3}, ValueError, "both n_segments and height"),
        ({"detector": gradient_magnitude, "model": None}, ValueError, "both detector and model"),
        ({"model": "photo"}, ValueError, "model is 'photo'; expected"),
        ({"model": "nowhere.npz"}, OSError, "nowhere.npz"),
        ({"model": 3}, TypeError, "model is int"),
    ],
)
def test_mistakes(image, options, error, said):
    with pytest.raises(error, match=said):
        contour_segment(image, **options)

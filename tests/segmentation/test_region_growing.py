"""Region growing against definitions in a few lines, and against scikit-image's flood."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from skimage import data, segmentation
from strategies import images, masks, scenes

from classicseg import connected_regions, region_growing_segment


def grow_by_rings(image, markers, tolerance, connectivity):
    """The definition: every ring, each free neighbor goes to the nearest seed value, then the lower number."""
    names = np.unique(markers[markers > 0])
    means = {name: image[markers == name].mean() for name in names}
    labels = markers.copy()
    structure = ndimage.generate_binary_structure(image.ndim, connectivity)
    while True:
        best, least = np.zeros_like(labels), np.full(image.shape, np.inf)
        for name in names:
            distance = abs(image.astype(float) - means[name])
            reach = ndimage.binary_dilation(labels == name, structure) & (labels == 0) & (distance <= tolerance)
            better = reach & (distance < least)
            best[better], least[better] = name, distance[better]
        if not best.any():
            return labels
        labels = np.where(labels == 0, best, labels)


@given(st.data())
def test_seeds_grow_by_rings(data):
    image = data.draw(images() | scenes())
    markers = np.zeros(image.shape, np.int32)
    for name in range(1, data.draw(st.integers(1, 4)) + 1):
        markers[tuple(data.draw(st.integers(0, length - 1)) for length in image.shape)] = 3 * name
    tolerance = data.draw(st.sampled_from([0, 1, 5, 40]))
    connectivity = data.draw(st.integers(1, 2))
    found = region_growing_segment(image, seeds=markers, tolerance=tolerance, connectivity=connectivity)
    assert_array_equal(found, grow_by_rings(image, markers, tolerance, connectivity))


@pytest.mark.large
@pytest.mark.parametrize("connectivity", [1, 2])
def test_one_seed_is_the_magic_wand(connectivity):
    image = data.coins()
    expected = segmentation.flood(image, (10, 10), tolerance=30, connectivity=connectivity)
    found = region_growing_segment(image, seeds=(10, 10), tolerance=30, connectivity=connectivity)
    assert_array_equal(found == 1, expected)


@given(st.data())
def test_without_seeds_every_region_is_within_tolerance_of_one_of_its_pixels(data):
    image = data.draw(images() | scenes())
    mask = data.draw(masks(image.shape))
    tolerance = data.draw(st.integers(0, 50))
    labels = region_growing_segment(image, tolerance=tolerance, min_area=1, mask=mask)
    assert_array_equal(labels > 0, mask)
    for name in range(1, labels.max() + 1):
        values = image[labels == name].astype(int)
        assert (abs(values[:, np.newaxis] - values) <= tolerance).all(axis=1).any()


@given(images())
def test_without_tolerance_regions_are_the_connected_pieces_of_equal_value(image):
    found = region_growing_segment(image, tolerance=0, min_area=1)
    assert_array_equal(found, connected_regions(image.astype(int) + 1))


@given(scenes(dtype="f8"), st.integers(-30, 30))
def test_image_and_tolerance_scale_together(image, exponent):
    scale = 2.0**exponent
    expected = region_growing_segment(image, tolerance=7)
    assert_array_equal(region_growing_segment(image * scale, tolerance=7 * scale), expected)


@given(st.data())
def test_seeds_may_be_turned_with_the_image(data):
    image = data.draw(scenes())
    markers = data.draw(images(image.shape, highest=3)) * data.draw(masks(image.shape))
    if not markers.any():
        return
    found = region_growing_segment(image, seeds=markers, tolerance=20)
    for turn in (np.rot90, np.flipud, np.transpose):
        assert_array_equal(region_growing_segment(turn(image), seeds=turn(markers), tolerance=20), turn(found))


def test_color_distance_is_euclidean():
    image = np.array([[[0, 0, 0], [3, 4, 0], [3, 4, 12]]], np.uint8)
    assert_array_equal(region_growing_segment(image, seeds=(0, 0), tolerance=5), [[1, 1, 0]])
    assert_array_equal(region_growing_segment(image, seeds=(0, 0), tolerance=13), [[1, 1, 1]])


def test_a_volume_with_points_and_holes():
    volume = np.zeros((5, 6, 7), np.float32)
    volume[2] = np.nan
    labels = region_growing_segment(volume, seeds=[(0, 0, 0), (4, 5, 6)], channel_axis=None)
    assert_array_equal(np.unique(labels[:2]), [1])
    assert_array_equal(np.unique(labels[2]), [0])
    assert_array_equal(np.unique(labels[3:]), [2])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"tolerance": -1}, ValueError, "tolerance is -1"),
        ({"tolerance": np.nan}, ValueError, "tolerance is nan"),
        ({"connectivity": 3}, ValueError, "connectivity is 3; expected a whole number from 1 to 2"),
        ({"min_area": 0}, ValueError, "min_area is 0"),
        ({"seeds": (0, 0), "min_area": 3}, ValueError, "min_area is given with seeds"),
        ({"seeds": (5, 0)}, ValueError, r"\(5, 0\), outside the image of shape \(2, 3\)"),
        ({"seeds": (-1, 0)}, ValueError, "outside"),
        ({"seeds": [(0, 0), (0, 0)]}, ValueError, "1 and 2 are both at"),
        ({"seeds": (0.5, 0)}, TypeError, "float64"),
        ({"seeds": [[0, 0, 0]]}, ValueError, r"shape \(1, 3\)"),
        ({"seeds": np.zeros((2, 3), int)}, ValueError, "no pixel"),
        ({"seeds": -np.ones((2, 3), int)}, ValueError, "-1"),
        ({"seeds": (0, 1)}, ValueError, "take no part"),
    ],
)
def test_mistakes(options, error, message):
    with pytest.raises(error, match=message):
        region_growing_segment([[1, np.nan, 3], [4, 5, 6]], **options)

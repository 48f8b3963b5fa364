"""Boundary segmentation: what edges enclose is found, gaps are closed, every pixel is assigned."""

from __future__ import annotations

from functools import partial
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from skimage import data, draw
from strategies import masks, scenes

from classicseg import boundary_segment, canny_edges, connected_regions
from classicseg.segmentation import boundary


def disk(shape=(60, 70), center=(30, 30), radius=18, value=200):
    image = np.full(shape, 40, np.uint8)
    image[draw.disk(center, radius, shape=shape)] = value
    return image


DETECTORS = ["canny", "sobel", "log"]


@pytest.mark.parametrize("detector", DETECTORS)
def test_a_disk_is_found_to_the_pixel(detector):
    image = disk()
    labels = boundary_segment(image, detector=detector)
    assert_array_equal(labels, connected_regions(image))


@pytest.mark.parametrize(("max_gap", "n_regions"), [(0, 1), (8, 2)])
def test_a_gap_in_the_boundary_is_closed_up_to_its_width(max_gap, n_regions):
    image = np.zeros((60, 80), np.uint8)
    image[:, 40:] = 90
    image[27:32, 20:60] = np.linspace(0, 90, 40).astype(np.uint8)  # here the step fades out
    labels = boundary_segment(image, sigma=0, low=10, high=20, max_gap=max_gap)
    assert labels.max() == n_regions
    if n_regions == 2:
        assert (labels[:, :10] == 1).all()
        assert (labels[:, -10:] == 2).all()


@given(st.data())
def test_every_pixel_that_takes_part_is_assigned_to_a_connected_region(data):
    image = data.draw(scenes())
    mask = data.draw(masks(image.shape))
    options = {
        "detector": data.draw(st.sampled_from(DETECTORS)),
        "sigma": data.draw(st.sampled_from([0, 0.7, 30])),
        "max_gap": data.draw(st.sampled_from([0, 3, 1000])),
        "min_area": data.draw(st.sampled_from([1, 5, None])),
    }
    labels = boundary_segment(image, mask=mask, **options)
    assert_array_equal(labels > 0, mask)
    assert_array_equal(labels, connected_regions(labels))


@given(st.data())
def test_no_corner_is_favored_whatever_the_options(data):
    image = data.draw(scenes())
    options = {
        "detector": data.draw(st.sampled_from(DETECTORS)),
        "sigma": data.draw(st.sampled_from([0, 1.3])),
        "max_gap": data.draw(st.sampled_from([0, 4])),
        "min_area": data.draw(st.sampled_from([1, 6])),
        "keep_lines": data.draw(st.booleans()),
    }
    for turn in (np.flipud, np.fliplr, np.rot90):
        expected = connected_regions(turn(boundary_segment(image, **options)))
        assert_array_equal(boundary_segment(turn(image), **options), expected)


@given(scenes(dtype="f8"), st.integers(-30, 30))
def test_image_and_thresholds_scale_together(image, exponent):
    scale = 2.0**exponent
    expected = boundary_segment(image, low=2, high=5)
    assert_array_equal(boundary_segment(image * scale, low=2 * scale, high=5 * scale), expected)


def test_image_and_spacing_scale_together():
    image = data.coins()[:80, :90]
    expected = boundary_segment(image, sigma=1.5, max_gap=6)
    assert_array_equal(boundary_segment(image, sigma=3, max_gap=12, spacing=2), expected)


@pytest.mark.large
def test_coins_are_found():
    image = data.coins()
    labels = boundary_segment(image)
    middles = [(54, 45), (50, 155), (139, 45), (187, 349), (261, 46), (267, 358)]
    names = {int(labels[middle]) for middle in middles}
    assert len(names) == len(middles), "each its own region"
    assert labels[95, 180] not in names, "and none the background's"


def test_edges_lie_on_boundaries_of_a_volume():
    volume = np.zeros((12, 14, 16), np.uint8)
    volume[3:9, 4:10, 5:11] = 100
    labels = boundary_segment(volume, channel_axis=None, sigma=0, max_gap=0)
    expected = connected_regions(volume.astype(int) + 1)
    assert labels.max() == 2
    assert (labels != expected).mean() < 0.02  # the edges of the box are a little rounded
    assert canny_edges(volume, channel_axis=None, sigma=0).any()


@given(st.data())
def test_edges_may_be_given_or_made_by_a_function(data):
    image = data.draw(scenes())
    numbers = {"sigma": 1.0, "max_gap": data.draw(st.sampled_from([0, 4])), "min_area": 4}
    expected = boundary_segment(image, high=6, low=2, **numbers)
    find = partial(canny_edges, sigma=1, high=6, low=2)
    assert_array_equal(boundary_segment(image, detector=find, **numbers), expected)
    assert_array_equal(boundary_segment(image, detector=find(image), **numbers), expected)
    edges = data.draw(masks(image.shape))
    mask = data.draw(masks(image.shape))
    labels = boundary_segment(image, detector=edges, mask=mask, **numbers)
    assert_array_equal(labels > 0, mask)
    assert_array_equal(labels, connected_regions(labels))
    assert_array_equal(boundary_segment(image, detector=edges & mask, mask=mask, **numbers), labels)


def test_each_edge_pixel_joins_the_side_that_it_is_like():
    image = np.array([[0, 0, 0, 2, 9, 9, 9]] * 3)
    edges = np.zeros(image.shape, bool)
    edges[:, 3] = True
    labels = boundary_segment(image, detector=edges, max_gap=0, min_area=1)
    assert_array_equal(labels, connected_regions((image > 4) + 1))
    labels = boundary_segment(9 - image, detector=edges, max_gap=0, min_area=1)
    assert_array_equal(labels, connected_regions((image > 4) + 1))


def test_lines_are_kept_between_regions_and_go_between_merged_ones():
    image = np.full((9, 12), 10)
    image[:, 6:] = 50
    image[1:3, 1:3] = 14
    edges = np.zeros(image.shape, bool)
    edges[:, 5] = edges[3, :4] = edges[:4, 3] = edges[4:7, 9] = True
    options = {"detector": edges, "max_gap": 0, "keep_lines": True}
    every = boundary_segment(image, min_area=1, **options)
    assert every.max() == 3
    assert_array_equal(np.unique(every[edges & (np.indices(edges.shape)[1] <= 5)]), [0])
    assert (every[4:7, 9] > 0).all(), "a line within a region goes"
    merged = boundary_segment(image, min_area=20, **options)
    assert merged.max() == 2
    assert_array_equal(merged == 0, np.indices(edges.shape)[1] == 5)


@given(st.data())
def test_kept_lines_are_edges_and_the_rest_is_connected(data):
    image = data.draw(scenes())
    edges = data.draw(masks(image.shape))
    mask = data.draw(masks(image.shape))
    labels = boundary_segment(image, detector=edges, mask=mask, min_area=3, keep_lines=True)
    assert not ((labels == 0) & mask & ~edges).any()
    assert not (labels > 0)[~mask].any()
    assert_array_equal(labels, connected_regions(labels))


@pytest.mark.large
def test_the_saucer_does_not_leak_into_the_table():
    labels = boundary_segment(data.coffee())
    assert labels[250, 150] == labels[320, 250]
    assert labels[250, 150] != labels[50, 60] != labels[100, 560]
    assert labels[250, 150] != labels[350, 560]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"detector": "prewitt"},
            ValueError,
            "'prewitt'; expected a function, an edge map or one of 'canny', 'sobel', 'log'",
        ),
        ({"detector": np.zeros((2, 2))}, TypeError, "detector has dtype float64; expected edges of dtype bool"),
        ({"detector": np.zeros((2, 3), bool)}, ValueError, r"edges of shape \(2, 3\)"),
        ({"detector": lambda image: np.asarray(image)}, TypeError, "detector has dtype int64"),
        ({"detector": np.zeros((2, 2), bool), "low": 1}, ValueError, "low is given, but so are the edges"),
        ({"detector": canny_edges, "high": 1}, ValueError, "high is given, but so are the edges"),
        ({"keep_lines": 1}, TypeError, "keep_lines is 1"),
        ({"detector": "sobel", "low": 1}, ValueError, "pass high instead"),
        ({"low": 3, "high": 2}, ValueError, "low is 3 and high is 2"),
        ({"sigma": -1}, ValueError, "sigma"),
        ({"max_gap": -1}, ValueError, "max_gap"),
        ({"max_gap": np.nan}, ValueError, "max_gap"),
        ({"min_area": 0}, ValueError, "min_area"),
        ({"spacing": 0}, ValueError, "spacing"),
        ({"spacing": (1, 2, 3)}, ValueError, "spacing has 3 numbers"),
    ],
)
def test_mistakes(options, error, message):
    with pytest.raises(error, match=message):
        boundary_segment([[1, 2], [3, 4]], **options)


@pytest.mark.parametrize("detector", [*DETECTORS, disk() > 100])
def test_no_step_is_taken_twice(detector):
    steps = ["magnitude_of", "suppressed_and_full_gradients", "smooth", "farther_than", "connected_components"]
    with mock.patch.multiple(boundary, **{name: mock.Mock(wraps=getattr(boundary, name)) for name in steps}):
        boundary_segment(disk(), detector=detector)
        calls = {name: getattr(boundary, name).call_count for name in steps}
    assert calls["magnitude_of"] + calls["suppressed_and_full_gradients"] == 1
    assert calls["smooth"] <= 1
    assert calls["farther_than"] == 1
    assert calls["connected_components"] <= 3  # of cores, and twice of what no marker reaches


@pytest.mark.parametrize("max_gap", [0, 3, 1000])
def test_what_is_enclosed_without_room_for_a_core_is_a_region(max_gap):
    edges = np.zeros((9, 9), np.bool_)
    edges[::2] = edges[:, ::2] = True  # 16 single pixels
    image = np.arange(81, dtype=np.uint8).reshape(9, 9)
    labels = boundary_segment(image, detector=edges, sigma=0, max_gap=max_gap, min_area=1)
    assert len(np.unique(labels[1::2, 1::2])) == 16
    everywhere = boundary_segment(image, detector=np.ones_like(edges), sigma=0, max_gap=max_gap, min_area=1)
    assert_array_equal(everywhere, 1)

"""What is odd or wrong about strokes, asked of every method that takes them."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from classicseg import (
    classify_segment,
    geodesic_segment,
    grabcut_segment,
    graph_cut_segment,
    pixel_classifier_apply,
    pixel_classifier_fit,
    random_walker_segment,
    region_growing_segment,
    watershed_segment,
)


def _by_markers(image, *, strokes, **options):
    return watershed_segment(image, markers=strokes, **options)


def _by_seeds(image, *, strokes, **options):
    return region_growing_segment(image, seeds=strokes, criterion="competition", **options)


METHODS = {
    "random walker": random_walker_segment,
    "random walker, beta 0": partial(random_walker_segment, beta=0),
    "random walker, surface": partial(random_walker_segment, surface="image"),
    "geodesic": geodesic_segment,
    "geodesic, edge_weight 0": partial(geodesic_segment, edge_weight=0),
    "graph cut": graph_cut_segment,
    "graph cut, smoothness 0": partial(graph_cut_segment, smoothness=0),
    "GrabCut": grabcut_segment,
    "classes": partial(classify_segment, scales=(1, 2), n_trees=5),
    "watershed": _by_markers,
    "growing": _by_seeds,
}
all_methods = pytest.mark.parametrize("segment", METHODS.values(), ids=METHODS)


def _scene():
    """A bright square on dark ground, and a stroke in each."""
    image = np.full((12, 14), 20.0)
    image[3:9, 4:10] = 200
    strokes = np.zeros((12, 14), np.int32)
    strokes[1, 2:12], strokes[5, 5:9] = 7, 3
    return image, strokes


@all_methods
def test_a_square_is_found(segment):
    image, strokes = _scene()
    labels = segment(image, strokes=strokes)
    assert_array_equal(labels[strokes > 0], strokes[strokes > 0])
    assert set(np.unique(labels)) == {3, 7}


@all_methods
def test_strokes_of_one_label_give_it_to_all(segment):
    image, strokes = _scene()
    assert_array_equal(segment(image, strokes=np.where(strokes == 7, 7, 0)), np.full(image.shape, 7))


@all_methods
def test_one_pixel_and_a_constant_image(segment):
    assert_array_equal(segment([[3]], strokes=[(0, 0)]), [[1]])
    labels = segment(np.full((4, 6), 5), strokes={2: [(1, 0)], 9: [(1, 5)]})
    assert labels[1, 0] == 2
    assert labels[1, 5] == 9
    assert set(np.unique(labels)) == {2, 9}


@all_methods
def test_missing_values_take_no_part_and_bear_no_stroke(segment):
    image, strokes = _scene()
    image[11, 13], image[7, 7] = np.nan, np.inf
    labels = segment(image, strokes=strokes)
    assert_array_equal(labels == 0, ~np.isfinite(image))
    image[5, 6] = np.nan
    with pytest.raises(ValueError, match=r"takes? no part"):
        segment(image, strokes=strokes)


@all_methods
def test_strokes_off_the_mask_or_the_image_are_refused(segment):
    image, strokes = _scene()
    mask = np.ones(image.shape, bool)
    mask[5] = False
    with pytest.raises(ValueError, match=r"takes? no part"):
        segment(image, strokes=strokes, mask=mask)
    with pytest.raises(ValueError, match="outside"):
        segment(image, strokes=[(0, 0), (12, 0)])
    with pytest.raises(ValueError, match="shape"):
        segment(image, strokes=strokes[1:])


@all_methods
def test_contradicting_strokes_are_refused(segment):
    image, _ = _scene()
    with pytest.raises(ValueError, match="both at"):
        segment(image, strokes={1: [(0, 0), (5, 5)], 2: [(5, 5)]})


def test_a_box_outside_is_refused():
    image, _ = _scene()
    for box in [(0, 0, 13, 4), (-1, 0, 4, 4), (3, 3, 3, 8), (20, 20, 30, 30)]:
        with pytest.raises(ValueError, match="box"):
            grabcut_segment(image, box=box)


def test_a_classifier_of_other_channels_is_refused():
    image, strokes = _scene()
    known = pixel_classifier_fit(image, strokes=strokes, scales=(1, 2), n_trees=5)
    with pytest.raises(ValueError, match="channels"):
        pixel_classifier_apply(np.dstack([image] * 3), known)
    with pytest.raises(ValueError, match="axes"):
        pixel_classifier_apply(np.stack([image] * 5), known, channel_axis=None)

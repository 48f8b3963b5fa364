"""Merging as a segmenter: exactly so many segments, or up to a height or a scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import images, masks

from classicseg import connected_regions, cut_tree, merge_segment, merge_tree, multiresolution_segment
from classicseg.labeling.numbering import number_by_first_pixel


@given(images((5, 6)), st.data())
def test_exactly_so_many_segments(image, data):
    mask = data.draw(masks(image.shape))
    pieces, n = (
        int(array.max())
        for array in (connected_regions(mask), merge_tree(image, criterion="mean", mask=mask).regions)
    )
    if n == 0:
        return
    wanted = data.draw(st.integers(pieces, n))
    labels = merge_segment(image, n_segments=wanted, criterion="mean", mask=mask)
    assert labels.max() == wanted
    assert_array_equal(labels, number_by_first_pixel(labels))
    assert_array_equal(labels > 0, mask)


def test_numbers_that_cannot_be():
    image = np.arange(6.0).reshape(2, 3)
    for n_segments in (0, 7):
        with pytest.raises(ValueError, match="n_segments"):
            merge_segment(image, n_segments=n_segments, criterion="ward")
    with pytest.raises(ValueError, match="2 pieces"):
        merge_segment(image, n_segments=1, mask=[[True, False, True]] * 2)
    with pytest.raises(ValueError, match="both n_segments and height"):
        merge_segment(image, n_segments=2, height=3)


def test_small_segments_join():
    image = np.array([[0, 0, 0, 50, 9, 9, 9, 9]])
    assert merge_segment(image, n_segments=3, criterion="mean").max() == 3
    assert merge_segment(image, n_segments=3, criterion="mean", min_area=2).max() == 2


def test_a_scale_is_a_height():
    image = np.random.default_rng(0).integers(0, 200, (7, 8))
    tree = merge_tree(image, criterion="multiresolution", shape=0.3, compactness=0.2)
    for scale in (0, 0.5, 2, 5):
        assert_array_equal(
            multiresolution_segment(image, scale=scale, shape=0.3, compactness=0.2), cut_tree(tree, height=scale)
        )
    with pytest.raises(ValueError, match="scale"):
        multiresolution_segment(image, scale=-1)


@given(images((5, 6), dtype="f4"))
def test_the_default_follows_the_image(image):
    assert_array_equal(multiresolution_segment(image), multiresolution_segment(image * 256))
    assert_array_equal(merge_segment(image), merge_segment(image * 256))


@pytest.mark.parametrize(
    ("criterion", "given_them", "factor"), [("contrast", 0, 1.9), ("contrast", 1, 1.6), ("ward", 0, 1.6)]
)
def test_the_default_height_is_a_multiple_of_that_of_fifty_segments(criterion, given_them, factor):
    image = np.random.default_rng(3).integers(0, 255, (24, 30))
    options = {"criterion": criterion, "boundaries": image if given_them else None}
    tree = merge_tree(image, **options)
    assert len(np.unique(cut_tree(tree, n_segments=50))) == 50
    height = factor * tree.heights[-50]
    assert_array_equal(merge_segment(image, **options), cut_tree(tree, height=height))

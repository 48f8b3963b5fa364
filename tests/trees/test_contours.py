"""Contour strengths: a border vanishes at the height at which the regions beside it are one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import trees

from classicseg import connected_regions, contour_strengths, cut_tree, flat_zone_tree
from classicseg.trees import contours


def by_cuts(tree):
    """The least height whose cut joins two neighbors, along each axis; inf: none does."""
    heights = np.unique(tree.heights)
    levels = cut_tree(tree, height=heights) if len(heights) else tree.regions[np.newaxis]
    found = []
    for axis in range(tree.regions.ndim):
        here, there = (np.moveaxis(levels, axis + 1, 1)[:, part] for part in (slice(None, -1), slice(1, None)))
        joined = (here == there) | (here == 0) | (there == 0)
        strengths = np.full(joined.shape[1:], np.inf)
        for height, is_joined in zip(heights[::-1], joined[::-1], strict=True):
            strengths[is_joined] = height
        no_border = (here[:1] == 0) | (there[:1] == 0)
        strengths[no_border[0]] = 0
        found.append(np.moveaxis(strengths, 0, axis))
    return found


@given(trees())
def test_a_border_has_the_height_at_which_it_vanishes(tree):
    expected, doubled = np.zeros(tree.regions.shape), contour_strengths(tree, doubled=True)
    for axis, strengths in enumerate(by_cuts(tree)):
        for part in (slice(None, -1), slice(1, None)):
            beside = expected[(slice(None),) * axis + (part,)]
            np.maximum(beside, strengths, out=beside)
        places = tuple(slice(2 if other == axis else 1, -1, 2) for other in range(expected.ndim))
        assert_array_equal(doubled[places], strengths.astype(np.float32))
    strengths = contour_strengths(tree)
    assert strengths.dtype == doubled.dtype == np.float32
    assert doubled.shape == tuple(2 * length + 1 for length in strengths.shape)
    assert_array_equal(strengths, expected.astype(np.float32))


@given(st.sampled_from([(7, 6), (1, 5), (2, 3, 4)]), st.integers(0, 2**32 - 1))
def test_regions_are_the_pieces_of_doubled_strengths(shape, seed):
    tree = flat_zone_tree(np.random.default_rng(seed).integers(0, 9, shape), channel_axis=None)
    doubled = contour_strengths(tree, doubled=True)
    for height in range(9):
        pieces = connected_regions(doubled <= height)[(slice(1, None, 2),) * len(shape)]
        labels = cut_tree(tree, height=height)
        assert len(np.unique(pieces * 1000 + labels)) == len(np.unique(pieces)) == labels.max()


def test_places_far_apart():
    """A row longer than several blocks of places."""
    image = np.random.default_rng(0).integers(0, 1000, (9, 40))
    tree = flat_zone_tree(image)
    assert tree.regions.max() > 8 * contours._BLOCK
    for axis, strengths in enumerate(by_cuts(tree)):
        places = (slice(1 + (axis == 0), -1, 2), slice(1 + (axis == 1), -1, 2))
        assert_array_equal(contour_strengths(tree, doubled=True)[places], strengths)


def test_little_to_draw():
    assert_array_equal(contour_strengths(flat_zone_tree([[3]])), [[0]])
    assert_array_equal(contour_strengths(flat_zone_tree([[3, 3]]), doubled=True), np.zeros((3, 5)))
    nothing = flat_zone_tree([[1, 2]], mask=np.zeros((1, 2), bool))
    assert_array_equal(contour_strengths(nothing), [[0, 0]])
    with pytest.raises(TypeError, match="doubled is 1"):
        contour_strengths(nothing, doubled=1)

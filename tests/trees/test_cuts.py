"""Cuts: exact numbers, heights, nesting, and small pieces."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from strategies import trees

from classicseg import connected_regions, cut_tree, flat_zone_tree


def numbers(tree):
    """How many finest regions there are, and how many pieces."""
    return int(tree.regions.max()), int((tree.parents == np.arange(len(tree.parents))).sum())


def leaves_below(tree):
    """The finest regions, from 0, in each node."""
    n = int(tree.regions.max())
    below = [{i} if i < n else set() for i in range(len(tree.parents))]
    for node, parent in enumerate(tree.parents.tolist()):
        if parent != node:
            below[parent] |= below[node]
    return below


def painted(tree, segments):
    """The labels of sets of finest regions, by their first pixels."""
    table = np.zeros(int(tree.regions.max()) + 1, int)
    for number, segment in enumerate(sorted(segments, key=min), start=1):
        table[[region + 1 for region in segment]] = number
    return table[tree.regions]


def undone(tree, n_done):
    """The segments after so many merges."""
    below, n = leaves_below(tree), int(tree.regions.max())
    segments = [{i} for i in range(n)]
    for node in range(n, n + n_done):
        segments = [segment for segment in segments if not segment & below[node]] + [below[node]]
    return segments


@given(trees(), st.data())
def test_exactly_so_many_segments(tree, data):
    n, n_roots = numbers(tree)
    if n == 0:
        assert not cut_tree(tree, n_segments=5).any()
        return
    wanted = data.draw(st.lists(st.integers(n_roots, n), min_size=1, max_size=4))
    levels = cut_tree(tree, n_segments=wanted)
    assert levels.dtype == np.int32 and levels.shape == (len(wanted), *tree.regions.shape)
    for count, labels in zip(wanted, levels, strict=True):
        assert labels.max() == count
        assert_array_equal(labels, painted(tree, undone(tree, n - count)))
        assert_array_equal(labels, cut_tree(tree, n_segments=count))


@given(trees(), st.lists(st.integers(0, 12), min_size=1, max_size=4))
def test_what_is_no_higher_is_merged(tree, heights):
    n = int(tree.regions.max())
    levels = cut_tree(tree, height=heights)
    for height, labels in zip(heights, levels, strict=True):
        assert_array_equal(labels, painted(tree, undone(tree, int((tree.heights[n:] <= height).sum()))))
        assert_array_equal(labels, cut_tree(tree, height=height))


@given(trees(), st.data(), st.sampled_from([2, 3, 6]))
def test_small_pieces_join_over_their_lowest_pass(tree, data, min_area):
    """In the order of the undone merges: a side that is small joins a piece of the other side, or both are one."""
    n, below, shape = int(tree.regions.max()), leaves_below(tree), tree.regions.shape
    n_done = data.draw(st.integers(0, len(tree.parents) - n))
    height = tree.heights[n + n_done - 1] if n_done else 0
    segments = undone(tree, int((tree.heights[n:] <= height).sum()))
    merge_heights = tree.heights[tree.parents[:n]]
    for node in range(n, len(tree.parents)):
        sides = [below[child] for child in np.flatnonzero(tree.parents[:node] == node)]
        areas = [sum(tree.areas[list(side)]) for side in sides]
        if any(below[node] <= segment for segment in segments) or min(areas) >= min_area:
            continue
        small, other = sides if areas[0] < areas[1] else sides[::-1]
        if max(areas) >= min_area:
            inside = np.isin(tree.regions, [region + 1 for region in small])
            for connectivity in range(1, len(shape) + 1):
                around = ndimage.binary_dilation(
                    inside, ndimage.generate_binary_structure(len(shape), connectivity)
                )
                beside = set((tree.regions[around] - 1).tolist()) & other
                if beside:
                    break
            other = {min(beside, key=lambda region: (merge_heights[region], -tree.areas[region], region))}
        joined = [segment for segment in segments if segment & (small | other)]
        segments = [segment for segment in segments if not segment & (small | other)] + [set.union(*joined)]
    labels = cut_tree(tree, height=height, min_area=min_area)
    assert_array_equal(labels, painted(tree, segments))


@given(trees(), st.sampled_from([0, 2, 5]))
def test_cuts_nest(tree, min_area):
    """And small pieces are gone, but where a whole piece of the image is small."""
    n, n_roots = numbers(tree)
    levels = cut_tree(tree, n_segments=list(range(n_roots, n + 1)) or [1], min_area=min_area)
    assert_array_equal(levels[-1], cut_tree(tree, n_segments=max(n, 1), min_area=min_area))
    whole = {int(tree.areas[i]) for i in range(len(tree.parents)) if tree.parents[i] == i}
    for coarse, fine in itertools.pairwise(levels):
        assert len(np.unique(coarse.astype(np.int64) * 1000 + fine)) == len(np.unique(fine))
    for labels in levels:
        areas = np.bincount(labels.ravel())[1:]
        assert all(area >= min_area or area in whole for area in areas)
        assert (np.diff(np.unique(labels[labels > 0], return_index=True)[1]) > 0).all()


def test_a_speck_joins_one_of_two_that_it_touches():
    """A hot pixel between two halves, whose pass to both is higher than that between them."""
    image = np.array([[0, 0, 50, 10, 10], [0, 0, 0, 10, 10]])
    tree = flat_zone_tree(image)
    labels = cut_tree(tree, height=5, min_area=2)
    assert_array_equal(labels, [[1, 1, 1, 2, 2], [1, 1, 1, 2, 2]])
    assert_array_equal(connected_regions(labels), labels)


def test_pieces_that_merge_without_touching():
    """A tree that somebody made: the small one joins the first of the other side."""
    tree = flat_zone_tree([[0, 1, 5, 9]])._replace(regions=np.array([[4, 0, 1, 2, 0, 3]]))
    tree = tree._replace(areas=np.array([2.0, 2, 2, 1, 4, 6, 7]))
    assert_array_equal(cut_tree(tree, height=0, min_area=2), [[1, 0, 1, 2, 0, 3]])


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({}, ValueError, "neither of n_segments and height is given"),
        ({"n_segments": 2, "height": 1}, ValueError, "both n_segments and height are given"),
        ({"n_segments": 0}, ValueError, "n_segments is 0"),
        ({"n_segments": 1}, ValueError, "n_segments is 1, and the tree has 2 pieces"),
        ({"n_segments": 4}, ValueError, "n_segments is 4, and the tree has 3 finest regions"),
        ({"n_segments": [2, 4]}, ValueError, "n_segments is 4"),
        ({"n_segments": []}, ValueError, "n_segments is empty"),
        ({"n_segments": 2.0}, TypeError, "n_segments is 2.0"),
        ({"height": -1}, ValueError, "height is -1"),
        ({"height": "low"}, TypeError, "height is 'low'"),
        ({"height": []}, ValueError, "height is empty"),
        ({"height": 1, "min_area": -1}, ValueError, "min_area is -1"),
        ({"height": 1, "min_area": [1]}, TypeError, r"min_area is \[1\]"),
    ],
)
def test_wrong_options(options, error, said):
    tree = flat_zone_tree([[1, 2, 3, 4]], mask=np.array([[True, True, False, True]]))
    with pytest.raises(error, match=said):
        cut_tree(tree, **options)

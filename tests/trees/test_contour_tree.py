"""Contour trees: arcs by the mean of the map, as far as it runs their way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from classicseg import contour_strengths, contour_tree, cut_tree, watershed_segment


def test_an_arc_has_the_mean_of_its_map():
    """A wall of 4 with a gate of 1, and a wall of 9."""
    boundaries = np.zeros((5, 9))
    boundaries[:, 3], boundaries[2, 3], boundaries[:, 6] = 4, 1, 9
    boundaries[:, :3], boundaries[:, 7:] = 0.1, 0.2
    tree = contour_tree(boundaries)
    assert tree.regions.max() == 3
    assert_allclose(tree.heights[3:], [(4 * 4 + 1) / 5, 9])
    assert_array_equal(contour_strengths(tree)[:, 0], 0)


def greedy(regions, boundaries):
    """Always merge over the weakest arc: the heights; None where two are equally weak."""
    faces = {}
    for here, there, one, other in (
        (regions[1:], regions[:-1], boundaries[1:], boundaries[:-1]),
        (regions[:, 1:], regions[:, :-1], boundaries[:, 1:], boundaries[:, :-1]),
    ):
        apart = here != there
        pairs = np.sort(np.stack([here[apart], there[apart]], axis=1), axis=1)
        for pair, value in zip(map(tuple, pairs.tolist()), np.maximum(one, other)[apart].tolist(), strict=True):
            faces.setdefault(pair, []).append(value)
    heights = []
    while faces:
        (low, high), *others = sorted(faces, key=lambda pair: np.mean(faces[pair]))
        if others and np.isclose(np.mean(faces[others[0]]), np.mean(faces[low, high])):
            return None
        heights.append(np.mean(faces.pop((low, high))))
        for pair in [pair for pair in faces if high in pair]:
            other = sum(pair) - high
            faces.setdefault((min(low, other), max(low, other)), []).extend(faces.pop(pair))
    return np.maximum.accumulate(heights)


@given(st.integers(0, 2**32 - 1))
def test_merging_in_rounds_is_merging_the_weakest_arc(seed):
    boundaries = np.random.default_rng(seed).random((12, 13))
    tree = contour_tree(boundaries, sigma=1)
    regions = watershed_segment(boundaries, surface="image", sigma=1, min_depth=0)
    assert_array_equal(tree.regions, regions)
    heights = greedy(regions, boundaries)
    assume(heights is not None)
    assert_allclose(tree.heights[regions.max() :], heights)


@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 9, 256]), st.sampled_from([np.flipud, np.transpose]))
def test_cuts_turn_with_the_map(seed, highest, turn):
    boundaries = np.random.default_rng(seed).integers(0, highest, (6, 7)).astype(np.uint8)
    tree, turned = contour_tree(boundaries), contour_tree(turn(boundaries))
    assert_array_equal(turned.heights, tree.heights)
    for height in np.unique(tree.heights).tolist():
        one, other = turn(cut_tree(tree, height=height)), cut_tree(turned, height=height)
        assert len(np.unique(one * 1000 + other)) == len(np.unique(one)) == len(np.unique(other))


def test_a_boundary_counts_as_far_as_it_runs_the_arcs_way():
    boundaries = np.full((12, 13), 0.0)
    boundaries[:, 6], boundaries[:, 7:] = 5, 1
    down = np.full(boundaries.shape, np.pi / 2)
    for angles, share in ((down, 1), (down + np.pi, 1), (down + np.pi / 3, 0.5), (down - np.pi / 2, 0)):
        tree = contour_tree(boundaries, orientation=angles)
        assert_allclose(tree.heights, [0, 0, 5 * share], atol=1e-12)


@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 256]))
def test_a_flipped_map_with_angles_has_the_flipped_tree(seed, highest):
    rng = np.random.default_rng(seed)
    boundaries, angles = rng.integers(0, highest, (9, 8)).astype(np.float64), rng.normal(size=(9, 8))
    tree = contour_tree(boundaries, orientation=angles)
    flipped = contour_tree(boundaries[::-1], orientation=-angles[::-1])
    assert_array_equal(flipped.heights, tree.heights)
    assert_array_equal(contour_strengths(flipped), contour_strengths(tree)[::-1])


def test_a_bent_arc_has_several_directions():
    """A square whose sides all run the way of their map, beside the same map turned by a quarter."""
    boundaries, angles = np.zeros((31, 31)), np.zeros((31, 31))
    boundaries[8, 8:23] = boundaries[22, 8:23] = boundaries[8:23, 8] = boundaries[8:23, 22] = 3
    boundaries[9:22, 9:22] = 1
    angles[8:23, 8] = angles[8:23, 22] = np.pi / 2
    along, across = (contour_tree(boundaries, orientation=angles + turn).heights[-1] for turn in (0, np.pi / 2))
    assert along > 2.5
    assert across < 1


def test_masks_volumes_and_little_in_them():
    rng = np.random.default_rng(0)
    volume, mask = rng.random((4, 5, 6)), rng.random((4, 5, 6)) < 0.8
    tree = contour_tree(volume, mask=mask, sigma=0.5)
    assert_array_equal(tree.regions > 0, mask)
    assert_array_equal(
        contour_tree(volume.astype(np.float32) * 257).regions, contour_tree(volume.astype(np.float32)).regions
    )
    assert_array_equal(contour_tree([[1.0, np.nan, 0.0]]).regions, [[1, 0, 2]])
    assert_array_equal(contour_tree([[3]]).regions, [[1]])
    assert len(contour_tree([[3]], mask=np.array([[False]])).parents) == 0
    assert len(contour_tree([[3]], orientation=[[0]]).parents) == 1


@pytest.mark.parametrize(
    ("boundaries", "options", "said"),
    [
        ([[1, -2]], {}, "boundaries holds values from -2"),
        ([[1, 2]], {"orientation": [[1]]}, "orientation has shape"),
        ([[1, 2]], {"orientation": [[1, np.nan]]}, "orientation is masked or not finite"),
        (np.ones((2, 2, 2)), {"orientation": np.ones((2, 2, 2))}, "boundaries has 3 axes"),
        ([[1, 2]], {"sigma": -1}, "sigma is -1"),
    ],
)
def test_wrong_maps(boundaries, options, said):
    with pytest.raises(ValueError, match=said):
        contour_tree(boundaries, **options)

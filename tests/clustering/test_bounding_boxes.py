"""Boxes save distances and change no result."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from classicseg.clustering import bounding_boxes as boxes
from classicseg.clustering import starts

DTYPES = ["u1", "u2", "f4", "f8"]


@st.composite
def problems(draw, whole=True):
    """Points of few values (ties), sorted or not, weights or none, and centers that points lie midway between."""
    n, n_channels, k = draw(st.tuples(st.integers(1, 200), st.integers(2, 4), st.integers(1, 6)))
    highest = draw(st.sampled_from([1, 4, 255]))
    points = draw(hnp.arrays(np.uint8, (n, n_channels), elements=st.integers(0, highest)))
    if draw(st.booleans()):
        points = points[np.lexsort(points.T)]
    weights = draw(hnp.arrays(np.float64, draw(st.sampled_from([0, n])), elements=st.integers(1, 9)))
    centers = draw(hnp.arrays(np.float64, (k, n_channels), elements=st.integers(0, 2 * highest))) / 2
    if not whole:
        return points / np.float64(draw(st.sampled_from([3.0, 0.1]))), weights, centers * draw(st.floats(0.1, 9))
    return points.astype(draw(st.sampled_from(DTYPES))), weights, centers


@given(problems())
def test_whole_numbers_sum_to_the_same_bits(problem):
    points, weights, centers = problem
    found = boxes.in_blocks(points, weights)
    n = len(found.sums)
    expected = boxes.Blocks(points, weights, *(np.empty_like(array) for array in found[2:]))
    boxes._summarize.numpy(expected, 0, n)
    for array, defined in zip(found, expected, strict=True):
        assert_array_equal(array, defined)
    sums = boxes._assign_and_sum(found, centers, 0, n)
    assert_array_equal(sums, boxes._assign_and_sum.numpy(found, centers, 0, n))


@given(problems() | problems(whole=False))
def test_the_nearest_center_is_that_of_all_distances(problem):
    points, _, centers = problem
    expected = np.empty(len(points), np.int32)
    boxes._label.numpy(points, centers, expected, 0, -(-len(points) // boxes.BLOCK))
    assert_array_equal(boxes.nearest(points, centers), expected)


@given(problems() | problems(whole=False))
def test_weights_and_inertia(problem):
    points, weights, centers = problem
    sizes, inertia = boxes.weights_and_inertia(boxes.in_blocks(points, weights), centers)
    counted = weights if len(weights) else np.ones(len(points))
    distances = ((points[:, np.newaxis].astype(float) - centers) ** 2).sum(axis=2)
    assert_allclose(inertia, (counted * distances.min(axis=1)).sum(), rtol=1e-12, atol=1e-300)
    assert_allclose(sizes, np.bincount(distances.argmin(axis=1), counted, minlength=len(centers)))
    labels = boxes.nearest(points, centers)
    n = -(-len(points) // boxes.BLOCK)
    found = boxes.in_blocks(points, weights)
    assert_allclose(
        boxes._inertia(found, centers, labels, 0, n), boxes._inertia.numpy(found, centers, labels, 0, n)
    )


@given(problems(), st.integers(1, 3))
def test_closer_kernel_equals_its_definition(problem, n_seen):
    points, weights, centers = problem
    found = boxes.in_blocks(points, weights)
    n = len(found.sums)
    distances, expected = starts._no_centers(found), starts._no_centers(found)
    for center in np.concatenate([centers[:n_seen], points[:1].astype(float)]):
        starts._come_closer(found, center, distances, 0, n)
        starts._come_closer.numpy(found, center, expected, 0, n)
        for array, defined in zip(distances, expected, strict=True):
            assert_array_equal(array, defined)


@given(problems() | problems(whole=False))
def test_no_center_that_is_nearest_to_a_point_is_pruned(problem):
    points, _, centers = problem
    box = points[: boxes.BLOCK].astype(np.float64)
    left = np.zeros(len(centers), np.int64)
    n_left = boxes._prune(centers, box.min(axis=0), box.max(axis=0), left)
    assert_array_equal(np.diff(left[:n_left]) > 0, True)
    nearest = ((box[:, np.newaxis] - centers) ** 2).sum(axis=2).argmin(axis=1)
    assert set(nearest.tolist()) <= set(left[:n_left].tolist())


@pytest.mark.jit
def test_far_centers_are_pruned():
    centers = np.array([[0.0, 0], [10, 0], [100, 100]])
    left = np.zeros(3, np.int64)
    assert boxes._prune(centers, np.array([0.0, 0]), np.array([4.9, 9]), left) == 1
    assert boxes._prune(centers, np.array([0.0, 0]), np.array([5.0, 9]), left) == 2

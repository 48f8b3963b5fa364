"""Cuts by given costs, and between strokes alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from classicseg import graph_cut_segment

NOISY = np.random.default_rng(0).normal(0, 0.5, (20, 24)) + (np.arange(24) >= 13)
COSTS = np.stack([NOISY**2, (NOISY - 1) ** 2], axis=-1)


def test_without_smoothness_each_pixel_takes_what_costs_it_least():
    assert_array_equal(graph_cut_segment(NOISY, unary=COSTS, smoothness=0), 1 + np.argmin(COSTS, axis=-1))


def test_smoothness_removes_noise():
    flat = np.zeros(NOISY.shape)
    labels = graph_cut_segment(flat, unary=COSTS, smoothness=1)
    assert_array_equal(labels, np.broadcast_to(1 + (np.arange(24) >= 13), flat.shape))


def test_expansions_of_three_labels_remove_noise():
    truth = np.repeat(np.arange(3), 8)
    values = truth + np.random.default_rng(1).normal(0, 0.4, (20, 24))
    unary = (values[..., np.newaxis] - np.arange(3)) ** 2
    labels = graph_cut_segment(np.zeros(values.shape), unary=unary, smoothness=0.5)
    assert np.mean(labels == 1 + truth) > 0.99


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int8])
def test_costs_may_have_any_dtype(dtype):
    costs = np.array([[[0, 3], [0, 3], [3, 0], [3, 0]]])
    labels = graph_cut_segment(np.zeros((1, 4)), unary=costs.astype(dtype))
    assert_array_equal(labels, [[1, 1, 2, 2]])


def test_strokes_are_kept_whatever_costs_say():
    labels = graph_cut_segment(NOISY, unary=COSTS, strokes={2: [(0, 0)]})
    assert labels[0, 0] == 2


def test_strokes_alone_are_cut_along_the_edge():
    image = np.where(np.arange(24) < 15, 0, 9) * np.ones((20, 1))
    labels = graph_cut_segment(image, strokes={5: [(10, 2)], 3: [(3, 20)]}, smoothness=3)
    corner = {5: [(10, y) for y in range(12)], 3: [(10, y) for y in range(18, 24)]}
    assert set(np.unique(labels)) == {3, 5}
    assert_array_equal(graph_cut_segment(image, strokes=corner), np.where(image == 0, 5, 3))


def test_costs_that_are_masked_do_not_count():
    unary, mask = COSTS.copy(), np.ones(NOISY.shape, bool)
    unary[3, 4], mask[3, 4] = np.nan, False
    labels = graph_cut_segment(NOISY, unary=unary, mask=mask)
    assert labels[3, 4] == 0
    assert (labels[mask] > 0).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "unary and strokes are None"),
        ({"unary": COSTS[1:]}, "unary has shape"),
        ({"unary": COSTS[..., :0]}, "unary has shape"),
        ({"unary": np.where(COSTS > 1, np.nan, COSTS)}, "unary holds NaN"),
        ({"unary": COSTS, "strokes": {3: [(0, 0)]}}, "strokes have label 3 and unary has 2 labels"),
        ({"unary": COSTS, "smoothness": -1}, "smoothness is -1"),
    ],
)
def test_mistakes(options, message):
    with pytest.raises(ValueError, match=message):
        graph_cut_segment(NOISY, **options)

"""Forests say the same by definition, in loops and in machine code, of any number of workers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from classicseg._core.bands import use_workers
from classicseg.learning import forest as forests
from classicseg.learning.forest import Forest, bin_features, predict_forest


@st.composite
def random_forests(draw: st.DrawFn) -> tuple[Forest, np.ndarray]:
    """A forest, and samples of few values, equal to edges or missing."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_features, n_trees, depth = draw(st.tuples(st.integers(1, 5), st.integers(0, 4), st.integers(1, 8)))
    own = [np.unique(rng.integers(-9, 9, rng.integers(1, 12))) for _ in range(n_features)]
    starts = np.cumsum([0, *map(len, own)]).astype(np.int32)
    asked = rng.integers(0, n_features, (n_trees, depth))
    bins = (rng.random((n_trees, depth)) * np.diff(starts)[asked]).astype(np.uint8)
    leaves = rng.integers(-(2**15), 2**15, (n_trees, 2**depth)).astype(np.int16)
    edges = np.concatenate(own).astype(np.float32)
    forest = Forest(edges, starts, asked.astype(np.uint16), bins, leaves, 0.25, 0.001)
    features = rng.integers(-10, 10, (n_features, draw(st.integers(0, 40)))).astype(np.float32)
    for value in (np.nan, np.inf, -np.inf):
        features[rng.random(features.shape) < 0.05] = value
    return forest, features


def walk(forest: Forest, sample: np.ndarray) -> np.float32:
    """The value of one sample, question by question."""
    total = 0
    for asked, bins, leaves in zip(forest.features, forest.bins, forest.leaves, strict=True):
        answers = [
            sample[feature] > forest.edges[forest.starts[feature] + above]
            for feature, above in zip(asked.tolist(), bins.tolist(), strict=True)
        ]
        total += int(leaves[sum(int(answer) << level for level, answer in enumerate(answers))])
    return np.float32(forest.base + forest.step * total)


@given(random_forests())
def test_every_sample_goes_its_way(problem: tuple[Forest, np.ndarray]) -> None:
    forest, features = problem
    expected = np.array([walk(forest, sample) for sample in features.T], np.float32)
    assert_array_equal(predict_forest(forest, features), expected)


@given(random_forests())
def test_kernels_equal_their_definitions(problem: tuple[Forest, np.ndarray]) -> None:
    forest, features = problem
    n = features.shape[1]
    start, stop = sorted((n // 3, n - n // 5))
    bins = bin_features(features, forest.edges, forest.starts)
    for kernel, arguments, out in (
        (forests._predict, (features, forest), np.zeros(n, np.float32)),
        (forests._predict_bytes, (bins, forest), np.zeros(n, np.float32)),
        (forests._bin, (features, forest.edges, forest.starts), np.zeros(features.shape, np.uint8)),
    ):
        results = []
        for function in (kernel, kernel.numpy, kernel.loops):
            result = out.copy()
            function(*arguments, result, start, stop)
            results.append(result)
        assert_array_equal(results[0], results[1])
        assert_array_equal(results[0], results[2])


@given(random_forests())
def test_bins_count_edges(problem: tuple[Forest, np.ndarray]) -> None:
    forest, features = problem
    bins = bin_features(features, forest.edges, forest.starts)
    for row, values in enumerate(features):
        own = forest.edges[forest.starts[row] : forest.starts[row + 1]]
        assert_array_equal(bins[row], [(value > own).sum() for value in values])


@given(random_forests())
def test_bytes_are_asked_as_they_are(problem: tuple[Forest, np.ndarray]) -> None:
    forest, features = problem
    forest = forest._replace(edges=(forest.edges + 9) * 8)
    values = np.where(np.isfinite(features), (features + 10) * 8, 255).astype(np.uint8)
    assert_array_equal(predict_forest(forest, values), predict_forest(forest, values.astype(np.float32)))


@pytest.mark.parametrize("n_workers", [1, 3])
def test_any_number_of_workers(n_workers: int) -> None:
    rng = np.random.default_rng(0)
    features = rng.random((2, 3 * forests.BAND + 5)).astype(np.float32)
    leaves = rng.integers(-99, 99, (1, 4)).astype(np.int16)
    forest = Forest(
        np.array([0.5, 0.25], np.float32),
        np.array([0, 1, 2], np.int32),
        np.array([[0, 1]], np.uint16),
        np.zeros((1, 2), np.uint8),
        leaves,
        0.0,
        1.0,
    )
    with use_workers(n_workers):
        values = predict_forest(forest, features)
    assert_array_equal(values, leaves[0, (features[0] > 0.5) + 2 * (features[1] > 0.25)])

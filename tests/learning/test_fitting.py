"""Forests are fitted as the definition says: the best question of all at each level, by least squares."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from classicseg._core.bands import use_workers
from classicseg.learning import histograms
from classicseg.learning.fitting import BinnedFeatures, Boosting, bin_table, fit_binned, fit_forest
from classicseg.learning.forest import Forest, predict_forest

Problem = tuple[np.ndarray, np.ndarray, np.ndarray]


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Features of few or many values, targets that depend on them, and weights, some 0."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, n_features = draw(st.tuples(st.integers(1, 60), st.integers(1, 10)))
    features = rng.normal(size=(n_features, n))
    if draw(st.booleans()):
        features = np.rint(features)
    targets = np.tanh(features[0] * features[-1]) + 0.1 * rng.normal(size=n)
    weights = rng.integers(draw(st.integers(0, 1)), 4, n).astype(float)
    weights[0] = 1
    return features.astype(np.float32), targets, weights


def mean_square(values: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> float:
    return float((weights * (values - targets) ** 2).sum() / weights.sum())


@given(problems(), st.integers(1, 4))
def test_one_tree_asks_the_best_questions(problem: Problem, depth: int) -> None:
    features, targets, weights = problem
    table = bin_table(features, 8)
    forest = fit_binned(table, targets, weights=weights, boosting=Boosting(1, depth, 1.0, 1e-3))
    if not len(table.edges):
        assert_array_equal(predict_forest(forest, features), np.float32(np.average(targets, weights=weights)))
        return
    shares, residuals = weights * len(weights) / weights.sum(), targets - forest.base

    def gain(answers: np.ndarray) -> float:
        leaf_of = (answers << np.arange(len(answers))[:, np.newaxis]).sum(axis=0)
        pulls, counts = np.bincount(leaf_of, shares * residuals), np.bincount(leaf_of, shares)
        return float((pulls**2 / (counts + 1e-3)).sum())

    questions = [
        (row, edge) for row in range(len(features)) for edge in table.edges[slice(*table.starts[row : row + 2])]
    ]
    asked = forest.edges[forest.starts[forest.features[0]] + forest.bins[0]]
    chosen = features[forest.features[0]] > asked[:, np.newaxis]
    for level in range(depth):
        best = max(gain(np.vstack([chosen[:level], features[row] > edge])) for row, edge in questions)
        assert_allclose(gain(chosen[: level + 1]), best, rtol=1e-4, atol=1e-9)


@given(problems())
def test_trees_lower_the_sum_of_squares(problem: Problem) -> None:
    features, targets, weights = problem
    table = bin_table(features)
    left = [
        mean_square(
            predict_forest(fit_binned(table, targets, weights=weights, boosting=Boosting(n_trees, 2)), features),
            targets,
            weights,
        )
        for n_trees in (0, 1, 5, 20)
    ]
    for more, less in itertools.pairwise(left):
        assert less <= more + 1e-6


@given(problems(), st.integers(0, 3))
def test_kernels_equal_their_definitions(problem: Problem, level: int) -> None:
    features, targets, _ = problem
    table = bin_table(features, 6)
    rng = np.random.default_rng(len(targets))
    start = histograms.start_growth(table.bins, np.diff(table.starts), 4)
    start.pulls[:] = (rng.integers(-99, 99, len(targets)) << 32) + rng.integers(0, 99, len(targets))
    start.leaf_of[:] = rng.integers(0, 2**level, len(targets))
    for array in (start.counted, start.slots, start.values, start.histograms, start.scores):
        array[:] = 0
    second = rng.random(2 ** max(0, level - 1)) < 0.5 * (level > 0)
    n_parted = len(second) if level else 0
    n_groups = -(-len(features) // histograms._GROUP)

    def run(way: str) -> list[np.ndarray]:
        growth = start._replace(**{name: array.copy() for name, array in start._asdict().items()})
        select, add_up, score = (
            kernel if way == "kernel" else getattr(kernel, way)
            for kernel in (histograms._select, histograms._add_up, histograms._score)
        )
        n_counted = select(growth, second)
        for array in (growth.counted, growth.slots, growth.values):
            array[n_counted:] = 0
        add_up(growth, second, n_parted, n_counted, 0, n_groups)
        score(growth, 2**level, 0.5, 0, len(features))
        return [np.array(n_counted), *growth]

    for one, other, third in zip(run("kernel"), run("numpy"), run("loops"), strict=True):
        assert_array_equal(one, other)
        assert_array_equal(one, third)


def test_histograms_of_parts_are_those_of_all() -> None:
    """After each level, the histograms are those counted anew."""
    rng = np.random.default_rng(1)
    table = bin_table(rng.normal(size=(11, 500)).astype(np.float32), 9)
    growth = histograms.start_growth(table.bins, np.diff(table.starts), 4)
    growth.pulls[:] = (rng.integers(-99, 99, 500) << 32) + rng.integers(0, 99, 500)
    for level in range(4):
        before = growth.leaf_of * (level > 0)
        histograms.grow_level(growth, level, 1.0)
        expected = np.zeros((11, 2**level, 9), np.int64)
        for feature in range(11):
            np.add.at(expected[feature], (before, table.bins[feature]), growth.pulls)
        assert_array_equal(growth.histograms[:, : 2**level], expected)


def a_problem(n: int = 20_000) -> Problem:
    rng = np.random.default_rng(3)
    features = rng.normal(size=(20, n)).astype(np.float32)
    targets = np.tanh(features[0] + features[1] * features[2]) + 0.1 * rng.normal(size=n)
    return features, targets, rng.random(n)


def assert_same(one: Forest, other: Forest) -> None:
    for array, same in zip(one, other, strict=True):
        assert_array_equal(array, same)


@pytest.mark.large
def test_any_number_of_workers() -> None:
    features, targets, weights = a_problem()
    forests = []
    for n_workers in (1, 3):
        with use_workers(n_workers):
            forests.append(fit_forest(features, targets, weights=weights, boosting=Boosting(5)))
    assert_same(*forests)


@pytest.mark.large
def test_no_order_of_the_samples_matters_to_the_questions() -> None:
    features, targets, weights = a_problem()
    one = fit_forest(features, targets, weights=weights, boosting=Boosting(1))
    turned = fit_forest(
        np.ascontiguousarray(features[:, ::-1]), targets[::-1], weights=weights[::-1], boosting=Boosting(1)
    )
    assert_array_equal(one.features, turned.features)
    assert_array_equal(one.edges, turned.edges)


@pytest.mark.large
def test_what_can_be_learned_is() -> None:
    features, targets, _ = a_problem()
    forest = fit_forest(features[:, ::2].copy(), targets[::2], boosting=Boosting(100))
    left = predict_forest(forest, features[:, 1::2].copy()) - targets[1::2]
    assert left.var() < 0.05 * targets.var()


def test_only_edges_that_are_asked_for_are_kept() -> None:
    features, targets, _ = a_problem(2000)
    forest = fit_forest(features, targets, boosting=Boosting(2, 3))
    assert len(forest.edges) <= 6
    for row in range(len(features)):
        n_edges = forest.starts[row + 1] - forest.starts[row]
        assert_array_equal(np.unique(forest.bins[forest.features == row]), np.arange(n_edges))


@pytest.mark.parametrize("value", [0.0, 3.0, np.nan])
def test_constant_features(value: float) -> None:
    features = np.full((2, 10), value, np.float32)
    forest = fit_forest(features, np.arange(10.0))
    assert forest.leaves.shape == (0, 64)
    assert_array_equal(predict_forest(forest, features), np.full(10, 4.5, np.float32))


def test_constant_targets() -> None:
    features, _, _ = a_problem(100)
    forest = fit_forest(features, np.full(100, 2.0), boosting=Boosting(3, 2))
    assert_array_equal(predict_forest(forest, features), np.full(100, 2, np.float32))


@pytest.mark.parametrize("n", [0, 3])
def test_nothing_that_counts(n: int) -> None:
    features = np.arange(2 * n, dtype=np.float32).reshape(2, n)
    forest = fit_forest(features, np.ones(n), weights=np.zeros(n))
    assert_array_equal(predict_forest(forest, np.ones((2, 2), np.float32)), [0, 0])


def test_missing_features_are_below_all_edges() -> None:
    features = np.array([[np.nan, 1, 2, 3, np.nan, 3]], np.float32)
    table = bin_table(features)
    assert isinstance(table, BinnedFeatures)
    assert_array_equal(table.bins, [[0, 0, 1, 2, 0, 2]])
    assert_array_equal(table.edges, [1, 2])


@given(problems())
def test_bytes_are_fitted_as_floats_are(problem: Problem) -> None:
    features, targets, weights = problem
    values = (features * 20 + 100).clip(0, 255).astype(np.uint8)
    one, other = (
        fit_forest(own, targets, weights=weights, boosting=Boosting(2, 2))
        for own in (values, values.astype(np.float32))
    )
    assert_same(one, other)
    assert_array_equal(predict_forest(one, values), predict_forest(one, values.astype(np.float32)))


def test_bins_of_equal_counts() -> None:
    features = np.random.default_rng(0).permutation(6400).astype(np.float32)[np.newaxis]
    assert np.ptp(np.bincount(bin_table(features).bins[0])) <= 2

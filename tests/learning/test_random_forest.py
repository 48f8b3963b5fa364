"""Forests: kernels are their definitions, and trees ask what brute force finds to be best."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import classicseg
from classicseg.learning import forest_growth, forest_votes
from classicseg.learning.fitting import bin_table
from classicseg.learning.forest_growth import grow_forest
from classicseg.learning.forest_votes import class_shares, most_votes, unseen_votes
from classicseg.learning.random_forest import LEAF, WHOLE, first_children


@st.composite
def samples(draw, most=30):
    """Few values with many ties, or many without."""
    n, n_features = draw(st.integers(1, most)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    levels = draw(st.sampled_from([1, 3, 1000]))
    features = (rng.integers(-levels, levels + 1, (n_features, n)) / 4).astype(np.float32)
    return features, rng.integers(0, draw(st.integers(1, 4)), n).astype(np.uint8)


def grown(features, classes, n_trees=9, seed=0):
    return grow_forest(features, classes, n_trees=n_trees, rng=np.random.default_rng(seed))


def tree_shares(forest, tree, features):
    """What one tree says of samples, (n, n_classes)."""
    found = []
    for sample in features.T:
        node = forest.roots[tree]
        while forest.features[node] != LEAF:
            node = forest.children[node] + (sample[forest.features[node]] > forest.thresholds[node])
        found.append(forest.shares[forest.children[node]])
    return np.array(found)


@given(samples())
def test_votes_are_those_of_all_trees(drawn):
    features, classes = drawn
    forest = grown(features, classes, 4).forest
    others = np.random.default_rng(0).normal(size=(len(features), 40)).astype(np.float32)
    others[:, :2] = [[-0.0, 0.0]]
    votes = sum(tree_shares(forest, tree, others).astype(np.int64) for tree in range(forest.n_trees))
    assert_array_equal(votes.sum(axis=1), WHOLE * forest.n_trees)
    assert_array_equal(most_votes(forest, others), votes.argmax(axis=1))
    assert_allclose(class_shares(forest, others), votes.T / (WHOLE * forest.n_trees), rtol=1e-6)
    ballot = forest_votes._ballot(forest)
    winners, shares = np.full(40, -1, np.int32), np.zeros((forest.n_classes, 40), np.float32)
    forest_votes._elect.numpy(others, ballot, winners, 5, 35)
    forest_votes._poll.numpy(others, ballot, shares, 5, 35)
    assert_array_equal(winners[5:35], most_votes(forest, others)[5:35])
    assert_array_equal(shares[:, 5:35], class_shares(forest, others)[:, 5:35])

    seen = np.random.default_rng(1).integers(0, 2, (forest.n_trees, 40)).astype(np.uint8)
    others_votes = sum(
        tree_shares(forest, tree, others).astype(np.int64) * (seen[tree, :, np.newaxis] == 0)
        for tree in range(forest.n_trees)
    )
    assert_array_equal(unseen_votes(forest, others, seen), others_votes)
    counted = np.zeros((40, forest.n_classes), np.int32)
    forest_votes._count_unseen.numpy(others, ballot, seen, counted, 0, 40)
    assert_array_equal(counted, others_votes)


def impurity(classes, weights):
    counts = np.bincount(classes, weights)
    return counts.sum() - (counts**2).sum() / max(counts.sum(), 1)


@given(samples(25), st.integers(0, 99))
def test_each_question_is_the_best_one(drawn, seed):
    features, classes = drawn
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 3, len(classes)).astype(np.int32)
    weights[0] = 1
    table = bin_table(features, 256)
    sample = forest_growth._Sample(table.bins, classes, len(features))  # all features are drawn
    tree = forest_growth._grown(sample, weights, 7, int(classes.max()) + 1)
    assert_array_equal(np.sort(tree.order), np.flatnonzero(weights))
    members = {0: np.flatnonzero(weights)}
    gains = np.zeros(len(features))
    for node, feature in enumerate(tree.features):
        own = members[node]
        assert_array_equal(tree.counts[node], np.bincount(classes[own], weights[own], tree.counts.shape[1]))
        before = impurity(classes[own], weights[own])
        taken = [
            before
            - impurity(classes[own[low]], weights[own[low]])
            - impurity(classes[own[~low]], weights[own[~low]])
            for bins in table.bins[:, own]
            for low in (bins <= k for k in np.unique(bins)[:-1])
        ]
        if feature == LEAF:
            assert before == 0 or not taken
            continue
        low = table.bins[feature, own] <= tree.bins[node]
        members[int(tree.children[node])], members[int(tree.children[node]) + 1] = own[low], own[~low]
        one = before - sum(impurity(classes[own[s]], weights[own[s]]) for s in (low, ~low))
        assert_allclose(one, max(taken), atol=1e-9)
        gains[feature] += one
    assert_allclose(tree.gains, gains, atol=1e-9)
    roots = np.array([0, len(tree.features)], np.int32)
    asks = tree.features != LEAF
    assert_array_equal(first_children(tree.features, roots)[asks], tree.children[asks])


@given(samples())
def test_thresholds_lie_between_samples(drawn):
    features, classes = drawn
    forest = grown(features, classes).forest
    asks = forest.features != LEAF
    for feature, threshold in zip(forest.features[asks], forest.thresholds[asks], strict=True):
        below, above = features[feature] <= threshold, features[feature] > threshold
        assert below.any()
        assert above.any()
        exact = (features[feature][below].max().astype(float) + features[feature][above].min()) / 2
        assert_allclose(threshold, exact, rtol=1e-6)


def test_importances_and_score_say_what_decides():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(6, 400)).astype(np.float32)
    classes = (features[2] > 0).astype(np.uint8)
    found = grown(features, classes, 30)
    assert found.importances.argmax() == 2
    assert_allclose(found.importances.sum(), 1)
    assert found.score > 0.9
    noise = grown(features, rng.integers(0, 2, 400).astype(np.uint8), 30)
    assert 0.35 < noise.score < 0.65


@pytest.mark.jit
def test_workers_do_not_count():
    rng = np.random.default_rng(0)
    features, classes = rng.normal(size=(5, 200)).astype(np.float32), rng.integers(0, 3, 200).astype(np.uint8)
    with classicseg.set_workers(1):
        one = grown(features, classes)
    with classicseg.set_workers(4):
        four = grown(features, classes)
    for a, b in zip((*one.forest, *one[1:]), (*four.forest, *four[1:]), strict=True):
        assert_array_equal(a, b)

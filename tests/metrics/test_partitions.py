"""Partitions are compared as scikit-image and scikit-learn do it, and by definitions over all pairs of pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose
from skimage import metrics as peer
from strategies import label_pairs

from classicseg.metrics import (
    adapted_rand_error,
    adjusted_rand_index,
    contingency_table,
    probabilistic_rand_index,
    rand,
    rand_index,
    segmentation_covering,
    variation_of_information,
)


def pairs_of_pixels(truth, labels):
    """Which pairs of different pixels each joins."""
    one, other = (np.equal.outer(array.ravel(), array.ravel()) for array in (truth, labels))
    apart = ~np.eye(truth.size, dtype=bool)
    return one[apart], other[apart]


@given(label_pairs())
def test_pairs_of_pixels_are_joined_or_separated(pair):
    one, other = pairs_of_pixels(*pair)
    assert rand_index(*pair) == (np.mean(one == other) if one.size else 1)
    error, precision, recall = adapted_rand_error(*pair)
    both = np.sum(one & other)
    assert precision == (both / other.sum() if other.any() else 1)
    assert recall == (both / one.sum() if one.any() else 1)
    assert error == pytest.approx(1 - 2 * both / (one.sum() + other.sum()) if one.any() or other.any() else 0)


@given(label_pairs())
def test_scikit_image_agrees(pair):
    truth, labels = (array.astype(int) + 1 for array in pair)
    split, merge = peer.variation_of_information(truth, labels)
    assert_allclose(variation_of_information(truth, labels), (split, merge), atol=1e-12)
    one, other = pairs_of_pixels(truth, labels)
    if (one & other).any():  # else scikit-image divides by 0
        error, precision, recall = peer.adapted_rand_error(truth, labels, ignore_labels=())
        found = adapted_rand_error(truth, labels)
        assert_allclose((found.error, found.recall, found.precision), (error, precision, recall), atol=1e-12)


@given(label_pairs())
def test_scikit_learn_agrees(pair):
    sklearn = pytest.importorskip("sklearn.metrics")
    truth, labels = (array.ravel() for array in pair)
    assert rand_index(truth, labels) == pytest.approx(sklearn.rand_score(truth, labels))
    assert adjusted_rand_index(truth, labels) == pytest.approx(sklearn.adjusted_rand_score(truth, labels))
    shared = sklearn.mutual_info_score(truth, labels)
    counts = [np.unique(array, return_counts=True)[1] / len(truth) for array in (truth, labels)]
    entropies = [float(-(share * np.log(share)).sum()) for share in counts]
    total = variation_of_information(truth, labels, base=math.e).total
    assert total == pytest.approx(sum(entropies) - 2 * shared, abs=1e-9)


@given(label_pairs())
def test_each_true_segment_is_covered_by_the_best(pair):
    truth, labels = pair
    expected = 0
    for one in np.unique(truth):
        shares = [
            np.sum((truth == one) & (labels == k)) / np.sum((truth == one) | (labels == k))
            for k in np.unique(labels)
        ]
        expected += np.sum(truth == one) * max(shares) / truth.size
    assert segmentation_covering(truth, labels) == pytest.approx(expected)


@given(label_pairs())
def test_names_do_not_count_and_partitions_agree_with_themselves(pair):
    truth, labels = pair
    renamed = np.array([70_000, 3, 0, 9, 2])[labels]
    for score in (rand_index, adjusted_rand_index, adapted_rand_error, segmentation_covering):
        assert score(truth, renamed) == score(truth, labels)
    assert_allclose(variation_of_information(truth, renamed), variation_of_information(truth, labels))
    for score in (rand_index, adjusted_rand_index, segmentation_covering, probabilistic_rand_index):
        assert score(truth, truth) == 1
    assert adapted_rand_error(truth, truth) == (0, 1, 1)
    assert variation_of_information(truth, truth) == (0, 0)


@given(label_pairs())
def test_exchanging_the_two_exchanges_splits_and_merges(pair):
    truth, labels = pair
    assert rand_index(truth, labels) == rand_index(labels, truth)
    assert adjusted_rand_index(truth, labels) == pytest.approx(adjusted_rand_index(labels, truth))
    there, back = adapted_rand_error(truth, labels), adapted_rand_error(labels, truth)
    assert (there.precision, there.recall) == (back.recall, back.precision)
    there, back = variation_of_information(truth, labels), variation_of_information(labels, truth)
    assert_allclose(there, back[::-1])


@given(label_pairs())
def test_several_truths_count_by_their_mean(pair):
    truth, labels = (array.reshape(1, -1) for array in pair)
    truths = [truth, labels, np.zeros_like(truth)]
    assert probabilistic_rand_index(truths, labels) == pytest.approx(
        np.mean([rand_index(t, labels) for t in truths])
    )
    for score in (segmentation_covering, variation_of_information):
        assert_allclose(score(truths, labels), np.mean([score(t, labels) for t in truths], axis=0), atol=1e-12)


def test_counts_beyond_32_bits_are_exact():
    table = contingency_table([1, 1, 2], [1, 2, 2])
    large = table._replace(counts=table.counts * 10**10)
    n = 3 * 10**10
    joined = 10**20
    assert rand._pairs(large) == (3 * joined - n, 2 * joined, 2 * joined, n * n - 7 * joined)


@pytest.mark.parametrize("base", [1, 0.5, math.nan])
def test_a_logarithm_needs_a_base(base):
    with pytest.raises(ValueError, match=r"base is .*; expected a finite number > 1"):
        variation_of_information([1], [1], base=base)

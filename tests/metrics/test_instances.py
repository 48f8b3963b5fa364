"""Objects are matched one to one by their overlap, as many as can be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import linear_sum_assignment
from strategies import label_pairs

from classicseg.metrics import average_precision, panoptic_quality


def shares(truth, labels):
    """The IoU of every object with every other."""
    one, other = (np.unique(array[array > 0]) for array in (truth, labels))
    return np.array(
        [[np.sum((truth == a) & (labels == b)) / np.sum((truth == a) | (labels == b)) for b in other] for a in one]
    ).reshape(len(one), len(other))


@given(label_pairs())
def test_objects_are_matched_as_the_assignment_problem_says(pair):
    table = shares(*pair)
    limits = (0, 0.1, 0.3, 0.5, 0.6, 0.9)
    found = average_precision(*pair, thresholds=limits)
    assert_array_equal(found.threshold, limits)
    for limit, precision in zip(limits, found.precision, strict=True):
        hits = (table > limit)[linear_sum_assignment(table > limit, maximize=True)].sum()
        assert precision == pytest.approx(hits / (sum(table.shape) - hits) if sum(table.shape) else 1)
    assert found.mean == pytest.approx(found.precision.mean())


@given(label_pairs())
def test_quality_is_recognition_times_segmentation(pair):
    table = shares(*pair)
    hits = table[table > 0.5]
    quality, segmentation, recognition = panoptic_quality(*pair)
    if sum(table.shape):
        assert segmentation == pytest.approx(hits.mean() if hits.size else 0)
        assert recognition == pytest.approx(2 * hits.size / sum(table.shape))
    assert quality == pytest.approx(segmentation * recognition)


@given(label_pairs())
def test_objects_are_symmetric_nameless_and_perfect_on_themselves(pair):
    truth, labels = pair
    renamed = np.array([0, 70_000, 3, 9, 2])[labels]
    assert_allclose(panoptic_quality(truth, renamed), panoptic_quality(labels, truth))
    assert_allclose(average_precision(truth, renamed).precision, average_precision(labels, truth).precision)
    assert panoptic_quality(truth, truth) == (1, 1, 1)
    assert average_precision(truth, truth).mean == 1


def test_nothing_to_find():
    nothing, one = np.zeros((3, 3), int), np.eye(3, dtype=int)
    assert panoptic_quality(nothing, nothing) == (1, 1, 1)
    assert panoptic_quality(nothing, one) == panoptic_quality(one, nothing) == (0, 0, 0)
    assert average_precision(nothing, one).mean == 0


@pytest.mark.parametrize("thresholds", [[], [0.5, 1.5], [-0.1], [np.nan]])
def test_thresholds_are_shares(thresholds):
    with pytest.raises(ValueError, match="thresholds"):
        average_precision([1], [1], thresholds=thresholds)

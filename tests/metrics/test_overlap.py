"""Overlaps are scikit-learn's and SimpleITK's, symmetric, and perfect on themselves."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from strategies import label_pairs

from classicseg.metrics import confusion, confusion_matrix, dice, iou, match_labels, pixel_accuracy


@given(label_pairs())
def test_each_label_is_compared_with_itself(pair):
    truth, labels = pair
    names = np.union1d(truth, labels)
    both = np.array([np.sum((truth == name) & (labels == name)) for name in names])
    either = np.array([np.sum((truth == name) | (labels == name)) for name in names])
    assert_array_equal(iou(truth, labels).label, names)
    assert_allclose(iou(truth, labels).score, both / either)
    assert_allclose(dice(truth, labels).score, 2 * both / (both + either))
    assert iou(truth, labels).mean == pytest.approx(np.mean(both / either))
    assert pixel_accuracy(truth, labels) == np.mean(truth == labels)
    counts = [[np.sum((truth == one) & (labels == other)) for other in names] for one in names]
    assert_array_equal(confusion_matrix(truth, labels).counts, counts)


@given(label_pairs())
def test_overlaps_are_symmetric_and_perfect_on_themselves(pair):
    truth, labels = pair
    for score in (iou, dice):
        assert_array_equal(score(truth, labels).score, score(labels, truth).score)
        assert score(truth, truth).mean == 1
    assert pixel_accuracy(truth, labels) == pixel_accuracy(labels, truth)
    assert pixel_accuracy(truth, truth) == 1
    assert_array_equal(confusion_matrix(truth, labels).counts, confusion_matrix(labels, truth).counts.T)


@pytest.mark.filterwarnings("ignore:A single label was found")
@given(label_pairs())
def test_scikit_learn_agrees(pair):
    peer = pytest.importorskip("sklearn.metrics")
    truth, labels = (array.ravel() for array in pair)
    names = np.union1d(truth, labels)
    options = {"average": None, "labels": names, "zero_division": 0}
    assert_allclose(iou(truth, labels).score, peer.jaccard_score(truth, labels, **options))
    assert_allclose(dice(truth, labels).score, peer.f1_score(truth, labels, **options))
    assert pixel_accuracy(truth, labels) == peer.accuracy_score(truth, labels)
    assert_array_equal(confusion_matrix(truth, labels).counts, peer.confusion_matrix(truth, labels, labels=names))


def test_simpleitk_agrees():
    sitk = pytest.importorskip("SimpleITK")
    rng = np.random.default_rng(0)
    truth, labels = rng.integers(0, 4, (2, 9, 10, 11)).astype(np.uint8)
    peer = sitk.LabelOverlapMeasuresImageFilter()
    peer.Execute(sitk.GetImageFromArray(labels), sitk.GetImageFromArray(truth))
    for name in (1, 2, 3):
        assert iou(truth, labels).score[name] == pytest.approx(peer.GetJaccardCoefficient(name))
        assert dice(truth, labels).score[name] == pytest.approx(peer.GetDiceCoefficient(name))


@given(label_pairs(most=3))
def test_matched_labels_agree_with_as_many_pixels_as_any_names_would(pair):
    truth, labels = pair
    truth, labels = truth.astype(int) + 5, labels.astype(int) + 1
    names = list(range(1, 5))
    renamed = match_labels(truth, labels)
    most = max(
        np.sum(np.array([0, *choice])[labels] == truth) for choice in itertools.permutations([5, 6, 7, 8], 4)
    )
    assert np.sum(renamed == truth) == most
    found = {name: set(renamed[labels == name]) for name in names if (labels == name).any()}
    assert all(len(new) == 1 for new in found.values())
    assert len(set.union(*found.values())) == len(found)
    assert iou(truth, match_labels(truth, truth)).mean == 1


def test_what_has_no_partner_is_called_beyond_all_others_and_0_is_nothing():
    assert_array_equal(match_labels([[9, 9, 9]], [[1, 1, 2]]), [[9, 9, 10]])
    assert_array_equal(match_labels([[4, 4, 7]], [[0, 0, 2]]), [[0, 0, 7]])
    assert_array_equal(match_labels([[0, 0, 7]], [[0, 1, 2]]), [[0, 8, 7]])
    assert_array_equal(match_labels([[0, 0, 7]], [[1, 1, 2]]), [[0, 0, 7]])
    assert_array_equal(match_labels([[3, 3, 7]], [[1, 2, 2]], ignore_label=3), [[8, 7, 7]])


@given(label_pairs(), st.data())
def test_names_outside_the_mask_are_renamed_as_well(pair, data):
    truth, labels = pair
    mask = data.draw(hnp.arrays(bool, truth.shape))
    if mask.any():
        renamed = match_labels(truth, labels, mask=mask)
        assert len(np.unique(renamed)) == len(np.unique(labels))


def test_too_many_classes_for_a_matrix():
    many = np.arange(confusion._MOST_CLASSES + 1)
    with pytest.raises(ValueError, match="have 10001 different labels; expected at most 10000; contingency_table"):
        confusion_matrix(many, many)

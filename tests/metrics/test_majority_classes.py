"""Regions take the class that most of their pixels have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import label_pairs, masks

from classicseg import majority_classes


@given(label_pairs(), st.none() | st.integers(0, 4), st.data())
def test_each_region_takes_its_majority(pair, ignored, data):
    labels, truth = pair
    mask = data.draw(st.none() | masks(labels.shape))
    votes = np.ones(labels.shape, bool) if mask is None else mask
    votes = votes & (truth != ignored) if ignored is not None else votes
    expected = np.zeros(labels.shape, np.int32)
    for label in np.unique(labels[labels > 0]):
        chosen = truth[(labels == label) & votes]
        expected[labels == label] = np.bincount(chosen).argmax() if len(chosen) else 0
    found = majority_classes(labels, truth, ignore_label=ignored, mask=mask)
    assert found.dtype == np.int32
    assert_array_equal(found, expected)


def test_labels_and_classes_may_be_high():
    assert_array_equal(majority_classes([[2**31 - 1, 4]], [[2**31 - 1, 7]]), [[2**31 - 1, 7]])


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="labels have shape"):
        majority_classes([[1]], [[1, 2]])

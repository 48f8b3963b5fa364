"""Thresholds: the textbook's split, and Otsu's several classes against brute force and scikit-image."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from skimage import data
from strategies import images

from classicseg import multi_otsu_thresholds, otsu_threshold, threshold_segment


def squared_error(values, thresholds):
    labels = np.searchsorted(thresholds, values, side="right")
    return sum(((values[labels == c] - values[labels == c].mean()) ** 2).sum() for c in np.unique(labels))


@given(images(dtype="f8"), st.integers(1, 4))
def test_given_thresholds_split_as_the_textbook_does(image, n_thresholds):
    thresholds = np.linspace(image.min(), image.max() + 1, n_thresholds)[:n_thresholds]
    thresholds = np.unique(thresholds)
    expected = 1 + sum((image >= threshold).astype(int) for threshold in thresholds)
    assert_array_equal(threshold_segment(image, thresholds=thresholds.tolist()), expected)
    assert_array_equal(threshold_segment(image, thresholds=thresholds), expected)


@given(hnp.arrays(np.float64, st.integers(4, 14), elements=st.integers(-9, 9)), st.integers(2, 4))
def test_otsu_is_the_optimum_of_all_splits(values, n_classes):
    levels = np.unique(values)
    if len(levels) < n_classes:
        with pytest.raises(ValueError, match=f"{len(levels)} distinct values"):
            multi_otsu_thresholds(values, n_classes=n_classes)
        return
    found = multi_otsu_thresholds(values, n_classes=n_classes)
    best = min(squared_error(values, np.array(split)) for split in combinations(levels[1:], n_classes - 1))
    assert len(found) == n_classes - 1
    assert_allclose(squared_error(values, found), best, atol=1e-9)


def test_float_values_are_not_binned():
    image = np.array([0.0, 1e-9, 2e-9, 1.0 - 1e-9, 1.0])
    assert otsu_threshold(image) == 1.0 - 1e-9


@pytest.mark.large
def test_a_color_image_is_taken_by_its_luminance():
    image = data.astronaut()
    luminance = image @ [0.2125, 0.7154, 0.0721]
    assert_allclose(otsu_threshold(image), otsu_threshold(luminance))
    with pytest.raises(ValueError, match="4 channels"):
        threshold_segment(np.zeros((3, 3, 4)))


def test_given_thresholds_name_the_classes():
    assert_array_equal(threshold_segment([[5, 6]], thresholds=3), [[2, 2]])
    assert_array_equal(threshold_segment([[5, 6]], thresholds=[3, 9]), [[2, 2]])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"thresholds": "best"}, ValueError, "'best'; expected a number or one of 'otsu'"),
        ({"thresholds": "mean", "n_classes": 3}, ValueError, "makes 2 classes"),
        ({"thresholds": [2, 1]}, ValueError, "ascending"),
        ({"thresholds": [1, 1]}, ValueError, "ascending"),
        ({"thresholds": []}, ValueError, "empty"),
        ({"thresholds": [1, np.nan]}, ValueError, "nan"),
        ({"thresholds": np.inf}, ValueError, "inf"),
        ({"thresholds": [1, "2"]}, TypeError, "'2'"),
        ({"thresholds": True}, TypeError, "True"),
        ({"n_classes": 0}, ValueError, "n_classes is 0"),
        ({"n_classes": 2.0}, TypeError, "n_classes is 2.0"),
        ({"thresholds": 3, "n_classes": 3}, ValueError, "1 thresholds make 2"),
    ],
)
def test_mistakes(options, error, message):
    with pytest.raises(error, match=message):
        threshold_segment([[1, 2, 3]], **options)


def test_more_classes_than_values():
    assert_array_equal(threshold_segment([[1, 5, 9]], n_classes=7), [[1, 2, 3]])
    assert multi_otsu_thresholds([[1, 5]], n_classes=1).shape == (0,)
    with pytest.raises(ValueError, match="1 distinct values"):
        otsu_threshold([[4, 4]])


def test_a_two_pixel_image_over_the_full_range_of_int32_takes_no_memory():
    image = np.array([[np.iinfo(np.int32).min, np.iinfo(np.int32).max]], np.int32)
    assert otsu_threshold(image) == np.iinfo(np.int32).max

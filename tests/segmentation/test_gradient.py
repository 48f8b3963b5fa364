"""Gradient thresholding: T(x, y) = 1 where g(x, y) >= T."""

from __future__ import annotations

from functools import partial
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import laws_of
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage
from strategies import images, masks

from classicseg import gradient_magnitude, gradient_segment, kmeans_segment, otsu_threshold, threshold_segment
from classicseg.filters.operators import Operator
from classicseg.types import ThresholdName


@given(st.data())
def test_the_formula(data):
    image = data.draw(images())
    mask = data.draw(masks(image.shape))
    threshold = data.draw(st.sampled_from([0.0, 0.5, 1.0, 10.0]))
    magnitude = gradient_magnitude(image, mask=mask)
    expected = np.where(mask, np.where(magnitude >= threshold, 2, 1), 0)
    assert_array_equal(gradient_segment(image, threshold=threshold, mask=mask), expected)


@given(images(), st.integers(-30, 30))
def test_image_and_threshold_scale_together(image, exponent):
    scale = 2.0**exponent
    expected = gradient_segment(image.astype(float), threshold=1.5)
    assert_array_equal(gradient_segment(image * scale, threshold=1.5 * scale), expected)


def test_otsu_chooses_from_the_magnitudes():
    image = np.random.default_rng(0).normal(size=(20, 30)).cumsum(axis=0)
    magnitude = gradient_magnitude(image)
    assert_array_equal(gradient_segment(image) == 2, magnitude >= otsu_threshold(magnitude))


@pytest.mark.parametrize("name", get_args(ThresholdName))
def test_every_name_chooses_from_the_magnitudes(name):
    image = np.random.default_rng(0).normal(size=(20, 30)).cumsum(axis=0)
    magnitude = gradient_magnitude(image, operator="scharr", sigma=1)
    found = gradient_segment(image, threshold=name, operator="scharr", sigma=1)
    assert_array_equal(found, threshold_segment(magnitude, thresholds=name))


@given(images(), st.integers(1, 5))
def test_several_classes_are_those_of_k_means_on_the_magnitudes(image, n):
    magnitude = gradient_magnitude(image).astype(float)
    found = gradient_segment(image, n_classes=n)
    errors = [
        sum(((magnitude[labels == c] - magnitude[labels == c].mean()) ** 2).sum() for c in np.unique(labels))
        for labels in (found, kmeans_segment(magnitude, n_clusters=n))
    ]
    assert_allclose(*errors, atol=1e-9)


@given(images(), masks((6, 7)), st.data())
def test_hysteresis(image, mask, data):
    image = np.resize(image, (6, 7))
    low = data.draw(st.sampled_from([0.0, 1.0, 3.0]))
    high = low + data.draw(st.sampled_from([0.0, 1.0, 40.0]))
    magnitude = gradient_magnitude(image, mask=mask)
    pieces, n = ndimage.label((magnitude >= low) & mask, np.ones((3, 3)))
    steep = np.isin(pieces, [p for p in range(1, n + 1) if (magnitude[pieces == p] >= high).any()])
    expected = np.where(mask, 1 + steep, 0)
    assert_array_equal(gradient_segment(image, threshold=(low, high), mask=mask), expected)


@pytest.mark.parametrize("operator", get_args(Operator))
@given(data=st.data())
def test_every_operator_keeps_the_laws(operator, data):
    segment = partial(gradient_segment, operator=operator)
    laws = laws_of(segment)
    laws[data.draw(st.sampled_from(sorted(set(laws) - {"mistakes_are_named"})))](segment, data)


def test_mistakes():
    for options, message in [
        ({"threshold": "median"}, "threshold is 'median'; expected a number or one of 'otsu'"),
        ({"threshold": -1}, r"threshold is -1\.0; expected a finite number >= 0"),
        ({"threshold": (3, 2)}, r"threshold is \(3\.0, 2\.0\); expected low <= high"),
        ({"threshold": (1, 2, 3)}, "threshold has 3 numbers"),
        ({"threshold": ()}, "threshold has 0 numbers"),
        ({"threshold": 3, "n_classes": 3}, "n_classes is 3; a threshold in numbers makes 2"),
        ({"threshold": "mean", "n_classes": 3}, "n_classes is 3; threshold='mean' makes 2"),
        ({"operator": "log"}, "operator is 'log'"),
        ({"sigma": -1}, "sigma is -1"),
    ]:
        with pytest.raises(ValueError, match=message):
            gradient_segment([[1, 2]], **options)


def test_sigma_larger_than_the_image():
    assert_array_equal(gradient_segment([[1, 2], [3, 9]], sigma=1e9).shape, (2, 2))

"""Gradient thresholding: T(x, y) = 1 where g(x, y) >= T."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import images, masks

from classicseg import gradient_magnitude, gradient_segment, otsu_threshold


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


def test_mistakes():
    with pytest.raises(ValueError, match="threshold is 'mean'"):
        gradient_segment([[1, 2]], threshold="mean")
    with pytest.raises(ValueError, match=r"threshold is -1\.0; expected a finite number >= 0"):
        gradient_segment([[1, 2]], threshold=-1)

"""What scikit-image and SimpleITK find on photographs, where they have the same definition."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from skimage import data, filters

import classicseg
from classicseg import threshold_segment

PHOTOGRAPHS = ("brick", "camera", "clock", "coins", "moon", "page")


def photograph(name):
    return getattr(data, name)()


@pytest.mark.large
@pytest.mark.parametrize("photo", PHOTOGRAPHS)
@pytest.mark.parametrize("name", ["otsu", "yen", "triangle", "isodata", "minimum", "mean"])
def test_scikit_image_gives_the_same_labels(name, photo):
    image = photograph(photo)
    expected = 1 + (image > getattr(filters, f"threshold_{name}")(image))
    assert_array_equal(threshold_segment(image, thresholds=name), expected)


@pytest.mark.large
@pytest.mark.parametrize("photo", PHOTOGRAPHS)
def test_scikit_image_gives_the_same_classes(photo):
    image = photograph(photo)
    expected = 1 + np.digitize(image, filters.threshold_multiotsu(image, 3), right=True)
    assert_array_equal(threshold_segment(image, thresholds="multi_otsu"), expected)


@pytest.mark.large
@pytest.mark.parametrize("photo", PHOTOGRAPHS)
def test_the_iteration_for_li_stops_near_the_minimum(photo):
    """scikit-image's ends half a level from a local minimum of the same criterion: here that is the global one."""
    image = photograph(photo)
    assert abs(classicseg.li_threshold(image) - filters.threshold_li(image)) < 2
    assert abs(classicseg.li_threshold(image) - filters.threshold_li(image, tolerance=1e-6)) < 2


@pytest.mark.large
@pytest.mark.parametrize("photo", PHOTOGRAPHS)
@pytest.mark.parametrize(
    ("name", "filter_name"),
    [
        ("otsu", "Otsu"),
        ("yen", "Yen"),
        ("huang", "Huang"),
        ("kapur", "MaximumEntropy"),
        ("renyi", "RenyiEntropy"),
        ("shanbhag", "Shanbhag"),
        ("moments", "Moments"),
    ],
)
def test_simpleitk_is_within_a_level(name, filter_name, photo):
    """Its threshold is the darker class's last bin, of any between two levels."""
    sitk = pytest.importorskip("SimpleITK")
    image = photograph(photo)
    peer = getattr(sitk, f"{filter_name}ThresholdImageFilter")()
    peer.SetNumberOfHistogramBins(256)
    peer.Execute(sitk.GetImageFromArray(image))
    last_dark = image[image < getattr(classicseg, f"{name}_threshold")(image)].max()
    assert abs(int(last_dark) - peer.GetThreshold()) <= 1


@pytest.mark.large
@pytest.mark.parametrize("photo", ["brick", "camera", "clock", "coins", "page"])
def test_simpleitk_finds_the_same_foot(photo):
    """On the moon its tail ends at the first hundredth of the pixels instead of at the first one."""
    sitk = pytest.importorskip("SimpleITK")
    image = photograph(photo)
    peer = sitk.TriangleThresholdImageFilter()
    peer.SetNumberOfHistogramBins(256)
    peer.Execute(sitk.GetImageFromArray(image))
    assert abs(classicseg.triangle_threshold(image) - 1 - peer.GetThreshold()) <= 1


def minimum_error(image, threshold):
    parts = image[image < threshold].astype(float), image[image >= threshold].astype(float)
    return sum(
        part.size / image.size * (np.log(part.var() + 1 / 12) - 2 * np.log(part.size / image.size))
        for part in parts
    )


@pytest.mark.large
@pytest.mark.parametrize("photo", PHOTOGRAPHS)
def test_simpleitk_finds_no_lower_error(photo):
    """Its iteration for the minimum error ends in a local minimum (and takes decimal logarithms)."""
    sitk = pytest.importorskip("SimpleITK")
    image = photograph(photo)
    peer = sitk.KittlerIllingworthThresholdImageFilter()
    peer.Execute(sitk.GetImageFromArray(image))
    found = minimum_error(image, classicseg.kittler_threshold(image))
    assert found <= minimum_error(image, peer.GetThreshold() + 1) + 1e-12
    assert_allclose(found, min(minimum_error(image, t) for t in np.unique(image)[1:]), rtol=1e-12)

"""The names that threshold_segment knows: each keeps the laws, and is the function of that name."""

from __future__ import annotations

import functools
import inspect
import typing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import laws_of
from numpy.testing import assert_allclose, assert_array_equal
from strategies import images, masks, scenes

import classicseg
from classicseg import merge_histograms, pixel_histogram, threshold_segment
from classicseg.types import Classes, ThresholdName

NAMES = typing.get_args(ThresholdName)
FUNCTIONS = {name: getattr(classicseg, f"{name}_threshold") for name in NAMES if name != "multi_otsu"}
BINNED = [name for name, function in FUNCTIONS.items() if "bins" in inspect.signature(function).parameters]


def segment_by_minimum(image, **options) -> Classes:
    """An arbitrary histogram need not have two peaks; then its twins must have none either."""
    try:
        return threshold_segment(image, thresholds="minimum", **options)
    except ValueError as error:
        if "two peaks" not in str(error):
            raise
        return threshold_segment(image, thresholds="otsu", **options)


SEGMENTERS = {name: functools.partial(threshold_segment, thresholds=name) for name in NAMES}
SEGMENTERS["minimum"] = segment_by_minimum


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_every_name_keeps_every_law(name, data):
    laws = laws_of(SEGMENTERS[name])
    law = data.draw(st.sampled_from(sorted(laws)))
    if (law, name) == ("mistakes_are_named", "minimum"):
        return  # its signature is that of the wrapper
    laws[law](SEGMENTERS[name], data)


@pytest.mark.parametrize("name", FUNCTIONS)
@given(data=st.data())
def test_a_name_is_the_function_of_that_name(name, data):
    image = data.draw(images(dtype=data.draw(st.sampled_from(["u1", "u2", "f4", "f8"]))) | scenes(dtype="f4"))
    mask = data.draw(st.none() | masks(image.shape))
    values = image if mask is None else image[mask]
    try:
        threshold = FUNCTIONS[name](image, mask=mask)
    except ValueError as error:
        if len(np.unique(values)) < 2:
            assert f"{len(np.unique(values))} distinct values" in str(error)
        else:
            assert (name, "two peaks" in str(error)) == ("minimum", True)
        return
    assert isinstance(threshold, float)
    expected = np.where(image >= threshold, 2, 1) * (1 if mask is None else mask)
    assert_array_equal(threshold_segment(image, thresholds=name, mask=mask), expected)
    assert values.min() < threshold <= values.max(), "both classes hold pixels"


@pytest.mark.parametrize("name", FUNCTIONS)
@given(image=scenes(dtype="f8"), exponent=st.integers(-100, 100), offset=st.integers(-(2**20), 2**20))
def test_scale_and_offset_go_with_the_image(name, image, exponent, offset):
    try:
        threshold = FUNCTIONS[name](image)
    except ValueError:
        with pytest.raises(ValueError, match=r"distinct values|two peaks"):
            FUNCTIONS[name](image * 2.0**exponent + 0.0)
        return
    assert FUNCTIONS[name](image * 2.0**exponent) == threshold * 2.0**exponent
    assert_allclose(FUNCTIONS[name](image + offset), threshold + offset, rtol=1e-12)
    if name not in ("mean", "isodata", *BINNED):  # a number between two values is rounded
        assert FUNCTIONS[name](image + offset) == threshold + offset


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "image",
    [
        np.array([[0, 1], [0, 1]], np.uint8),
        np.array([[0, 65535]], np.uint16),
        np.array([[-(2**31), 2**31 - 1]], np.int32),
        np.array([[1.0, 1.0, np.nextafter(1.0, 2.0)]]),
        np.array([[np.nextafter(1.0, 0.0), 1.0, 1.0, 1.0]]),
        np.array([[-3e38, 3e38, 3.1e38]], np.float32),
        np.array([[1e-30, 2e-30, 1.0, 1e30]]),
        np.array([[0.0, 1e-150, 2e-150]]),
        np.array([[-1e150, 0.0, 1e150]]),
        np.array([[np.nan, 3, 3, 4, -np.inf]]),
        np.array([[2**53 - 1, 2**53]], np.int64),
        np.arange(6, dtype=">f4").reshape(2, 3),
        np.arange(6, dtype=">u2").reshape(2, 3) * np.uint16(10000),
    ],
)
def test_difficult_values(name, image):
    labels = SEGMENTERS[name](image)
    takes_part = np.isfinite(image)
    assert_array_equal(
        np.unique(labels[takes_part]),
        [1, 2, 3][: 3 if name == "multi_otsu" else 2][: len(np.unique(image[takes_part]))],
    )
    assert_array_equal(labels == 0, ~takes_part)
    order = np.argsort(image[takes_part], kind="stable")
    assert (np.diff(labels[takes_part][order]) >= 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_two_values_are_two_classes(name):
    for step in (1, 2, 3, 248):
        image = np.repeat([[7, 7, 7 + step]], 20, axis=0).astype(np.uint8)
        assert_array_equal(threshold_segment(image, thresholds=name), 1 + (image > 7))


def test_minimum_says_what_to_do_without_two_peaks():
    for call in (classicseg.minimum_threshold, functools.partial(threshold_segment, thresholds="minimum")):
        with pytest.raises(ValueError, match=r"two peaks.*'otsu'.*fewer bins"):
            call(np.array([1, 2, 2, 2, 3], np.uint8))


def test_numbers_of_classes():
    image = np.array([[0, 1, 10, 11, 50, 52, 90, 91]], np.uint8)
    assert threshold_segment(image, thresholds="multi_otsu").max() == 3
    for name in ("otsu", "multi_otsu"):
        for n_classes in (1, 2, 3, 4):
            labels = threshold_segment(image, thresholds=name, n_classes=n_classes)
            assert_array_equal(np.unique(labels), np.arange(1, n_classes + 1))
    two = threshold_segment(image, thresholds="kapur", n_classes=2)
    assert_array_equal(two, threshold_segment(image, thresholds="kapur"))
    with pytest.raises(ValueError, match=r"n_classes is 3; thresholds='kapur' makes 2 classes.*'multi_otsu'"):
        threshold_segment(image, thresholds="kapur", n_classes=3)


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(ValueError, match=r"thresholds is 'best'; expected a number or one of 'otsu', .*'moments'"):
        threshold_segment([[1, 2]], thresholds="best")


def test_the_docstring_has_a_line_for_each_name():
    document = inspect.getdoc(threshold_segment)
    assert [line.split('"')[1] for line in document.splitlines() if line.startswith('- "')] == list(NAMES)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_a_threshold_refuses_what_a_segmenter_refuses(name):
    for image, error in (
        ([[1, 1]], "1 distinct values"),
        ([[np.nan]], "0 distinct"),
        (np.zeros((2, 0)), "no pix"),
    ):
        with pytest.raises(ValueError, match=error):
            FUNCTIONS[name](image)
    with pytest.raises(TypeError, match="mask has dtype"):
        FUNCTIONS[name]([[1, 2]], mask=[[1, 0]])


@pytest.mark.jit
@pytest.mark.parametrize("name", NAMES)
def test_65536_bins_take_no_minutes(name):
    image = np.random.default_rng(0).integers(0, 65536, (300, 1000)).astype(np.uint16)
    if name in BINNED and name != "minimum":
        assert 0 < FUNCTIONS[name](image, bins=65536) <= 65535
    else:
        assert SEGMENTERS[name](image).max() == (3 if name == "multi_otsu" else 2)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_merged_histograms_have_the_thresholds_of_the_image(name, data):
    n_channels = data.draw(st.sampled_from([0, 3]))
    image = data.draw(images(dtype=data.draw(st.sampled_from(["u1", "u2", "f4", "f8"])), n_channels=n_channels))
    image = image * data.draw(st.sampled_from([1, 0.1])) if image.dtype.kind == "f" else image
    rows = [pixel_histogram(row[np.newaxis], channel_axis=2 if n_channels else None) for row in image]

    def found(given):
        try:
            return getattr(classicseg, f"{name}_threshold" + "s" * (name == "multi_otsu"))(given)
        except ValueError as error:
            return str(error)

    assert_array_equal(found(merge_histograms(rows)), found(image))

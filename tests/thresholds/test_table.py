"""The table of global thresholds: whatever takes a threshold by name has a new row without a further line."""

from __future__ import annotations

import inspect
import re
import typing
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import classicseg
from classicseg import gradient_magnitude, gradient_segment, threshold_segment
from classicseg.thresholds.histograms import of_values, one_threshold
from classicseg.thresholds.names import METHODS, GlobalThreshold
from classicseg.types import ThresholdName

IMAGE = np.array([[0, 1, 2, 3], [50, 60, 70, 100], [9, 200, 200, 3]], np.uint8)


def half_range_level(histogram):
    """The first value at or above the middle of the extremes."""
    levels = histogram.levels
    return float(levels[np.searchsorted(levels, (levels[0] + levels[-1]) / 2)])


def half_range_threshold(image, *, channel_axis="auto", mask=None):
    """Find the middle of the extremes.

    Parameters
    ----------
    image : array_like
        A grey image.
    """
    return one_threshold(image, of_values(half_range_level), channel_axis=channel_axis, mask=mask)


@pytest.fixture
def half_range(monkeypatch):
    """One row more."""
    row = GlobalThreshold(half_range_threshold, of_values(half_range_level))
    monkeypatch.setitem(METHODS, "half_range", row)


def test_type_checkers_know_the_names_of_the_table():
    assert typing.get_args(ThresholdName) == tuple(METHODS)


def test_every_function_of_the_table_is_public_and_named_alike():
    for name, method in METHODS.items():
        function = method.function
        assert function.__name__ in (f"{name}_threshold", f"{name}_thresholds")
        assert getattr(classicseg, function.__name__) is function
    public = {name for name in classicseg.__all__ if re.fullmatch(r"\w+_thresholds?", name)}
    assert public == {method.function.__name__ for method in METHODS.values()}


def test_the_page_of_methods_lists_every_function_of_the_table():
    page = (Path(__file__).parents[2] / "docs" / "methods.md").read_text(encoding="utf-8")
    for method in METHODS.values():
        assert f"`{method.function.__name__}`" in page


@pytest.mark.usefixtures("half_range")
def test_a_new_row_works_by_its_name():
    assert half_range_threshold(IMAGE) == 100
    assert_array_equal(threshold_segment(IMAGE, thresholds="half_range"), 1 + (IMAGE >= 100))
    magnitude = gradient_magnitude(IMAGE)
    labels = gradient_segment(IMAGE, threshold="half_range")
    assert_array_equal(labels == 2, magnitude >= half_range_threshold(magnitude))
    with pytest.raises(ValueError, match=r"expected a number or one of 'otsu', .*'half_range'"):
        threshold_segment(IMAGE, thresholds="best")
    with pytest.raises(ValueError, match="thresholds='half_range' makes 2 classes"):
        threshold_segment(IMAGE, thresholds="half_range", n_classes=3)


@pytest.mark.usefixtures("half_range")
def test_a_new_row_works_in_tiles():
    da = pytest.importorskip("dask.array")
    tiled = pytest.importorskip("classicseg.extras.dask")
    histogram_methods = pytest.importorskip("classicseg.extras.dask.histogram_methods")
    chunked = da.from_array(IMAGE, chunks=2)
    labels = tiled.threshold_segment(chunked, thresholds="half_range").compute()
    assert_array_equal(labels, threshold_segment(IMAGE, thresholds="half_range"))
    functions = histogram_methods.tiled_thresholds()
    assert functions["half_range_threshold"](chunked) == half_range_threshold(IMAGE)
    assert inspect.signature(functions["half_range_threshold"]) == inspect.signature(half_range_threshold)


def test_the_functions_in_tiles_are_those_of_the_table():
    tiled = pytest.importorskip("classicseg.extras.dask")
    for method in METHODS.values():
        assert inspect.isfunction(getattr(tiled, method.function.__name__))


@pytest.mark.usefixtures("half_range")
def test_a_threshold_needs_two_values():
    with pytest.raises(ValueError, match=r"1 distinct values.*use threshold_segment, which makes fewer classes"):
        half_range_threshold([[5, 5]])
    segment = partial(threshold_segment, thresholds="half_range")
    assert_array_equal(segment([[5, 5]]), [[1, 1]])

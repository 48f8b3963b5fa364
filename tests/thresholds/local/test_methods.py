"""The table of local thresholds: whatever takes a method by name has a new row without a further line."""

from __future__ import annotations

import typing

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import ndimage

from classicseg import local_threshold_segment
from classicseg.thresholds.local.extremes import extremes_numpy
from classicseg.thresholds.local.methods import METHODS, LocalThreshold, Method

IMAGE = np.random.default_rng(0).integers(0, 256, (20, 30)).astype(np.uint16)


def by_maximum(image, rule, labels):
    """A pixel is bright where it is the greatest value of its window, less an offset, or above."""
    radii = np.array([size // 2 for size in image.sizes])
    _, greatest = extremes_numpy(image.values, np.ones(image.shape, bool), radii, image.extremes)
    labels[:] = 1 + (image.values >= greatest - rule.option("offset", 0.0))
    return int(np.count_nonzero(labels == 1))


@pytest.fixture(autouse=True)
def maximum(monkeypatch):
    """One row more."""
    monkeypatch.setitem(METHODS, "maximum", LocalThreshold(by_maximum, {"offset": 3.0}))


def expected(offset):
    return 1 + (IMAGE + offset >= ndimage.maximum_filter(IMAGE, 5))


def test_type_checkers_know_the_names_of_the_table():
    assert typing.get_args(Method) == tuple(name for name in METHODS if name != "maximum")


def test_a_new_row_works_by_its_name():
    assert_array_equal(local_threshold_segment(IMAGE, method="maximum", window=5), expected(3))
    assert_array_equal(local_threshold_segment(IMAGE, method="maximum", window=5, offset=40), expected(40))


def test_messages_know_a_new_row():
    with pytest.raises(ValueError, match=r"expected one of 'sauvola', .*'median', 'maximum'"):
        local_threshold_segment(IMAGE, method="best")
    with pytest.raises(ValueError, match=r"k is 0\.3, which 'maximum' does not use, but 'sauvola', 'isauvola'"):
        local_threshold_segment(IMAGE, method="maximum", k=0.3)
    with pytest.raises(ValueError, match="'mean', 'gaussian', 'median', 'maximum'; leave it out"):
        local_threshold_segment(IMAGE, offset=3)


def test_a_new_row_works_in_tiles():
    da = pytest.importorskip("dask.array")
    tiled = pytest.importorskip("classicseg.extras.dask")
    chunked = da.from_array(IMAGE, chunks=(7, 9))
    labels = tiled.local_threshold_segment(chunked, method="maximum", window=5)
    assert_array_equal(labels.compute(), expected(3))


def test_the_docstring_tells_of_every_method_of_the_table():
    for name in typing.get_args(Method):
        assert f'"{name}"' in local_threshold_segment.__doc__

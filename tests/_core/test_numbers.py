"""Options become numbers, words and flags, or one error that says what came and what was expected."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from classicseg._core.numbers import (
    as_choice,
    as_count,
    as_flag,
    as_instances,
    as_number,
    as_numbers,
    per_axis,
    shown,
)
from classicseg.types import PixelHistogram


@pytest.mark.parametrize("value", [1e150, -1e150, 1e-150, 0.0, 2**400])
def test_numbers_may_be_as_large_as_their_squares_are_numbers(value):
    assert as_number("sigma", value) == value


@pytest.mark.parametrize("value", [1e300, -1e300, 1e-300, 5e-324, 10**200, Fraction(1, 10**200)])
def test_numbers_whose_squares_overflow_or_vanish_are_refused(value):
    with pytest.raises(ValueError, match=r"sigma is .*; expected a finite number, and its size 0 or from 1e-150"):
        as_number("sigma", value)


@pytest.mark.parametrize("value", [10**400, Fraction(10**400, 3), math.nan, -math.inf])
def test_what_is_not_finite_is_a_wrong_value(value):
    with pytest.raises(ValueError, match=r"sigma is (-?inf|nan); expected a finite number"):
        as_number("sigma", value)


@pytest.mark.parametrize(
    "value",
    [np.complex64(2), np.timedelta64(3), np.ma.masked, np.ma.array(2, mask=True), bytearray(b"2"), np.array("2")],
)
def test_what_is_only_like_a_number_is_none(value):
    for parse in (as_number, as_count):
        with pytest.raises(TypeError, match=r"(?s)n is .*; expected a "):
            parse("n", value)


def test_counts_end_at_what_kernels_count_with():
    assert as_count("n", 2**63 - 1) == 2**63 - 1
    assert as_count("n", 2**100, most=2**128) == 2**100
    with pytest.raises(
        ValueError, match=r"n is 9223372036854775808; expected a whole number >= 1, less than 2\*\*63"
    ):
        as_count("n", 2**63)
    with pytest.raises(ValueError, match=r"n is -9223372036854775808; expected a whole number >= 1$"):
        as_count("n", -(2**63))


def test_numbers_alone_or_several():
    assert as_numbers("t", 3) == as_numbers("t", np.array(3)) == as_numbers("t", [3]) == [3.0]
    assert as_numbers("t", np.ma.array([1, 2])) == as_numbers("t", range(1, 3)) == [1.0, 2.0]
    for value in ([[1, 2], [3]], np.ones((2, 2)), "ab", None, np.ma.array([1, 2], mask=[0, 1]), {1: 2}):
        with pytest.raises(TypeError, match=r"t is .*; expected a finite number"):
            as_numbers("t", value)


def test_one_for_each_axis():
    assert per_axis("w", 3, 2) == per_axis("w", (3, 3), 2) == [3, 3]
    with pytest.raises(ValueError, match="w has 1 numbers; expected one, or one for each of 2 axes"):
        per_axis("w", [3], 2)


@pytest.mark.parametrize("value", [[], {}, None, 3, "robert", b"sobel", np.array("sobel")])
def test_words_are_looked_up_whatever_comes(value):
    with pytest.raises(ValueError, match=r"operator is .*; expected a map or one of 'sobel', 'scharr', 'farid'"):
        as_choice("operator", value, ["sobel", "scharr", "farid"], "a map or ")


def test_flags():
    assert as_flag("lines", np.True_) is True
    with pytest.raises(TypeError, match="lines is 1; expected True or False"):
        as_flag("lines", 1)


def test_instances_are_of_their_kind():
    histogram = PixelHistogram(np.ones((1, 1)), np.ones(1, int))
    assert as_instances("h", iter([histogram]), PixelHistogram, "f") == [histogram]
    for value, error in [([], ValueError), (histogram, TypeError), ([histogram, 1], TypeError), (3, TypeError)]:
        with pytest.raises(error, match=r"^h (is|holds)"):
            as_instances("h", value, PixelHistogram, "f")


def test_errors_show_no_pages():
    class Silent:
        def __repr__(self):
            raise RuntimeError

    assert len(shown((1,) * 100_000)) < 100
    assert shown(10**5000) == "of type int"
    assert shown(Silent()) == "of type Silent"

"""SSIM beside its definition, and beside scikit-image where windows are whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classicseg.metrics import ssim

RNG = np.random.default_rng(0)


def by_definition(first, second, inside, peak):
    """The formula in each window, pixel by pixel."""
    steps = np.arange(-5, 6)
    bell = np.exp(-(steps**2) / (2 * 1.5**2))
    found = []
    for row, column in np.argwhere(inside):
        rows, columns = steps + row, steps + column
        r, c = (rows >= 0) & (rows < first.shape[0]), (columns >= 0) & (columns < first.shape[1])
        window = np.ix_(rows[r], columns[c])
        weights = np.outer(bell[r], bell[c]) * inside[window]
        weights = weights / weights.sum()
        x, y = first[window], second[window]
        m, n = (weights * x).sum(), (weights * y).sum()
        s, t = (weights * (x - m) ** 2).sum(), (weights * (y - n) ** 2).sum()
        together = (weights * (x - m) * (y - n)).sum()
        a, b = (0.01 * peak) ** 2, (0.03 * peak) ** 2
        found.append((2 * m * n + a) * (2 * together + b) / ((m * m + n * n + a) * (s + t + b)))
    return np.mean(found)


@settings(max_examples=15)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 1000))
def test_it_is_the_formula_in_every_window(n_rows, n_columns, seed) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.uniform(0, 10, (2, n_rows, n_columns))
    inside = rng.random((n_rows, n_columns)) < 0.8
    inside[0, 0] = True
    assert ssim(first, second, peak=10, mask=inside) == pytest.approx(by_definition(first, second, inside, 10))


def test_equal_images_and_noise() -> None:
    image = RNG.integers(0, 256, (40, 50, 3), np.uint8)
    assert ssim(image, image) == 1.0
    assert ssim(image, image[::-1]) < 0.1


@pytest.mark.parametrize("offset", [1e4, 1e8, 1e12])
def test_values_far_above_the_peak_leave_it_what_it_is(offset: float) -> None:
    first = RNG.integers(0, 256, (20, 25)) + offset
    second = first + RNG.integers(-9, 10, first.shape)
    inside = np.ones(first.shape, np.bool_)
    expected = by_definition(first - offset, second - offset, inside, 255)  # where luminance is nearly 1 as well
    assert ssim(first, second, peak=255) == pytest.approx(expected, abs=0.03)
    assert ssim(first, second, peak=255) == pytest.approx(by_definition(first, second, inside, 255), abs=1e-4)


def test_it_is_never_more_than_that_of_equal_images() -> None:
    first = RNG.normal(size=(30, 30)) * 10.0 ** RNG.integers(0, 16, (30, 30))
    assert -1 <= ssim(first, first + RNG.normal(size=first.shape), peak=5) <= 1


def test_it_is_scikit_images_where_the_border_cuts_no_window() -> None:
    metrics = pytest.importorskip("skimage.metrics")
    first = np.zeros((60, 70), np.uint8)
    second = np.zeros((60, 70), np.uint8)
    first[20:40, 20:50], second[20:40, 20:50] = RNG.integers(0, 256, (2, 20, 30))
    theirs = metrics.structural_similarity(
        first, second, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )[1]
    assert ssim(first, second) == pytest.approx(theirs.mean(), abs=1e-9)  # 1 at the border, with both


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="pass peak"):
        ssim([[1.0]], [[2.0]])
    with pytest.raises(ValueError, match="expected that of truth"):
        ssim([[1]], [[2, 3]], peak=1)
    with pytest.raises(ValueError, match="no pixel"):
        ssim([[np.nan]], [[2.0]], peak=1)

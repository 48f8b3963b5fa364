"""One far pixel, whatever its value, changes no gradient and no edge out of the reach of the filters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import FAR
from numpy.testing import assert_array_equal

from classicseg import canny_edges, gradient_components, gradient_magnitude, zero_crossing_edges
from classicseg._core.image import as_image
from classicseg.filters.smoothing import smooth

FILTERS = {
    "smooth": (0, lambda image, **options: smoothed(image, **options)),
    "magnitude": (1, gradient_magnitude),
    "farid": (2, lambda image, **options: gradient_magnitude(image, operator="farid", **options)),
    "roberts": (1, lambda image, **options: gradient_magnitude(image, operator="roberts", **options)),
    "components": (1, lambda image, **options: np.moveaxis(gradient_components(image, **options), 0, -1)),
    "canny": (2, lambda image, **options: canny_edges(image, low=0.2, high=0.2, **options)),
    "sectors": (2, lambda image, **options: canny_edges(image, low=0, high=0, suppression="sector", **options)),
    "zero crossings": (2, lambda image, **options: zero_crossing_edges(image, threshold=0.1, **options)),
}
"""How far each reaches beyond the Gaussian."""


def smoothed(image, *, sigma, spacing, channel_axis, mask):
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    return smooth(parsed, sigma, (spacing,) * len(parsed.shape)).values


@st.composite
def pairs(draw, dtypes=("u1", "u2", "f4", "f8")):
    """An image, its options, and the same with another value in one pixel: in a corner, at a border or within."""
    dtype, shape = draw(st.sampled_from(dtypes)), draw(st.sampled_from([(50,), (24, 26), (15, 14, 16)]))
    rng, color = np.random.default_rng(draw(st.integers(0, 99))), len(shape) == 2 and draw(st.booleans())
    image = rng.normal(0, 1, (*shape, 3) if color else shape)
    image[-5:] = 3  # a flat part
    offset, scale = (100, 20) if dtype[0] == "u" else draw(st.sampled_from([(0, 1), (300, 0.1), (0, 1e-17)]))
    image = (offset + scale * image).astype(dtype)
    place = tuple(draw(st.sampled_from([0, n // 3, n - 1])) for n in shape)
    mask = draw(st.sampled_from([None, np.ones(shape, bool)]))
    if mask is not None:
        mask[tuple(min(i + 2, n - 1) for i, n in zip(place, shape, strict=True))] = False
        mask[place] = True
    other = image.copy()
    other[place] = draw(st.sampled_from(FAR[dtype]))
    sigma, spacing = draw(st.sampled_from([(0, 1.0), (0.8, 1.0), (1.0, 0.9)]))
    options = {"sigma": sigma, "spacing": spacing, "channel_axis": -1 if color else None, "mask": mask}
    return image, other, place, options


@pytest.mark.parametrize("name", FILTERS)
@given(pair=pairs())
def test_a_far_pixel_changes_nothing(name, pair):
    image, other, place, options = pair
    reach, function = FILTERS[name]
    reach += int(np.ceil(4 * options["sigma"] / options["spacing"]))
    far = np.ones(image.shape[: len(place)], bool)
    far[tuple(slice(max(0, i - reach), i + reach + 1) for i in place)] = False
    before, after = function(image, **options), function(other, **options)
    assert after.dtype == before.dtype
    assert np.isfinite(after).all()
    assert_array_equal(after[far], before[far])


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_tiny_slopes_beside_a_large_value(dtype):
    """They are neither 0 nor less exact, though their squares have no place in float32."""
    image = np.outer(np.ones(9), np.arange(30)).astype(dtype) * 1e-30
    image[4, 27] = 1e20
    for operator in ("sobel", "farid"):
        np.testing.assert_allclose(gradient_magnitude(image, operator=operator)[:, 2:20], 1e-30, rtol=1e-6)
    steps = np.where(image < 1, np.minimum(image, 1) // image.dtype.type(1e-29), image)
    edges = canny_edges(steps, sigma=0, low=0.2, high=0.2)
    assert_array_equal(np.flatnonzero(edges[:, :20].all(axis=0)), [9, 19])


def test_the_gradient_of_the_largest_numbers_is_finite():
    largest = np.finfo(np.float32).max
    image = np.where(np.indices((6, 6)).sum(axis=0) % 4 < 2, largest, -largest).astype(np.float32)
    for values in (image, np.stack([image] * 3, axis=-1), np.stack([image] * 6)):
        options = {"channel_axis": -1 if values.shape[-1] == 3 else None}
        found = gradient_magnitude(values, **options)
        assert found.dtype == np.float32
        assert np.isfinite(found).all()
        expected = gradient_magnitude(values.astype(np.float64), **options)
        np.testing.assert_allclose(found, np.minimum(expected, largest), rtol=1e-6)
        assert canny_edges(values, low=1, high=1, **options).any()
        assert canny_edges(values, low=1, high=1, sigma=0, **options).any()


@pytest.mark.large
def test_a_fill_value_spoils_no_edge():
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:160, :200]
    clean = (0.2 + 0.4 * ((y - 80) ** 2 + (x - 120) ** 2 < 1600) + rng.normal(0, 0.01, y.shape)).astype(np.float32)
    assert canny_edges(clean, sigma=2, low=0.01, high=0.03).sum() == 280
    assert zero_crossing_edges(clean, sigma=2, threshold=0.002)[40:, 40:].sum() == 229
    for fill in (100, -9999, -32768, 1e5, 1e6, -3.4e38):
        image = clean.copy()
        image[3, 3] = fill
        assert canny_edges(image, sigma=2, low=0.01, high=0.03)[40:, 40:].sum() == 280
        assert zero_crossing_edges(image, sigma=2, threshold=0.002)[40:, 40:].sum() == 229
        assert_array_equal(gradient_magnitude(image, sigma=2)[40:], gradient_magnitude(clean, sigma=2)[40:])

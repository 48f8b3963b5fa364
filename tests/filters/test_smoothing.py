"""The Gaussian: scipy's up to its grain, exact under turns, kernels equal their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage
from strategies import images, masks, shapes

from classicseg._core.image import as_image
from classicseg.filters import correlation, smooth_rows, smoothing


@given(st.data())
def test_it_is_the_mean_under_a_gaussian(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=7))
    image, mask = data.draw(images(shape, dtype=data.draw(st.sampled_from(["u1", "u2", "f4", "f8"])))), None
    if data.draw(st.booleans()):
        mask = data.draw(masks(shape))
    sigma, spacing = data.draw(st.sampled_from([0.4, 1.0, 3.0])), (1.0, 0.5, 2.0)[: len(shape)]
    found = smoothing.smooth(as_image(image, mask=mask, channel_axis=None), sigma, spacing).values[..., 0]
    inside = np.ones(shape, bool) if mask is None else mask
    if not inside.any():
        assert not found.any()
        return
    widths = [sigma / step for step in spacing]
    radii = [min(int(np.ceil(4 * width)), n) for width, n in zip(widths, shape, strict=True)]
    options = {"mode": "constant", "radius": radii}
    total = ndimage.gaussian_filter(np.where(inside, image, 0.0), widths, **options)
    share = ndimage.gaussian_filter(inside.astype(float), widths, **options)
    assert_allclose(found, np.where(inside, total / np.where(inside, share, 1), 0), atol=0.5)


@given(st.data())
def test_it_turns_to_the_bit(data):
    image = data.draw(images(dtype=data.draw(st.sampled_from(["u1", "f4", "f8"])))) * np.float32(1 / 3)
    mask = data.draw(masks(image.shape))
    smoothed = smoothing.smooth(as_image(image, mask=mask), 1.5, (1.0, 1.0)).values[..., 0]
    for turn in (np.flipud, np.fliplr, np.rot90, np.transpose):
        found = smoothing.smooth(as_image(turn(image), mask=turn(mask)), 1.5, (1.0, 1.0)).values[..., 0]
        assert_array_equal(found, turn(smoothed))


@given(st.data())
def test_kernels_equal_their_definitions(data):
    rows = data.draw(images(data.draw(shapes(most=8)), dtype="f8"))
    weights = st.lists(st.integers(0, 9), min_size=1, max_size=12)
    half, across = (np.array(data.draw(weights), float) for _ in range(2))
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(rows))] * 2)))
    length = data.draw(st.sampled_from([n for n in range(1, len(rows) + 1) if len(rows) % n == 0]))
    margin = data.draw(st.integers(0, 4))
    shares = [np.ones(n) for n in rows.shape]
    for share in shares:  # 1 but at the ends
        share[:margin] = share[len(share) - min(margin, len(share)) :] = 0.75
    planes = rows.reshape(-1, length, rows.shape[1])
    grain = data.draw(st.sampled_from([smoothing.grain_of(np.dtype(dtype)) for dtype in ("u1", "u2", "f4", "f8")]))
    gaussian = smooth_rows.PlaneGaussian(grain, grain, half, across, shares[0][:length], shares[1])
    stride = data.draw(st.sampled_from([1, len(rows) // length]))
    for kernel, arguments, shape in [
        (correlation._correlate_rows, (rows, half), rows.shape),
        (correlation._correlate_stacks, (rows, length, half), rows.shape),
        (smooth_rows.smooth_rows, (planes, gaussian), planes.shape),
        (
            smooth_rows.smooth_stacks,
            (rows, smooth_rows.AxisGaussian(length, stride, grain, half, *shares)),
            rows.shape,
        ),
    ]:
        found, expected = np.full(shape, -1.0), np.full(shape, -1.0)
        kernel(*arguments, found, start, stop)
        kernel.numpy(*arguments, expected, start, stop)
        assert_array_equal(found, expected)


@given(st.data())
def test_a_masked_border_is_a_cropped_one(data):
    """Images without a mask go another way."""
    image = data.draw(images(data.draw(shapes(data.draw(st.integers(1, 4)), 5, 7)), dtype="f4"))
    mask, spacing = np.pad(np.ones(image.shape, bool), 1), (1.0, 0.8, 2.0, 1.0)[: image.ndim]
    wide = as_image(np.pad(image, 1, constant_values=5), mask=mask, channel_axis=None)
    inner = smoothing.smooth(wide, 1.0, spacing).values[(slice(1, -1),) * image.ndim]
    assert_array_equal(inner, smoothing.smooth(as_image(image, channel_axis=None), 1.0, spacing).values)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
@given(data=st.data())
def test_what_is_flat_stays_flat(dtype, data):
    for shape, sigma in [((9, 8), 2.0), ((7, 5, 6), 30.0), ((40,), 1e4), ((90, 3), 1e6)]:
        chosen = data.draw(st.sampled_from([200] if dtype[0] == "u" else [200, 0.1, 300.7, -3e38, 1e-40]))
        value = np.array(chosen, dtype)
        flat, mask = np.full(shape, value), data.draw(masks(shape))
        grain = smooth_rows.rounded(value.astype(float), smoothing.source_grain_of(value.dtype))
        for taking_part in (None, mask):
            image = as_image(flat, mask=taking_part, channel_axis=None)
            found = smoothing.smooth(image, sigma, (1.0, 0.7, 2.0)[: len(shape)])
            assert_array_equal(found.pixels(), grain)


def test_no_sigma_changes_nothing():
    image = as_image([[1.0, 2.0]])
    assert smoothing.smooth(image, 0.0, (1.0, 1.0)) is image

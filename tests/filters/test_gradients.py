"""Gradients: slopes are slopes, scipy agrees, kernels equal their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage
from strategies import images, masks, shapes

from classicseg import gradient_magnitude
from classicseg._core.graph import interior_nodes, pad
from classicseg.filters import gradients


@given(st.data())
def test_scipy_agrees_in_any_dimension(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 4)), most=5))
    image = data.draw(images(shape, dtype=data.draw(st.sampled_from(["u1", "f4", "f8"]))))
    squares = sum(ndimage.sobel(image.astype(float), axis) ** 2 for axis in range(len(shape)))
    expected = np.sqrt(squares) / (2 * 4 ** (len(shape) - 1))
    assert_allclose(gradient_magnitude(image, channel_axis=None), expected, rtol=1e-6)


def test_a_ramp_has_its_slope():
    z, y, x = np.mgrid[:6, :7, :8]
    assert_allclose(gradient_magnitude(3 * x[0] + 4.0 * y[0])[1:-1, 1:-1], 5)
    inner = (slice(1, -1),) * 3
    volume = 2.0 * x + 4 * y + 4 * z
    assert_allclose(gradient_magnitude(volume, channel_axis=None)[inner], 6)
    stretched = gradient_magnitude(volume, channel_axis=None, spacing=(4, 4, 2))
    assert_allclose(stretched[inner], np.sqrt(3))


@given(st.data())
def test_masking_a_border_is_cropping(data):
    image = data.draw(images(data.draw(shapes(data.draw(st.integers(1, 3)), most=6))))
    padded = np.pad(image, 1, constant_values=77)
    mask = np.pad(np.ones(image.shape, bool), 1)
    found = gradient_magnitude(padded, mask=mask, channel_axis=None)
    inner = (slice(1, -1),) * image.ndim
    assert_array_equal(found[inner], gradient_magnitude(image, channel_axis=None))
    assert not found[~mask].any()


@given(hnp.arrays(np.float64, (4, 5, 3), elements=st.integers(0, 99)))
def test_color_is_the_largest_singular_value_of_the_derivatives(image):
    jacobian = np.stack(
        [[ndimage.sobel(channel, axis) / 8 for axis in (0, 1)] for channel in np.moveaxis(image, -1, 0)]
    )
    expected = np.linalg.svd(np.moveaxis(jacobian, (0, 1), (-2, -1)), compute_uv=False)[..., 0]
    assert_allclose(gradient_magnitude(image), expected, rtol=1e-6, atol=1e-6)
    volume = np.stack([image, image, image])
    middle = gradient_magnitude(volume, channel_axis=-1)[1]
    assert_allclose(middle, expected, rtol=1e-6, atol=1e-6)


@given(st.data())
def test_kernels_equal_their_definitions(data):
    dtype = data.draw(st.sampled_from(["u1", "f4", "f8"]))
    image = data.draw(images(n_channels=data.draw(st.sampled_from([1, 3])), dtype=dtype))
    mask = data.draw(masks(image.shape[:2]))
    scale = np.array([1.0, 0.5])
    found = np.empty((image.shape[2], 2, *image.shape[:2]))
    expected, windowed = np.empty_like(found), np.empty_like(found)
    gradients._plane_derivatives(image, scale, found, 0, len(image))
    gradients._plane_derivatives.numpy(image, scale, expected, 0, len(image))
    assert_array_equal(found, expected)

    shape = image.shape[:2]
    nodes, window = interior_nodes(shape), gradients._window(shape)
    padded = pad(image, 2).reshape(-1, image.shape[2])
    flat = (*found.shape[:2], -1)
    everywhere = pad(np.ones(shape, bool), 2).ravel()
    gradients._window_derivatives(padded, everywhere, nodes, *window, scale, windowed.reshape(flat))
    assert_array_equal(windowed, found, "the window gives what the plane gives")
    arguments = (padded, pad(mask, 2).ravel(), nodes, *window, scale)
    gradients._window_derivatives(*arguments, found.reshape(flat))
    gradients._window_derivatives.numpy(*arguments, expected.reshape(flat))
    assert_array_equal(found, expected)

    lengths, defined = np.empty(image[..., 0].size), np.empty(image[..., 0].size)
    gradients._lengths(found[0].reshape(2, -1), lengths, 0, len(lengths))
    gradients._lengths.numpy(found[0].reshape(2, -1), defined, 0, len(lengths))
    assert_allclose(lengths, defined, rtol=1e-15)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_large_values_do_not_overflow(dtype):
    largest = {"f4": 3e38, "f8": 1e150}[dtype]
    image = np.array([[-largest, largest]] * 2, dtype)
    assert_allclose(gradient_magnitude(image), largest, rtol=1e-6)


def test_dtypes_of_the_result():
    for dtype, expected in [("u1", "f4"), ("u2", "f4"), ("f2", "f4"), ("f4", "f4"), ("f8", "f8"), ("i2", "f8")]:
        assert gradient_magnitude(np.zeros((3, 3), dtype)).dtype == expected

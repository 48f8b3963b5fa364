"""Gradients: slopes are slopes, scipy agrees, kernels equal their definitions."""

from __future__ import annotations

import contextlib
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage
from skimage import data, filters
from strategies import images, masks, shapes

from classicseg import gradient_components, gradient_magnitude
from classicseg.filters import gradient_borders as masked
from classicseg.filters import gradient_rows, stencils, tensor

OPERATORS = ["sobel", "scharr", "prewitt", "roberts", "farid"]
FARID = np.array([-0.109603762960254, -0.276690988455557, 0, 0.276690988455557, 0.109603762960254])
WEIGHTS = {
    "sobel": ([0.25, 0.5, 0.25], [-0.5, 0, 0.5]),
    "prewitt": ([1 / 3] * 3, [-0.5, 0, 0.5]),
    "scharr": ([3 / 16, 10 / 16, 3 / 16], [-0.5, 0, 0.5]),
    "farid": (
        [0.0376593171958126, 0.249153396177344, 0.426374573253687, 0.249153396177344, 0.0376593171958126],
        FARID / (FARID @ np.arange(-2, 3)),
    ),
}
"""Smoothing and difference, as scikit-image has them, the latter made to give a ramp its slope."""


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


def checked(kernel):
    """A kernel that holds itself to its definition at every call."""

    def call(*arguments):
        own = [argument.copy() if isinstance(argument, np.ndarray) else argument for argument in arguments]
        kernel.numpy(*own)
        kernel(*arguments)
        for mine, defined in zip(arguments, own, strict=True):
            if isinstance(mine, np.ndarray) and mine.dtype.kind == "f":
                scale = np.abs(defined).max(initial=0) or mine.dtype.type(1)
                assert_allclose(mine / scale, defined / scale, atol=8 * np.finfo(mine.dtype).eps)

    return call


@given(st.data(), st.sampled_from(OPERATORS))
def test_kernels_equal_their_definitions(data, operator):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=6))
    n_channels = data.draw(st.sampled_from([1, 3]))
    image = data.draw(images(shape, n_channels=n_channels, dtype=data.draw(st.sampled_from(["u1", "f4", "f8"]))))
    mask = data.draw(st.none() | masks(shape))
    options = {
        "operator": operator,
        "mask": mask,
        "channel_axis": -1,
        "spacing": data.draw(st.sampled_from([1, 0.5])),
    }
    kernels = [
        *((gradient_rows, f"_{kind}_magnitudes") for kind in ("color", "corner", "grey", "plain", "wide")),
        (tensor, "_vector_magnitudes"),
    ]
    kernels += [(masked, "_derive")]
    kernels += [(stencils, "smooth"), (stencils, "differ")]
    with contextlib.ExitStack() as patches:
        for module, name in kernels:
            patches.enter_context(mock.patch.object(module, name, checked(getattr(module, name))))
        magnitude = gradient_magnitude(image, **options)
        components = gradient_components(image, **options)
        magnitudes = tensor.vector_magnitudes(components)
    if len(shape) == 2 and (operator == "roberts" or n_channels > 1):
        magnitude[magnitudes == 0] = 0  # a change that is equal in all directions has none
    assert_allclose(magnitudes, magnitude, rtol=1e-4, atol=1e-4)


@given(st.data(), st.sampled_from(["sobel", "prewitt", "scharr", "farid"]))
def test_components_are_those_of_scipy(data, operator):
    """A difference along the axis and a smoothing along each other one, with scikit-image's weights."""
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=7))
    image = data.draw(images(shape, dtype=data.draw(st.sampled_from(["u1", "f4", "f8"]))))
    smoothing, difference = WEIGHTS[operator]
    found = gradient_components(image, operator=operator, channel_axis=None)
    for axis in range(image.ndim):
        expected = ndimage.correlate1d(image.astype(float), difference, axis, mode="reflect")
        for other in set(range(image.ndim)) - {axis}:
            expected = ndimage.correlate1d(expected, smoothing, other, mode="reflect")
        assert_allclose(found[axis], expected, rtol=1e-5, atol=1e-3)


@given(st.data(), st.sampled_from(OPERATORS), st.sampled_from([0.0, 1.0]))
def test_flips_and_turns(data, operator, sigma):
    image = data.draw(images() | images(n_channels=3))
    options = {"operator": operator, "sigma": sigma}
    found = gradient_magnitude(image, **options)
    assert_array_equal(gradient_magnitude(image[::-1], **options), found[::-1])
    assert_array_equal(gradient_magnitude(image[:, ::-1], **options), found[:, ::-1])
    assert_array_equal(gradient_magnitude(np.swapaxes(image, 0, 1), **options), found.T)


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_ramp_has_its_slope_with_every_operator(operator):
    y, x = np.mgrid[:9, :10]
    inner = (slice(2, -2), slice(2, -2))
    assert_allclose(gradient_magnitude(3.0 * x + 4 * y, operator=operator)[inner], 5)
    assert_allclose(gradient_magnitude(3.0 * x, operator=operator, spacing=0.5)[inner], 6)
    assert_allclose(gradient_components(3.0 * x, operator=operator)[1][inner], 3, atol=1e-9)
    assert_allclose(gradient_magnitude(np.stack([3.0 * x, 4.0 * x], axis=-1), operator=operator)[inner], 5)


@pytest.mark.large
def test_scikit_image_agrees_on_a_photograph():
    image = data.camera()
    for operator, factor in [("sobel", 2), ("scharr", 2), ("prewitt", 2), ("farid", FARID @ np.arange(-2, 3))]:
        theirs = getattr(filters, operator)(image.astype(float)) * 2**0.5 / factor
        found = gradient_magnitude(image, operator=operator)
        assert_allclose(found[2:-2, 2:-2], theirs[2:-2, 2:-2], rtol=1e-4, atol=1e-3)


def test_sigma_smooths_first():
    image = np.random.default_rng(0).normal(size=(30, 30))
    smoothed = ndimage.gaussian_filter(image, 2, mode="nearest", truncate=4)
    inner = (slice(9, -9),) * 2
    assert_allclose(gradient_magnitude(image, sigma=2)[inner], gradient_magnitude(smoothed)[inner], atol=1e-4)
    assert_allclose(gradient_magnitude(image, sigma=1e6), 0, atol=1e-6)


def test_mistakes():
    for function in (gradient_magnitude, gradient_components):
        with pytest.raises(ValueError, match="operator is 'log'; expected one of 'sobel', 'scharr'"):
            function([[1, 2]], operator="log")
        with pytest.raises(ValueError, match="sigma is nan"):
            function([[1, 2]], sigma=np.nan)
        with pytest.raises(ValueError, match="sigma is -1"):
            function([[1, 2]], sigma=-1)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_large_values_do_not_overflow(dtype):
    largest = {"f4": 3e38, "f8": 1e150}[dtype]
    image = np.array([[-largest, largest]] * 2, dtype)
    assert_allclose(gradient_magnitude(image), largest, rtol=1e-6)


@pytest.mark.parametrize("operator", OPERATORS)
def test_small_and_large_values_lose_no_bits(operator):
    image = np.random.default_rng(0).normal(size=(7, 8, 3)).astype(np.float32)
    for part in (image, image[..., 0]):
        expected = gradient_magnitude(part, operator=operator)
        for exponent in (-100, -60, 60, 110):
            found = gradient_magnitude(part * np.float32(2.0**exponent), operator=operator)
            assert_array_equal(found, expected * np.float32(2.0**exponent))
            stretched = gradient_magnitude(part, operator=operator, spacing=2.0**-exponent)
            assert_array_equal(stretched, expected * np.float32(2.0**exponent))
        wide = gradient_magnitude(part.astype(float) * 2.0**480, operator=operator)
        assert_allclose(wide, gradient_magnitude(part.astype(float), operator=operator) * 2.0**480)


@pytest.mark.parametrize("operator", OPERATORS)
def test_one_pixel_and_one_line(operator):
    for shape in [(1, 1), (1, 5), (5, 1), (2, 2), (1,), (1, 1, 1)]:
        for dtype in ("u1", "f4", "f8"):
            flat = np.full(shape, 9, dtype)
            assert not gradient_magnitude(flat, operator=operator, channel_axis=None, sigma=2).any()
            assert not gradient_magnitude(flat, operator=operator, channel_axis=None).any()
    line = gradient_magnitude([[0, 3, 6, 9, 12]], operator=operator)
    assert_allclose(line[0, 2], 3)


def test_dtypes_of_the_result():
    for dtype, expected in [("u1", "f4"), ("u2", "f4"), ("f2", "f4"), ("f4", "f4"), ("f8", "f8"), ("i2", "f8")]:
        assert gradient_magnitude(np.zeros((3, 3), dtype)).dtype == expected

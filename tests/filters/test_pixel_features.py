"""Features of pixels equal their definition by SciPy, whatever the mask, the border, the spacing and the bands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from classicseg import pixel_features
from classicseg._core.bands import band_size
from classicseg.filters.features import axis_sums, derivatives, eigenvalues, slabs
from classicseg.filters.features.plans import FAMILIES, OUTER, Plan, window_radius
from classicseg.filters.smooth_rows import Grain
from classicseg.filters.smoothing import gaussian_of

SMOOTH = [
    "gaussian", "gradient_magnitude", "laplacian", "hessian_eigenvalues", "structure_tensor_eigenvalues",
    "difference_of_gaussians",
]  # fmt: skip


@st.composite
def pictures(draw, dtypes=("u1", "u2", "f4", "f8"), most_axes=3):
    ndim = draw(st.integers(1, most_axes))
    shape = tuple(draw(st.lists(st.integers(1, 9), min_size=ndim, max_size=ndim)))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    image = (rng.random(shape) * 200).astype(draw(st.sampled_from(dtypes)))
    mask = rng.random(shape) < draw(st.sampled_from([0.4, 0.9]))
    return image, draw(st.sampled_from([None, mask]))


def gaussian_means(values, inside, sigma, spacing):
    """Means by SciPy, and one pixel more at each border."""
    padded, share = np.pad(values.astype(float) * inside, 1), np.pad(inside.astype(float), 1)
    for axis, half in enumerate(gaussian_of(values.shape, sigma, spacing)):
        weights = np.concatenate([half[:0:-1], half])
        padded, share = (ndimage.correlate1d(a, weights, axis, mode="constant") for a in (padded, share))
    return np.divide(padded, share, out=np.zeros(share.shape), where=share > 1e-12)


def differences(smooth, axis, spacing):
    return ndimage.correlate1d(smooth, [-0.5, 0, 0.5], axis) / spacing[axis]


def spectrum(matrix):
    """Eigenvalues of (ndim, ndim, *shape), the largest first."""
    return np.moveaxis(np.linalg.eigvalsh(np.moveaxis(matrix, (0, 1), (-2, -1)))[..., ::-1], -1, 0)


def by_scipy(values, inside, scale, spacing):
    """The smooth features of one scale, by name, but for the differences of Gaussians."""
    axes = range(values.ndim)
    smooth = gaussian_means(values, inside, scale, spacing)
    inner = (slice(1, -1),) * values.ndim
    first = np.array([differences(smooth, a, spacing)[inner] for a in axes])
    second = np.array(
        [[differences(differences(smooth, a, spacing), b, spacing)[inner] for a in axes] for b in axes]
    )
    for a in axes:
        second[a, a] = ndimage.correlate1d(smooth, [1, -2, 1], a)[inner] / spacing[a] ** 2
    tensor = np.array(
        [[gaussian_means(f * g, inside, scale * OUTER, spacing)[inner] for f in first] for g in first]
    )
    return {
        "gaussian": smooth[inner][np.newaxis],
        "gradient_magnitude": np.sqrt((first**2).sum(axis=0))[np.newaxis],
        "laplacian": np.trace(second)[np.newaxis],
        "hessian_eigenvalues": spectrum(second),
        "structure_tensor_eigenvalues": spectrum(tensor),
    }


@given(pictures(), st.sampled_from([1.0, 0.7, 2.5]))
def test_smooth_features_are_those_of_scipy(picture, step):
    image, mask = picture
    inside = np.ones(image.shape, bool) if mask is None else mask
    spacing = (step,) * image.ndim
    scales = (1.5, 4)
    found = {
        name: pixel_features(image, features=name, scales=scales, mask=mask, spacing=spacing, channel_axis=None)
        for name in SMOOTH
    }
    expected = [by_scipy(image, inside, scale, spacing) for scale in scales]
    for name in SMOOTH[:-1]:
        planes = np.concatenate([one[name] for one in expected])
        by_scale = found[name].planes
        assert by_scale.dtype == np.float32
        limit = 200 if name == "gaussian" else 2e4
        assert_allclose(by_scale, planes * inside, atol=limit * 2e-6, rtol=2e-5, err_msg=name)
        assert len(planes) == len(found[name].names)
    difference = (expected[0]["gaussian"] - expected[1]["gaussian"]) * inside
    assert_allclose(found["difference_of_gaussians"].planes, difference, atol=2e-4)


@given(pictures(), st.sampled_from([1.0, 2.0]))
def test_windows_are_counted_pixel_by_pixel(picture, scale):
    image, mask = picture
    inside = np.ones(image.shape, bool) if mask is None else mask
    names = ["mean", "variance", "entropy"]
    found = pixel_features(image, features=names, scales=scale, mask=mask, channel_axis=None).planes
    (radius,) = set(window_radius(scale, (1.0,) * image.ndim))

    def box(place):
        return tuple(slice(max(i - radius, 0), i + radius + 1) for i in place)

    exact = image.astype(float)
    levels = np.zeros(image.shape, int)
    for place in np.argwhere(inside):
        own = exact[box(place)][inside[box(place)]]
        deviation = own.std()
        far = (exact[tuple(place)] - own.mean()) / deviation * 2 if deviation > 1e-9 else 0
        levels[tuple(place)] = np.clip(np.floor(np.round(far, 9)), -4, 3)
    for place in np.argwhere(inside):
        index = tuple(place)
        own = exact[box(place)][inside[box(place)]]
        assert_allclose(found[0][index], own.mean(), rtol=1e-5)
        assert_allclose(found[1][index], own.var(), rtol=1e-5, atol=1e-5)
        _, counts = np.unique(levels[box(place)][inside[box(place)]], return_counts=True)
        shares = counts / counts.sum()
        assert_allclose(found[2][index], -(shares * np.log(shares)).sum(), atol=1e-5)


def test_waves_are_found_where_they_are():
    """The wave along an axis is the strongest, whatever its phase; nothing flat has one, and no mask makes any."""
    wave = 100 + 50 * np.sin(2 * np.pi * np.arange(60) / 6)
    image = np.tile(wave, (40, 1))
    largest, smallest = pixel_features(image, features="gabor", scales=2).planes
    middle = (slice(15, 25), slice(20, 40))
    assert_allclose(largest[middle], 25, rtol=0.02)
    assert smallest[middle].max() < 1
    rng = np.random.default_rng(0)
    flat = pixel_features(np.full((9, 9), 7.0), features="gabor", scales=1, mask=rng.random((9, 9)) < 0.5).planes
    assert_allclose(flat, 0, atol=1e-6)


@given(pictures(), st.data())
def test_flips_parts_and_bands_change_no_bit(picture, data):
    image, mask = picture
    options = {"features": list(FAMILIES), "scales": (1, 2), "channel_axis": None}
    whole = pixel_features(image, mask=mask, **options).planes
    axis = data.draw(st.integers(0, image.ndim - 1))
    flipped = None if mask is None else np.flip(mask, axis)
    assert_array_equal(
        pixel_features(np.flip(image, axis), mask=flipped, **options).planes, np.flip(whole, axis + 1)
    )
    with band_size(5):
        assert_array_equal(pixel_features(image, mask=mask, **options).planes, whole)
    wide = np.pad(image, 3, constant_values=99)
    inside = np.pad(np.ones(image.shape, bool) if mask is None else mask, 3)
    inner = (slice(None), *(slice(3, -3),) * image.ndim)
    found = pixel_features(wide, mask=inside, **options).planes[inner]
    if image.dtype != np.float32:
        assert_array_equal(found, whole)
    else:
        assert_allclose(found, whole, rtol=1e-3, atol=1e-2)


def test_channels_follow_each_other():
    rng = np.random.default_rng(0)
    image = rng.random((8, 9, 2))
    found = pixel_features(image, features=["gaussian", "hessian_eigenvalues"], scales=(1, 2))
    alone = [
        pixel_features(image[..., c], features=["gaussian", "hessian_eigenvalues"], scales=(1, 2)) for c in (0, 1)
    ]
    assert_array_equal(found.planes, np.concatenate([one.planes for one in alone]))
    assert found.names[:2] == ("gaussian, scale 1, channel 0", "gaussian, scale 2, channel 0")
    assert found.names[2:4] == (
        "hessian eigenvalue 1, scale 1, channel 0",
        "hessian eigenvalue 2, scale 1, channel 0",
    )


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"features": "texture"}, "'texture'; expected one of 'standard', 'gaussian'"),
        ({"features": []}, "expected 'standard' alone"),
        ({"features": ["gaussian", "gaussian"]}, "each once"),
        ({"scales": []}, "at least one number"),
        ({"scales": (2, 1)}, "ascending"),
        ({"scales": 0}, "scales is 0.0; expected a finite number > 0"),
        ({"scales": 2, "features": "difference_of_gaussians"}, "need two scales"),
    ],
)
def test_mistakes_are_named(options, match):
    with pytest.raises(ValueError, match=match):
        pixel_features(np.zeros((4, 5)), **options)


def test_odd_images_have_features():
    for image in (np.zeros((1, 1)), np.full((3, 4), 7, np.uint8), np.full((2, 2), np.nan)):
        found = pixel_features(image, features=list(FAMILIES), scales=(1, 1000)).planes
        assert np.isfinite(found).all()
        assert_allclose(found[Plan(("gaussian",), (1.0, 1000.0)).n_planes(2) :][:2], 0, atol=1e-5)


@given(st.integers(1, 7), st.sampled_from(["f4", "f8"]), st.integers(0, 99))
def test_kernels_are_their_definitions(ndim, dtype, seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 6, min(ndim, 3)))
    half = rng.random(int(rng.integers(1, 7))).astype(dtype)
    stacks = rng.random((2, shape[0] + 2 * len(half) - 2, 5)).astype(dtype)
    out, other = (np.zeros((2, shape[0], 5), dtype) for _ in range(2))
    axis_sums._sum_stacks(stacks, half, out)
    axis_sums._sum_stacks.numpy(stacks, half, other)
    assert_allclose(out, other, rtol=1e-5)
    lines = rng.random((3, 6)).astype(dtype)
    out, other = (np.zeros((3, 8), dtype) for _ in range(2))
    axis_sums._sum_lines(lines, half, out)
    axis_sums._sum_lines.numpy(lines, half, other)
    assert_allclose(out, other, rtol=1e-5)
    share = np.where(rng.random((3, 6)) < 0.3, 0.0, rng.random((3, 6)))
    for grain in (Grain(0.0, 0.0), Grain(0.0, 2.0**21 + 1)):
        out, other = (np.zeros((3, 6), dtype) for _ in range(2))
        axis_sums.divide(lines, share, grain, out)
        axis_sums.divide.numpy(lines, share, grain, other)
        assert_array_equal(out, other)
        if grain.split and dtype == "f4":  # sums of float32 are not rounded
            continue
        lead, last = rng.random(3), np.array([0.5, 0.75, 1, 1, 0.75, 0.5])
        slabs._write_inside(lines.copy(), lead, last, grain, out)
        slabs._write_inside.numpy(lines.copy(), lead, last, grain, other)
        assert_array_equal(out, other)


@given(st.integers(1, 3), st.sampled_from(["f4", "f8"]), st.integers(0, 99))
def test_derivatives_are_their_definitions(ndim, dtype, seed):
    rng = np.random.default_rng(seed)
    inner = tuple(rng.integers(1, 6, ndim))
    shape = tuple(n + 2 for n in inner)
    axes = list(range(ndim))
    if ndim == 1:
        inner, shape, axes = (1, *inner), (3, *shape), [1]
    smooth = rng.random(shape).astype(dtype)
    if ndim == 1:
        shape = (3, shape[1])
    grid = derivatives.stencils(shape, slice(1, -1), axes, (1.0, 2.0, 0.5)[: len(shape)])
    n_lines, n = len(grid.starts), inner[-1]
    wanted = derivatives.Wanted(0, 1, 2, 0)
    out, other = (np.zeros((2 + ndim, n_lines, n), np.float32) for _ in range(2))
    derivatives.write_derivatives(smooth, grid, wanted, out)
    derivatives._derivatives.numpy(smooth.reshape(-1), grid, wanted, other)
    assert_allclose(out, other, rtol=1e-4, atol=1e-5)
    products = derivatives.gradient_products(smooth, grid, n)
    expected = np.zeros_like(products)
    derivatives._products.numpy(smooth.reshape(-1), grid, expected)
    assert_array_equal(products, expected)
    eigenvalues.write_eigenvalues(products, 0, 0, out)
    eigenvalues._eigenvalues.numpy(products, 0, 0, other)
    assert_allclose(out[:ndim], other[:ndim], rtol=1e-4, atol=1e-5)


def test_eigenvalues_are_numpy_s():
    rng = np.random.default_rng(0)
    for ndim in (1, 2, 3, 4):
        pairs = ndim * (ndim + 1) // 2
        tensor = rng.standard_normal((pairs, 3, 50))
        tensor[:, 0] = np.where(rng.random((pairs, 50)) < 0.5, 0, np.round(tensor[:, 0]))
        rows, columns = np.triu_indices(ndim)
        matrix = np.empty((ndim, ndim, 3, 50))
        matrix[rows, columns] = matrix[columns, rows] = tensor
        out = np.empty((ndim, 3, 50), np.float32)
        eigenvalues.write_eigenvalues(tensor, 0, 0, out)
        assert_allclose(out, spectrum(matrix), atol=1e-6)

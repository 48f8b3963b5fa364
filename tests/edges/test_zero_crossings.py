"""Zero crossings: by hand, by brute force, and where scipy's Laplacian of a Gaussian changes its sign."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from skimage import data
from strategies import images, masks, scenes

from classicseg import gradient_magnitude, otsu_threshold, zero_crossing_edges


def crossings_by_hand(values, mask, spacing):
    """Every pixel and each of its neighbors, by the words of the docstring."""
    axes = np.eye(values.ndim, dtype=int)

    def at(pixel, step):
        there = tuple(np.add(pixel, step))
        inside = all(0 <= i < n for i, n in zip(there, values.shape, strict=True))
        return there if inside and mask[there] else None

    laplacian = np.zeros(values.shape)
    for pixel in map(tuple, np.argwhere(mask)):
        for axis, length in zip(axes, spacing, strict=True):
            for there in (at(pixel, axis), at(pixel, -axis)):
                laplacian[pixel] += 0 if there is None else (values[there] - values[pixel]) / length**2
    edges = np.zeros(values.shape, bool)
    for pixel in map(tuple, np.argwhere(mask)):
        for axis in axes:
            near = [at(pixel, axis), at(pixel, -axis)]
            for there in near:
                if there is not None and laplacian[pixel] * laplacian[there] < 0:
                    mine, other = (abs(laplacian[pixel]), values[pixel]), (abs(laplacian[there]), values[there])
                    edges[pixel] |= mine <= other
            if laplacian[pixel] == 0 and None not in near:
                edges[pixel] |= laplacian[near[0]] * laplacian[near[1]] < 0
    return edges


@given(st.data())
def test_by_brute_force(data):
    image = data.draw(images(dtype="f8"))
    mask = data.draw(st.just(np.ones(image.shape, bool)) | masks(image.shape))
    spacing = data.draw(st.sampled_from([(1, 1), (2, 1), (0.5, 2)]))
    found = zero_crossing_edges(image, sigma=0, threshold=0, mask=mask, spacing=spacing)
    steep = gradient_magnitude(image, mask=mask, spacing=spacing) > 0
    assert_array_equal(found, crossings_by_hand(image, mask, spacing) & steep)


def test_a_volume_by_brute_force():
    volume = np.random.default_rng(0).integers(0, 4, (4, 5, 6)).astype(float)
    found = zero_crossing_edges(volume, sigma=0, threshold=0, channel_axis=None)
    steep = gradient_magnitude(volume, channel_axis=None) > 0
    assert_array_equal(found, crossings_by_hand(volume, np.ones(volume.shape, bool), (1, 1, 1)) & steep)


def test_scipy_s_laplacian_changes_its_sign_there():
    rng = np.random.default_rng(1)
    image = ndimage.gaussian_filter(rng.normal(0, 1000, (60, 70)), 1)
    found = zero_crossing_edges(image, sigma=2, threshold=0)
    laplacian = ndimage.gaussian_laplace(image, 2, truncate=8)
    edges = np.zeros(image.shape, bool)
    for low, high in [((slice(None, -1),), (slice(1, None),)), ((..., slice(None, -1)), (..., slice(1, None)))]:
        change = laplacian[low] * laplacian[high] < 0
        edges[low] |= change & (abs(laplacian[low]) < abs(laplacian[high]))
        edges[high] |= change & (abs(laplacian[low]) > abs(laplacian[high]))
    inner = (slice(12, -12),) * 2
    near = ndimage.binary_dilation(edges, np.ones((3, 3)))  # it differentiates the Gaussian, not the image
    assert found[inner].sum() > 300
    assert (found & near)[inner].sum() == found[inner].sum()
    assert (found == edges)[inner].mean() > 0.97


@pytest.mark.parametrize("sigma", [0, 1])
def test_a_step_gives_one_line_on_its_dark_side(sigma):
    step = np.repeat([[0.0, 9.0]], 12, axis=1).repeat(4, axis=0)
    for image, column in [(step, 11), (step[:, ::-1], 12)]:
        edges = zero_crossing_edges(image, sigma=sigma)
        assert_array_equal(np.flatnonzero(edges.any(axis=0)), [column])


def test_a_zero_between_opposite_signs_is_the_edge():
    edges = zero_crossing_edges([[0, 0, 5, 10, 10]] * 3, sigma=0)
    assert_array_equal(np.flatnonzero(edges.any(axis=0)), [2])


@given(st.data())
def test_turns_to_the_bit(data):
    image = data.draw(images() | scenes() | images(n_channels=3))
    options = {
        "sigma": data.draw(st.sampled_from([0, 1, 2])),
        "threshold": data.draw(st.sampled_from([None, 0, 3])),
    }
    edges = zero_crossing_edges(image, **options)
    for turn in (np.flipud, np.fliplr, np.rot90):
        assert_array_equal(zero_crossing_edges(turn(image), **options), turn(edges))


@given(st.data())
def test_thresholds(data):
    image = data.draw(scenes())
    every = zero_crossing_edges(image, sigma=0, threshold=0)
    strength = gradient_magnitude(image)
    assert_array_equal(zero_crossing_edges(image, sigma=0, threshold=7), every & (strength >= 7))
    step = 2.0 ** (np.frexp(strength[every].max(initial=0))[1] - 16)
    levels = (strength / step).astype(np.uint16) if every.any() else strength
    if len(np.unique(levels[every])) > 1:
        chosen = otsu_threshold(levels, mask=every) * step
        assert_array_equal(zero_crossing_edges(image, sigma=0), every & (strength >= chosen))


@given(st.data())
def test_what_is_masked_touches_nothing(data):
    image = data.draw(scenes(dtype="f8"))
    mask = data.draw(masks(image.shape))
    edges = zero_crossing_edges(image, sigma=1, mask=mask)
    assert not (edges & ~mask).any()
    other = np.where(mask, image, data.draw(st.sampled_from([1e9, np.nan])))
    assert_array_equal(zero_crossing_edges(other, sigma=1, mask=mask), edges)
    flat = np.full((8, 9), 7.0)
    assert not zero_crossing_edges(flat, mask=data.draw(masks(flat.shape)), threshold=0).any()


@pytest.mark.large
def test_edges_of_a_disk_are_a_ring():
    image = data.horse() * 1.0
    edges = zero_crossing_edges(image, sigma=1)
    outline = ndimage.binary_dilation(image > 0, iterations=2) & ~ndimage.binary_erosion(image > 0, iterations=2)
    assert edges.sum() > 500
    assert (edges & outline).sum() > 0.99 * edges.sum()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sigma": -1}, "sigma is -1"),
        ({"threshold": -1}, "threshold is -1"),
        ({"threshold": np.nan}, "threshold is nan"),
        ({"spacing": (1, 2, 3)}, "spacing has 3 numbers"),
    ],
)
def test_mistakes(options, message):
    with pytest.raises(ValueError, match=message):
        zero_crossing_edges([[1, 2], [3, 4]], **options)
    with pytest.raises(ValueError, match="4 channels"):
        zero_crossing_edges(np.zeros((5, 5, 4)))

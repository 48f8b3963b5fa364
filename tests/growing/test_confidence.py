"""Confidence connected growing: SimpleITK agrees, moments are exact, colors are measured by their covariance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage
from skimage import data
from strategies import scenes

from classicseg import region_growing_segment
from classicseg.growing import confidence
from classicseg.growing.run_flood import VISITED


def grow(image, seeds, multiplier, max_iter, radius):
    """The definition, of one channel: limits from moments, a flood, moments of what it reached, and so on."""
    box = tuple(slice(max(0, i - radius), i + radius + 1) for i in seeds[0])
    pixels = image[box].astype(float).ravel()
    for _ in range(max_iter + 1):
        spread = multiplier * (pixels.std(ddof=1) if len(pixels) > 1 else 0)
        low, high = min(pixels.mean() - spread, image[seeds[0]]), max(pixels.mean() + spread, image[seeds[0]])
        components, _ = ndimage.label((image >= low) & (image <= high))
        region = components == components[seeds[0]]
        pixels = image[region].astype(float)
    return region


@given(st.data())
def test_limits_follow_the_moments_of_what_was_reached(data):
    image = data.draw(scenes(dtype="f4"))
    seed = tuple(data.draw(st.integers(0, length - 1)) for length in image.shape)
    settings = data.draw(st.sampled_from([1.7, 2.53])), data.draw(st.integers(0, 5)), data.draw(st.integers(0, 2))
    options = dict(zip(["multiplier", "max_iter", "initial_radius"], settings, strict=True))
    found = region_growing_segment(image, seeds=seed, criterion="confidence", **options)
    assert_array_equal(found, grow(image, [seed], *settings))


@pytest.mark.large
@pytest.mark.parametrize("radius", [1, 2])
@pytest.mark.parametrize("max_iter", [0, 1, 4])
def test_simpleitk_agrees_on_floats(max_iter, radius):
    """On integers its limits lose what follows the point, and at the border its boxes count pixels again."""
    sitk = pytest.importorskip("SimpleITK")
    noise = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(20, 25, 30)), 2)
    for image, seeds in [(data.coins(), [(150, 200)]), (data.coins(), [(70, 70), (75, 80)]), (noise, [(9, 9, 9)])]:
        image = image.astype(np.float32)
        points = [seed[::-1] for seed in seeds]
        expected = sitk.ConfidenceConnected(sitk.GetImageFromArray(image), points, max_iter, 2.5, radius, 1)
        options = {"max_iter": max_iter, "initial_radius": radius, "channel_axis": None}
        found = region_growing_segment(image, seeds={1: seeds}, criterion="confidence", **options)
        assert_array_equal(found, sitk.GetArrayFromImage(expected))


@given(st.data())
def test_moments_are_those_of_numpy(data):
    n_channels = data.draw(st.integers(1, 3))
    dtype = data.draw(st.sampled_from(["u1", "f4"]))
    values = data.draw(hnp.arrays(dtype, (20, n_channels), elements=st.integers(0, 255)))
    region = data.draw(hnp.arrays(np.uint8, 20, elements=st.sampled_from([0, 1, VISITED])))
    region[0] = VISITED
    place = values[np.newaxis], region, np.zeros(1, np.int64)
    low, high = values.min(axis=0).astype(float), values.max(axis=0).astype(float)
    found = confidence.moments_of(*place, low, high)
    own = values[region == VISITED].astype(float)
    assert_allclose(found.mean, own.mean(axis=0), rtol=1e-12)
    covariance = np.atleast_2d(np.cov(own, rowvar=False)) if len(own) > 1 else np.zeros((n_channels, n_channels))
    assert_allclose(found.covariance, covariance, rtol=1e-9, atol=1e-9)
    arguments = *place, own.min(axis=0), np.full(n_channels, 2.0**16), 0, 1
    for kernel, given_ in (
        (confidence._sum_products, arguments),
        (confidence._extremes, (*place, values[0], 0, 1)),
    ):
        for mine, defined in zip(kernel(*given_), kernel.numpy(*given_), strict=True):
            assert_array_equal(mine, defined)


@pytest.mark.parametrize("far", [-9999.0, 1e5, 1e30, -1e150])
@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("multiplier", [2.5, 1e6])
def test_a_dead_pixel_changes_no_limit(far, n_channels, multiplier):
    rng = np.random.default_rng(0)
    image = ndimage.gaussian_filter(rng.normal(size=(40, 40, n_channels)), (3, 3, 0))
    image[..., -1].flat[:: 2 if n_channels > 1 else 10**6] = 0.25
    options = {"criterion": "confidence", "multiplier": multiplier, "channel_axis": -1}
    for seed in ([30, 8], [20, 33]):
        expected = region_growing_segment(image, seeds=seed, **options)
        dead = image.copy()
        dead[0, 39] = far
        found = region_growing_segment(dead, seeds=seed, **options)
        found[0, 39] = expected[0, 39]
        assert_array_equal(found, expected)


@pytest.mark.parametrize("far", [1e30, -1e100])
def test_a_flat_channel_accepts_its_value_alone_beside_a_dead_pixel(far):
    image = np.stack([np.random.default_rng(0).normal(size=(12, 12)), np.full((12, 12), 5.0)], axis=-1)
    image[:, 7:, 1] += 1e-3
    image[11, 11] = far
    options = {"criterion": "confidence", "channel_axis": -1, "multiplier": 100.0}
    assert_array_equal(region_growing_segment(image, seeds=(4, 3), **options), image[..., 1] == 5)


@given(hnp.arrays(np.float64, (30, 3), elements=st.integers(-50, 50)))
def test_whitened_differences_have_the_mahalanobis_length(values):
    covariance = np.cov(values, rowvar=False) + np.eye(3)
    scale = confidence._whitening(covariance, 0.0)
    difference = values[0] - values[1]
    expected = difference @ np.linalg.inv(covariance) @ difference
    assert_allclose(np.sum(np.square(confidence._whitened(scale, difference))), expected, rtol=1e-9, atol=1e-12)


def test_colors_are_measured_by_their_covariance():
    rng = np.random.default_rng(0)
    image = rng.normal(0, 1, (40, 40, 2)) @ np.array([[9, 9], [-0.3, 0.3]]) + 100
    image[:, 20:] += (4, -4)
    found = region_growing_segment(image, seeds=(20, 8), criterion="confidence", channel_axis=-1, initial_radius=4)
    assert (found[:, :20] > 0).mean() > 0.9
    assert not found[:, 20:].any()


@pytest.mark.parametrize("n_channels", [1, 3])
def test_seeds_on_flat_ground_take_what_is_equal(n_channels):
    image = np.full((8, 9, n_channels), 5.0)
    image[:, 5:] += 1e-3
    options = {"criterion": "confidence", "channel_axis": -1}
    assert_array_equal(region_growing_segment(image, seeds=(4, 1), **options), image[..., 0] == 5)
    grey = np.repeat(scenes_like(), n_channels, axis=-1)
    one = region_growing_segment(grey[..., :1], seeds=(4, 4), **options)
    assert_array_equal(region_growing_segment(grey, seeds=(4, 4), **options), one)


def test_limits_of_a_hair_leave_out_what_no_level_holds():
    image = np.ones((2, 3, 3), np.uint8)
    image[0, 0, 0] = 0  # the region of 1 measures its levels in 2**-76 of a value
    found = region_growing_segment(image, seeds=[[1, 2, 3], [0, 3, 0]], criterion="confidence", initial_radius=1)
    assert_array_equal(found, [[1, 2, 3], [3, 3, 3]])


def scenes_like():
    return np.random.default_rng(1).normal(50, 3, (20, 20, 1)).round(1)


def test_the_boxes_extend_as_far_in_space():
    image = np.zeros((9, 9))
    image[4] = [0, 0, 0, 4, 4, 4, 0, 0, 0]
    seed = {"seeds": (4, 4), "criterion": "confidence", "max_iter": 0, "multiplier": 0.5}
    assert region_growing_segment(image, **seed, initial_radius=1, spacing=(2, 1)).sum() == 3
    assert region_growing_segment(image, **seed, initial_radius=1, spacing=(1, 1)).sum() == 3


def test_a_region_is_grown_by_its_own_moments_and_meets_others_in_rounds():
    rng = np.random.default_rng(0)
    image = np.concatenate([rng.normal(10, 1, (20, 15)), rng.normal(13, 3, (20, 15))], axis=1)
    seeds = {4: [(10, 5)], 2: [(10, 25)]}
    found = region_growing_segment(image, seeds=seeds, criterion="confidence", initial_radius=4)
    assert set(np.unique(found)) == {0, 2, 4}
    assert (found[:, :12] == 4).mean() > 0.8
    assert (found[:, 18:] == 2).mean() > 0.8

"""Canny's properties, and scikit-image and OpenCV's formula as second opinions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage
from skimage import data, feature
from strategies import images, masks, scenes

from classicseg import canny_edges
from classicseg._core.image import as_image
from classicseg.filters.canny import smooth


@pytest.mark.large
@pytest.mark.parametrize("name", ["camera", "coins", "astronaut"])
def test_scikit_image_finds_the_same_edges(name):
    image = getattr(data, name)()
    image = image @ [0.2125, 0.7154, 0.0721] if image.ndim == 3 else image.astype(float)
    low, high = 5.0, 12.0
    theirs = feature.canny(
        image, 1.5, 4 * low, 4 * high
    )  # its Sobel weights add up to 4 on each side of a difference
    ours = canny_edges(image, sigma=1.5, low=low, high=high)
    near = ndimage.binary_dilation(theirs, np.ones((3, 3)))
    assert ours.sum() > 1000
    assert (ours & near).sum() / ours.sum() > 0.97


@given(scenes(), st.integers(0, 200))
def test_adding_a_constant_changes_nothing(image, constant):
    assert_array_equal(canny_edges(image.astype("u2") + constant), canny_edges(image.astype("u2")))


@given(st.data())
def test_lower_thresholds_only_add(data):
    image = data.draw(scenes())
    low, high = sorted(data.draw(st.tuples(st.floats(0, 50), st.floats(0, 50))))
    edges = canny_edges(image, low=low, high=high)
    assert not (edges & ~canny_edges(image, low=low / 2, high=high)).any()
    assert not (edges & ~canny_edges(image, low=low / 2, high=high / 2)).any()


@given(st.data())
def test_each_chain_holds_a_strong_pixel(data):
    image = data.draw(scenes())
    strong, edges = canny_edges(image, low=9, high=9), canny_edges(image, low=2, high=9)
    assert not (strong & ~edges).any()
    chains, n_chains = ndimage.label(edges, np.ones((3, 3)))
    assert all(strong[chains == chain].any() for chain in range(1, n_chains + 1))


@pytest.mark.parametrize("step", [[0, 0, 0, 9, 9, 9], [9, 9, 9, 0, 0, 0]])
def test_a_step_gives_one_line_on_its_dark_side(step):
    edges = canny_edges([step] * 4, sigma=0)
    dark = 2 if step[0] == 0 else 3
    assert_array_equal(np.flatnonzero(edges.any(axis=0)), [dark])
    assert edges[:, dark].all()


@given(st.data())
def test_turns_to_the_bit_on_integers(data):
    image = data.draw(images() | scenes() | images(n_channels=3))
    sigma = data.draw(st.sampled_from([0, 0.6, 1, 2.5]))
    edges = canny_edges(image, sigma=sigma)
    for turn in (np.flipud, np.fliplr, np.rot90):
        assert_array_equal(canny_edges(turn(image), sigma=sigma), turn(edges))


@given(st.data())
def test_the_border_of_a_mask_is_no_edge(data):
    image = np.full((8, 9), data.draw(st.integers(0, 255)), np.uint8)
    mask = data.draw(masks(image.shape))
    noise = np.where(mask, image, data.draw(images(image.shape)))
    assert not canny_edges(noise, mask=mask).any()


def test_color_edges_that_grey_does_not_see():
    image = np.zeros((10, 10, 3))
    image[:, :5] = (0.0721 / 0.2125 * 200, 0, 0)
    image[:, 5:] = (0, 0, 200)  # the same luminance
    assert canny_edges(image, sigma=0).any(axis=0).sum() == 1
    assert not canny_edges(image @ [0.2125, 0.7154, 0.0721], sigma=0, low=1e-6, high=1e-6).any()


@pytest.mark.large
def test_a_sphere_in_a_volume_is_enclosed():
    z, y, x = np.mgrid[:24, :24, :24] - 12
    ball = x**2 + y**2 + z**2 < 64
    edges = canny_edges(ball.astype(np.float32), channel_axis=None, sigma=1)
    outside = ndimage.label(~edges)[0]
    assert outside[0, 0, 0] != outside[12, 12, 12]
    distance = np.sqrt(x**2 + y**2 + z**2)[edges]
    assert_allclose(distance, 8, atol=1.5)


@given(st.data())
def test_smoothing_is_gaussian_and_leaves_flat_flat(data):
    image = data.draw(scenes((20, 24), dtype=data.draw(st.sampled_from(["u1", "f4", "f8"]))))
    sigma = data.draw(st.sampled_from([0.5, 1, 2]))
    found = smooth(as_image(image), sigma, (1.0, 1.0)).values[..., 0]
    one = ndimage.gaussian_filter(image.astype(float), sigma, mode="constant")
    expected = one / ndimage.gaussian_filter(np.ones(image.shape), sigma, mode="constant")
    assert_allclose(found, expected - image.min(), atol=1e-2)
    flat = np.where(np.indices((20, 24))[0] < 15, 0.1, 1e5)
    smoothed = smooth(as_image(flat), 1, (1.0, 1.0)).values[..., 0]
    assert np.ptp(smoothed[:8]) == 0


@pytest.mark.large
def test_a_sigma_larger_than_the_image():
    image = data.coins()
    assert not canny_edges(image, sigma=1e6, low=0.5, high=0.5).any()


def test_what_others_get_wrong():
    assert not canny_edges(np.full((9, 9), np.nan)).any()
    image = data.coins().astype(np.float32)[:50, :60]
    large = image * np.float32(2.0**119)
    assert np.isfinite(large).all()
    assert large.max() > 1e37
    assert_array_equal(canny_edges(large), canny_edges(image.astype(float)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"low": 2, "high": 1}, "exchange them"),
        ({"high": np.nan}, "high is nan"),
        ({"low": -1}, "low is -1"),
        ({"sigma": -0.5}, "sigma is -0.5"),
        ({"sigma": np.inf}, "sigma is inf"),
    ],
)
def test_mistakes(options, message):
    with pytest.raises(ValueError, match=message):
        canny_edges([[1, 2], [3, 4]], **options)

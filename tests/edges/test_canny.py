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

from classicseg import canny_edges, gradient_magnitude
from classicseg.labeling.reconstruction import reconstruct

NEIGHBORS = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]


@pytest.mark.large
@pytest.mark.parametrize("name", ["camera", "coins", "astronaut", "moon"])
@pytest.mark.parametrize("sigma", [1, 2])
def test_scikit_image_finds_the_same_edges(name, sigma):
    image = getattr(data, name)()
    image = image @ [0.2125, 0.7154, 0.0721] if image.ndim == 3 else image.astype(float)
    low, high = 1.5, 4.0
    theirs = feature.canny(image, sigma, 8 * low, 8 * high)  # its Sobel takes 8 times the derivative
    ours = canny_edges(image, sigma=sigma, low=low, high=high)
    assert theirs.sum() > 1000
    for one, other in [(ours, theirs), (theirs, ours)]:
        near = ndimage.binary_dilation(other, np.ones((3, 3)))
        assert (one & near).sum() / one.sum() > 0.995
    # It leaves out the border of the image, and chains that hang on it. Without those ours differ in single
    # pixels, for a float image is smoothed in steps of a millionth of its range.
    weak, strong = (canny_edges(image, sigma=sigma, low=least, high=least) for least in (low, high))
    inner = np.pad(np.ones([length - 2 for length in image.shape], bool), 1)
    assert (reconstruct(weak & inner, strong & inner) ^ theirs).sum() < 1e-3 * theirs.sum()


@pytest.mark.parametrize("name", ["camera", "coins"])
@pytest.mark.large
def test_opencv_finds_the_same_edges_but_at_ties(name):
    cv2 = pytest.importorskip("cv2")
    image = getattr(data, name)()
    threshold = 80.5  # theirs is exceeded, ours is reached: where it is no gradient both are the same
    ours = canny_edges(image, sigma=0, low=threshold / 8, high=threshold / 8, suppression="sector")
    theirs = cv2.Canny(image, threshold, threshold, L2gradient=True) > 0
    steep = np.pad(gradient_magnitude(image), 1)
    around = [steep[1 + y :, 1 + x :][: image.shape[0], : image.shape[1]] for y, x in NEIGHBORS]
    tied = np.any([side == steep[1:-1, 1:-1] for side in around], axis=0)
    assert theirs.sum() > 5000
    assert not ((ours != theirs) & ~tied).any()
    assert (ours != theirs).sum() < 1e-3 * theirs.sum()


@given(scenes(), st.integers(0, 200))
def test_adding_a_constant_changes_nothing(image, constant):
    assert_array_equal(canny_edges(image.astype("u2") + constant), canny_edges(image.astype("u2")))


@given(st.data())
def test_lower_thresholds_only_add(data):
    image = data.draw(scenes())
    numbers = st.just(0.0) | st.floats(1e-9, 50)
    low, high = sorted(data.draw(st.tuples(numbers, numbers)))
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
def test_a_masked_border_is_a_cropped_one(data):
    """Planes without a mask go another way than all else."""
    image = data.draw(scenes(dtype=data.draw(st.sampled_from(["u1", "f4", "f8"]))))
    options = {
        "sigma": data.draw(st.sampled_from([0, 0.7, 2])),
        "high": data.draw(st.sampled_from([3, "otsu"])),
        "suppression": data.draw(st.sampled_from(["interpolated", "sector"])),
        "spacing": data.draw(st.sampled_from([1, (1, 2), (1.5, 0.7)])),
    }
    mask = np.pad(np.ones(image.shape, bool), 2)
    wide = canny_edges(np.pad(image, 2, constant_values=7), mask=mask, **options)
    assert_array_equal(wide[2:-2, 2:-2], canny_edges(image, **options))


@pytest.mark.large
@pytest.mark.parametrize("turn", [np.flipud, np.fliplr, np.transpose, np.rot90])
def test_turns_of_floats(turn):
    image = data.camera()[:200, :300] / 7
    edges = canny_edges(image)
    changed = canny_edges(turn(image)) != turn(edges)
    assert changed.sum() <= (0 if turn in (np.flipud, np.fliplr) else 1e-4 * edges.sum())


def test_thresholds_that_are_chosen():
    image = np.random.default_rng(0).normal(0, 10, (300, 300))
    image[:, 150:] += 100
    magnitude = gradient_magnitude(image)
    assert_array_equal(
        canny_edges(image, sigma=0, high_fraction=0.01),
        canny_edges(image, sigma=0, high=np.sort(magnitude.ravel())[-900]),
    )
    edges = canny_edges(image, sigma=0, high="median", low=0)
    noise = np.median(magnitude)
    assert_array_equal(edges, canny_edges(image, sigma=0, low=0, high=np.sqrt(np.log(1000) / np.log(2)) * noise))
    alone = gradient_magnitude(image[:, :140]) > np.sqrt(np.log(1000) / np.log(2)) * noise
    assert 0.0005 < alone.mean() < 0.002


def test_a_threshold_that_is_chosen_is_no_less_than_low():
    image = data.coins()[:60, :60]
    for high in ("otsu", "median"):
        assert_array_equal(canny_edges(image, low=40, high=high), canny_edges(image, low=40, high=40))


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
        ({"high": "best"}, "'best'; expected a number >= 0, 'otsu' or 'median'"),
        ({"high_fraction": 0}, "high_fraction is 0"),
        ({"high_fraction": 1}, "less than 1"),
        ({"high_fraction": 0.1, "high": 3}, "expected one of them"),
        ({"suppression": "none"}, "'interpolated' or 'sector'"),
    ],
)
def test_mistakes(options, message):
    with pytest.raises(ValueError, match=message):
        canny_edges([[1, 2], [3, 4]], **options)

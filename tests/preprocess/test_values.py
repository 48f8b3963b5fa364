"""Values on a common scale, and as many channels as are expected."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from classicseg.preprocess import match_channels, normalize

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "f2", "f4", "f8"])
def test_scores_have_mean_0_and_deviation_1_in_each_channel(dtype):
    image = (RNG.random((20, 30, 3)) * [10, 100, 200]).astype(dtype)
    found = normalize(image).image
    assert found.dtype == (np.float64 if dtype in ("i4", "f8") else np.float32)
    assert_allclose(found.mean(axis=(0, 1)), 0, atol=1e-6)
    assert_allclose(found.std(axis=(0, 1)), 1, atol=1e-6)


def test_methods_by_hand():
    image = np.array([[0.0, 10, 20, 40]])
    assert_allclose(normalize(image, method="minmax").image, [[0, 0.25, 0.5, 1]])
    assert_allclose(normalize(image, method="percentile", percentiles=(0, 50)).image, [[0, 10 / 15, 1, 1]])
    assert_allclose(normalize(image, method="window", window=(10, 30)).image, [[0, 0, 0.5, 1]])


@pytest.mark.parametrize("method", ["zscore", "minmax", "percentile"])
@pytest.mark.parametrize("value", [0.1, 7, 1e140])
def test_one_value_is_0_without_a_warning(method, value):
    image = np.full((4, 5), value, float)
    image[0, 0] = np.nan
    assert_array_equal(normalize(image, method=method).image, 0)
    assert_array_equal(normalize(image, method=method, mask=np.zeros(image.shape, bool)).image, 0)


def test_what_takes_no_part_counts_for_nothing():
    image, mask = RNG.random((9, 9)), RNG.random((9, 9)) < 0.5
    other = np.where(mask, image, 1e9)
    for method in ("zscore", "minmax", "percentile"):
        found = normalize(other, method=method, mask=mask)
        assert_array_equal(found.image, normalize(image, method=method, mask=mask).image)
        assert not found.image[~mask].any()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "best"}, "method is 'best'"),
        ({"method": "window"}, "window is None and method 'window'"),
        ({"window": (0, 1)}, "expected a window with 'window' alone"),
        ({"method": "window", "window": (1, 1)}, "window are 1 and 1; expected the lower one first"),
        ({"percentiles": (-1, 50)}, "percentiles are -1 and 50; expected numbers from 0 to 100"),
        ({"percentiles": 5}, "percentiles is 5; expected two numbers"),
    ],
)
def test_mistakes_are_told(options, said):
    with pytest.raises(ValueError, match=said):
        normalize([[1, 2]], **options)


def test_channels_are_repeated_or_become_their_luminance():
    grey, color = RNG.integers(0, 255, (4, 5)).astype(np.uint8), RNG.random((4, 5, 3)).astype(np.float32)
    assert_array_equal(match_channels(grey, n_channels=3).image, np.stack([grey] * 3, axis=-1))
    assert match_channels(grey, n_channels=1).image.shape == (4, 5, 1)
    assert_allclose(match_channels(color, n_channels=1).image[..., 0], color @ [0.2125, 0.7154, 0.0721], rtol=1e-6)
    assert match_channels(color, n_channels=3).image is not color
    first = match_channels(np.moveaxis(color, -1, 0), n_channels=1, channel_axis=0)
    assert first.image.shape == (1, 4, 5)
    with pytest.raises(ValueError, match="image has 4 channels and n_channels is 3"):
        match_channels(np.zeros((4, 5, 4)), n_channels=3)

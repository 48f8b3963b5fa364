"""The number of clusters: found where there are clusters."""

from __future__ import annotations

import numpy as np
import pytest

from classicseg import choose_n_clusters, pixel_histogram


def blobs(k, seed=0):
    """k well separated colors, with noise."""
    rng = np.random.default_rng(seed)
    colors = [[40, 40, 40], [200, 60, 60], [60, 200, 80], [70, 60, 210], [210, 210, 200], [30, 190, 200]]
    return (np.array(colors)[rng.integers(0, k, (60, 60))] + rng.normal(0, 5, (60, 60, 3))).astype(np.uint8)


@pytest.mark.large
@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 6])
def test_separate_colors_are_counted(k):
    assert choose_n_clusters(blobs(k), max_clusters=8) == k
    assert choose_n_clusters(pixel_histogram(blobs(k)), max_clusters=8) == k
    assert choose_n_clusters([blobs(k)[:30], blobs(k)[30:]], max_clusters=8) == k
    assert choose_n_clusters(blobs(k).astype(np.float32), max_clusters=8) == k


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_separate_greys_are_counted(k):
    rng = np.random.default_rng(0)
    image = np.linspace(20, 230, k)[rng.integers(0, k, (50, 50))] + rng.normal(0, 4, (50, 50))
    assert choose_n_clusters(image, max_clusters=8) == k
    mask = rng.random((50, 50)) < 0.9
    assert choose_n_clusters(np.where(mask, image, 1e6), mask=mask, max_clusters=8) == k


@pytest.mark.large
@pytest.mark.parametrize("far", [-9999.0, 1e20, 1e150])
@pytest.mark.parametrize("n_channels", [1, 3, 5])
def test_a_value_far_away_is_one_cluster_more(far, n_channels):
    rng = np.random.default_rng(0)
    image = np.linspace(20, 230, 3)[rng.integers(0, 3, (30, 30))][..., np.newaxis] * np.ones(n_channels)
    image += rng.normal(0, 4, image.shape)
    assert choose_n_clusters(image, max_clusters=6, channel_axis=-1) == 3
    image[3, 4] = far
    assert choose_n_clusters(image, max_clusters=6, channel_axis=-1) == 4


def test_few_distinct_values():
    assert choose_n_clusters([[5, 5]]) == 1
    assert choose_n_clusters([[5, 6, 9]]) == 3
    assert choose_n_clusters([[5, 6, 9]], max_clusters=1) == 1


def test_mistakes():
    with pytest.raises(ValueError, match="max_clusters is 0"):
        choose_n_clusters([[1, 2]], max_clusters=0)
    with pytest.raises(ValueError, match="no pixel"):
        choose_n_clusters([[np.nan]])
    with pytest.raises(ValueError, match="mask is given with a histogram"):
        choose_n_clusters(pixel_histogram([[1, 2]]), mask=[[True, True]])

"""Histograms of pixels: what they count, and that tiles add up to the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import images

from classicseg import PixelHistogram, kmeans_fit, merge_histograms, pixel_histogram

KINDS = st.sampled_from([(0, "u1"), (0, "f4"), (2, "u1"), (3, "u2"), (3, "f8"), (5, "u2")])


def as_dict(histogram):
    return dict(zip(map(tuple, histogram.values.tolist()), histogram.counts.tolist(), strict=True))


@given(st.data(), KINDS)
def test_counts_every_pixel_once(data, kind):
    n_channels, dtype = kind
    image = data.draw(images(n_channels=n_channels, dtype=dtype))
    found = pixel_histogram(image, channel_axis=-1 if n_channels else None)
    rows, counts = np.unique(image.reshape(-1, max(n_channels, 1)), axis=0, return_counts=True)
    assert found.values.dtype == dtype
    assert as_dict(found) == dict(zip(map(tuple, rows.tolist()), counts.tolist(), strict=True))


@given(st.data(), KINDS)
def test_tiles_add_up_to_the_whole(data, kind):
    n_channels, dtype = kind
    image = data.draw(images(n_channels=n_channels, dtype=dtype))
    axis = -1 if n_channels else None
    cut = data.draw(st.integers(0, len(image)))
    whole = pixel_histogram(image, channel_axis=axis)
    tiles = [pixel_histogram(tile, channel_axis=axis) for tile in (image[:cut], image[cut:]) if len(tile)]
    for order in (tiles, tiles[::-1]):
        merged = merge_histograms(order)
        assert_array_equal(merged.values, whole.values)
        assert_array_equal(merged.counts, whole.counts)
    one, other = kmeans_fit(merged, n_clusters=3), kmeans_fit(whole, n_clusters=3)
    assert_array_equal(one.centers, other.centers)


def test_masked_pixels_are_not_counted():
    image = np.array([[1.0, np.nan, 3.0, 3.0]])
    assert as_dict(pixel_histogram(image, mask=[[True, True, True, False]])) == {(1.0,): 1, (3.0,): 1}
    assert len(pixel_histogram([[np.nan]]).counts) == 0
    assert len(merge_histograms([pixel_histogram([[np.nan]])]).counts) == 0


@pytest.mark.parametrize(
    ("histograms", "error", "message"),
    [
        ([], ValueError, "empty"),
        ([np.zeros(3)], TypeError, "expected what pixel_histogram returns"),
        ([PixelHistogram(np.zeros((2, 1)), np.zeros(2, int))], ValueError, "count"),
        ([PixelHistogram(np.zeros((2, 1)), np.ones(3, int))], ValueError, "count"),
        ([PixelHistogram(np.full((1, 1), np.nan), np.ones(1, int))], ValueError, "finite"),
        ([PixelHistogram(np.zeros(2), np.ones(2, int))], ValueError, r"shape \(2,\)"),
        (
            [PixelHistogram(np.zeros((2, 1)), np.ones(2))],
            TypeError,
            "dtype float64; expected a histogram of whole counts",
        ),
        ([pixel_histogram([[1]]), pixel_histogram([[[1, 2]]])], ValueError, r"\[1, 2\] channels"),
    ],
)
def test_mistakes(histograms, error, message):
    with pytest.raises(error, match=message):
        merge_histograms(histograms)

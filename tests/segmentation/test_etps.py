"""ETPS beyond the laws: numbers, single pieces, and what its options do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from strategies import shapes

from classicseg import etps_segment, rgb_to_lab
from classicseg.metrics import compactness, contour_density, segment_connectivity, undersegmentation_error


def random_mask(rng, shape):
    """Blobs, or scattered pixels, or lines of one pixel."""
    kind = rng.integers(3)
    if kind == 0:
        return ndimage.gaussian_filter(rng.random(shape), 1) < rng.uniform(0.4, 0.6)
    if kind == 1:
        return rng.random(shape) < 0.8
    mask = np.zeros(shape, bool)
    mask[..., ::3] = mask[0] = True
    return mask


@given(st.integers(1, 4), st.integers(0, 10**6), st.data())
def test_as_many_as_asked_and_each_in_one_piece(ndim, seed, data):
    shape = data.draw(shapes(ndim, 1, (30, 9, 5, 3)[ndim - 1]))
    rng = np.random.default_rng(seed)
    mask = random_mask(rng, shape)
    image = rng.random(shape) * (1 + 5 * (np.indices(shape)[0] > 2))
    n = data.draw(st.integers(1, max(1, mask.size // 3)))
    for inside in (None, mask):
        labels = etps_segment(image, n_segments=n, channel_axis=None, mask=inside)
        if inside is not None and not mask.any():
            assert not labels.any()
            continue
        n_pixels = mask.size if inside is None else int(mask.sum())
        n_pieces = 1 if inside is None else ndimage.label(mask)[1]
        assert max(min(n, n_pixels), n_pieces) <= labels.max() <= min(n + n_pieces - 1, n_pixels)
        assert segment_connectivity(labels) == 1
        assert_array_equal(labels > 0, np.ones(shape, bool) if inside is None else mask)


def disk(shape=(40, 50), noise=0.05):
    rows, columns = np.indices(shape)
    truth = (rows - 17) ** 2 + (columns - 23) ** 2 < 120
    return truth, truth + noise * np.random.default_rng(0).standard_normal(shape)


@pytest.mark.large
def test_superpixels_keep_to_edges():
    truth, image = disk()
    labels = etps_segment(image, n_segments=20)
    assert labels.max() == 20
    assert undersegmentation_error(truth, labels) < 0.03
    round_ones = etps_segment(image, n_segments=20, compactness=30)
    assert compactness(round_ones) > compactness(labels) + 0.1
    smooth_ones = etps_segment(image, n_segments=20, smoothness=0.3)
    assert contour_density(smooth_ones) < contour_density(labels)


def test_options_are_in_the_units_of_the_image():
    _, image = disk((16, 20))
    whole = np.round(image * 60 + 80).astype(np.uint8)
    labels = etps_segment(whole, n_segments=9)
    assert_array_equal(labels, etps_segment(whole * np.uint16(256), n_segments=9))
    assert_array_equal(labels, etps_segment(whole.astype(float) * 2.0**-30, n_segments=9))
    given = etps_segment(image, n_segments=9, compactness=0.5, smoothness=0.25)
    assert_array_equal(given, etps_segment(image * 64, n_segments=9, compactness=32, smoothness=16))
    assert_array_equal(labels, etps_segment(whole, n_segments=9, spacing=2))


def test_photographs_are_compared_in_lab():
    rng = np.random.default_rng(2)
    image = (rng.random((14, 18, 3)) * 255).astype(np.uint8)
    lab = etps_segment(image, n_segments=8)
    assert_array_equal(lab, etps_segment(image, n_segments=8, color_space="lab"))
    assert not np.array_equal(lab, etps_segment(image, n_segments=8, color_space="given"))
    floats = image / 255.0
    by_hand = etps_segment(rgb_to_lab(floats), n_segments=8, color_space="given")
    assert_array_equal(etps_segment(floats, n_segments=8, color_space="lab") > 0, by_hand > 0)
    bands = rng.random((9, 10, 6))
    assert etps_segment(bands, n_segments=5, channel_axis=-1).max() == 5


def test_steps_of_slices_count_by_spacing():
    image = np.zeros((6, 12, 12))
    labels = etps_segment(image, n_segments=8, channel_axis=None, spacing=(2, 1, 1))
    assert labels.max() == 8
    assert np.ptp(np.nonzero(labels == 1)[0]) + 1 == 3


def test_mistakes_are_told():
    image = np.zeros((4, 5))
    with pytest.raises(ValueError, match="n_segments"):
        etps_segment(image, n_segments=0)
    for name in ("compactness", "smoothness"):
        with pytest.raises(ValueError, match=name):
            etps_segment(image, **{name: -1})
    with pytest.raises(ValueError, match="color_space"):
        etps_segment(image, color_space="hsv")
    with pytest.raises(ValueError, match=r"3 \(red, green, blue\)"):
        etps_segment(image, color_space="lab")

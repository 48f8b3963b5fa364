"""A function from tiles to probabilities becomes a segmenter, with networks that need no training."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage
from strategies import DTYPES, images, masks

from classicseg import set_workers
from classicseg.extras.networks import NetworkSegmenter
from classicseg.extras.networks.tiles import cut_axis
from classicseg.metrics import cross_entropy
from classicseg.types import kind_of


def by_value(tiles):
    """Three classes of each pixel by itself: near 0, near a half, near 1."""
    scores = np.concatenate([-np.square(8 * (tiles[:, :1] - center)) for center in (0, 0.5, 1)], axis=1)
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


def by_window(tiles):
    """Two classes by the mean of 9 × 9 pixels, as a network with a small field of view."""
    means = ndimage.uniform_filter(tiles, (0, 0, 9, 9), mode="mirror")
    bright = 1 / (1 + np.exp(-40 * (means - 0.5)))
    return np.concatenate([1 - bright, bright], axis=1)


def segmenter(**options):
    return NetworkSegmenter(**({"predict": by_value, "n_classes": 3, "n_channels": 1} | options))


@st.composite
def tilings(draw):
    stride = draw(st.integers(1, 5))
    return {"tile": draw(st.integers(1, 12)), "overlap": draw(st.integers(0, 9)), "stride": stride}


@given(images(), tilings())
def test_tiles_do_not_show_where_pixels_are_seen_one_by_one(image, options):
    seen = []

    def predict(tiles):
        seen.append(tiles.shape)
        return by_value(tiles)

    found = segmenter(predict=predict, **options)
    whole = by_value((image / np.float32(255)).astype(np.float32)[np.newaxis, np.newaxis])[0]
    assert_allclose(found.probabilities(image), np.moveaxis(whole, 0, -1), atol=1e-6)
    assert_array_equal(found(image), found.probabilities(image).argmax(axis=-1) + 1)
    largest = max(options["tile"] // options["stride"], 1) * options["stride"]
    assert all(n % options["stride"] == 0 and n <= largest for shape in seen for n in shape[2:])
    assert len(set(seen)) == 1


@given(st.integers(1, 300), st.integers(1, 80), st.integers(0, 60), st.integers(1, 16))
def test_cuts_cover_an_axis(n_pixels, tile, overlap, stride):
    cuts = cut_axis(n_pixels, tile, overlap, stride)
    n_tiles = len(cuts.starts)
    assert cuts.starts[0] == 0
    assert n_pixels <= cuts.tile(n_tiles - 1).stop < n_pixels + stride
    assert cuts.length % stride == 0
    assert cuts.length <= max(tile // stride, 1) * stride
    assert all(start % stride == 0 for start in cuts.starts)
    least = min(overlap, max(tile // stride, 1) // 2 * stride)
    assert all(least <= cuts.shared(i) < cuts.length for i in range(1, n_tiles))
    assert cuts.shared(0) == cuts.shared(n_tiles) == 0


def test_predictions_pass_into_each_other():
    """A network that says another thing of each tile: along an overlap the one rises as the other falls."""
    count = iter(range(100))

    def predict(tiles):
        share = np.full(tiles.shape, next(count) % 2, np.float32)
        return np.concatenate([share, 1 - share], axis=1)

    found = segmenter(predict=predict, n_classes=2, tile=8, overlap=4, stride=1).probabilities(np.zeros((3, 12)))
    assert_allclose(found[0, :, 0], [0, 0, 0, 0, 0, 0.25, 0.75, 1, 1, 1, 1, 1], atol=1e-6)
    assert_allclose(found.sum(axis=-1), 1, atol=1e-6)


def test_small_tiles_beside_the_whole():
    image = ndimage.gaussian_filter(np.random.default_rng(0).random((150, 190)), 3)
    image = (image - image.min()) / np.ptp(image)
    options = {"predict": by_window, "n_classes": 2, "stride": 4}
    whole = segmenter(**options, tile=512)(image)
    tiled = segmenter(**options, tile=64, overlap=16)(image)
    assert (whole == tiled).mean() > 0.995
    assert {*np.unique(whole)} == {1, 2}


@given(images(), st.data())
def test_what_takes_no_part_is_0_and_gives_nothing(image, data):
    mask = data.draw(masks(image.shape))
    segment = segmenter(predict=by_window, n_classes=2, tile=8, overlap=2, stride=1)
    labels = segment(image, mask=mask)
    assert_array_equal(labels[~mask], 0)
    assert labels[mask].all()
    other = np.where(mask, image / 255, np.nan)
    assert_array_equal(segment(other), labels)
    assert_array_equal(segment(np.ma.array(image, mask=~mask)), labels)


@pytest.mark.parametrize("dtype", DTYPES)
def test_any_dtype_and_order_is_read_and_none_is_written_to(dtype):
    image = (np.arange(30).reshape(5, 6) % 2).astype(dtype)
    for given_image in (
        image,
        image[::-1, ::-1],
        np.asfortranarray(image),
        image.astype(image.dtype.newbyteorder()),
    ):
        before = given_image.copy()
        labels = segmenter()(given_image)
        assert labels.dtype == np.int32
        assert labels.flags.c_contiguous
        assert labels.flags.writeable
        assert_array_equal(given_image, before)
    white = 255 if dtype == "u1" else 65535 if dtype == "u2" else 1
    due = by_value((image.astype(np.float32) / white)[np.newaxis, np.newaxis])[0].argmax(axis=0) + 1
    assert_array_equal(segmenter()(image), due)


def test_channels_are_matched():
    seen = []

    def predict(tiles):
        seen.append(tiles)
        return by_value(tiles)

    grey, color = np.full((4, 4), 255, np.uint8), np.zeros((4, 4, 3), np.uint8)
    color[..., 1] = 255
    segmenter(predict=predict, n_channels=3, stride=1)(grey)
    assert seen[-1].shape == (1, 3, 4, 4)
    assert_array_equal(seen[-1], 1)
    segmenter(predict=predict, stride=1)(color)
    assert_allclose(seen[-1], 0.7154, rtol=1e-6)
    segmenter(predict=predict, n_channels=3, stride=1)(np.moveaxis(color, -1, 0), channel_axis=0)
    assert_array_equal(seen[-1][0, :, 0, 0], [0, 1, 0])
    with pytest.raises(ValueError, match="image has 4 channels and the network takes 3"):
        segmenter(n_channels=3)(np.zeros((4, 4, 4)))


def test_normalize_is_called_with_tiles():
    def invert(tile):
        assert tile.dtype == np.float32
        assert tile.ndim == 3
        return 1 - tile

    image = np.array([[0, 255]], np.uint8)
    assert_array_equal(segmenter(normalize=invert)(image), [[3, 1]])
    with pytest.raises(ValueError, match="normalize returned shape"):
        segmenter(normalize=lambda tile: tile[..., 0])(image)


def test_what_it_sees_is_resized_and_its_labels_come_home():
    rows, columns = np.mgrid[:41, :60]
    image = np.where(np.hypot(rows - 20, columns - 30) < 14, 1.0, 0.0)
    seen = []

    def predict(tiles):
        seen.append(tiles.shape)
        return by_value(tiles)

    segment = segmenter(predict=predict, scale=0.5, stride=1)
    labels = segment(image)
    assert seen == [(1, 1, 20, 30)]
    assert labels.shape == image.shape
    assert (labels == segmenter()(image)).mean() > 0.93
    probabilities = segment.probabilities(image)
    assert probabilities.shape == (41, 60, 3)
    assert_allclose(probabilities.sum(axis=-1), 1, atol=1e-6)
    assert not segment(image, mask=image > 0)[image == 0].any()


def test_it_is_a_segmenter_whose_probabilities_are_scored():
    image = np.random.default_rng(0).random((20, 30))
    segment = segmenter()
    assert kind_of(segment) == "classes"
    truth = segment(image) - 1
    assert 0 < cross_entropy(segment.probabilities(image), truth) < 0.7
    with set_workers(1):
        assert_array_equal(segment(image), truth + 1)


def test_memory_is_that_of_a_few_tiles():
    image = np.zeros((1500, 1500), np.uint8)
    segment = segmenter(tile=128, overlap=16, stride=1)
    segment(image[:10, :10])
    tracemalloc.start()
    labels = segment(image)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    of_a_tile, of_a_strip = 4 * 3 * 128 * 128, 4 * 3 * 16 * 1500
    assert peak < labels.nbytes + 12 * of_a_tile + 4 * of_a_strip


@pytest.mark.parametrize(
    ("predict", "said"),
    [
        (
            lambda tiles: by_value(tiles)[0],
            r"predict returned shape \(3, 32, 32\) for a tile; expected \(1, 3, 32, 32\)",
        ),
        (lambda tiles: by_value(tiles)[:, :2], r"expected \(1, 3, 32, 32\)"),
        (lambda tiles: 5 * by_value(tiles), "whose sums go to 5; expected probabilities; take the softmax"),
        (lambda tiles: np.log(by_value(tiles)), "take the softmax of scores first"),
        (lambda tiles: by_value(tiles) * np.nan, "other than finite numbers"),
        (lambda tiles: (by_value(tiles) > 0.5).astype(int), "predict returned int64"),
    ],
)
def test_what_are_no_probabilities_is_told(predict, said):
    with pytest.raises(ValueError, match=said):
        segmenter(predict=predict)(np.zeros((5, 5)))


def test_mistakes_are_told():
    for option in ("n_classes", "n_channels", "tile", "stride"):
        with pytest.raises(ValueError, match=f"{option} is 0; expected a whole number >= 1"):
            segmenter(**{option: 0})
    with pytest.raises(TypeError, match="predict is 5; expected a function of tiles"):
        segmenter(predict=5)
    with pytest.raises(TypeError, match="normalize is 'zscore'"):
        segmenter(normalize="zscore")
    with pytest.raises(ValueError, match="image has 3 spatial axes; expected 2"):
        segmenter()(np.zeros((4, 4, 4)), channel_axis=None)
    with pytest.raises(ValueError, match="it holds no pixels"):
        segmenter()(np.zeros((0, 4)))

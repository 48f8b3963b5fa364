"""The measures of the binarization contests: doxapy's figures, and definitions pixel by pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage import data, filters
from skimage import metrics as peer
from strategies import label_pairs

from classicseg.metrics import drd, f_measure, pseudo_f_measure, psnr

PAGE = data.page()
INK, FOUND = filters.threshold_local(PAGE, 35, offset=15) > PAGE, filters.threshold_otsu(PAGE) > PAGE


def test_doxapy_agrees():
    doxapy = pytest.importorskip("doxapy")
    white = [np.where(ink, 0, 255).astype(np.uint8) for ink in (INK, FOUND)]
    expected = doxapy.calculate_performance(*white)
    assert 100 * f_measure(INK, FOUND) == pytest.approx(expected["fm"])
    assert psnr(INK, FOUND) == pytest.approx(expected["psnr"])
    assert psnr(*white) == pytest.approx(expected["psnr"])


def test_doxapy_sees_the_same_distortion():
    doxapy = pytest.importorskip("doxapy")
    truth = INK.copy()
    truth[::8, ::8], truth[::8, 1::8] = True, False  # it does not see what only the last row of a block holds
    expected = doxapy.calculate_performance(*(np.where(ink, 0, 255).astype(np.uint8) for ink in (truth, FOUND)))
    assert drd(truth, FOUND) == pytest.approx(expected["drdm"], rel=1e-5)


@given(label_pairs(most=1), st.data())
def test_f_is_the_harmonic_mean_of_precision_and_recall(pair, data):
    truth, labels = pair
    hits = np.sum((truth > 0) & (labels > 0))
    expected = 2 * hits / (truth.sum() + labels.sum()) if truth.any() or labels.any() else 1
    assert f_measure(truth, labels) == f_measure(labels, truth) == pytest.approx(expected)
    assert f_measure(truth, truth) == f_measure(truth * 7, truth > 0) == 1
    assert pseudo_f_measure(truth, labels) == pytest.approx(expected)
    mask = data.draw(hnp.arrays(bool, truth.shape))
    if mask.any():
        assert f_measure(truth, labels, mask=mask) == f_measure(truth[mask], labels[mask])


@given(label_pairs(most=1), st.data())
def test_weights_say_how_much_a_pixel_counts(pair, data):
    truth, labels = (array > 0 for array in pair)
    ours, theirs = (data.draw(hnp.arrays(np.float64, truth.shape, elements=st.integers(0, 4))) for _ in range(2))
    recall = ours[truth & labels].sum() / ours[truth].sum() if ours[truth].any() else 1
    precision = (1 + theirs)[truth & labels].sum() / (1 + theirs)[labels].sum() if labels.any() else 1
    expected = 2 * recall * precision / (recall + precision) if recall + precision else 0
    found = pseudo_f_measure(truth, labels, recall_weights=ours, precision_weights=theirs)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
def test_scikit_image_has_the_same_ratio_of_signal_to_noise(dtype):
    rng = np.random.default_rng(0)
    image, other = rng.integers(0, 255, (2, 20, 30, 3)).astype(dtype)
    peak = None if dtype in ("u1", "u2") else 255
    expected = peer.peak_signal_noise_ratio(image, other, data_range=peak or {"u1": 255, "u2": 65535}[dtype])
    assert psnr(image, other, peak=peak) == pytest.approx(expected)
    assert psnr(image, image, peak=peak) == math.inf


def test_what_is_not_finite_is_no_noise():
    image, other = np.arange(12.0).reshape(3, 4), np.arange(12.0).reshape(3, 4) + 1
    image[0, 0] = np.nan
    assert psnr(image, other, peak=10) == pytest.approx(20)
    assert psnr(np.arange(4.0), [0, 1, 2, 9], peak=10, mask=[True, True, True, False]) == math.inf


def distortion(truth, labels):
    """The definition, pixel by pixel of a plane."""
    steps = [(i, j) for i in range(-2, 3) for j in range(-2, 3) if i or j]
    weights = np.array([1 / math.hypot(*step) for step in steps])
    total = 0
    for i, j in np.argwhere(truth != labels):
        for (down, right), weight in zip(steps, weights / weights.sum(), strict=True):
            row, column = i + down, j + right
            if 0 <= row < truth.shape[0] and 0 <= column < truth.shape[1]:
                total += weight * (truth[row, column] != labels[i, j])
    blocks = [
        truth[i : i + 8, j : j + 8]
        for i in range(0, truth.shape[0] - 7, 8)
        for j in range(0, truth.shape[1] - 7, 8)
    ]
    n_mixed = sum(block.any() and not block.all() for block in blocks)
    return total / n_mixed if n_mixed else (math.inf if (truth != labels).any() else 0)


@given(st.data())
def test_wrong_pixels_disturb_by_their_neighbors(data):
    shape = data.draw(st.tuples(st.integers(1, 18), st.integers(1, 18)))
    truth = data.draw(hnp.arrays(bool, shape))
    labels = truth ^ (data.draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, 9))) == 0)
    assert drd(truth, labels) == pytest.approx(distortion(truth, labels))
    assert drd(truth, truth) == 0
    assert drd(truth.T, labels.T) == pytest.approx(drd(truth, labels))


def test_distortion_in_a_volume_and_behind_a_mask():
    truth = np.zeros((8, 8, 8), bool)
    truth[:4] = True
    labels = truth.copy()
    labels[6, 4, 4] = True
    assert 0 < drd(truth, labels) < 1
    assert drd(truth, labels, mask=np.arange(8)[:, None, None] + np.zeros((8, 8), int) < 6) == 0
    assert drd(truth[0], ~truth[0]) == math.inf


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: f_measure([[1, 2]], [[1, 1]]),
            ValueError,
            "truth holds the labels 1 and 2 beside 0; expected one",
        ),
        (lambda: drd([[1, 1]], [[3, 2]]), ValueError, "labels holds the labels 2 and 3 beside 0"),
        (lambda: psnr([[1.0]], [[2.0]]), ValueError, "dtypes float64 and float64, .*; pass peak"),
        (lambda: psnr(np.ones((2, 2), "u1"), np.ones((2, 2), "u2")), ValueError, "pass peak"),
        (lambda: psnr([[1.0]], [[2.0]], peak=0), ValueError, "peak is 0.0; expected a finite number > 0"),
        (
            lambda: psnr([[1.0]], [[2.0, 1]], peak=1),
            ValueError,
            r"image has shape \(1, 2\); expected that of truth",
        ),
        (lambda: psnr([[np.nan]], [[2.0]], peak=1), ValueError, "no pixel is finite in both"),
        (lambda: pseudo_f_measure([1], [1], recall_weights=[1, 2]), ValueError, "recall_weights have shape"),
        (lambda: pseudo_f_measure([1], [1], precision_weights=[-1]), ValueError, "precision_weights hold -1.0"),
    ],
)
def test_mistakes_are_told(call, error, message):
    with pytest.raises(error, match=message):
        call()

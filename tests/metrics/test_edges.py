"""Edges are matched one to one, as many as can be and as near as can be, and scored as Berkeley does."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from classicseg.metrics import (
    EdgeCounts,
    EdgeCurve,
    boundary_f1,
    boundary_f1_dilated,
    edge_curve,
    match_edges,
    ods_ois_ap,
)
from classicseg.metrics.matching import match_points

DATA = Path(os.environ.get("CLASSICSEG_DATA", "/nowhere")) / "bsds500"
FAR = 1e6

points = hnp.arrays(np.int64, st.tuples(st.integers(0, 30), st.just(2)), elements=st.integers(0, 9))
maps = hnp.arrays(bool, hnp.array_shapes(min_dims=1, max_dims=3, max_side=7))


def largest_and_nearest(first, second, radius):
    """The definition, on all pairs: as many as can be, then the least sum."""
    distances = cdist(first, second)
    costs = np.where(distances <= radius, distances, FAR)
    chosen = costs[linear_sum_assignment(costs)]
    return int((chosen < FAR).sum()), float(chosen[chosen < FAR].sum())


@given(points, points, st.sampled_from([0, 1, 1.5, 2.3, 20]))
def test_no_pairing_is_larger_and_none_as_large_is_nearer(first, second, radius):
    partners = match_points(first, second, radius)
    paired = partners >= 0
    assert len(np.unique(partners[paired])) == paired.sum()
    distances = np.sqrt(((first[paired] - second[partners[paired]]) ** 2).sum(axis=1))
    assert (distances <= radius).all()
    n_pairs, total = largest_and_nearest(first, second, radius)
    assert paired.sum() == n_pairs
    assert distances.sum() == pytest.approx(total, abs=1e-6)


def test_a_crowd_and_a_desert_are_matched_as_well():
    rng = np.random.default_rng(0)
    crowd, desert = rng.integers(0, 12, (60, 2)), rng.integers(0, 60, (60, 2))
    first, second = np.concatenate([crowd, desert]), np.concatenate([desert + 1, crowd[:20] + 1])
    partners = match_points(first, second, 2.5)
    n_pairs, total = largest_and_nearest(first, second, 2.5)
    paired = partners >= 0
    assert paired.sum() == n_pairs
    distances = np.linalg.norm(first[paired] - second[partners[paired]], axis=1)
    assert distances.sum() == pytest.approx(total, abs=1e-6)


@given(st.data(), st.sampled_from([0.0, 0.1, 0.3]))
def test_counts_are_symmetric_perfect_on_themselves_and_add_up(data, tolerance):
    one = data.draw(maps)
    other = data.draw(hnp.arrays(bool, one.shape))
    counts, back = match_edges(one, other, tolerance=tolerance), match_edges(other, one, tolerance=tolerance)
    assert (counts.matched, counts.n) == (back.matched_truth, back.n_truth)
    assert counts.matched == counts.matched_truth
    assert counts.f1 == back.f1
    n = int(one.sum())
    assert match_edges(one, one, tolerance=tolerance) == (n, n, n, n)
    assert EdgeCounts.total([counts, back]) == tuple(np.add(counts, back))


@given(st.data())
def test_several_truths_count_all_for_recall_and_any_for_precision(data):
    found = data.draw(maps)
    truths = data.draw(st.lists(hnp.arrays(bool, found.shape), min_size=1, max_size=3))
    if found.ndim < 2:
        found, truths = found[np.newaxis], [one[np.newaxis] for one in truths]
    counts = match_edges(truths, found, tolerance=0)
    assert counts.matched_truth == sum((found & one).sum() for one in truths)
    assert counts.n_truth == sum(one.sum() for one in truths)
    assert counts.matched == (found & np.any(truths, axis=0)).sum()


@given(st.data())
def test_what_the_mask_leaves_out_does_not_count(data):
    one = data.draw(maps)
    other, mask = (data.draw(hnp.arrays(bool, one.shape)) for _ in range(2))
    masked = match_edges(one, other, tolerance=0.2, mask=mask)
    assert masked == match_edges(one & mask, other & mask, tolerance=0.2)


def test_distances_are_in_space():
    truth, found = np.zeros((2, 20, 20), bool)
    truth[10, 5], found[13, 5] = True, True
    assert match_edges(truth, found, tolerance=3.01 / math.hypot(20, 20)).matched == 1
    assert match_edges(truth, found, tolerance=3.01 / math.hypot(40, 20), spacing=(2, 1)).matched == 0
    assert match_edges(truth, found, tolerance=6.01 / math.hypot(40, 20), spacing=(2, 1)).matched == 1


def test_nothing_found_is_precise_and_nothing_to_find_is_recalled():
    nothing, all_ = np.zeros((3, 3), bool), np.ones((3, 3), bool)
    assert (match_edges(nothing, nothing).precision, match_edges(nothing, nothing).f1) == (1, 1)
    assert (match_edges(all_, nothing).precision, match_edges(all_, nothing).recall) == (1, 0)
    assert (match_edges(nothing, all_).precision, match_edges(nothing, all_).recall) == (0, 1)
    assert match_edges(nothing, all_).f1 == match_edges(all_, nothing).f1 == 0


@pytest.mark.large
@pytest.mark.skipif(not DATA.is_dir(), reason="CLASSICSEG_DATA names no folder with bsds500")
def test_the_berkeley_program_counts_the_same():
    from PIL import Image
    from scipy.io import loadmat

    for case in json.loads((DATA / "matching" / "counts.json").read_text()):
        (path,) = (DATA / "groundTruth").glob(f"*/{case['image']}.mat")
        truths = [one["Boundaries"][0, 0].astype(bool) for one in loadmat(path)["groundTruth"][0]]
        edges = np.asarray(Image.open(DATA / "matching" / case["edges"])) > 0
        counts = match_edges(truths, edges, tolerance=case["max_dist"])
        assert (counts.n_truth, counts.n) == (case["sum_truth"], case["sum_edges"])
        assert counts.precision == pytest.approx(case["precision"], abs=1e-3)
        assert counts.recall == pytest.approx(case["recall"], abs=1e-3)


@given(st.data())
def test_a_curve_holds_the_counts_at_each_threshold(data):
    truth = data.draw(maps)
    strengths = data.draw(hnp.arrays(np.float64, truth.shape, elements=st.integers(-2, 5)))
    curve = edge_curve(truth, strengths, thresholds=[3, 1], tolerance=0)
    assert_array_equal(curve.thresholds, [1, 3])
    assert curve.counts == [match_edges(truth, strengths >= t, tolerance=0) for t in (1, 3)]
    evenly = edge_curve(truth, strengths, thresholds=4, tolerance=0)
    np.testing.assert_allclose(evenly.thresholds, max(strengths.max(), 0) * np.array([0.2, 0.4, 0.6, 0.8]))


def curve_of(*counts):
    return EdgeCurve(np.arange(1.0, len(counts) + 1), [EdgeCounts(*one) for one in counts])


def test_ods_is_the_best_threshold_of_all_and_ois_of_each():
    first = curve_of((8, 10, 8, 10), (2, 10, 2, 2))
    second = curve_of((5, 10, 5, 100), (6, 10, 6, 10))
    scores = ods_ois_ap([first, second])
    sums = EdgeCounts(13, 20, 13, 110), EdgeCounts(8, 20, 8, 12)
    assert scores.ois == pytest.approx(EdgeCounts(14, 20, 14, 20).f1)
    between = np.linspace(0, 1, 101)
    p, r = (
        (1 - between) * getattr(sums[0], name) + between * getattr(sums[1], name)
        for name in ("precision", "recall")
    )
    assert scores.ods == pytest.approx((2 * p * r / (p + r)).max())
    assert scores.threshold == pytest.approx(1 + between[(2 * p * r / (p + r)).argmax()])
    recalls = np.linspace(0, 1, 101)
    reached = (recalls >= 0.4) & (recalls <= 0.65)
    slope = np.interp(recalls, [0.4, 0.65], [8 / 12, 13 / 110])
    assert scores.ap == pytest.approx((slope * reached).mean())


def test_nothing_found_anywhere_scores_zero():
    scores = ods_ois_ap([curve_of((0, 5, 0, 0))])
    assert (scores.ods, scores.ois) == (0, 0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: match_edges([[1]], [[True]]), TypeError, "truth has dtype int64; expected bool"),
        (lambda: match_edges([[True]], [[0.5]]), TypeError, "edges has dtype float64; expected bool"),
        (
            lambda: match_edges([[True]], [[True, False]]),
            ValueError,
            r"edges have shape \(1, 2\); expected that of",
        ),
        (lambda: match_edges(np.zeros((0, 3), bool), np.zeros((0, 3), bool)), ValueError, "holds no pixels"),
        (lambda: match_edges([[True]], [[True]], tolerance=-1), ValueError, "tolerance is -1.0; expected .* >= 0"),
        (lambda: match_edges([[True]], [[True]], tolerance=np.nan), ValueError, "tolerance is nan"),
        (lambda: edge_curve([[True]], [[1]], thresholds=[]), ValueError, "thresholds are empty"),
        (lambda: edge_curve([[True]], [[1]], thresholds=[np.nan]), ValueError, "thresholds is nan"),
        (lambda: ods_ois_ap([]), ValueError, "curves is empty"),
        (
            lambda: ods_ois_ap([curve_of((1, 1, 1, 1)), curve_of((1, 1, 1, 1), (1, 1, 1, 1))]),
            ValueError,
            "different",
        ),
        (lambda: match_edges([], [[True]]), ValueError, "truth"),
    ],
)
def test_mistakes_are_told(call, error, message):
    with pytest.raises(error, match=message):
        call()


def drawn(labels):
    """The Berkeley program's boundaries, pixel by pixel."""
    line = np.zeros(labels.shape, bool)
    for i, j in np.ndindex(labels.shape):
        line[i, j] = (
            len(set(labels[i : i + 2, j : j + 2].ravel())) > 1
            and (labels[i : i + 2, j : j + 2] != labels[i, j]).any()
        )
    return line


@given(st.data(), st.sampled_from([0.0, 0.2]))
def test_boundaries_of_labels_are_matched_as_edges(data, tolerance):
    shape = data.draw(hnp.array_shapes(min_dims=2, max_dims=2, max_side=8))
    one, other = (data.draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, 2))) for _ in range(2))
    counts = match_edges(drawn(one), drawn(other), tolerance=tolerance)
    found = boundary_f1(one, other, tolerance=tolerance)
    assert found == (counts.f1, counts.precision, counts.recall)
    assert boundary_f1(one * 7 + 3, (other + 1).astype(int) * 1000, tolerance=tolerance) == found
    assert boundary_f1(one, one, tolerance=tolerance) == (1, 1, 1)
    near = boundary_f1_dilated(one, other, tolerance=tolerance)
    distances = cdist(np.argwhere(drawn(one)), np.argwhere(drawn(other)))
    hits = distances <= tolerance * math.hypot(*shape)
    assert near.precision == (hits.any(axis=0).mean() if hits.shape[1] else 1)
    assert near.recall == (hits.any(axis=1).mean() if hits.shape[0] else 1)
    assert near.precision >= found.precision
    assert near.recall >= found.recall


def test_boundaries_of_a_volume_and_of_what_is_left_out():
    volume = np.zeros((4, 5, 6), int)
    volume[:, :, 3:] = 1
    assert boundary_f1(volume, volume + 4) == (1, 1, 1)
    truth = volume[0].copy()
    truth[:, 0] = 9
    assert boundary_f1(truth, volume[0], tolerance=0).recall == pytest.approx(5 / 10)
    assert boundary_f1(truth, volume[0], tolerance=0, ignore_label=9) == (1, 1, 1)
    assert boundary_f1(truth, volume[0], tolerance=0, mask=truth != 9) == (1, 1, 1)
    assert boundary_f1([volume[0], truth], volume[0], tolerance=0).recall == pytest.approx(10 / 15)

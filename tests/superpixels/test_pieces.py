"""Superpixels in several pieces become one each, and none is lost."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from strategies import classes

from classicseg.labeling.components import connected_components, connected_runs
from classicseg.labeling.lines import line_grid
from classicseg.superpixels.piece_pairs import _touch, open_pairs
from classicseg.superpixels.pieces import _join, _measure, one_piece_each


def colors_of(labels, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 9, (rng.integers(1, 4), labels.size // labels.shape[-1], labels.shape[-1]))
    return values.astype(rng.choice(["i2", "f4"]))


@given(classes(highest=4), st.integers(1, 6), st.integers(0, 99))
def test_labels_are_connected_and_as_many_as_wanted(labels, n_wanted, seed):
    n_pieces = int(connected_components(labels, 1).max())
    n_islands = int(connected_components((labels > 0).view(np.uint8), 1).max())
    found = one_piece_each(labels.copy(), colors_of(labels, seed), n_wanted)
    assert_array_equal(found > 0, labels > 0)
    assert_array_equal(connected_components(found, 1), found)
    assert found.max() == min(max(n_wanted, n_islands), n_pieces)


@given(classes(highest=4), st.integers(0, 99))
def test_open_pieces_know_all_that_they_touch(labels, seed):
    components = connected_components(labels, 1)
    settled = np.random.default_rng(seed).random(int(components.max())) < 0.5
    expected = set()
    for axis in range(labels.ndim):
        rows = np.moveaxis(components, axis, 0).reshape(labels.shape[axis], -1)
        expected |= {*zip(rows[1:].ravel().tolist(), rows[:-1].ravel().tolist(), strict=True)}
    expected |= {(b, a) for a, b in expected}
    expected = {(a - 1, b - 1) for a, b in expected if a != b and a > 0 and b > 0 and not settled[a - 1]}
    assert {*map(tuple, open_pairs(connected_runs(labels, 1), labels, settled).T.tolist())} == expected


def test_the_largest_piece_stays_and_others_join_the_nearest_color():
    labels = np.array([[1, 1, 2, 3, 1, 3]], np.int32)
    values = np.array([[[5, 5, 9, 20, 12, 20]]], np.int16)
    assert_array_equal(one_piece_each(labels.copy(), values, 3), [[1, 1, 2, 3, 3, 3]])
    assert_array_equal(one_piece_each(labels.copy(), values, 4), [[1, 1, 2, 3, 4, 4]])
    assert_array_equal(one_piece_each(labels.copy(), values, 5), [[1, 1, 2, 3, 4, 5]])
    assert_array_equal(one_piece_each(labels.copy(), values, 1), [[1, 1, 1, 1, 1, 1]])


def test_islands_have_a_superpixel_each():
    labels = np.array([[1, 1, 0, 1, 0, 2, 2, 2, 3]], np.int32)
    assert_array_equal(one_piece_each(labels, colors_of(labels, 0), 3), [[1, 1, 0, 2, 0, 3, 3, 3, 3]])


@given(st.integers(0, 2**32 - 1))
def test_kernels_equal_their_definitions(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 30))
    ends = rng.integers(0, n, (2, int(rng.integers(0, 60))))
    colors = rng.integers(0, 3, (n, int(rng.integers(1, 5)))).astype(np.float64)
    homes = np.tile(np.where(rng.random(n) < 0.3, np.arange(n), -1), (2, 1))
    pairs = np.ascontiguousarray(ends[:, homes[0][ends[0]] < 0])
    for function, home in zip((_join.numpy, _join), homes, strict=True):
        function(pairs.copy(), colors, home, np.full(n, np.inf), np.full(n, -1))
    assert_array_equal(*homes)

    labels = rng.integers(0, 3, (10, 6)).astype(np.int32)
    runs = connected_runs(labels, 1)
    values = rng.integers(0, 99, (int(rng.integers(1, 5)), 60)).astype(rng.choice(["i2", "f8"]))
    sums = np.zeros((60, len(values)), np.int64 if values.dtype == np.int16 else np.float64)
    band, results = np.sort(rng.integers(0, len(runs.stops) + 1, 2)).tolist(), []
    for function in (_measure.numpy, _measure):
        own = np.zeros(60, np.int32), np.zeros(60, np.int64), sums.copy()
        function(*runs[1:], labels.reshape(-1), values, *own, *band)
        results.append(own)
    for one, other in zip(*results, strict=True):
        assert_allclose(one, other, rtol=1e-12)

    lines, lengths, steps, _ = line_grid(labels, 1)
    begins = np.searchsorted(runs.stops, np.arange(len(lines) + 1) * lines.shape[1], side="right")
    settled = np.append(np.uint8(2), rng.integers(0, 2, 60).astype(np.uint8))
    band = np.sort(rng.integers(0, len(lines) + 1, 2)).tolist()
    given = *runs[1:], begins, settled, lines.shape[1], lengths, steps
    assert_array_equal(np.unique(_touch(*given, *band)), _touch.numpy(*given, *band))

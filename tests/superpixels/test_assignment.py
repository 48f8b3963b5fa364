"""Pixels join the nearest center whose window they are in: the kernels against their definitions."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from classicseg._core.bands import band_size
from classicseg.superpixels.assignment import Turn, _assign, _buffers_of, assign
from classicseg.superpixels.cells import equal_cells
from classicseg.superpixels.centers import _deviate, add_up, superpixel_sums
from classicseg.superpixels.windows import as_centers, as_lines


def a_round(seed):
    """An image with holes, the cells that it starts from, and their centers."""
    rng = np.random.default_rng(seed)
    ndim = int(rng.integers(2, 5))
    shape = tuple(rng.integers(1, 9 if ndim < 4 else 5, ndim).tolist())
    mask = rng.random(shape) < 0.9
    mask.flat[0] = True
    n, spacing = int(rng.integers(1, mask.sum() + 1)), tuple(rng.choice([1.0, 2.0], ndim).tolist())
    cells = equal_cells(shape, mask, n, spacing)
    labels = cells.labels.reshape(-1, shape[-1])
    values = rng.integers(0, 100, (rng.integers(1, 5), *labels.shape)).astype(rng.choice(["i2", "f4", "f8"]))
    lines = as_lines(shape, np.array(spacing) / cells.size)
    sums = superpixel_sums(values, labels, lines.lengths, n + 1, 0, 1)
    means = sums[:, 1:] / np.maximum(sums[:, :1], 1)
    dtype = np.float64 if values.dtype == np.float64 else np.float32
    inverse = dtype(1 / rng.choice([3, 50]))
    centers = as_centers(
        (means[:, :ndim] * lines.units).astype(dtype),
        (means[:, ndim:] * float(inverse)).astype(dtype),
        rng.choice([0.5, 1], n + 1).astype(dtype),
        sums[:, 0] > 0,
        lines,
    )
    turn = Turn(inverse, int(rng.integers(0, 2)), int(rng.integers(1, 3)), bool(rng.random() < 0.2))
    band = np.sort(rng.integers(0, len(labels) + 1, 2)).tolist()
    return values, labels, centers, lines, turn, sums, band


@given(st.integers(0, 2**32 - 1))
def test_kernels_equal_their_definitions(seed):
    values, labels, centers, lines, turn, sums, band = a_round(seed)
    results = []
    for function in (_assign.numpy, _assign):
        own, buffers = labels.copy(), _buffers_of(labels.shape[1], values, centers)
        results.append((own, function(values, own, centers, lines, turn, buffers, *band)))
    assert_array_equal(*[own for own, _ in results])
    assert results[0][1] == results[1][1]

    added, index = np.zeros((2, *sums.shape), sums.dtype), np.zeros(len(lines.lengths), np.int64)
    for function, out in zip((add_up.numpy, add_up), added, strict=True):
        function(values, labels, lines.lengths, turn.first, turn.step, index, out, *band)
    assert_allclose(*added, rtol=1e-12)

    means, apart = sums[:, -len(values) :] / 3.0, np.zeros((2, len(sums)))
    for function, out in zip((_deviate.numpy, _deviate), apart, strict=True):
        function(values, labels, means, out, *band)
    assert_allclose(*apart, rtol=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_every_pixel_is_with_the_nearest_center_in_whose_window_it_is(seed):
    values, labels, centers, lines, turn, _, _ = a_round(seed)
    own = labels.copy()
    with band_size(16):
        assign(values, own, centers, lines, turn._replace(first=0, step=1, is_last=True))
    shape = (*lines.lengths.tolist(), labels.shape[1])
    for i, place in enumerate(np.ndindex(shape)):
        former, new = labels.flat[i], own.flat[i]
        if former == 0:
            assert new == 0
            continue
        apart = (np.array(place) * lines.units - centers.places)[1:]
        color = (values.reshape(len(values), -1)[:, i] * float(turn.inverse) - centers.colors)[1:]
        distance = (color**2).sum(axis=1) * centers.weights[1:] + (apart**2).sum(axis=1)
        distance[(np.abs(apart) > 1 + 1e-6).any(axis=1)] = np.inf
        if np.isfinite(distance).any() and (np.abs(apart[new - 1]) <= 1 + 1e-6).all():
            assert distance[new - 1] <= distance.min() * (1 + 1e-4) + 1e-4


@given(st.integers(0, 2**32 - 1))
def test_sums_follow_the_labels(seed):
    values, labels, centers, lines, turn, sums, _ = a_round(seed)
    own = labels.copy()
    turn = turn._replace(is_last=False)
    with band_size(16):
        found, n_changed = assign(values, own, centers, lines, turn)
    assert n_changed == np.count_nonzero(own != labels)
    assert_allclose(found, superpixel_sums(values, own, lines.lengths, len(sums), turn.first, turn.step))

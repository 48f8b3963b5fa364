"""The kernels of the learned detector equal their definitions, on images of many ties and of none."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from classicseg.edges.learned import features, grids, half_discs, histograms, lookups, orientation, planes

SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 12))


def ran(kernel, out, *arguments, rows):
    """What a kernel and its definition write, each to its own copy, in two bands."""
    found = []
    for run in (kernel, kernel.numpy):
        own = type(out)(*(part.copy() for part in out)) if isinstance(out, tuple) else out.copy()
        for start, stop in ((0, rows // 2), (rows // 2, rows)):
            run(*arguments, own, start, stop)
        found.append(own)
    return found


@st.composite
def steps_and_masks(draw):
    shape, rng = draw(SHAPES), np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = draw(st.sampled_from([2, 5, 6400]))
    steps = np.stack([rng.integers(0, levels, shape) * (6400 // levels), *rng.integers(-6000, 6000, (2, *shape))])
    return steps.astype(np.int16), rng.random(shape) < draw(st.sampled_from([0.5, 1.0]))


@given(case=steps_and_masks())
def test_counts(case):
    steps, mask = case
    shape, tables = mask.shape, histograms._tables()
    empty = histograms.Positions(*(np.zeros(s, np.uint8) for s in (steps.shape, shape, shape)))
    compiled, defined = ran(histograms._positions, empty, steps, mask, tables, rows=shape[0])
    for found, expected in zip(compiled, defined, strict=True):
        assert_array_equal(found, expected)
    taps = grids.halving(shape)
    out = np.zeros((histograms.N_PLANES, len(taps.rows), len(taps.columns)), np.float32)
    found, expected = ran(histograms._count, out, steps, mask, compiled, taps, rows=out.shape[1])
    assert_array_equal(found, expected)
    for first, last in histograms.GROUPS:
        assert_array_equal(found[first:last].sum(axis=0), found[41])


@given(planes=hnp.arrays(np.float32, (2, 7, 5), elements=st.integers(0, 2**16).map(float)), step=st.integers(1, 4))
def test_grids(planes, step):
    for taps in (grids.halving((7, 5)), grids.doubling((13, 10))):
        out = np.zeros((2, len(taps.rows), len(taps.columns)), np.float32)
        assert_array_equal(*ran(grids._resample, out, planes, taps, rows=out.shape[1]))
    assert_array_equal(*ran(grids._blur, np.zeros_like(planes), planes, step, np.float32(1 / 256), rows=7))


@given(seed=st.integers(0, 2**32 - 1), apart=st.sampled_from([2.0, 2.5, 4.0, 5.0]))
def test_half_discs(seed, apart):
    rng = np.random.default_rng(seed)
    planes = np.zeros((4, 7 + 32, 6 + 32), np.float32)
    planes[:3, 16:-16, 16:-16] = rng.integers(0, 9, (3, 7, 6)) * (rng.random((7, 6)) < 0.8)
    planes[3] = planes[:3].sum(axis=0)
    middle, side = half_discs.offsets(apart, 0), half_discs.offsets(0, apart)
    blobs = np.stack([middle - side, middle, middle + side], 1)
    out = np.zeros((8, 7, 6), np.uint8)
    assert_array_equal(*ran(half_discs._differences, out, planes, 16, blobs, np.float32(3), rows=7))


@given(seed=st.integers(0, 2**32 - 1), levels=st.sampled_from([2, 256]))
def test_sums_and_look_ups(seed, levels):
    rng = np.random.default_rng(seed)
    size = planes.N_FEATURE_PLANES
    inner = (rng.integers(0, levels, (size, 6, 5)) * (255 // (levels - 1))).astype(np.uint8)
    both = []
    for run in (planes._sum_up, planes._sum_up.numpy):
        own, frames = inner.copy(), planes.Frames.empty((6, 5))
        run(own, planes.WEIGHTS, frames, 0, 6)
        both.append((own, frames))
    for found, expected in zip(both[0][1], both[1][1], strict=True):
        assert_array_equal(found, expected)
    assert_array_equal(both[0][0], both[1][0])
    padded, ties = np.pad(both[0][0], [(0, 0), (16, 16), (16, 16)]), both[0][1].ties
    asked = features.first_lookups()
    out = np.zeros((len(asked.kinds), 6, 5), np.uint8)
    assert_array_equal(*ran(lookups.look_up, out, padded, 16, ties, asked, rows=6))


@given(grid=hnp.arrays(np.float32, (7, 8), elements=st.integers(0, 3).map(lambda level: level * 20_000.0)))
def test_ridges(grid):
    out = np.zeros((5, 6), np.uint8)
    assert_array_equal(*ran(features._ridges, out, grid.astype(np.int32), rows=5))
    assert_array_equal(*ran(orientation._orient, out, grid, rows=5))

"""Blocks of pixels: their sums and labels from size to size, which may move, and where to."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from classicseg._core.grid import interior
from classicseg.superpixels.block_levels import MIXED, as_blocks, coarser, finer, halved
from classicseg.superpixels.block_links import _are_linked, may_leave, neighborhood
from classicseg.superpixels.block_moves import Energy, move_blocks, sums_of

SHAPES = hnp.array_shapes(min_dims=2, max_dims=4, max_side=5)


def parts(shape):
    """The pixels of each block of two along each axis."""
    for index in np.ndindex(*(-(-length // 2) for length in shape)):
        yield index, tuple(slice(2 * i, 2 * i + 2) for i in index)


@given(SHAPES, st.integers(0, 99))
def test_blocks_of_two_along_each_axis(shape, seed):
    rng = np.random.default_rng(seed)
    colors = rng.integers(0, 9, (2, *shape)).astype(np.float32)
    labels = rng.integers(0, 3, shape).astype(np.int32)
    sums, names = halved(colors), coarser(labels)
    for index, part in parts(shape):
        assert_array_equal(sums[(slice(None), *index)], colors[(slice(None), *part)].reshape(2, -1).sum(axis=1))
        found = np.unique(labels[part])
        assert names[index] == (found[0] if len(found) == 1 else MIXED)
    again = finer(names, shape)
    for index, part in parts(shape):
        assert np.all(again[part] == names[index])


@pytest.mark.parametrize("n_axes", [2, 3])
def test_a_block_may_leave_where_the_others_around_it_stay_linked(n_axes):
    rng = np.random.default_rng(3)
    strides = 3 ** np.arange(n_axes)[::-1]
    around = neighborhood(strides)
    marks, waiting = np.zeros(len(around.around), np.bool_), np.empty(len(around.around), np.int64)
    cross = ndimage.generate_binary_structure(n_axes, 1)
    center = (1,) * n_axes
    for _ in range(200):
        cube = (rng.random((3,) * n_axes) < rng.choice([0.3, 0.6, 0.9])).astype(np.int32) + 1
        cube[center] = 2
        others = cube == 2
        others[center] = False
        pieces, _ = ndimage.label(others, cross)
        faces = ndimage.binary_dilation(np.pad(np.ones((1,) * n_axes, bool), 1), cross) & others
        expected = len(np.unique(pieces[faces])) == 1
        node, tables = int(strides.sum()), (around.across, around.links, around.linked, marks, waiting)
        assert may_leave(cube.reshape(-1), node, 2, around.around, *tables) == expected
        marks[:] = (cube.reshape(-1) == 2)[node + around.around]
        assert _are_linked(marks, around.across, around.links, waiting) == expected
        cube[(0,) * n_axes] = MIXED
        assert not may_leave(cube.reshape(-1), node, 2, around.around, *tables)


def energy_of(labels, colors, places, energy):
    """Squares within superpixels and faces between them, from scratch."""
    total = 0.0
    features = np.concatenate([colors, places]).reshape(len(colors) + len(places), -1)
    for name in np.unique(labels[labels > 0]):
        own = features[:, (labels == name).ravel()]
        total += np.square(own - own.mean(axis=1, keepdims=True)).sum()
    for axis, face in enumerate(energy.faces):
        lines = np.moveaxis(labels, axis, 0)
        before, after = lines[:-1], lines[1:]
        total += face * np.sum((before > 0) & (after > 0) & (before != after))
    return total


def moved_by_definition(labels, colors, places, energy):
    """Pixels of one parity at a time, each to the label of least energy, all on the labels before."""
    shape = labels.shape
    cross = ndimage.generate_binary_structure(len(shape), 1)
    labels = labels.copy()
    for parity in sorted(itertools.product((0, 1), repeat=len(shape)), key=lambda p: (p[-2::-1], p[-1])):
        before, padded = labels.copy(), np.pad(labels, 1)
        for pixel in np.ndindex(*shape):
            name = before[pixel]
            if tuple(i % 2 for i in pixel) != parity or not name or np.sum(before == name) - 1 < energy.least:
                continue
            cube = padded[tuple(slice(i, i + 3) for i in pixel)].copy()
            cube[(1,) * len(shape)] = 0
            faces = np.where(ndimage.binary_dilation(np.pad(np.ones((1,) * len(shape), bool), 1), cross), cube, 0)
            if len(np.unique(ndimage.label(cube == name, cross)[0][faces == name])) != 1:
                continue
            least, now = -1e-9, energy_of(before, colors, places, energy)
            for other in np.unique(faces[(faces > 0) & (faces != name)]):
                changed = before.copy()
                changed[pixel] = other
                change = energy_of(changed, colors, places, energy) - now
                if change < least:
                    labels[pixel], least = other, change
    return labels


@given(st.integers(0, 10**6), st.sampled_from([(4, 5), (1, 7), (2, 3, 3)]))
def test_pixels_move_to_the_least_energy(seed, shape):
    rng = np.random.default_rng(seed)
    colors = rng.random((2, *shape)).astype(np.float32)
    labels = np.indices(shape)[-1] // 2 + 1
    labels = np.where(rng.random(shape) < 0.9, labels, 0).astype(np.int32)
    steps = rng.random(len(shape))
    places = np.indices(shape) * steps.reshape(-1, *(1,) * len(shape))
    energy = Energy(rng.random(len(shape)) / 5, 2.0)
    blocks = as_blocks(labels, colors, 1, shape, steps)
    sums = sums_of(blocks, int(labels.max()))
    expected = labels
    for _ in range(2):
        n_moved = move_blocks(blocks, shape, sums, energy)
        blocks.awake[:] = blocks.grid > 0
        former, expected = expected, moved_by_definition(expected, colors, places, energy)
        assert_array_equal(interior(blocks.grid, shape), expected)
        assert (n_moved == 0) == np.array_equal(former, expected)
    known = np.unique(labels[labels > 0])
    again = sums_of(as_blocks(expected, colors, 1, shape, steps), int(labels.max()))
    assert_allclose(sums.totals, again.totals, atol=1e-9)
    assert_array_equal(sums.counts, again.counts)
    assert_allclose(sums.means[known], again.means[known], atol=1e-9)

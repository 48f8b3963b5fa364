"""Steps of moving contours beside their definitions, and beside morphology by SciPy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from strategies import shapes

from classicseg._core.grid import pad
from classicseg.level_sets import forces, sets
from classicseg.level_sets.sets import CHUNK, Repetition, flat_pieces, members_of, sets_of, smooth, smooth_often
from classicseg.level_sets.starts import grid_of_squares, within

any_shape = st.integers(1, 4).flatmap(lambda ndim: shapes(ndim, 1, (60, 12, 7, 5)[ndim - 1]))


def any_sets(rng, shape):
    mask = rng.random(shape) < rng.choice([0.8, 1.0])
    return sets_of(rng.random(shape) < 0.5, mask), mask


def test_flat_pieces_are_lines_and_planes():
    assert [len(flat_pieces(ndim)) for ndim in (1, 2, 3, 4)] == [1, 4, 9, 16]
    assert [flat_pieces(ndim).shape[1] for ndim in (1, 2, 3, 4)] == [1, 3, 9, 27]


@given(any_shape, st.integers(0, 10**6), st.booleans())
def test_smoothing_is_the_greatest_of_erosions_and_the_least_of_dilations(shape, seed, begins_with_least):
    rng = np.random.default_rng(seed)
    members = rng.random(shape) < 0.5
    found = sets_of(members, np.ones(shape, bool))
    smooth(found, begins_with_least=begins_with_least)
    pieces = []
    for steps in flat_pieces(len(shape)):
        piece = np.zeros((3,) * len(shape), bool)
        piece[tuple((steps + 1).T)] = True
        pieces.append(piece)
    for is_least in (begins_with_least, not begins_with_least):
        if is_least:
            members = np.any([ndimage.binary_erosion(members, p, border_value=1) for p in pieces], axis=0)
        else:
            members = np.all([ndimage.binary_dilation(members, p) for p in pieces], axis=0)
    assert_array_equal(members_of(found, shape), members)
    assert_array_equal(found.for_least, found.for_greatest | (found.inside ^ 1))


@given(any_shape, st.integers(0, 10**6), st.integers(0, 9), st.booleans())
def test_smoothing_often_is_smoothing_in_turns_and_ends(shape, seed, count, is_even):
    members = np.random.default_rng(seed).random(shape) < 0.5
    often, one_by_one, for_ever = (sets_of(members, np.ones(shape, bool)) for _ in range(3))
    assert smooth_often(often, count, is_even=is_even) == (is_even ^ (count % 2 == 1))
    for number in range(count):
        smooth(one_by_one, begins_with_least=is_even == (number % 2 == 1))
    assert_array_equal(often.for_greatest, one_by_one.for_greatest)
    assert smooth_often(for_ever, 2**62, is_even=is_even) == is_even


@pytest.mark.parametrize(("start", "period"), [(0, 1), (3, 2), (5, 6), (10, 30)])
def test_going_round_is_noticed(start, period):
    repetition, whole = Repetition(), np.ones((4, 30), bool)
    for number in range(1000):
        state = number if number < start else start + (number - start) % period
        if repetition.has_come(sets_of(np.arange(120).reshape(4, 30) == state, whole), number):
            break
    assert start <= number <= 4 * (start + period) + 2


@pytest.mark.parametrize("name", ["_by_pieces", "_compare", "_to_nearer_mean", "_to_crests", "_press"])
@given(any_shape, st.integers(0, 10**6), st.integers(0, 1))
def test_kernels_equal_their_definitions(name, shape, seed, flip):
    rng = np.random.default_rng(seed)
    found, _ = any_sets(rng, shape)
    values = pad(rng.integers(0, 5, (*shape, 2)).astype(np.uint8), len(shape)).reshape(-1, 2)
    strengths = pad(rng.random(shape).astype(np.float32), len(shape)).reshape(-1)
    source, target = (found.for_least, found.for_greatest) if not flip else (found.for_greatest, found.for_least)
    around = np.array([s for s in itertools.product((-1, 0, 1), repeat=len(shape)) if any(s)]) @ found.strides
    bounds = (*found.span, 0, -(-(found.span[1] - found.span[0]) // CHUNK))
    greatest, least, inside, strides = found.for_greatest, found.for_least, found.inside, found.strides
    free = pad(rng.integers(0, 2, shape).astype(np.uint8), len(shape)).reshape(-1)
    means, squares = rng.integers(0, 5, (2, 2)) * 1.0, rng.choice([1.0, 0.25], len(shape))
    pressed = (least, greatest) if flip else (greatest, least)
    arguments = {
        "_by_pieces": (source, target, inside, found.flats, flip, *bounds),
        "_compare": (greatest, rng.integers(0, 2, greatest.size).astype(np.uint8) & inside, values, *bounds),
        "_to_nearer_mean": (greatest, least, inside, strides, values, means, 1.0, 0.5, *bounds),
        "_to_crests": (greatest, least, inside, strides, strengths, squares, *bounds),
        "_press": (*pressed, inside, free, around, flip, *bounds),
    }[name]
    tried = vars(sets).get(name) or vars(forces)[name]
    others = [value.copy() if isinstance(value, np.ndarray) else value for value in arguments]
    returned, expected = tried(*arguments), tried.numpy(*others)
    if expected is not None:
        assert returned[0] == expected[0]
        assert_array_equal(returned[1], expected[1])
    for one, other in zip(arguments, others, strict=True):
        assert_array_equal(one, other)


def test_starts():
    grid = grid_of_squares((23, 40))
    assert_array_equal(grid, grid[::-1, ::-1])
    assert 0.3 < grid.mean() < 0.7
    assert within(np.ones((5, 4), bool)).sum() == 6

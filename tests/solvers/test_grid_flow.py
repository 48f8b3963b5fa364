"""The smallest source side of a minimum cut, from any bands, beside SciPy's maximum flow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from classicseg._core.bands import use_workers
from classicseg._core.grid import interior_nodes
from classicseg.solvers import grid_flow
from classicseg.solvers.flow_definition import maximum_flow_numpy
from classicseg.solvers.flow_trees import FREE
from classicseg.solvers.grid_flow import Grid, directions, empty_grid, source_side


@st.composite
def grids(draw, most_side=7):
    """Random capacities, many of them 0, in up to three dimensions."""
    shape = tuple(draw(st.lists(st.integers(1, most_side), min_size=1, max_size=3)))
    grid = empty_grid(shape, draw(st.integers(1, len(shape))))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    highest, strongest = draw(st.sampled_from([2, 9, 1000])), draw(st.sampled_from([1, 5, 2000]))
    nodes, inside = interior_nodes(shape), np.zeros(len(grid.terminals), bool)
    inside[nodes] = True
    for direction, offset in enumerate(grid.offsets):
        tails = nodes[inside[nodes + offset]]
        grid.arcs[tails, direction] = rng.integers(0, highest, len(tails)) * (rng.random(len(tails)) < 0.8)
    grid.terminals[nodes] = rng.integers(-strongest, strongest + 1, len(nodes))
    return grid


def copied(grid: Grid) -> Grid:
    return grid._replace(arcs=grid.arcs.copy(), terminals=grid.terminals.copy())


def defined(grid: Grid) -> np.ndarray:
    states = np.full(len(grid.terminals), FREE, np.uint16)
    left = copied(grid)
    maximum_flow_numpy((left.arcs, left.terminals, left.offsets, states), None, 0, 0, 1)
    return states != FREE


def cost(grid: Grid, side: np.ndarray) -> int:
    """The capacity of a cut."""
    ends = np.clip(np.arange(len(side))[:, np.newaxis] + grid.offsets, 0, len(side) - 1)
    over = grid.arcs[side[:, np.newaxis] & ~side[ends]].sum()
    return int(over + grid.terminals[~side].clip(0).sum() - grid.terminals[side].clip(None, 0).sum())


@given(grids(), st.integers(1, 4))
def test_the_side_is_scipy_s_from_any_bands(grid, n_bands):
    assert_array_equal(source_side(copied(grid), min(n_bands, grid.shape[0] + 2)), defined(grid))


@pytest.mark.jit
@given(grids())
def test_time_may_begin_again(grid):
    former, grid_flow.LAST_TIME = grid_flow.LAST_TIME, 3
    try:
        assert_array_equal(source_side(copied(grid), 2), defined(grid))
    finally:
        grid_flow.LAST_TIME = former


@given(grids(most_side=3), st.data())
def test_no_cut_costs_less_and_none_as_cheap_is_smaller(grid, data):
    side = source_side(copied(grid))
    nodes = interior_nodes(grid.shape)
    other = np.zeros(len(side), bool)
    other[nodes] = data.draw(st.lists(st.booleans(), min_size=len(nodes), max_size=len(nodes)))
    assert cost(grid, side) <= cost(grid, other)
    assert cost(grid, side) < cost(grid, side & other) or not (side & ~other).any()


@given(grids(), st.integers(0, 2**32 - 1))
def test_what_is_left_goes_on_with_other_terminals(grid, seed):
    nodes, left = interior_nodes(grid.shape), copied(grid)
    source_side(left)
    change = np.random.default_rng(seed).integers(-20, 21, len(nodes)).astype(np.int32)
    left.terminals[nodes] += change
    grid.terminals[nodes] += change
    assert_array_equal(source_side(left), defined(grid))


@pytest.mark.large
def test_two_workers_find_what_one_finds():
    rng = np.random.default_rng(0)
    shape = (12, 3000) if grid_flow.engine() == "numpy" else (300, 400)
    grid = empty_grid(shape, 1)
    nodes = interior_nodes(shape)
    inside = np.zeros(len(grid.terminals), bool)
    inside[nodes] = True
    for direction, offset in enumerate(grid.offsets):
        grid.arcs[nodes, direction] = np.where(inside[nodes + offset], rng.integers(0, 60, len(nodes)), 0)
    grid.terminals[nodes] = rng.integers(-50, 51, len(nodes))
    found = []
    for n_workers in (1, 2, 3):
        with use_workers(n_workers):
            found.append(source_side(copied(grid)))
    assert 0 < found[0].sum() < len(nodes)
    assert_array_equal(found[1], found[0])
    assert_array_equal(found[2], found[0])


def test_directions_come_in_pairs():
    steps = directions(3, 3)
    assert len(steps) == 26
    assert_array_equal(steps[::2], -steps[1::2])
    with pytest.raises(ValueError, match="connectivity is 6, 728 neighbors in 6 dimensions"):
        directions(6, 6)

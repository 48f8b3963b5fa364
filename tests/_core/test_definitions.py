"""Each kernel of the core equals its definition, compiled and as plain Python."""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np
import pytest

import classicseg._core
from classicseg._core.graph import neighbor_offsets, pad
from classicseg._core.kernel import Kernel


def definitions():
    found = {}
    for module in pkgutil.iter_modules(classicseg._core.__path__):
        loaded = importlib.import_module(f"classicseg._core.{module.name}")
        for name, value in vars(loaded).items():
            if isinstance(value, Kernel) and value.numpy is not None and value.__module__ == loaded.__name__:
                found[f"{module.name}.{name}"] = value
    return found


DEFINITIONS = definitions()

TRIED_APART = ("blocks", "colors", "window")
"""Modules, by how their names begin, whose own tests try their kernels."""


def band(rng, size):
    start, stop = np.sort(rng.integers(0, size + 1, 2)).tolist()
    return start, stop


def a_grid(rng):
    shape = tuple(rng.integers(1, 7, rng.integers(1, 4)).tolist())
    labels = rng.integers(0, rng.integers(1, 4) + 1, shape).astype(np.int32)
    offsets = neighbor_offsets(shape, int(rng.integers(1, len(shape) + 1)))
    return pad(labels, len(shape)).ravel(), offsets[offsets < 0]


def for_classify(rng):
    dtype = rng.choice(["u1", "u2", "f4", "f8"])
    values = (rng.random(40) * 20).astype(dtype)
    thresholds = np.sort(np.concatenate([rng.choice(values, 3), rng.random(2) * 20])).astype(np.float64)
    return values, thresholds, np.full(40, -7, np.int32), *band(rng, 40)


def for_join(rng):
    grid, offsets = a_grid(rng)
    return grid, np.arange(grid.size), offsets, 0, grid.size


def for_number(rng):
    grid, offsets = a_grid(rng)
    parents = np.arange(grid.size)
    DEFINITIONS["graph._join"].numpy(grid, parents, offsets, 0, grid.size)
    return grid, parents, np.zeros(grid.size, np.int32), np.array([rng.integers(0, 5)]), 0, grid.size


def for_count(rng):
    dtype = rng.choice(["u1", "u2"])
    values = rng.integers(0, 256, 50).astype(dtype)
    return values, 256**values.dtype.itemsize, *band(rng, 50)


def for_count_bits(rng):
    high = int(rng.choice([9, 2**20, 2**32]))
    return (rng.integers(0, high, int(rng.integers(0, 60))).astype(np.uint32),)


def for_best_starts(rng):
    n_levels = int(rng.integers(1, 40))
    counts = rng.integers(1, 9, n_levels)
    levels = np.sort(rng.choice(1000, n_levels, replace=False)) - 500.0
    weights = np.concatenate([[0.0], np.cumsum(counts)])
    sums = np.concatenate([[0.0], np.cumsum(counts * levels)])
    return weights, sums, int(rng.integers(1, min(n_levels, 6) + 1))


def for_first_pixels(rng):
    labels = rng.integers(0, 9, 60).astype(np.int32)
    numbers = np.zeros(9, np.int32)
    numbers[rng.integers(1, 9)] = 1
    return labels, numbers, np.array([1], np.int32), *band(rng, 60)


INPUTS = {
    "classes._classify": for_classify,
    "float_histogram._count_bits": for_count_bits,
    "graph._join": for_join,
    "graph._number": for_number,
    "histogram._count": for_count,
    "histogram._best_starts": for_best_starts,
    "labels._first_pixels": for_first_pixels,
}


def to_the_root(parents):
    while (parents[parents] != parents).any():
        parents = parents[parents]
    return parents


def outcome(name, function, arguments):
    """What it returns, and what it leaves in its arrays."""
    own = [argument.copy() if isinstance(argument, np.ndarray) else argument for argument in arguments]
    returned = function(*own)
    if name in ("graph._join", "graph._number"):
        own[1] = to_the_root(own[1])  # a tree of any height, with the same root
    return [returned, *(argument for argument in own if isinstance(argument, np.ndarray))]


def test_every_definition_is_tried():
    assert set(INPUTS) == {name for name in DEFINITIONS if not name.startswith(TRIED_APART)}


@pytest.mark.jit
@pytest.mark.parametrize("name", sorted(INPUTS))
def test_machine_code_equals_the_definition(name):
    kernel = DEFINITIONS[name]
    for seed in range(60):
        arguments = INPUTS[name](np.random.default_rng(seed))
        defined = outcome(name, kernel.numpy, arguments)
        compiled = outcome(name, kernel.compiled(), arguments)
        for one, other in zip(defined, compiled, strict=True):
            np.testing.assert_array_equal(one, other, err_msg=f"seed {seed}")


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_loops_equal_the_definition(name):
    kernel = DEFINITIONS[name]
    for seed in range(20):
        arguments = INPUTS[name](np.random.default_rng(seed))
        defined = outcome(name, kernel.numpy, arguments)
        looped = outcome(name, kernel.loops, arguments)
        for one, other in zip(defined, looped, strict=True):
            np.testing.assert_array_equal(one, other, err_msg=f"seed {seed}")

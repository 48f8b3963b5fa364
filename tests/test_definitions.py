"""Each kernel that no test of its own tries equals its definition, compiled and as plain Python."""

from __future__ import annotations

import importlib
import itertools
import pkgutil

import numpy as np
import pytest

import classicseg
from classicseg._core.kernel import Kernel
from classicseg.labeling.components import RunGraph
from classicseg.labeling.lines import ball_of_lines, line_grid
from classicseg.labeling.run_lengths import first_runs, runs_of_lines


def definitions():
    """Every kernel with a definition, by its place in the package."""
    found = {}
    for module in pkgutil.walk_packages(classicseg.__path__, "classicseg."):
        if module.name.startswith("classicseg.extras"):
            continue
        loaded = importlib.import_module(module.name)
        for name, value in vars(loaded).items():
            if isinstance(value, Kernel) and value.numpy is not None and value.__module__ == loaded.__name__:
                found[f"{module.name.removeprefix('classicseg.')}.{name}"] = value
    return found


DEFINITIONS = definitions()

TRIED_APART = (
    "_core.exact_sums",
    "clustering.",
    "edges.",
    "filters.color",
    "filters.correlation",
    "filters.distances",
    "filters.envelopes",
    "filters.fast_marching",
    "filters.features",
    "filters.gradient",
    "filters.smooth_rows",
    "filters.stencils",
    "filters.tensor",
    "filters.window_sums",
    "flooding.flood",
    "flooding.level_queue",
    "growing.",
    "histograms.distinct_colors",
    "labeling.expansion",
    "labeling.holes",
    "labeling.majority",
    "labeling.objects",
    "labeling.reconstruction",
    "learning.",
    "level_sets.",
    "metrics.",
    "regions.crossings",
    "regions.hulls",
    "regions.places",
    "regions.quantiles",
    "regions.region_runs",
    "regions.solid_hulls",
    "regions.values",
    "segmentation.",
    "solvers.",
    "superpixels.",
    "thresholds.fuzzy",
    "thresholds.histograms",
    "thresholds.local.",
    "thresholds.shape",
    "trees.",
)
"""Modules, by how their names begin, whose own tests try their kernels."""


def band(rng, size):
    start, stop = np.sort(rng.integers(0, size + 1, 2)).tolist()
    return start, stop


def a_grid(rng, n_bands=2):
    """Lines of labels, and rows at which a band may begin or end."""
    shape = tuple(rng.integers(1, 7, rng.integers(1, 4)).tolist())
    labels = rng.integers(0, rng.integers(1, 4) + 1, shape).astype(np.int32)
    grid = line_grid(labels, int(rng.integers(1, len(shape) + 1)))
    bounds = np.unique([0, *rng.integers(0, grid[1][0] + 1, n_bands - 1), grid[1][0]])
    return grid, bounds


def a_graph_of_runs(rng):
    """Runs of lines, the lines, and rows at which a band may begin or end."""
    grid, bounds = a_grid(rng)
    lines = np.repeat(grid[0], rng.integers(1, 40), axis=1) if rng.random() < 0.5 else grid[0]
    begins = first_runs(lines)
    return RunGraph(lines.shape[1], *grid[1:], begins, *runs_of_lines(lines, begins)), lines, bounds.tolist()


def joined_bands(graph, bounds, dtype=np.uint32):
    """The parents of runs that are joined within bands of rows."""
    parents = np.arange(len(graph.stops), dtype=dtype)
    for start, stop in itertools.pairwise(bounds):
        DEFINITIONS["labeling.components._join_rows"].numpy(graph, parents, start, start, stop)
    return parents


def for_classify(rng):
    dtype = rng.choice(["u1", "u2", "f4", "f8"])
    values = (rng.random(40) * 20).astype(dtype)
    thresholds = np.sort(np.concatenate([rng.choice(values, 3), rng.random(2) * 20])).astype(np.float64)
    return values, thresholds, np.full(40, -7, np.int32), *band(rng, 40)


def for_join_rows(rng):
    graph, _, bounds = a_graph_of_runs(rng)
    n_joined, dtype = int(rng.integers(0, len(bounds))), rng.choice([np.uint32, np.uint64])
    parents = joined_bands(graph, bounds[: n_joined + 1], dtype)
    if n_joined in (0, len(bounds) - 1):
        return graph, parents, 0, 0, bounds[1]
    return graph, parents, 0, bounds[n_joined], bounds[n_joined + 1]


def for_number(rng):
    graph, _, bounds = a_graph_of_runs(rng)
    parents = joined_bands(graph, [0, bounds[-1]])
    numbered = int(rng.integers(0, len(parents) + 1))
    parents[:numbered] = rng.integers(0, 9, numbered)
    return graph.labels, parents, np.array([9]), numbered, int(rng.integers(numbered, len(parents) + 1))


def for_count_runs(rng):
    _, lines, _ = a_graph_of_runs(rng)
    return lines, np.full(len(lines), -7), *band(rng, len(lines))


def for_write_runs(rng):
    graph, lines, _ = a_graph_of_runs(rng)
    return lines, graph.begins, np.zeros_like(graph.stops), np.zeros_like(graph.labels), *band(rng, len(lines))


def for_paint(rng):
    graph, lines, _ = a_graph_of_runs(rng)
    numbers = rng.integers(0, 99, len(graph.labels)).astype(np.int32)
    return lines, graph.begins, numbers, np.zeros(lines.shape, np.int32), *band(rng, len(lines))


def for_touching(rng):
    grid, bounds = a_grid(rng)
    return *grid, int(bounds[0]), int(bounds[1])


def regions(rng):
    """Pairs of regions, some of them twice, and their areas and means."""
    n_regions = int(rng.integers(2, 12))
    pairs = np.sort(rng.integers(1, n_regions + 1, (20, 2)), axis=1)
    pairs = [low << 32 | high for low, high in pairs.tolist() if low < high]
    return np.array(pairs, np.int64), rng.integers(1, 4, n_regions + 1), rng.integers(0, 3, (n_regions + 1, 2))


def for_renumber(rng):
    pairs, areas, _ = regions(rng)
    joined = np.concatenate([[0], rng.integers(1, len(areas), len(areas) - 1)])
    return pairs, joined, areas, 3


def for_choose(rng):
    pairs, areas, means = regions(rng)
    return pairs, areas, means / 3, means.sum(axis=1) / 3, 3, np.zeros(len(areas), np.int64)


def for_join(rng):
    n_regions = int(rng.integers(1, 12))
    chosen = rng.integers(1, n_regions + 1, n_regions + 1) * (rng.random(n_regions + 1) < 0.5)
    chosen[0] = 0
    return chosen, np.arange(n_regions + 1)


def for_add_up(rng):
    pixels = rng.integers(0, 20, (50, 2)).astype(rng.choice(["u1", "f8"]))
    labels = rng.integers(0, 4, 50).astype(np.int32)
    return labels, pixels, np.ones(4, np.int64), np.ones((4, 2)), np.zeros((4, 2)), *band(rng, 50)


def for_look_up(rng):
    labels = rng.integers(0, 9, 50).astype(np.int32)
    return rng.permutation(9).astype(np.int32), labels, np.full(50, -7, np.int32), *band(rng, 50)


def for_count_gaps(rng):
    lines = rng.random((6, rng.integers(1, 300))) < rng.choice([0.01, 0.3])
    return lines, np.zeros(lines.shape, np.uint8), *band(rng, 6)


def for_mark_far(rng):
    grid, _ = a_grid(rng)
    lines, lengths = grid[:2]
    gaps = rng.choice([0, 1, 2, 255], lines.shape).astype(np.uint8)
    ball = ball_of_lines([2] * (len(lengths) + 1), [1.0] * (len(lengths) + 1), rng.choice([0.0, 1.5, 2.0]))
    return gaps, lengths, *ball, np.zeros(lines.shape, bool), *band(rng, len(lines))


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


def for_count_begins(rng):
    stops = np.cumsum(rng.integers(1, 9, 50)).astype(np.int32)
    labels = rng.integers(0, 20, 50).astype(np.int32)
    return stops, labels, 16, rng.integers(0, 9, 1), np.zeros(40, np.int64), *band(rng, 50)


def for_fill_runs(rng):
    stops = np.cumsum(rng.integers(1, 40, 50)).astype(np.int32)
    start, stop = band(rng, 50)
    start = min(start, 49)
    table, labels = rng.integers(0, 99, 9), rng.integers(0, 9, 50).astype(np.int32)
    return stops, labels, table, np.zeros(stops[-1], np.int64), start, max(stop, start + 1)


def for_mark_on_border(rng):
    lines = rng.integers(0, 9, (*rng.integers(1, 4, rng.integers(0, 3)), rng.integers(1, 6)))
    is_last = np.ones(lines.shape, bool)
    is_last[..., :-1] = lines[..., 1:] != lines[..., :-1]
    stops = np.flatnonzero(is_last).astype(np.int32) + np.int32(1)
    lengths, start = np.array(lines.shape[:-1], np.int64), int(rng.integers(0, len(stops)))
    arguments = stops, lines[is_last].astype(np.int32), lengths, lines.shape[-1], np.zeros(9, bool)
    return *arguments, start, int(rng.integers(start + 1, len(stops) + 1))


def for_lower(rng):
    labels = rng.integers(0, 5, 40).astype(np.int32)
    levels = (rng.random(40) * 20).astype(rng.choice(["u1", "u2", "f4", "f8"]))
    return labels, levels, np.full(5, np.inf), *band(rng, 40)


INPUTS = {
    "flooding.minima._lower": for_lower,
    "thresholds.classify._classify": for_classify,
    "labeling.components._join_rows": for_join_rows,
    "labeling.components._number": for_number,
    "labeling.components._paint": for_paint,
    "filters.erosion._count_gaps": for_count_gaps,
    "filters.erosion._mark_far": for_mark_far,
    "histograms.float32._count_bits": for_count_bits,
    "regions.statistics._add_up": for_add_up,
    "_core.grid._look_up": for_look_up,
    "regions.adjacency._touching": for_touching,
    "histograms.values._count": for_count,
    "histograms.optimal_split._best_starts": for_best_starts,
    "labeling.numbering._first_pixels": for_first_pixels,
    "regions.merging.choose": for_choose,
    "regions.merging.join": for_join,
    "regions.merging.renumber": for_renumber,
    "labeling.run_lengths._count_begins": for_count_begins,
    "labeling.run_lengths._fill": for_fill_runs,
    "labeling.run_lengths._mark_on_border": for_mark_on_border,
    "labeling.run_lengths._count_runs": for_count_runs,
    "labeling.run_lengths._write_runs": for_write_runs,
}


def to_the_root(parents):
    """Point each run to its root: a tree may have any height."""
    while (parents[parents] != parents).any():
        parents = parents[parents]
    return parents


def outcome(name, function, arguments):
    """What it returns, and what it leaves in its arrays."""
    own = [argument.copy() if isinstance(argument, np.ndarray) else argument for argument in arguments]
    returned = function(*own)
    if name == "labeling.components._join_rows":
        own[1] = to_the_root(own[1])
    if name in ("regions.adjacency._touching", "regions.merging.renumber"):
        returned = np.unique(returned)  # a pair may come twice
    if name == "regions.merging.join":
        del own[1]
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

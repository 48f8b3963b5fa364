"""Each kernel that no test of its own tries equals its definition, compiled and as plain Python."""

from __future__ import annotations

import importlib
import itertools
import pkgutil

import numpy as np
import pytest

import classicseg
from classicseg._core.kernel import Kernel
from classicseg.labeling.components import LineGraph, buffers_of, covered_lines
from classicseg.labeling.lines import ball_of_lines, line_grid


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


def joined_bands(rng):
    """A graph of lines, what its bands of rows write, and the first rows of the bands."""
    graph, bounds = a_graph_of_runs(rng)
    components, begins = np.zeros((2, graph.lines.size), np.int32)
    begins, ranges = begins[: len(graph.lines)], []
    for start, stop in itertools.pairwise(bounds.tolist()):
        join = DEFINITIONS["labeling.components._join_rows"].numpy
        _, end = join(graph, buffers_of(graph, components.dtype), components, begins, start, stop)
        ranges.append((begins[start * len(graph.lines) // graph.lengths[0]], end))
    return graph, components, begins, bounds[:-1], np.array(ranges)


def a_graph_of_runs(rng):
    grid, bounds = a_grid(rng)
    if rng.random() < 0.5:  # some lines as long as machine code takes at once, and longer
        longer = np.repeat(grid[0], rng.integers(1, 40), axis=1)
        grid = longer, *grid[1:]
    return LineGraph(*grid, covered_lines(*grid[2:])), bounds


def joined_components(rng):
    graph, components, begins, starts, ranges = joined_bands(rng)
    DEFINITIONS["labeling.components._join_seams"].numpy(
        graph, buffers_of(graph, components.dtype), components, begins, starts, 0, len(starts)
    )
    return graph.lines, components, ranges


def for_classify(rng):
    dtype = rng.choice(["u1", "u2", "f4", "f8"])
    values = (rng.random(40) * 20).astype(dtype)
    thresholds = np.sort(np.concatenate([rng.choice(values, 3), rng.random(2) * 20])).astype(np.float64)
    return values, thresholds, np.full(40, -7, np.int32), *band(rng, 40)


def for_join_band(rng):
    graph, bounds = a_graph_of_runs(rng)
    components, begins = np.full((2, graph.lines.size), 99, np.int32)
    buffers = buffers_of(graph, components.dtype)
    return graph, buffers, components, begins[: len(graph.lines)], int(bounds[0]), int(bounds[1])


def for_join_seams(rng):
    graph, components, begins, starts, _ = joined_bands(rng)
    return graph, buffers_of(graph, components.dtype), components, begins, starts, 0, len(starts)


def for_count_roots(rng):
    _, components, ranges = joined_components(rng)
    return components, ranges, np.full(len(ranges), -7), *band(rng, len(ranges))


def for_number_roots(rng):
    _, components, ranges = joined_components(rng)
    return components, ranges, np.arange(len(ranges)) * 50, *band(rng, len(ranges))


def numbered_roots(rng):
    lines, components, ranges = joined_components(rng)
    number = DEFINITIONS["labeling.runs.number_roots"].numpy
    number(components, ranges, np.arange(len(ranges)) * 50, 0, len(ranges))
    return lines, components, ranges


def for_number_runs(rng):
    _, components, ranges = numbered_roots(rng)
    return components, ranges, *band(rng, len(ranges))


def for_fill(rng):
    lines, components, ranges = numbered_roots(rng)
    return lines, components, ranges, *band(rng, len(ranges))


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


def for_write_stops(rng):
    lines = np.repeat(rng.integers(0, 3, (9, 50)), 4, axis=1).astype(np.uint8)
    start, stop = band(rng, 9)
    return lines, np.zeros(500, np.int32), np.full(1, 3), start, stop


def for_count_begins(rng):
    stops = np.cumsum(rng.integers(1, 9, 50)).astype(np.int32)
    labels = rng.integers(0, 20, 50).astype(np.int32)
    return stops, labels, 16, rng.integers(0, 9, 1), np.zeros(40, np.int64), *band(rng, 50)


def for_fill_runs(rng):
    stops = np.cumsum(rng.integers(1, 40, 50)).astype(np.int32)
    start, stop = band(rng, 50)
    start = min(start, 49)
    return stops, rng.integers(0, 9, 50), np.zeros(stops[-1], np.int64), start, max(stop, start + 1)


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
    "labeling.components._join_rows": for_join_band,
    "labeling.components._join_seams": for_join_seams,
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
    "labeling.run_lengths._write_stops": for_write_stops,
    "labeling.runs.count_roots": for_count_roots,
    "labeling.runs.fill": for_fill,
    "labeling.runs.number_roots": for_number_roots,
    "labeling.runs.number_runs": for_number_runs,
}


def to_the_root(components):
    """Point each pixel to its root: a tree may have any height."""
    points, index = components < 0, np.arange(len(components))
    parents = np.where(points, ~components, index)
    while (parents[parents] != parents).any():
        parents = parents[parents]
    return np.where(points, ~parents, components)


def outcome(name, function, arguments):
    """What it returns, and what it leaves in its arrays."""
    own = [argument.copy() if isinstance(argument, np.ndarray) else argument for argument in arguments]
    returned = function(*own)
    if name in ("labeling.components._join_rows", "labeling.components._join_seams"):
        own[2] = to_the_root(own[2])
    if name in ("regions.adjacency._touching", "regions.merging.renumber"):
        returned = np.unique(returned)  # a pair may come twice
    if name == "labeling.run_lengths._write_stops":
        own[1][own[2][0] :] = 0
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

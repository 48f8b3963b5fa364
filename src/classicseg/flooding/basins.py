"""Basins of a surface: what is flooded, the basins of its minima, and which of them are too shallow.

Two basins meet first at the lowest pass between them. Of two that meet, the depth of the shallower one goes from
its minimum to the pass: its dynamics (Grimaud). Basins join in ascending order of the passes, and of those that
meet at one height the shallowest first: so what is joined below one depth is joined below every greater one. All
of one depth that touch join together, then the best of the deeper ones that they touch. A basin that cannot choose
between equals waits until these join others.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.image import Image
from classicseg._core.kernel import kernel
from classicseg.filters.gradients import magnitude_of
from classicseg.filters.smoothing import smooth
from classicseg.flooding.flood import flood_grid
from classicseg.flooding.flood_states import UNDECIDED, label_grid
from classicseg.flooding.minima import lowest_levels, lowest_passes, regional_minima
from classicseg.labeling.components import check_labels, connected_components
from classicseg.labeling.union_find import root_of
from classicseg.regions.label_pairs import LOW
from classicseg.regions.statistics import rank_regions, region_sums


class Basins(NamedTuple):
    """A basin for each minimum, 1 … n."""

    labels: NDArray[np.int32]
    """0 where a pixel takes no part."""
    starts: NDArray[np.int32]
    """The pixels of the minima with their basins' labels, 0 elsewhere; (0,) where nobody asked for them."""
    lows: NDArray[np.float64]
    """(n + 1,), the lowest level of each basin."""
    ranks: NDArray[np.int64]
    """(n + 1,), the lower basin is better, then the darker, then the larger minimum; equals share a rank."""
    n_minima: int
    """Basins of higher labels consist of pixels that could not choose between others."""


class DepthLinks(NamedTuple):
    """What each basin joins, and up to which depth it is one of its own."""

    targets: NDArray[np.int64]
    """(n + 1,), a better basin, or an equal one; itself: it never joins another."""
    depths: NDArray[np.float64]
    """(n + 1,), infinite for what never joins another."""


def surface_of(image: Image, surface: str, sigma: float, spacing: tuple[float, ...]) -> NDArray[Any]:
    """What is flooded, of the spatial shape: the gradient's magnitude or the image, smoothed."""
    if surface == "gradient":
        return magnitude_of(image, spacing, "sobel", sigma)
    return smooth(image, sigma, spacing).values[..., 0]


def basins_of_minima(
    levels: NDArray[Any], image: Image, connectivity: int, *, with_starts: bool = False
) -> Basins:
    """Flood a surface from its minima."""
    minima = regional_minima(levels, image, connectivity)
    n_minima, inside, grid = int(minima.max()), minima > 0, label_grid(minima, image)
    ranks, _ = _ranks(minima, levels, image.values)
    del minima  # 4 bytes a pixel that the flood has room for: minima keep their labels
    labels = flood_grid(levels, grid, n_minima, ranks, image, connectivity)
    del grid
    labels = undecided_as_regions(labels, connectivity)
    starts = np.where(inside | (labels > n_minima), labels, 0)
    ranks, lows = _ranks(starts, levels, image.values)
    return Basins(labels, starts if with_starts else np.empty(0, np.int32), lows, ranks, n_minima)


def undecided_as_regions(labels: NDArray[np.int32], connectivity: int) -> NDArray[np.int32]:
    """Number the connected components of pixels that could not choose after the other regions."""
    undecided = labels == UNDECIDED
    if not undecided.any():
        return labels
    components, n_labels = connected_components(undecided, connectivity), max(0, int(labels.max()))
    check_labels(n_labels + int(components.max()), "regions")
    return np.add(components, np.int32(n_labels), out=labels, where=undecided)


def depth_links(basins: Basins, levels: NDArray[Any], connectivity: int) -> DepthLinks:
    """Find what each basin joins, and at which depth."""
    pairs, heights = lowest_passes(basins.labels, levels, connectivity)
    n = len(basins.lows)
    links = DepthLinks(np.arange(n), np.full(n, np.inf))
    run_interruptible(_link, pairs, heights, basins.lows, basins.ranks, *links)
    return links


def groups_below(links: DepthLinks, min_depth: float) -> NDArray[np.int64]:
    """The best basin of those that each one is one with, where basins of less than `min_depth` are joined; (n +
    1,)."""
    groups = np.where(links.depths < min_depth, links.targets, np.arange(len(links.targets)))
    while not np.array_equal(onward := groups[groups], groups):
        groups = onward
    return groups


def _ranks(
    starts: NDArray[np.int32], levels: NDArray[Any], values: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rank starts by what turns with the image, and tell the lowest level of each.

    The lower one is better, then the darker, then the larger; equals share a rank.
    """
    n_starts = int(starts.max())
    lows = lowest_levels(starts, levels, n_starts)
    return run_interruptible(rank_regions, region_sums(starts, values, n_starts), lows[1:]), lows


@kernel()
def _link(
    pairs: NDArray[np.int64],
    heights: NDArray[np.float64],
    lows: NDArray[np.float64],
    ranks: NDArray[np.int64],
    targets: NDArray[np.int64],
    depths: NDArray[np.float64],
) -> None:
    """Link basins at passes of ascending height; of those that meet at one height, the shallowest first.

    `lakes` are the parents of a union-find of the basins that have met: the root is the best of them. Passes of
    one height wait in a heap for the level of the shallower lake, and those of a lake that cannot choose for the
    deeper.
    """
    lakes, chosen, tied = np.arange(len(lows)), np.zeros(len(lows), np.int64), np.zeros(len(lows), np.bool_)
    turns, waiting, batch = np.empty(len(pairs)), np.empty(len(pairs), np.int64), np.empty(len(pairs), np.int64)
    start: Any = np.int64(0)
    while start < len(pairs):
        size: Any = np.int64(0)
        stop = start
        while stop < len(pairs) and heights[stop] == heights[start]:
            a, b = root_of(lakes, pairs[stop] >> 32), root_of(lakes, pairs[stop] & LOW)
            if a != b:
                size = _wait(turns, waiting, size, max(lows[a], lows[b]), stop)
            stop += 1
        while size > 0:
            level, n_open = turns[0], 0
            depth = heights[start] - level
            while size > 0 and turns[0] == level:
                batch[n_open] = waiting[0]
                n_open += 1
                size = _next(turns, waiting, size)
            for i in range(n_open):
                a, b = root_of(lakes, pairs[batch[i]] >> 32), root_of(lakes, pairs[batch[i]] & LOW)
                if a != b and lows[a] >= level and lows[b] >= level:
                    if ranks[b] < ranks[a] or (ranks[b] == ranks[a] and b < a):
                        a, b = b, a
                    lakes[b] = targets[b] = a
                    depths[b] = depth
            for i in range(n_open):
                one, other = pairs[batch[i]] >> 32, pairs[batch[i]] & LOW
                _consider(one, other, level, depth, lakes, lows, ranks, targets, depths, chosen, tied)
                _consider(other, one, level, depth, lakes, lows, ranks, targets, depths, chosen, tied)
            for i in range(n_open):
                _settle(pairs[batch[i]] >> 32, depth, lakes, targets, depths, chosen, tied)
                _settle(pairs[batch[i]] & LOW, depth, lakes, targets, depths, chosen, tied)
            for i in range(n_open):
                a, b = root_of(lakes, pairs[batch[i]] >> 32), root_of(lakes, pairs[batch[i]] & LOW)
                if a != b:
                    turn = max(lows[a], lows[b])
                    turn = min(lows[a], lows[b]) if turn >= level else turn
                    size = _wait(turns, waiting, size, turn, batch[i])
        start = stop


@kernel()
def _wait(turns: NDArray[np.float64], waiting: NDArray[np.int64], size: int, turn: float, item: int) -> int:
    """Add to a heap whose first has the highest turn; return its new size."""
    place = size
    while place > 0 and turns[(place - 1) // 2] < turn:
        above = (place - 1) // 2
        turns[place], waiting[place] = turns[above], waiting[above]
        place = above
    turns[place], waiting[place] = turn, item
    return size + 1


@kernel()
def _next(turns: NDArray[np.float64], waiting: NDArray[np.int64], size: int) -> int:
    """Take the first from a heap; return its new size."""
    size -= 1
    turn, item, place = turns[size], waiting[size], 0
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and turns[below + 1] > turns[below]:
            below += 1
        if turns[below] <= turn:
            break
        turns[place], waiting[place] = turns[below], waiting[below]
        place = below
    turns[place], waiting[place] = turn, item
    return size


@kernel()
def _consider(
    basin: int,
    neighbor: int,
    level: float,
    depth: float,
    lakes: NDArray[np.int64],
    lows: NDArray[np.float64],
    ranks: NDArray[np.int64],
    targets: NDArray[np.int64],
    depths: NDArray[np.float64],
    chosen: NDArray[np.int64],
    tied: NDArray[np.bool_],
) -> None:
    """Let the lake of a basin, if it is shallow, choose what a neighbor is one with at this depth, if that is
    deep."""
    shallow = root_of(lakes, basin)
    if lows[shallow] < level or lows[root_of(lakes, neighbor)] >= level:
        return
    while depths[neighbor] <= depth:
        neighbor = targets[neighbor]
    best = chosen[shallow]
    if best == 0 or ranks[neighbor] < ranks[best]:
        chosen[shallow], tied[shallow] = neighbor, False
    elif ranks[neighbor] == ranks[best] and neighbor != best:
        tied[shallow] = True


@kernel()
def _settle(
    basin: int,
    depth: float,
    lakes: NDArray[np.int64],
    targets: NDArray[np.int64],
    depths: NDArray[np.float64],
    chosen: NDArray[np.int64],
    tied: NDArray[np.bool_],
) -> None:
    """Link the lake of a basin to what it has chosen, unless it cannot choose."""
    shallow = root_of(lakes, basin)
    if chosen[shallow] > 0:
        if not tied[shallow]:
            targets[shallow], depths[shallow] = chosen[shallow], depth
            lakes[shallow] = root_of(lakes, chosen[shallow])
        chosen[shallow] = 0

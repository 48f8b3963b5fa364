"""Gaps between chains of edges: from each end on, pixels are added until another edge is reached.

All ends look at the same map, and what they find is added at once, so that none of them comes first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.kernel import kernel
from classicseg.edges.pixel_links import link_pixels

_BACK = 4
"""The direction in which a chain ends is that of its last pixels, so many steps."""

_AROUND = np.array([(-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1)], np.int64)
"""The steps to the neighbors, once around."""

_NOWHERE = 2
"""No turn."""


def bridge_gaps(
    pixels: NDArray[np.int64],
    shape: tuple[int, ...],
    heights: NDArray[np.float64] | None,
    max_gap: int,
    grid: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Add to the flat pixels of edges those that continue their ends, at most `max_gap` for each.

    With `heights` they go up the steepest way, without straight to the nearest edge pixel. `grid` is a
    `number_grid`.
    """
    ends, headings = run_interruptible(
        _find_ends, link_pixels(pixels, shape, grid), np.stack(np.divmod(pixels, shape[1]), axis=1)
    )
    edges = np.zeros(shape, np.bool_)
    edges.reshape(-1)[pixels] = True
    paths = np.full((len(ends), 2 * max_gap), -1, np.int64)
    places = np.stack(np.divmod(pixels[ends], shape[1]), axis=1)
    if heights is None:
        run_interruptible(_go_straight, edges, places, headings, max_gap, paths)
    else:
        goals, rises = np.full(len(ends), -1, np.int64), np.zeros(len(ends))
        run_interruptible(_climb, edges, heights, places, headings, _AROUND, max_gap, paths, goals, rises)
        paths = paths[~_worse_ways_back(pixels[ends], goals, np.count_nonzero(paths >= 0, axis=1), rises)]
    return np.union1d(pixels, paths[paths >= 0])


def _worse_ways_back(
    ends: NDArray[np.int64], goals: NDArray[np.int64], lengths: NDArray[np.int64], rises: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Mark the ways from an end to another from which a shorter way, or one as short and steeper, leads back."""
    worse = np.zeros(len(ends), np.bool_)
    if len(ends):
        other = np.minimum(np.searchsorted(ends, goals), len(ends) - 1)
        meet = (ends[other] == goals) & (goals[other] == ends)
        shorter = (lengths[other] < lengths) | ((lengths[other] == lengths) & (rises[other] > rises))
        worse[meet & shorter] = True
    return worse


@kernel()
def _find_ends(links: NDArray[np.int64], places: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pixels that have one link, and the vectors to them from some pixels back."""
    ends, headings = np.empty(len(links), np.int64), np.empty((len(links), 2), np.int64)
    n_ends = 0
    for pixel in range(len(links)):
        if _n_links(links, pixel) != 1:
            continue
        here, last = pixel, -1
        for _ in range(_BACK):
            following = -1
            for direction in range(8):
                if links[here, direction] >= 0 and links[here, direction] != last:
                    following = links[here, direction]
            if following < 0:
                break
            here, last = following, here
            if _n_links(links, here) > 2:
                break
        ends[n_ends] = pixel
        for axis in range(2):
            headings[n_ends, axis] = places[pixel, axis] - places[here, axis]
        n_ends += 1
    return ends[:n_ends].copy(), headings[:n_ends].copy()


@kernel()
def _n_links(links: NDArray[np.int64], pixel: int) -> int:
    n_links = 0
    for direction in range(8):
        n_links += int(links[pixel, direction] >= 0)
    return n_links


@kernel()
def _go_straight(
    edges: NDArray[np.bool_],
    places: NDArray[np.int64],
    headings: NDArray[np.int64],
    max_gap: int,
    paths: NDArray[np.int64],
) -> None:
    """Draw a line from each end to the nearest edge pixel ahead, of equally near ones to the straightest."""
    reach = max_gap + 1
    for i in range(len(places)):
        y, x = places[i]
        least, straightest, goal_y, goal_x, tied = 2 * reach * reach + 1, 0, 0, 0, True
        for v in range(max(-reach, -y), min(reach, edges.shape[0] - 1 - y) + 1):
            for u in range(max(-reach, -x), min(reach, edges.shape[1] - 1 - x) + 1):
                if not edges[y + v, x + u]:
                    continue
                along, squared = v * headings[i, 0] + u * headings[i, 1], v * v + u * u
                length = headings[i, 0] * headings[i, 0] + headings[i, 1] * headings[i, 1]
                if along <= 0 or 2 * along * along < squared * length:  # more than 45 degrees to the side
                    continue
                if squared < least or (squared == least and along > straightest):
                    least, straightest, goal_y, goal_x, tied = squared, along, v, u, False
                elif squared == least and along == straightest:
                    tied = True
        if not tied:
            _draw_line(y, x, goal_y, goal_x, edges.shape[1], paths[i])


@kernel()
def _draw_line(y: int, x: int, v: int, u: int, width: int, path: NDArray[np.int64]) -> None:
    """Write the flat pixels between two; where the line passes midway between two pixels, both of them."""
    n_steps, n_added = max(abs(v), abs(u)), 0
    across = min(abs(v), abs(u))
    for step in range(1, n_steps):
        whole, rest = 2 * across * step // (2 * n_steps), 2 * across * step % (2 * n_steps)
        for side in range(2):
            if (side == 0 and rest <= n_steps) or (side == 1 and rest >= n_steps):
                minor = whole + side
                down = step if abs(v) >= abs(u) else minor
                right = minor if abs(v) >= abs(u) else step
                path[n_added] = (y + (down if v > 0 else -down)) * width + x + (right if u > 0 else -right)
                n_added += 1


@kernel()
def _climb(
    edges: NDArray[np.bool_],
    heights: NDArray[np.float64],
    places: NDArray[np.int64],
    headings: NDArray[np.int64],
    around: NDArray[np.int64],
    max_gap: int,
    paths: NDArray[np.int64],
    goals: NDArray[np.int64],
    rises: NDArray[np.float64],
) -> None:
    """Go from each end to the steepest of the three pixels ahead; forget ways that reach no edge."""
    for i in range(len(places)):
        y, x = places[i]
        direction = _direction(headings[i, 0], headings[i, 1], around)
        reached = False
        for step in range(max_gap + 1):
            goal = _edge_ahead(edges, y, x, direction, around)
            if goal != -1:
                goals[i], reached = goal, True
                break
            turn = _steepest(heights, y, x, direction, around)
            if step == max_gap or turn == _NOWHERE:
                break
            direction = (direction + turn) % 8
            y, x = y + around[direction, 0], x + around[direction, 1]
            paths[i, step] = y * edges.shape[1] + x
            rises[i] += heights[y, x]
        if not reached:
            paths[i, :] = -1


@kernel()
def _edge_ahead(edges: NDArray[np.bool_], y: int, x: int, direction: int, around: NDArray[np.int64]) -> int:
    """The flat pixel of the edge among the three pixels ahead, -1 where there is none, -2 where there are more."""
    goal = -1
    for side in range(-1, 2):
        v, u = y + around[(direction + side) % 8, 0], x + around[(direction + side) % 8, 1]
        if 0 <= v < edges.shape[0] and 0 <= u < edges.shape[1] and edges[v, u]:
            goal = v * edges.shape[1] + u if goal == -1 else -2
    return goal


@kernel()
def _steepest(heights: NDArray[np.float64], y: int, x: int, direction: int, around: NDArray[np.int64]) -> int:
    """The turn, -1, 0 or 1, to the highest of the three pixels ahead; of equals straight on, or nowhere."""
    ahead = np.zeros(3)
    for side in range(-1, 2):
        v, u = y + around[(direction + side) % 8, 0], x + around[(direction + side) % 8, 1]
        if 0 <= v < heights.shape[0] and 0 <= u < heights.shape[1]:
            ahead[side + 1] = heights[v, u]
    highest = max(ahead[0], ahead[1], ahead[2])
    if highest <= 0 or (ahead[0] == ahead[2] and ahead[1] < highest):
        return _NOWHERE
    if ahead[1] == highest:
        return 0
    return -1 if ahead[0] == highest else 1


@kernel()
def _direction(v: int, u: int, around: NDArray[np.int64]) -> int:
    """The number of the neighbor that a vector points to most nearly."""
    long, short = max(abs(v), abs(u)), min(abs(v), abs(u))
    diagonal = short > long * 0.41421356237309503  # the tangent of 22.5 degrees
    down = np.int64(v > 0) - np.int64(v < 0) if diagonal or abs(v) > abs(u) else 0
    right = np.int64(u > 0) - np.int64(u < 0) if diagonal or abs(u) > abs(v) else 0
    found = 0
    for k in range(8):
        if around[k, 0] == down and around[k, 1] == right:
            found = k
    return found

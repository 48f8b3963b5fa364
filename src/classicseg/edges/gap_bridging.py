"""Gap bridging: edge segments are continued from their endpoints until another edge is reached.

All endpoints see the same edge map, and the pixels that bridge gaps are added together, so that no endpoint comes
first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.kernel import kernel
from classicseg.edges.pixel_links import count_links, link_pixels, next_pixel

_BACK = 4
"""The direction in which a segment ends is that from the pixel so many links before its endpoint."""

_AROUND = np.array([(-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1)], np.int64)
"""The offsets of the neighbors, once around."""

_NOWHERE = 2
"""No turn: the gap stays."""


def bridge_gaps(
    pixels: NDArray[np.int64],
    shape: tuple[int, ...],
    gradient: NDArray[np.float64] | None,
    max_gap: int,
    grid: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Add to the flat pixels of edges those that bridge gaps from endpoints, at most `max_gap` for each.

    With `gradient` a bridge follows the largest gradient magnitude; without, it goes straight to the nearest edge
    pixel. `grid` is a `number_grid`.
    """
    endpoints, headings = run_interruptible(
        _find_endpoints, link_pixels(pixels, shape, grid), np.stack(np.divmod(pixels, shape[1]), axis=1)
    )
    edges = np.zeros(shape, np.bool_)
    edges.reshape(-1)[pixels] = True
    paths = np.full((len(endpoints), 2 * max_gap), -1, np.int64)
    positions = np.stack(np.divmod(pixels[endpoints], shape[1]), axis=1)
    if gradient is None:
        run_interruptible(_bridge_straight, edges, positions, headings, max_gap, paths)
    else:
        goals, rises = np.full(len(endpoints), -1, np.int64), np.zeros(len(endpoints))
        run_interruptible(
            _follow_gradient, edges, gradient, positions, headings, _AROUND, max_gap, paths, goals, rises
        )
        paths = paths[~_has_better_way_back(pixels[endpoints], goals, np.count_nonzero(paths >= 0, axis=1), rises)]
    return np.union1d(pixels, paths[paths >= 0])


def _has_better_way_back(
    endpoints: NDArray[np.int64], goals: NDArray[np.int64], lengths: NDArray[np.int64], rises: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Mark the paths between two endpoints where the path back is shorter, or as short and steeper."""
    worse = np.zeros(len(endpoints), np.bool_)
    if len(endpoints):
        other = np.minimum(np.searchsorted(endpoints, goals), len(endpoints) - 1)
        meet = (endpoints[other] == goals) & (goals[other] == endpoints)
        shorter = (lengths[other] < lengths) | ((lengths[other] == lengths) & (rises[other] > rises))
        worse[meet & shorter] = True
    return worse


@kernel()
def _find_endpoints(
    links: NDArray[np.int64], positions: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pixels that have one link, and the vectors that lead to them from some links back."""
    endpoints, headings = np.empty(len(links), np.int64), np.empty((len(links), 2), np.int64)
    n_links, n_ends = count_links(links), 0
    for pixel in range(len(links)):
        if n_links[pixel] != 1:
            continue
        here, last = pixel, -1
        for _ in range(_BACK):
            following = next_pixel(links, here, last)
            if following < 0:
                break
            here, last = following, here
            if n_links[here] > 2:
                break
        endpoints[n_ends] = pixel
        for axis in range(2):
            headings[n_ends, axis] = positions[pixel, axis] - positions[here, axis]
        n_ends += 1
    return endpoints[:n_ends].copy(), headings[:n_ends].copy()


@kernel()
def _bridge_straight(
    edges: NDArray[np.bool_],
    positions: NDArray[np.int64],
    headings: NDArray[np.int64],
    max_gap: int,
    paths: NDArray[np.int64],
) -> None:
    """Draw a line from each endpoint to the nearest edge pixel ahead; of equally near ones to the straightest."""
    radius = max_gap + 1
    for i in range(len(positions)):
        y, x = positions[i]
        least, straightest, goal_y, goal_x, tied = 2 * radius * radius + 1, 0, 0, 0, True
        for v in range(max(-radius, -y), min(radius, edges.shape[0] - 1 - y) + 1):
            for u in range(max(-radius, -x), min(radius, edges.shape[1] - 1 - x) + 1):
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
def _follow_gradient(
    edges: NDArray[np.bool_],
    gradient: NDArray[np.float64],
    positions: NDArray[np.int64],
    headings: NDArray[np.int64],
    around: NDArray[np.int64],
    max_gap: int,
    paths: NDArray[np.int64],
    goals: NDArray[np.int64],
    rises: NDArray[np.float64],
) -> None:
    """Go from each endpoint to the steepest of the three pixels ahead; forget paths that reach no edge."""
    for i in range(len(positions)):
        y, x = positions[i]
        direction = _direction(headings[i, 0], headings[i, 1], around)
        reached = False
        for step in range(max_gap + 1):
            goal = _edge_ahead(edges, y, x, direction, around)
            if goal != -1:
                goals[i], reached = goal, True
                break
            turn = _steepest(gradient, y, x, direction, around)
            if step == max_gap or turn == _NOWHERE:
                break
            direction = (direction + turn) % 8
            y, x = y + around[direction, 0], x + around[direction, 1]
            paths[i, step] = y * edges.shape[1] + x
            rises[i] += gradient[y, x]
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
def _steepest(gradient: NDArray[np.float64], y: int, x: int, direction: int, around: NDArray[np.int64]) -> int:
    """The turn, -1, 0 or 1, to the highest of the three pixels ahead; of equals straight on, or nowhere."""
    ahead = np.zeros(3)
    for side in range(-1, 2):
        v, u = y + around[(direction + side) % 8, 0], x + around[(direction + side) % 8, 1]
        if 0 <= v < gradient.shape[0] and 0 <= u < gradient.shape[1]:
            ahead[side + 1] = gradient[v, u]
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

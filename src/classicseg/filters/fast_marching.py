"""Fast marching: when a front that starts from some pixels arrives at each other one.

At each pixel a front takes a given time for a unit of length (the slowness). Its arrival T solves the upwind form
of the eikonal equation: the sum over the axes of ``((T - earlier neighbor) / spacing) ** 2``, where that is
positive, is the slowness squared. Pixels are settled in ascending order of T, from a heap of those that a settled
one touches (Sethian 1996).

Times are kept as their bits, since positive floats are in the order of these. A pixel that is settled has the bits
of its time, and one that is not has the complement of those of the earliest known, a negative number: so one look
at one array tells both. An entry of the heap is one whole number, the bits of the time before the index of the
pixel. A pixel that is touched again is entered again; only its first entry counts.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import interior, pad, padded_strides
from classicseg._core.image import Image
from classicseg._core.kernel import engine, kernel
from classicseg._core.number_heap import with_entry, without_first

_SETTLED_AT_ONCE = 2**17
"""So many entries are taken before Python looks around: some tens of milliseconds."""

_MOST_PIXELS = 2**32
"""An index has 32 bits of an entry."""

_SLOWEST, _LATEST = 1e30, 3e38
"""Bounds of slowness and time, so that float32 holds them."""

_INFINITE = np.float32(np.inf).view(np.int32)
"""The bits of infinity."""


class Front(NamedTuple):
    """A padded grid, flat, and a front that moves over it."""

    strides: NDArray[np.int64]
    """(n_axes,), to the next pixel along each axis."""
    squares: NDArray[np.float64]
    """(n_axes,), one by the squared spacing of each axis."""
    slowness: NDArray[np.float32]
    """(n,), at least 1 where a pixel takes part."""
    times: NDArray[np.int32]
    """(n,), the bits of when the front arrives, or the complement of those of the earliest arrival known; of
    infinity where a pixel takes no part, as if it were settled."""
    labels: NDArray[np.int32]
    """(n,), of the start that the front comes from; of no length if nobody asks."""


def front_of(image: Image, square: float, spacing: tuple[float, ...], labels: NDArray[np.int32]) -> Front:
    """A front over an image, before it starts: slow where neighbors differ.

    The slowness is ``sqrt(1 + gradient ** 2 / square)``. The squared gradient has, of each axis, the mean of the
    squared differences to its two neighbors, or to the one that takes part.
    """
    size = math.prod(length + 2 for length in image.shape)
    if size >= _MOST_PIXELS:
        raise ValueError(f"image has {math.prod(image.shape)} pixels; expected less than 2**32; cut it into parts")
    is_inside = pad(image.mask_array(), len(image.shape)).reshape(-1)
    squares, slowness = np.array([1 / step**2 for step in spacing]), np.ones(size, np.float32)
    strides = padded_strides(image.shape)
    lengths = np.array(image.shape, np.int64)
    flat = image.values.reshape(-1, image.n_channels)
    n_rows = math.prod(image.shape[:-1])
    run_bands(
        _slow_down, n_rows, 4 * image.shape[-1], flat, lengths, strides, is_inside, squares, square, slowness
    )
    return Front(strides, squares, slowness, np.where(is_inside, ~_INFINITE, _INFINITE), labels)


def arrivals(front: Front, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """When a front has arrived at each pixel; infinite where it has not."""
    found = interior(front.times, shape)
    found[found < 0] = _INFINITE
    return found.view(np.float32)


def march(front: Front, starts: NDArray[np.int64]) -> None:
    """Let the front start from some pixels, ascending, and settle all that it reaches."""
    front.times[starts] = ~0
    room = 2 * len(front.strides)
    heap, size = np.empty(max(1024, 2 * len(starts)) + room, np.int64), len(starts)
    heap[:size] = starts  # at the time 0, and in ascending order a heap already
    while size:
        size = _settle(front, heap, size, _SETTLED_AT_ONCE if engine() == "numba" else 2**30)
        heap = _with_room(heap, size, room)


def _with_room(heap: NDArray[np.int64], size: int, room: int) -> NDArray[np.int64]:
    """The heap, or a larger one where it has no room for what one pixel touches."""
    if size + room < len(heap):
        return heap
    larger = np.empty(2 * len(heap) + room, np.int64)
    larger[:size] = heap[:size]
    return larger


@kernel()
def _settle(front: Front, heap: NDArray[np.int64], size: int, most: int) -> int:
    """Settle the earliest pixels, as long as there is room in the heap; return its size."""
    times, slowness, strides, squares = front.times, front.slowness, front.strides, front.squares
    n_axes = strides.size
    earlier, weights = np.empty(n_axes), np.empty(n_axes)
    for _ in range(most):
        if size == 0 or size + 2 * n_axes >= heap.size:
            return size
        node = heap[0] & 0xFFFFFFFF
        size = without_first(heap, size)
        now = ~times[np.uint64(node)]
        if now < 0:
            continue
        times[np.uint64(node)] = now
        if front.labels.size > 0 and front.labels[node] == 0:
            front.labels[node] = _label_of(times, front.labels, strides, node)
        for side in range(2 * n_axes):
            step = strides[side >> 1] if side & 1 else -strides[side >> 1]
            other = node + step
            known = ~times[np.uint64(other)]
            if known <= now or _settled(times, other + step) < _INFINITE:  # what is opposite was earlier
                continue
            count = _neighbors_of(times, strides, squares, other, earlier, weights)
            arrival = _of_several(earlier, weights, count, np.float64(slowness[np.uint64(other)]))
            time = np.float32(min(arrival, _LATEST))
            bits = time.view(np.int32)
            if bits < known:
                times[np.uint64(other)] = ~bits
                size = with_entry(heap, size, (np.int64(bits) << 32) | other)
    return size


@kernel()
def _settled(times: NDArray[np.int32], node: int) -> int:
    """The bits of when the front has settled a pixel, those of infinity where it has not."""
    bits = times[np.uint64(node)]
    return int(bits if bits >= 0 else _INFINITE)


@kernel()
def _label_of(times: NDArray[np.int32], labels: NDArray[np.int32], strides: NDArray[np.int64], node: int) -> int:
    """The label of the earliest neighbor, of several the lowest."""
    earliest, label = int(_INFINITE), 0
    for axis in range(strides.size):
        for side in range(2):
            other = node + (2 * side - 1) * strides[axis]
            bits, name = _settled(times, other), int(labels[other])
            if bits < earliest or (bits == earliest and bits < _INFINITE and name < label):
                earliest, label = bits, name
    return label


@kernel()
def _neighbors_of(
    times: NDArray[np.int32],
    strides: NDArray[np.int64],
    squares: NDArray[np.float64],
    node: int,
    earlier: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> int:
    """Write when the front settles beside a pixel, the earliest first, and the weights of the axes; count them."""
    count = 0
    for axis in range(strides.size):
        bits = np.int32(min(_settled(times, node - strides[axis]), _settled(times, node + strides[axis])))
        if bits < _INFINITE:
            time, place = np.float64(bits.view(np.float32)), count
            while place > 0 and earlier[place - 1] > time:
                earlier[place], weights[place] = earlier[place - 1], weights[place - 1]
                place -= 1
            earlier[place], weights[place] = time, squares[axis]
            count += 1
    return count


@kernel()
def _of_several(times: NDArray[np.float64], weights: NDArray[np.float64], count: int, slowness: float) -> float:
    """Solve the equation of a pixel: later neighbors count as long as they are earlier than the pixel."""
    first, total, linear, constant = times[0], weights[0], 0.0, -slowness * slowness
    time = slowness / math.sqrt(total)
    for k in range(1, count):
        later = times[k] - first
        if later >= time:
            break
        total += weights[k]
        linear += weights[k] * later
        constant += weights[k] * later * later
        time = (linear + math.sqrt(max(0.0, linear * linear - total * constant))) / total
    return first + time


def _slow_down_numpy(
    values: Any,
    lengths: Any,
    strides: Any,
    is_inside: Any,
    squares: Any,
    square: float,
    slowness: Any,
    start: int,
    stop: int,
) -> None:
    shape = tuple(lengths)
    grid, inside = values.reshape(*shape, -1).astype(np.float64), is_inside.reshape(lengths + 2)
    padded, gradient = np.pad(grid, [(1, 1)] * len(shape) + [(0, 0)]), np.zeros(shape)
    middle = (slice(1, -1),) * len(shape)
    for axis in reversed(range(len(shape))):
        found, counts = np.zeros(shape), np.zeros(shape)
        for part in (slice(None, -2), slice(2, None)):
            beside = (*middle[:axis], part, *middle[axis + 1 :])
            differences = np.zeros(shape)
            for channel in range(grid.shape[-1]):
                step = padded[(*beside, channel)] - grid[..., channel]
                differences = differences + step * step
            found, counts = found + np.where(inside[beside], differences, 0), counts + inside[beside]
        gradient = gradient + found * squares[axis] / np.maximum(counts, 1)
    times = np.minimum(np.sqrt(1 + gradient / square), _SLOWEST).astype(np.float32)
    inner = slowness.reshape(lengths + 2)[middle]
    rows = np.arange(math.prod(shape[:-1])).reshape(*shape[:-1], 1)
    np.copyto(inner, times, where=inside[middle] & (start <= rows) & (rows < stop))


@kernel(numpy=_slow_down_numpy)
def _slow_down(
    values: NDArray[Any],
    lengths: NDArray[np.int64],
    strides: NDArray[np.int64],
    is_inside: NDArray[np.bool_],
    squares: NDArray[np.float64],
    square: float,
    slowness: NDArray[np.float32],
    start: int,
    stop: int,
) -> None:
    """Write the slowness of lines `start` to `stop`; values are not padded."""
    length, n_axes = lengths[lengths.size - 1], lengths.size
    for line in range(start, stop):
        node, rest = np.int64(1), line
        for axis in range(n_axes - 2, -1, -1):
            node += (rest % lengths[axis] + 1) * strides[axis]
            rest //= lengths[axis]
        for x in range(length):
            if not is_inside[node + x]:
                continue
            gradient, step = 0.0, np.int64(1)
            for axis in range(n_axes - 1, -1, -1):
                place, found, count = line * length + x, 0.0, 0
                if is_inside[node + x - strides[axis]]:
                    found += _difference(values, place, place - step)
                    count += 1
                if is_inside[node + x + strides[axis]]:
                    found += _difference(values, place, place + step)
                    count += 1
                gradient += found * squares[axis] / max(count, 1)
                step *= lengths[axis]
            slowness[node + x] = np.float32(min(math.sqrt(1.0 + gradient / square), _SLOWEST))


@kernel()
def _difference(values: NDArray[Any], one: int, other: int) -> float:
    """The squared distance of two colors."""
    total = 0.0
    for channel in range(values.shape[1]):
        step = np.float64(values[other, channel]) - np.float64(values[one, channel])
        total += step * step
    return total

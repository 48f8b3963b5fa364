"""Centers of superpixels and their windows: a cell's side to each direction, beyond which no pixel is compared.

All lengths are in units of a cell's side. An image of any number of axes is lines along the last one; for each
line the centers nearby are looked up in a coarse grid of bins.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import kernel

_BINS = 0.999
"""Bins in a cell's side: a little wider than a window reaches, so that rounding hides no center."""


class Centers(NamedTuple):
    """Where superpixels 1 … n - 1 are, in color and space; 0 and those without pixels are not among `order`."""

    places: NDArray[Any]
    """(n, ndim), in units of a cell's side; floats of the dtype that distances are computed in."""
    colors: NDArray[Any]
    """(n, channels), in units of the compactness."""
    weights: NDArray[Any]
    """(n,), what a squared difference of color counts."""
    order: NDArray[np.int32]
    """The centers, bin by bin."""
    begins: NDArray[np.int64]
    """Where each bin begins in `order`, and where the last one ends."""


class Lines(NamedTuple):
    """An image as lines along its last axis."""

    lengths: NDArray[np.int64]
    """Of the other axes."""
    strides: NDArray[np.int64]
    """From one bin to the next along these."""
    around: NDArray[np.int64]
    """From a bin to it and the ones around it, ascending."""
    units: NDArray[np.float64]
    """(ndim,), from one pixel to the next along each axis, in units of a cell's side."""


def as_lines(shape: tuple[int, ...], units: NDArray[np.float64]) -> Lines:
    """Describe the lines of an image of at least two axes."""
    bins = _n_bins(shape, units)
    strides = np.cumprod([1, *bins[:0:-1]], dtype=np.int64)[::-1].copy()
    steps = np.array(list(itertools.product((-1, 0, 1), repeat=len(bins))))
    return Lines(np.array(shape[:-1]), strides, np.sort(steps @ strides), units)


def _n_bins(shape: tuple[int, ...], units: NDArray[np.float64]) -> list[int]:
    """Along each axis but the last, with an empty bin at both ends."""
    return [
        math.floor((length - 1) * unit * _BINS) + 3 for length, unit in zip(shape[:-1], units[:-1], strict=True)
    ]


def as_centers(
    places: NDArray[Any], colors: NDArray[Any], weights: NDArray[Any], is_there: NDArray[np.bool_], lines: Lines
) -> Centers:
    """Sort centers into bins."""
    inner = np.floor(places[:, :-1].astype(np.float64) * _BINS).astype(np.int64) + 1
    bins = np.where(is_there, inner @ lines.strides, -1)
    order = np.argsort(bins, kind="stable")[np.count_nonzero(~is_there) :]
    n_bins = _n_bins((*lines.lengths.tolist(), 1), lines.units)[0] * int(lines.strides[0])
    begins = np.searchsorted(bins[order], np.arange(n_bins + 1))
    return Centers(places, colors, weights, order.astype(np.int32), begins)


@kernel()
def reach(place: float, unit: float, length: int) -> tuple[int, int]:
    """The pixels of a line that are at most a cell's side from a place: the first, and one past the last."""
    left = max(math.ceil((place - 1) / unit), 0)
    return left, min(math.floor((place + 1) / unit) + 1, length)


@kernel()
def windows_across(
    line: int,
    length: int,
    lines: Lines,
    centers: Centers,
    index: NDArray[np.int64],
    near: NDArray[np.int32],
    queries: NDArray[Any],
) -> int:
    """Find the centers whose windows a line crosses, and return how many.

    `index` becomes the line's; `near` has each center and the part of the line, `queries` what distances are made
    of.
    """
    order, begins, around, places = centers.order, centers.begins, lines.around, centers.places
    colors, weights, units, lengths = centers.colors, centers.weights, lines.units, lines.lengths
    home, last, n = 0, len(units) - 1, 0
    for back in range(last):
        axis = last - 1 - back
        index[axis] = line % lengths[axis]
        line //= lengths[axis]
        home += (math.floor(index[axis] * units[axis] * _BINS) + 1) * lines.strides[axis]
    for i in range(len(around)):
        for j in range(begins[home + around[i]], begins[home + around[i] + 1]):
            k, across, is_near = order[j], 0.0, True
            for axis in range(last):
                apart = index[axis] * units[axis] - np.float64(places[k, axis])
                is_near = is_near and abs(apart) <= 1
                across += apart * apart
            along = np.float64(places[k, last])
            left, right = reach(along, units[last], length)
            if not is_near or left >= right:
                continue
            near[n, 0], near[n, 1], near[n, 2] = k, left, right
            queries[n, 0], queries[n, 1], queries[n, 2] = across, left * units[last] - along, weights[k]
            for c in range(colors.shape[1]):
                queries[n, 3 + c] = colors[k, c]
            n += 1
    return n

"""Coarser grids: along each of the last three axes two neighbors become one cell, mirrored about the middle.

Where a line has an odd number of cells, its middle one stays alone, or takes its two neighbors in: so flipped
grids have flipped cells. Sums over a cell are taken in float64, and rounded once.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.solvers.grid_laplacian import Laplacian, laplacian, padding

_AXES = 3
"""So many axes, the last ones, become shorter."""


class Cells(NamedTuple):
    """How cells of a grid, as (outer, planes, rows, columns), are joined along the last three axes."""

    fine: NDArray[np.int64]
    """(4,), the lengths of the axes."""
    coarse: NDArray[np.int64]
    """(4,), the lengths afterwards."""
    middle: NDArray[np.int64]
    """(4,), the number of the cell in the middle of an axis of odd length, or one beyond the last cell."""
    shift: NDArray[np.int64]
    """(4,), what the cell in the middle has more, or less, than two."""


def cells_of(shape: tuple[int, ...]) -> Cells:
    """Halve the last three axes of a grid, each unless it has one pixel only."""
    last = (1,) * (_AXES - len(shape)) + shape[-_AXES:]
    halved = [(math.prod(shape[:-_AXES]), math.prod(shape[:-_AXES]), 0, 0), *map(_halved, last)]
    return Cells(*np.array(halved, np.int64).T.copy())


def coarse_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that `cells_of` leads to."""
    return shape[:-_AXES] + tuple(_halved(length)[1] for length in shape[-_AXES:])


def _halved(length: int) -> tuple[int, int, int, int]:
    if length % 2 == 0:
        return length, length // 2, length, 0
    pairs = (length - 1) // 2 // 2
    middle = length - 4 * pairs
    return length, 2 * pairs + 1, pairs, middle - 2


def coarse_laplacian(fine: Laplacian, shape: tuple[int, ...]) -> Laplacian:
    """The Laplacian between cells: links are sums of those across the border of two cells."""
    coarser, cells = coarse_shape(shape), cells_of(shape)
    pad, size = padding(coarser), math.prod(coarser)
    links, written = np.zeros((max(1, _n_axes(coarser)), pad + size + pad), np.float32), 0
    for axis, of_axis in zip((a for a, length in enumerate(shape) if length > 1), fine.links, strict=False):
        if coarser[axis] == 1:
            continue
        grid = of_axis[padding(shape) :][: math.prod(shape)].reshape(shape)
        across, joined = cells, grid
        if axis >= len(shape) - _AXES:
            place = axis - len(shape) + _AXES + 1
            across, joined = _across(cells, place), grid.take(_last_of_cells(cells, place), axis=axis)
        out = links[written, pad : pad + size]
        restrict(across, np.ascontiguousarray(joined).reshape(-1), out)
        written += 1
    absorption = np.empty(size, np.float32)
    restrict(cells, fine.absorption, absorption)
    return laplacian(coarser, links, absorption)


def _n_axes(shape: tuple[int, ...]) -> int:
    return sum(length > 1 for length in shape)


def _last_of_cells(cells: Cells, place: int) -> NDArray[np.int64]:
    """The last index along an axis of each cell: only its links lead to the next cell."""
    return _begins(cells, place)[1:] - 1


def _across(cells: Cells, place: int) -> Cells:
    """The same cells, but one along an axis for each index: links have been picked there."""
    fine, middle, shift = cells.fine.copy(), cells.middle.copy(), cells.shift.copy()
    fine[place], middle[place], shift[place] = cells.coarse[place], -1, 0
    return Cells(fine, cells.coarse, middle, shift)


def _begins(cells: Cells, place: int) -> NDArray[np.int64]:
    """Where along an axis each cell begins, and the end."""
    numbers = np.arange(cells.coarse[place] + 1)
    if cells.fine[place] == cells.coarse[place]:
        return numbers
    return 2 * numbers + cells.shift[place] * (numbers > cells.middle[place])


def restrict(cells: Cells, fine: NDArray[np.float32], coarse: NDArray[np.float32]) -> None:
    """Write the sum over each cell."""
    n_rows, per_row = int(cells.coarse[:3].prod()), int(cells.fine.prod() // cells.coarse[:3].prod())
    run_bands(restrict_rows, n_rows, 2 * per_row, cells, fine, coarse)


def prolong(cells: Cells, coarse: NDArray[np.float32], fine: NDArray[np.float32]) -> None:
    """Add the value of its cell to each pixel."""
    n_rows, per_row = int(cells.coarse[:3].prod()), int(cells.fine.prod() // cells.coarse[:3].prod())
    run_bands(prolong_rows, n_rows, 2 * per_row, cells, coarse, fine)


def _restrict_numpy(cells: Cells, fine: Any, coarse: Any, start: int, stop: int) -> None:
    sums = fine.reshape(cells.fine).astype(np.float64)
    for place in range(1, 4):
        sums = np.add.reduceat(sums, _begins(cells, place)[:-1], axis=place)
    width = int(cells.coarse[3])
    coarse[start * width : stop * width] = sums.reshape(-1)[start * width : stop * width]


@kernel(numpy=_restrict_numpy)
def restrict_rows(
    cells: Cells, fine: NDArray[np.float32], coarse: NDArray[np.float32], start: int, stop: int
) -> None:
    width, n_fine = cells.coarse[3], cells.fine[3]
    sums = np.empty(width)
    for row in range(start, stop):
        for c in range(width):
            sums[c] = 0.0
        outer = row // (cells.coarse[1] * cells.coarse[2])
        rest = row - outer * cells.coarse[1] * cells.coarse[2]
        p_first, p_last = _children(cells, 1, rest // cells.coarse[2])
        r_first, r_last = _children(cells, 2, rest % cells.coarse[2])
        for plane in range(p_first, p_last):
            for line in range(r_first, r_last):
                _add_cells(cells, fine[((outer * cells.fine[1] + plane) * cells.fine[2] + line) * n_fine :], sums)
        out = coarse[row * width :]
        for c in range(width):
            out[c] = np.float32(sums[c])


@kernel()
def _children(cells: Cells, place: int, number: int) -> tuple[int, int]:
    """The indices along an axis that a cell has."""
    if cells.fine[place] == cells.coarse[place]:
        return number, number + 1
    first = 2 * number + (cells.shift[place] if number > cells.middle[place] else 0)
    size = 2 + (cells.shift[place] if number == cells.middle[place] else 0)
    return first, first + size


@kernel()
def _add_cells(cells: Cells, line: NDArray[np.float32], sums: NDArray[np.float64]) -> None:
    """Add a line of pixels to the sums of its cells."""
    width, middle = cells.coarse[3], cells.middle[3]
    if cells.fine[3] == width:
        for c in range(width):
            sums[c] += np.float64(line[c])
        return
    for c in range(min(middle, width)):
        sums[c] += np.float64(line[2 * c]) + np.float64(line[2 * c + 1])
    if middle < width:
        first = 2 * middle
        sums[middle] += np.float64(line[first])
        if cells.shift[3] > 0:
            sums[middle] += np.float64(line[first + 1]) + np.float64(line[first + 2])
        after = line[cells.shift[3] + 2 * (middle + 1) :]
        right = sums[middle + 1 :]
        for c in range(width - middle - 1):
            right[c] += np.float64(after[2 * c]) + np.float64(after[2 * c + 1])


def _prolong_numpy(cells: Cells, coarse: Any, fine: Any, start: int, stop: int) -> None:
    grid = np.arange(cells.coarse[:3].prod()).reshape(*cells.coarse[:3], 1)
    values = coarse[(len(coarse) - cells.coarse.prod()) // 2 :][: cells.coarse.prod()].reshape(cells.coarse)
    values = np.where((start <= grid) & (grid < stop), values, np.float32(0))
    for place in range(1, 4):
        values = values.repeat(np.diff(_begins(cells, place)), axis=place)
    inner = fine[(len(fine) - values.size) // 2 :][: values.size]
    inner += values.reshape(-1)


@kernel(numpy=_prolong_numpy)
def prolong_rows(
    cells: Cells, coarse: NDArray[np.float32], fine: NDArray[np.float32], start: int, stop: int
) -> None:
    """Both arrays are padded."""
    width, n_fine = cells.coarse[3], cells.fine[3]
    pad = (coarse.size - cells.coarse[0] * cells.coarse[1] * cells.coarse[2] * width) // 2
    fine_pad = (fine.size - cells.fine[0] * cells.fine[1] * cells.fine[2] * n_fine) // 2
    for row in range(start, stop):
        outer = row // (cells.coarse[1] * cells.coarse[2])
        rest = row - outer * cells.coarse[1] * cells.coarse[2]
        p_first, p_last = _children(cells, 1, rest // cells.coarse[2])
        r_first, r_last = _children(cells, 2, rest % cells.coarse[2])
        values = coarse[pad + row * width :]
        for plane in range(p_first, p_last):
            for line in range(r_first, r_last):
                begin = ((outer * cells.fine[1] + plane) * cells.fine[2] + line) * n_fine
                _spread(cells, values, fine[fine_pad + begin :])


@kernel()
def _spread(cells: Cells, values: NDArray[np.float32], line: NDArray[np.float32]) -> None:
    """Add the values of cells to a line of pixels."""
    width, middle = cells.coarse[3], cells.middle[3]
    if cells.fine[3] == width:
        for c in range(width):
            line[c] += values[c]
        return
    for c in range(min(middle, width)):
        line[2 * c] += values[c]
        line[2 * c + 1] += values[c]
    if middle < width:
        for i in range(2 * middle, 2 * middle + 2 + cells.shift[3]):
            line[i] += values[middle]
        after = line[cells.shift[3] + 2 * (middle + 1) :]
        right = values[middle + 1 :]
        for c in range(width - middle - 1):
            after[2 * c] += right[c]
            after[2 * c + 1] += right[c]

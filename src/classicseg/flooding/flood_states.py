"""The grid of labels of a flood: how it starts, what its numbers mean meanwhile, and the result that it becomes.

One grid of labels holds the whole state, so that a look at a neighbor is one look at memory:

    =========================  ==================================================================================
    0 (WAITS)                  not reached yet
    1 … MARK - 1               final
    MARK + label               spreads in this ring
    -(MARK + label)            in the queue, a marker: its label stays
    -(label + (ring << bits))  in the queue, reached from this ring, whose other pixels may still change the label
    OUTSIDE                    takes no part, or padding
    =========================  ==================================================================================

A label has `bits` bits, and the number of a ring as many of its own as there are left below MARK. The highest
label, all of whose bits are set, is that of pixels that cannot choose.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.grid import interior_nodes
from classicseg._core.image import Image
from classicseg._core.kernel import kernel

UNDECIDED = -2
"""The label of a pixel that could not choose."""

WAITS, MARK, OUTSIDE = 0, 2**30, 2**31 - 1


def label_grid(markers: NDArray[np.int32], image: Image) -> NDArray[np.int32]:
    """A flat padded grid of the state in which a flood starts: markers are in the queue."""
    labels = np.full([length + 2 for length in image.shape], OUTSIDE, np.int32)
    inner = labels[(slice(1, -1),) * labels.ndim]
    np.negative(markers, out=inner)
    if image.mask is not None:
        np.copyto(inner, OUTSIDE, where=~image.mask)
    return labels.reshape(-1)


def finished(labels: NDArray[np.int32], shape: tuple[int, ...], undecided: int) -> NDArray[np.int32]:
    """Make the result of a grid, in place: its padding is left over at the end.

    `undecided` is the label, on the grid, of pixels that could not choose.
    """
    lines = interior_nodes(shape[:-1]) * (shape[-1] + 2) + 1 if len(shape) > 1 else np.ones(1, np.int64)
    run_bands(_finish, len(lines), shape[-1], labels, lines, shape[-1], undecided, sequential=True)
    return labels[: len(lines) * shape[-1]].reshape(shape)


def _finish_numpy(
    labels: NDArray[np.int32], lines: NDArray[np.int64], length: int, undecided: int, start: int, stop: int
) -> None:
    for line in range(start, stop):
        found = labels[lines[line] : lines[line] + length]
        result = np.where((found <= 0) | (found == OUTSIDE), 0, np.where(found == undecided, UNDECIDED, found))
        labels[line * length : (line + 1) * length] = result


@kernel(numpy=_finish_numpy)
def _finish(
    labels: NDArray[np.int32], lines: NDArray[np.int64], length: int, undecided: int, start: int, stop: int
) -> None:
    """Move the labels of each line to where it is in the image, from states to results."""
    for line in range(start, stop):
        source, target = lines[line], line * length  # never before it: what is written has been read
        for i in range(length):
            label = labels[source + i]
            if label <= 0 or label == OUTSIDE:
                label = np.int32(0)
            labels[target + i] = UNDECIDED if label == undecided else label

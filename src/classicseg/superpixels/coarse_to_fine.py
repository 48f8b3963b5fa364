"""From a start grid to superpixels: blocks of pixels move over their borders, then blocks of half their side.

All blocks are whole where no mask cuts them: the first ones take the cell of their center. Blocks that are not
whole wait for the next finer ones.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from classicseg._core.grid import interior
from classicseg.labeling.numbering import number_by_first_pixel
from classicseg.superpixels.block_levels import MIXED, as_blocks, coarser, finer, halved
from classicseg.superpixels.block_moves import Energy, move_blocks, sums_of
from classicseg.superpixels.cells import Cells
from classicseg.superpixels.part import Part
from classicseg.superpixels.pieces import one_piece_each

_MIN_SHARE = 0.1
"""A superpixel keeps so much of the mean area."""

_TIGHTENING = 3.0
"""How much greater the compactness is for blocks of twice the side: they are not to leak far, pixels are free."""

_ROUNDS = 8
"""How often blocks of one size may decide; those that have no moving neighbors are not asked again."""

_PIXEL_ROUNDS = 4
"""How often pixels may: most of the time goes here."""


class Weights(NamedTuple):
    """What counts beside colors, as a difference of color."""

    compactness: float
    """As much as the side of a superpixel."""
    smoothness: float
    """As much as a border along the side of a pixel."""


def from_coarse_to_fine(
    values: NDArray[np.float32], cells: Cells, part: Part, n: int, weights: Weights
) -> NDArray[np.int32]:
    """Find n superpixels of planes of colors, (channels, spatial shape); 0 takes no part."""
    side, spacing = part.side(n), np.array(part.spacing)
    longest, block = spacing[np.array(part.shape) > 1].max(), 1
    while 4 * block * longest <= side:  # two blocks or more along a superpixel
        block *= 2
    sums = [values]
    while 2 ** len(sums) <= block:
        sums.append(halved(sums[-1]))
    starts = _starts(sums, cells.labels, part, n)
    labels = starts[-1]
    steps = spacing * (weights.compactness * _TIGHTENING ** (len(starts) - 1) / side)
    known = 0 if part.inside is not None else len(starts) - 1
    first = as_blocks(starts[known], sums[known], 2**known, part.shape, steps)
    state = sums_of(first, int(starts[known].max()))
    for level in reversed(range(len(starts))):
        blocks = as_blocks(labels, sums[level], 2**level, part.shape, steps)
        faces = part.faces() * (weights.smoothness**2 * 2.0 ** (level * (part.n_axes - 1)))
        energy = Energy(faces, _MIN_SHARE * part.n_pixels / n)
        for _ in range(_ROUNDS if level else _PIXEL_ROUNDS):
            if not move_blocks(blocks, labels.shape, state, energy):
                break
        labels = interior(blocks.grid, labels.shape)
        if level:
            labels = finer(labels, sums[level - 1].shape[1:])
            for places in (steps, state.totals[:, len(values) :], state.means[:, len(values) :]):
                places /= _TIGHTENING
            if part.inside is not None:
                np.copyto(labels, starts[level - 1], where=labels == MIXED)
    return labels


def _starts(
    sums: list[NDArray[np.float32]], cells: NDArray[np.int32], part: Part, n: int
) -> list[NDArray[np.int32]]:
    """The labels of blocks of each size, pixels first; where all blocks are whole, all but the last are empty."""
    if part.inside is not None:
        return _masked_starts(sums, cells, part.inside, n)
    lines = [colors.reshape(len(colors), -1, colors.shape[-1]) for colors in sums]
    level = len(sums)
    while True:
        level -= 1
        labels = _at_centers(cells, 2**level)
        if _are_boxes(labels, n):  # as they mostly are: then nothing else is compiled
            labels = number_by_first_pixel(labels)
        else:
            labels = one_piece_each(labels, lines[level], n)
        if labels.max() == n or level == 0:
            return [labels[:0]] * level + [labels]


def _are_boxes(labels: NDArray[np.int32], n: int) -> bool:
    """Whether each of 1 … n is a box, so that it is one piece."""
    boxes = ndimage.find_objects(labels, n)
    if any(box is None for box in boxes):
        return False
    sizes = [math.prod(part.stop - part.start for part in box) for box in boxes]
    return bool((np.bincount(labels.reshape(-1))[1:] == sizes).all())


def _masked_starts(
    sums: list[NDArray[np.float32]], cells: NDArray[np.int32], inside: NDArray[np.bool_], n: int
) -> list[NDArray[np.int32]]:
    """The same within a mask: of all sizes."""
    lines = sums[0].reshape(len(sums[0]), -1, cells.shape[-1])
    aligned = cells.copy()
    are_whole = inside.astype(np.int32)
    for _ in sums[1:]:
        are_whole = coarser(are_whole)
    blocks = np.where(are_whole == 1, _at_centers(cells, 2 ** (len(sums) - 1)), 0)
    for colors in reversed(sums[:-1]):
        blocks = finer(blocks, colors.shape[1:])
    np.copyto(aligned, blocks, where=blocks > 0)
    labels = one_piece_each(aligned, lines, n)
    if labels.max() < n:  # a cell without a block of its own
        labels = one_piece_each(cells, lines, n)
    levels = [labels]
    while len(levels) < len(sums):
        levels.append(coarser(levels[-1]))
    return levels


def _at_centers(cells: NDArray[np.int32], side: int) -> NDArray[np.int32]:
    """The cell of the central pixel of each block."""
    centers = [np.minimum(np.arange(0, length, side) + side // 2, length - 1) for length in cells.shape]
    return np.ascontiguousarray(cells[np.ix_(*centers)])

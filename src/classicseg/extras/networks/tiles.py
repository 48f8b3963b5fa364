"""An image in overlapping tiles of one size, whose predictions are blended where they overlap.

Along an axis there are as few tiles as may be, all of one length, a multiple of the network's stride; what they
reach beyond the image is mirrored. Two neighbors share `overlap` pixels, over which the weight of the one falls as
that of the other rises. Of a row of tiles only what the next row overlaps is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Box = tuple[slice, slice]
Probabilities = NDArray[np.float32]
Predict = Callable[[Box], Probabilities]
"""The probabilities of the classes in a box, which may reach beyond the image: (rows, columns, classes)."""


class Cuts(NamedTuple):
    """The tiles along one axis."""

    n_pixels: int
    length: int
    """Of each tile."""
    overlap: int
    """Pixels that two neighbors share; 0 where there is one tile."""
    n_tiles: int

    def tile(self, i: int) -> slice:
        """Where a tile lies."""
        start = i * (self.length - self.overlap)
        return slice(start, start + self.length)


def cut_axis(n_pixels: int, tile: int, overlap: int, stride: int) -> Cuts:
    """Cut an axis into tiles of at most `tile` pixels, or of one stride."""
    longest = max(tile // stride, 1) * stride
    if n_pixels <= longest:
        return Cuts(n_pixels, -(-n_pixels // stride) * stride, 0, 1)
    shared = min(overlap, longest // 2)
    n_tiles = -(-(n_pixels - shared) // (longest - shared))
    length = -(-(n_pixels + (n_tiles - 1) * shared) // (n_tiles * stride)) * stride
    return Cuts(n_pixels, length, shared, n_tiles)


def blended(predict: Predict, rows: Cuts, columns: Cuts) -> Iterator[tuple[Box, Probabilities]]:
    """Go through an image: boxes without an overlap, and the probabilities in them."""
    above: list[Probabilities] = []
    for i in range(rows.n_tiles):
        below: list[Probabilities] = []
        for k, (place, found) in enumerate(_blended_row(predict, rows.tile(i), columns)):
            if i > 0:
                found[: rows.overlap] *= _rising(rows.overlap)[:, np.newaxis, np.newaxis]
                found[: rows.overlap] += above[k]
            done = rows.length
            if i < rows.n_tiles - 1:
                done -= rows.overlap
                below.append(found[done:] * _rising(rows.overlap)[::-1, np.newaxis, np.newaxis])
            band = _inside(slice(rows.tile(i).start, rows.tile(i).start + done), rows.n_pixels)
            if band.start < band.stop and place.start < place.stop:
                yield (band, place), found[: band.stop - band.start, : place.stop - place.start]
        above = below


def _blended_row(predict: Predict, band: slice, columns: Cuts) -> Iterator[tuple[slice, Probabilities]]:
    """Go through a row of tiles, blended along it."""
    before: Probabilities | None = None
    for k in range(columns.n_tiles):
        place = columns.tile(k)
        found = predict((band, place))
        if before is not None:
            found[:, : columns.overlap] *= _rising(columns.overlap)[:, np.newaxis]
            found[:, : columns.overlap] += before
        done = columns.length
        if k < columns.n_tiles - 1:
            done -= columns.overlap
            before = found[:, done:] * _rising(columns.overlap)[::-1, np.newaxis]
        yield _inside(slice(place.start, place.start + done), columns.n_pixels), found[:, :done]


def mirrored(places: slice, n: int) -> NDArray[np.intp]:
    """The pixels at places that may lie beyond an axis of n: mirrored there, as often as it takes.

    The last pixel is not repeated: where two are equal, networks that pool may take either for the maximum.
    """
    period = max(2 * n - 2, 1)
    folded = np.arange(places.start, places.stop) % period
    return np.minimum(folded, period - folded) if n > 1 else np.zeros_like(folded)


def _rising(n: int) -> NDArray[np.float32]:
    """Weights that rise along an overlap; those that fall along it are the same from its end."""
    return ((np.arange(n) + 0.5) / max(n, 1)).astype(np.float32)


def _inside(places: slice, n: int) -> slice:
    """What of a slice lies within an axis."""
    return slice(places.start, min(places.stop, n))


def checked(found: Any, shape: tuple[int, ...]) -> Probabilities:
    """What a network answered to one tile, (rows, columns, classes), if it can be probabilities."""
    answer = np.asarray(found)
    if answer.shape != shape:
        raise ValueError(
            f"predict returned shape {answer.shape} for a tile; expected {shape}: images, classes "
            "(n_classes), rows and columns"
        )
    if answer.dtype.kind != "f" or not np.isfinite(answer).all():
        raise ValueError(f"predict returned {answer.dtype} with other than finite numbers; expected probabilities")
    sums = answer.sum(axis=1)
    if answer.min() < -1e-3 or np.abs(sums - 1).max() > 1e-3:
        raise ValueError(
            f"predict returned numbers from {answer.min():g} whose sums go to {sums.max():g}; expected "
            "probabilities; take the softmax of scores first"
        )
    clipped = np.maximum(answer[0], 0).astype(np.float32)
    moved = np.moveaxis(clipped / clipped.sum(axis=0), 0, -1)
    return np.array(moved, order="C")

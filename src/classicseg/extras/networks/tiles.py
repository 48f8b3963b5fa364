"""An image in overlapping tiles of one size, whose predictions are blended where they overlap.

Along an axis there are as few tiles as may be, all of one length, which begin at multiples of the network's
stride, as its pools do. All of them together reach to the next such multiple beyond the image, and what they see
there is mirrored: the border of an image looks the same, however it is cut. Neighbors share `overlap` pixels or
more, in the middle of which the weight of the one falls as that of the other rises. Of a row of tiles only what
the next row overlaps is kept.
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
    starts: list[int]

    def tile(self, i: int) -> slice:
        """Where a tile lies."""
        return slice(self.starts[i], self.starts[i] + self.length)

    def shared(self, i: int) -> int:
        """How many pixels a tile shares with the one before it; 0 of the first, and beyond the last."""
        return self.starts[i - 1] + self.length - self.starts[i] if 0 < i < len(self.starts) else 0

    def inside(self, i: int, n: int) -> slice:
        """Where the first n pixels of a tile lie, as far as they are in the image."""
        return slice(self.starts[i], min(self.starts[i] + n, self.n_pixels))


def cut_axis(n_pixels: int, tile: int, overlap: int, stride: int) -> Cuts:
    """Cut an axis into tiles of at most `tile` pixels, or of one stride; the overlap becomes a multiple of it."""
    whole, longest = -(-n_pixels // stride), max(tile // stride, 1)  # counted in strides
    shared = min(-(-overlap // stride), longest // 2)
    if whole <= longest:
        return Cuts(n_pixels, whole * stride, [0])
    n_tiles = -(-(whole - shared) // (longest - shared))
    length = -(-(whole + (n_tiles - 1) * shared) // n_tiles)
    starts = [i * (whole - length) // (n_tiles - 1) * stride for i in range(n_tiles)]
    return Cuts(n_pixels, length * stride, starts)


def blended(predict: Predict, rows: Cuts, columns: Cuts) -> Iterator[tuple[Box, Probabilities]]:
    """Go through an image: boxes without an overlap, and the probabilities in them."""
    above: list[Probabilities] = []
    for i in range(len(rows.starts)):
        below: list[Probabilities] = []
        before, after = rows.shared(i), rows.shared(i + 1)
        done = rows.length - after
        for k, (place, found) in enumerate(_blended_row(predict, rows.tile(i), columns)):
            if i > 0:
                found[:before] *= _rising(before)[:, np.newaxis, np.newaxis]
                found[:before] += above[k]
            below.append(found[done:] * _rising(after)[::-1, np.newaxis, np.newaxis])
            band = rows.inside(i, done)
            yield (band, place), found[: band.stop - band.start, : place.stop - place.start]
        above = below


def _blended_row(predict: Predict, band: slice, columns: Cuts) -> Iterator[tuple[slice, Probabilities]]:
    """Go through a row of tiles, blended along it."""
    left: Probabilities | None = None
    for k in range(len(columns.starts)):
        found = predict((band, columns.tile(k)))
        before, after = columns.shared(k), columns.shared(k + 1)
        if left is not None:
            found[:, :before] *= _rising(before)[:, np.newaxis]
            found[:, :before] += left
        done = columns.length - after
        left = found[:, done:] * _rising(after)[::-1, np.newaxis]
        yield columns.inside(k, done), found[:, :done]


def mirrored(places: slice, n: int) -> NDArray[np.intp]:
    """The pixels at places that may lie beyond an axis of n: mirrored there, as often as it takes.

    The last pixel is not repeated: where two are equal, networks that pool may take either for the maximum.
    """
    period = max(2 * n - 2, 1)
    folded = np.arange(places.start, places.stop) % period
    return np.minimum(folded, period - folded) if n > 1 else np.zeros_like(folded)


def _rising(n: int) -> NDArray[np.float32]:
    """Weights that rise along the middle half of an overlap; those that fall along it are the same from its end.

    Nearest to its border, where a tile knows least of what is around, it has no say.
    """
    return np.clip(2 * (np.arange(n) + 0.5) / max(n, 1) - 0.5, 0, 1).astype(np.float32)


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

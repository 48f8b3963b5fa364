"""The planes that features are looked up in: differences of half-discs, their sums, color, how busy it is around.

All are at half the resolution, of 8 bits, and made for a band of rows: of a large image no more than the
histograms and the features exists at once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.edges.learned.grids import BLUR, blur, double, halve, rows_of
from classicseg.edges.learned.grids import WEIGHTS as WEIGHTS_OF_HALF
from classicseg.edges.learned.half_discs import N_ORIENTATIONS, half_disc_differences
from classicseg.edges.learned.histograms import FULL, GROUPS, SHARES, Histograms

PAD = 16
"""Zeros around the planes: no feature looks farther."""

N_SCALES, N_GROUPS = 4, len(GROUPS)

FINE = ((1, 2.0), (2, 4.0))
"""Of the half-discs at half the resolution: the last step of the blur, and how far the blobs are apart."""

COARSE = ((1, 2.5), (2, 5.0))
"""At a quarter of the resolution."""

WEIGHTS = np.array([[3, 2, 2, 2], [6, 4, 4, 4], [6, 4, 4, 4], [3, 2, 2, 2]])
"""What each scale and group counts for the orientation."""

ALONE = np.array([[12, 13, 12, 2], [0, 2, 0, 0], [1, 2, 0, 4], [2, 0, 1, 2]])
"""What they count where nothing else is asked: fitted to BSDS500's training images by least squares."""

DIFFERENCES = 0
MEANS = DIFFERENCES + N_SCALES * N_ORIENTATIONS * N_GROUPS
SUMS = MEANS + N_SCALES * N_GROUPS
FINE_SUMS = SUMS + N_ORIENTATIONS
BEST = FINE_SUMS + N_ORIENTATIONS
COLORS = BEST + 1
BUSY = COLORS + 12
BORDER = BUSY + 3
N_FEATURE_PLANES = BORDER + 1
"""The first plane of each kind, and all."""

_MASS = 272
"""Times the counts: what sums of colors are divided by."""


class Counts(NamedTuple):
    """What is known of a whole image, at half the resolution."""

    histograms: NDArray[np.uint8]
    colors: NDArray[np.uint16]
    """As in `Histograms`."""
    coarse: NDArray[np.uint8]
    """(2, 8, groups, M', N'), the differences at a quarter of the resolution."""
    border: NDArray[np.uint8]
    """(M, N), pixels to the nearest one that takes no part, or to the border."""


def counts_of(histograms: Histograms) -> Counts:
    """What is known of an image by its soft histograms."""
    counts = histograms.counts
    whole = np.float32(WEIGHTS_OF_HALF)  # nothing is rounded
    quarter = np.concatenate([halve(plane[np.newaxis] * whole) for plane in counts])
    coarse = np.empty((2, N_ORIENTATIONS, N_GROUPS, *quarter.shape[1:]), np.uint8)
    for scale, (step, apart) in enumerate(COARSE):
        _write_differences(quarter, WEIGHTS_OF_HALF, (step, apart), 0, coarse[scale])
    inside = np.pad(counts[-1] > 0, 1)
    border = np.minimum(ndimage.distance_transform_cdt(inside, "chessboard")[1:-1, 1:-1], 255)
    return Counts(*histograms, coarse, border.astype(np.uint8))


class Frames(NamedTuple):
    """The orientations at which the half-discs differ most."""

    ties: NDArray[np.uint8]
    """(M, N), a bit for each that is best; 0 where the half-discs are equal in all."""
    sums: NDArray[np.uint16]
    """(M, N), the weighted sum of their differences there."""

    @classmethod
    def empty(cls, shape: tuple[int, ...]) -> Frames:
        """To be written to."""
        return cls(np.empty(shape, np.uint8), np.empty(shape, np.uint16))

    def rows(self, first: int, last: int) -> Frames:
        """A view of some rows."""
        return Frames(self.ties[first:last], self.sums[first:last])


def feature_planes(
    counts: Counts, first: int, last: int, weights: NDArray[np.int64] = WEIGHTS
) -> tuple[NDArray[np.uint8], Frames]:
    """Planes around rows `first` to `last`, (`N_FEATURE_PLANES`, rows + 2 PAD, N + 2 PAD), and the frames of the
    rows."""
    height, width = counts.border.shape
    begin, end = max(first - PAD, 0), min(last + PAD, height)
    planes = np.zeros((N_FEATURE_PLANES, last - first + 2 * PAD, width + 2 * PAD), np.uint8)
    inner = planes[:, begin - first + PAD : end - first + PAD, PAD : PAD + width]
    by_scale = inner[:MEANS].reshape(N_SCALES, N_ORIENTATIONS, N_GROUPS, *inner.shape[1:])
    for scale, (step, apart) in enumerate(FINE):
        _write_differences(counts.histograms, 1, (step, apart), begin, by_scale[scale])
    for scale, orientation in np.ndindex(len(COARSE), N_ORIENTATIONS):  # few of them as float32 at once
        coarse = counts.coarse[scale, orientation]
        by_scale[len(FINE) + scale, orientation] = double(coarse, (height, width), begin, end)
    frames = Frames.empty(inner.shape[1:])
    run_bands(_sum_up, inner.shape[1], width * 64, inner, weights, frames)
    _write_colors(counts, begin, end, inner)
    inner[BORDER] = counts.border[begin:end]
    return planes, frames.rows(first - begin, last - begin)


def _write_differences(
    histograms: Any, unit: int, scale: tuple[int, float], first: int, out: NDArray[np.uint8]
) -> None:
    """Write the differences of half-discs in rows from `first` on, (8, groups, rows, N), of counts in units."""
    step, apart = scale
    for g, (begin, end) in enumerate(GROUPS):
        rows = first, first + out.shape[2], PAD
        part = np.concatenate([rows_of(histograms[begin:end], *rows), rows_of(histograms[-1:], *rows)])
        part = blur(part, 1, unit)
        if step > 1:
            part = blur(part, step, BLUR)
        found = np.empty((N_ORIENTATIONS, *out.shape[2:]), np.uint8)
        half_disc_differences(part, PAD, apart, FULL * BLUR, found)
        out[:, g] = found


def _write_colors(counts: Counts, first: int, last: int, planes: NDArray[np.uint8]) -> None:
    """Write the colors, blurred more and more, and how many pixels have a gradient."""
    quiet, mass = (counts.histograms[i].astype(np.float32) for i in (-2, -1))
    parts = np.stack([*counts.colors.astype(np.float32), (mass - quiet) * _MASS, mass * _MASS])
    parts = rows_of(parts, first, last, PAD)
    for level in range(4):
        if level:
            parts = blur(parts, 2 ** (level - 1), BLUR)
        own = parts[:, PAD:-PAD, PAD:-PAD]
        shares = own[:4] / np.maximum(own[4], 1)
        planes[COLORS + 3 * level : COLORS + 3 * level + 3] = _color_codes(shares[:3] * np.float32(_MASS * SHARES))
        if level:
            planes[BUSY + level - 1] = np.floor(shares[3] * 255 + np.float32(0.5))


def _color_codes(means: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Codes of L*, a* and b*, 1 to 255."""
    codes = np.empty(means.shape, np.uint8)
    codes[0] = 1 + np.floor(means[0] * np.float32(254 / 3200) + np.float32(0.5))
    apart = means[1:] - np.float32(2048)
    codes[1:] = np.floor(128.5 + apart / (np.abs(apart) + np.float32(20 * 16)) * np.float32(127 * 130 / 110))
    return codes


def _sum_up_numpy(planes: Any, weights: Any, frames: Frames, start: int, stop: int) -> None:
    rows = planes[:, start:stop]
    differences = rows[:MEANS].reshape(N_SCALES, N_ORIENTATIONS, N_GROUPS, *rows.shape[1:]).astype(np.int64)
    rows[MEANS:SUMS] = (differences.sum(axis=1) >> 3).reshape(-1, *rows.shape[1:])
    weighted = differences * weights[:, np.newaxis, :, np.newaxis, np.newaxis]
    sums = [part.sum(axis=(0, 2)) for part in (weighted, weighted[: len(FINE)])]
    whole, fine = (2 * part + np.roll(part, 1, 0) + np.roll(part, -1, 0) for part in sums)
    best = whole.max(axis=0)
    rows[SUMS:FINE_SUMS] = np.minimum(whole * 2 // 270, 255)
    rows[FINE_SUMS:BEST] = np.minimum(fine * 2 // 135, 255)
    rows[BEST] = np.minimum(best * 2 // 270, 255)
    bits = ((whole == best) & (best > 0)) << np.arange(N_ORIENTATIONS)[:, np.newaxis, np.newaxis]
    frames.ties[start:stop], frames.sums[start:stop] = bits.sum(axis=0), best


@kernel(numpy=_sum_up_numpy)
def _sum_up(planes: Any, weights: Any, frames: Frames, start: int, stop: int) -> None:
    """Means over the orientations, sums over scales and groups, and the best orientations, of rows `start` to
    `stop`."""
    width = planes.shape[2]
    whole, fine = np.empty((8, width), np.int32), np.empty((8, width), np.int32)
    mean = np.empty(width, np.int32)
    for y in range(start, stop):
        for k in range(8):
            for x in range(width):
                whole[k, x] = 0
                fine[k, x] = 0
        for s in range(4):
            for g in range(4):
                for x in range(width):
                    mean[x] = 0
                for k in range(8):
                    row = planes[(8 * s + k) * 4 + g, y]
                    _add_weighted(row, np.int64(1), mean)
                    _add_weighted(row, weights[s, g], whole[k])
                    if s < 2:
                        _add_weighted(row, weights[s, g], fine[k])
                row = planes[MEANS + 4 * s + g, y]
                for x in range(width):
                    row[x] = np.uint8(mean[x] >> 3)
        _write_sums(planes, whole, fine, frames.ties[y], frames.sums[y], y)


@kernel()
def _add_weighted(row: Any, weight: Any, total: Any) -> None:
    factor = np.int32(weight)
    for x in range(len(row)):
        total[x] += np.int32(row[x]) * factor


@kernel()
def _write_sums(planes: Any, whole: Any, fine: Any, ties: Any, sums: Any, y: int) -> None:
    """Sums of each orientation with half of those beside it, and which are greatest."""
    for x in range(len(ties)):
        best, tie = 0, 0
        for k in range(8):
            before, after = (k + 7) % 8, (k + 1) % 8
            all_scales = 2 * whole[k, x] + whole[before, x] + whole[after, x]
            fine_scales = 2 * fine[k, x] + fine[before, x] + fine[after, x]
            planes[SUMS + k, y, x] = min(all_scales * 2 // 270, 255)
            planes[FINE_SUMS + k, y, x] = min(fine_scales * 2 // 135, 255)
            if all_scales > best:
                best, tie = all_scales, 0
            if all_scales == best and best > 0:
                tie |= 1 << k
        planes[BEST, y, x] = min(best * 2 // 270, 255)
        ties[x] = tie
        sums[x] = best

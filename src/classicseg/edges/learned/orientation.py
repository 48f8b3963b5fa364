"""Which way the ridges of a map run: along the axis of its greatest curvature, in 256 steps of half a turn.

So flipped and turned maps have flipped and turned orientations, without rounding.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg.edges.learned.grids import BLUR, blur

STEPS = 256
"""Half a turn."""

_MARGIN = 8
"""Pixels that the blurs reach, and more: variances of 1 and 4."""

_HALF_STEPS = STEPS / 2 / math.pi
"""From the angle of twice the orientation to steps."""


def ridge_orientation(strengths: NDArray[np.float32]) -> NDArray[np.float32]:
    """The orientation of the ridges of whole numbers up to 2**16, (M, N): in radians from 0 on, from the columns
    towards the rows."""
    padded = np.pad(strengths, _MARGIN, mode="edge")[np.newaxis]
    cut = slice(_MARGIN - 1, 1 - _MARGIN)
    smooth = blur(blur(padded, 1, BLUR), 2, BLUR)[:, cut, cut]
    steps = np.empty(strengths.shape, np.uint8)
    run_bands(_orient, len(steps), strengths.shape[1], np.ascontiguousarray(smooth)[0], steps)
    return (steps * np.float32(math.pi / STEPS)).astype(np.float32, copy=False)


def steps_of(orientation: NDArray[Any]) -> NDArray[np.uint8]:
    """Orientations in radians in whole steps."""
    return np.mod(np.rint(orientation * (STEPS / math.pi)), STEPS).astype(np.uint8)


def normals(dtype: Any) -> NDArray[Any]:
    """Rows and columns across each orientation, (2, 256): equal but for signs and order where turns map one to
    another."""
    eighth = np.arange(STEPS // 4 + 1) * (math.pi / STEPS)
    sine, cosine = np.sin(eighth), np.cos(eighth)
    sine[-1] = cosine[-1]
    rows = np.concatenate([cosine[:-1], sine[:0:-1], -sine[:-1], -cosine[:0:-1]])
    columns = np.concatenate([sine[:-1], cosine[:0:-1], cosine[:-1], sine[:0:-1]])
    return np.stack([rows, -columns]).astype(dtype)


def _orient_numpy(grid: Any, steps: Any, start: int, stop: int) -> None:
    part = grid[start : stop + 2].astype(np.int64)
    twice = 2 * part[1:-1, 1:-1]
    down = part[:-2, 1:-1] + part[2:, 1:-1] - twice
    right = part[1:-1, :-2] + part[1:-1, 2:] - twice
    both = part[:-2, :-2] + part[2:, 2:] - part[:-2, 2:] - part[2:, :-2]
    apart, turned = 2 * (right - down), both
    place = np.floor(np.arctan2(np.abs(turned), np.abs(apart)) * _HALF_STEPS + 0.5).astype(np.int64)
    place = np.where(apart >= 0, place, STEPS // 2 - place)
    steps[start:stop] = np.where(turned >= 0, place, STEPS - place) % STEPS


@kernel(numpy=_orient_numpy)
def _orient(grid: Any, steps: Any, start: int, stop: int) -> None:
    """The orientation of rows `start` to `stop`, of a grid with a border of one: half the angle of
    (right - down, 2 both)."""
    for y in range(start, stop):
        above, here, below = grid[y], grid[y + 1], grid[y + 2]
        for x in range(steps.shape[1]):
            twice = 2 * np.int64(here[x + 1])
            down = np.int64(above[x + 1]) + np.int64(below[x + 1]) - twice
            right = np.int64(here[x]) + np.int64(here[x + 2]) - twice
            both = np.int64(above[x]) + np.int64(below[x + 2]) - np.int64(above[x + 2]) - np.int64(below[x])
            apart = 2 * (right - down)
            place = math.floor(math.atan2(float(abs(both)), float(abs(apart))) * _HALF_STEPS + 0.5)
            if apart < 0:
                place = 128 - place
            if both < 0:
                place = 256 - place
            steps[y, x] = place % 256

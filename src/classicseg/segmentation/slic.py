"""SLIC: superpixels by k-means over color and place, each center looking no farther than its neighbors do."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.chosen import chose
from classicseg._core.image import Image, as_image, as_spacing
from classicseg._core.numbers import as_choice, as_count, as_number
from classicseg.filters.color import as_lab, lab_steps, LAB_STEPS
from classicseg.superpixels.assignment import Lines, Turn, as_centers, as_lines, assign
from classicseg.superpixels.cells import equal_cells
from classicseg.superpixels.centers import deviations, superpixel_sums
from classicseg.superpixels.pieces import one_piece_each
from classicseg.types import ChannelAxis, Mask, Spacing, Superpixels

_SPREADS = 1.0


def slic_segment(
    image: ArrayLike,
    *,
    n_segments: int = 400,
    compactness: float | Literal["adaptive"] | None = None,
    n_iter: int = 10,
    color_space: Literal["auto", "given", "lab"] = "auto",
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Superpixels:
    """Cut an image.
    """
    n_segments = as_count("n_segments", n_segments)
    n_iter = as_count("n_iter", n_iter, most=1000)
    weigh = _as_compactness(compactness)
    as_choice("color_space", color_space, ["auto", "given", "lab"])
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    spacings = as_spacing(spacing, len(parsed.shape))
    n_pixels = parsed.values[..., 0].size if parsed.mask is None else int(np.count_nonzero(parsed.mask))
    if n_pixels <= n_segments:
        labels = np.arange(1, n_pixels + 1, dtype=np.int32)
        return parsed.scatter(labels)
    values, unit = _colors(parsed, color_space)
    shape = parsed.shape if len(parsed.shape) > 1 else (1, *parsed.shape)
    spacings = spacings if len(parsed.shape) > 1 else (spacings[0], *spacings)
    inside = None if parsed.mask is None else parsed.mask.reshape(shape)
    cells = equal_cells(shape, inside, n_segments, spacings)
    lines = as_lines(shape, np.array(spacings) / cells.size)
    grid = cells.labels.reshape(-1, shape[-1])
    values = values.reshape(len(values), *grid.shape)
    _iterate(values, grid, lines, n_segments, weigh if weigh in (None, "adaptive") else weigh * unit, n_iter, unit)
    cells.labels[...] += 1
    return one_piece_each(cells.labels, values, n_segments).reshape(parsed.shape)


def _as_compactness(compactness):
    if compactness is None or (isinstance(compactness, str) and compactness == "adaptive"):
        return compactness
    return as_number("compactness", compactness, above=0.0)


def _colors(image: Image, color_space: str):
    small = image.values.dtype.kind == "u"
    if color_space == "lab" or (color_space == "auto" and image.n_channels == 3 and small):
        flat = image.values.reshape(-1, image.n_channels)
        if small:
            return lab_steps(flat), LAB_STEPS
        return np.ascontiguousarray(as_lab(flat).T), 1
    return np.ascontiguousarray(np.moveaxis(image.values, -1, 0)).reshape(image.n_channels, -1), 1


SP = "mean"

def spread_of(found):
    rms = np.sqrt(found[:, 1] / np.maximum(found[:, 0], 1))
    if SP == "mean":
        return rms.mean()
    if SP == "median":
        return np.median(rms)
    if SP == "q75":
        return np.quantile(rms, .75)
    if SP == "rms":
        return np.sqrt(found[:, 1].sum() / found[:, 0].sum())

STEP = 2
def _iterate(values, grid, lines: Lines, n: int, compactness, n_iter: int, unit) -> None:
    dtype = np.dtype(np.float64 if values.dtype == np.float64 else np.float32)
    step = min(STEP, n_iter, len(grid))
    parts = [superpixel_sums(values, grid, lines.lengths, n, i, step) for i in range(step)]
    ndim = len(lines.units)
    weights = np.ones(n, dtype)
    for i in range(n_iter):
        sums = sum(parts)
        means = sums[:, 1:] / np.maximum(sums[:, :1], 1)
        if i == 0 and not isinstance(compactness, float):
            found = deviations(values, grid, means[:, ndim:], max(1, len(grid) // 192))
            m = _SPREADS * spread_of(found) or 1.0
            chose(compactness=m / unit)
        elif i == 0:
            m = compactness
        centers = as_centers((means[:, :ndim] * lines.units).astype(dtype), (means[:, ndim:] / m).astype(dtype), weights, sums[:, 0] > 0, lines)
        turn = Turn(dtype.type(1 / m), i % step, step, False) if i < n_iter - 1 else Turn(dtype.type(1 / m), 0, 1, True)
        parts[turn.first], n_changed = assign(values, grid, centers, lines, turn)

"""Local thresholds in tiles: a halo of half a window around each, after what the whole image decides is found."""

from __future__ import annotations

from typing import Any, NamedTuple

import dask.array as da
import numpy as np
from numpy.typing import NDArray

import classicseg
from classicseg._core.image import ValueRange, check_scalar, luminance
from classicseg.extras.dask.chunks import (
    Chunked,
    any_tile,
    bare,
    global_range,
    merged,
    span_of_luminance,
    tile_numbers,
)
from classicseg.extras.dask.halos import over_halo, own_part, with_halo
from classicseg.extras.dask.hysteresis import hysteresis
from classicseg.extras.dask.mirror import tiled_version_of
from classicseg.extras.dask.parts import as_part
from classicseg.extras.dask.recompute import recompute_after
from classicseg.thresholds.local.methods import METHODS, as_local_rule, as_window, split_image
from classicseg.thresholds.local.rules import (
    LocalRule,
    greatest_deviation_of,
    high_contrast,
    mark_contrasts,
    mark_dark,
)
from classicseg.thresholds.local.windows import WholeImage, WindowedImage, as_windowed

_NOTE = """\
The labels are lazy. The extremes of the image are found first, when the function is called, in one pass; "wolf",
"su" and "isauvola" take one more. Tiles overlap by half a window.
"""


@tiled_version_of(classicseg.local_threshold_segment, _NOTE)
def local_threshold_segment(
    parsed: Chunked, *, method: Any, window: Any, k: Any, r: Any, offset: Any, contrast: Any
) -> da.Array:
    rule = as_local_rule(method, k=k, r=r, offset=offset, contrast=contrast)
    sizes = as_window(window, parsed.ndim)
    check_scalar(parsed.n_channels)
    windows, row = _windows(parsed, sizes), METHODS[rule.method]
    halo = tuple(size // 2 for size in sizes)
    if row.of_whole == "greatest deviation":
        rule = rule._replace(of_whole=_greatest_deviation(parsed, halo, windows))
    if row.of_whole == "least contrast":
        rule = rule._replace(of_whole=_least_contrast(parsed, windows))
        halo = tuple(n + 1 for n in halo)
    if row.connects:
        marked = over_halo(parsed, halo, _mark_dark_of_tile, windows=windows, rule=rule, dtype=np.uint8)
        dark, span = hysteresis(marked), windows.span
        labels = recompute_after(parsed, dark).each(_classes_of_tile, dark, span=span, dtype=np.int32)
        decisive, least = marked, 2
    else:
        labels = over_halo(parsed, halo, _split_tile, windows=windows, rule=rule, dtype=np.int32)
        decisive, least = labels, 1
    any_dark = any_tile(bare(decisive).each(_has, label=least))
    return labels if any_dark else da.minimum(labels, np.int32(1))


class Windows(NamedTuple):
    """How a tile is seen as a windowed part of the whole image."""

    span: ValueRange
    whole: WholeImage
    sizes: tuple[int, ...]

    def of(self, values: NDArray[Any], mask: NDArray[np.bool_] | None) -> WindowedImage:
        """The tile with its windows."""
        return as_windowed(luminance(as_part(values, self.span, mask=mask)), self.sizes, self.whole)


def _windows(parsed: Chunked, sizes: tuple[int, ...]) -> Windows:
    """Find what the tiles must know of the whole image: the range of its values, and how many take part."""
    grey = parsed.n_channels == 1
    span = global_range(parsed, extremes=grey)
    known = span if grey else span_of_luminance(parsed, span)
    return Windows(span, WholeImage((known.low, known.high), known.n_pixels, parsed.shape), sizes)


def _greatest_deviation(parsed: Chunked, halo: tuple[int, ...], windows: Windows) -> float:
    """The greatest standard deviation of the windows of all tiles."""
    wide, depth = with_halo(parsed, halo)
    numbers = tile_numbers(wide.chunks)
    found = wide.each(_deviation_of_tile, numbers, depth=depth, grid=wide.grid, windows=windows)
    return merged(found, max)


def _least_contrast(parsed: Chunked, windows: Windows) -> int:
    """The least mark of high contrast, by the marks of all tiles."""
    marks = over_halo(parsed, (1,) * parsed.ndim, _contrasts_of_tile, windows=windows, dtype=np.uint8)
    return high_contrast(merged(bare(marks).each(_count_marks), _add))


def _deviation_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    number: NDArray[np.int64],
    *,
    depth: dict[int, int],
    grid: tuple[int, ...],
    windows: Windows,
) -> float:
    image = windows.of(values, mask)
    counted = np.zeros(values.shape[:-1], np.uint8)
    counted[own_part(number, grid, depth)] = 1
    own = counted.reshape(image.values.shape)
    return greatest_deviation_of(image, own * image.inside if len(image.inside) else own)


def _contrasts_of_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, windows: Windows
) -> NDArray[np.uint8]:
    return mark_contrasts(windows.of(values, mask)).reshape(values.shape[:-1])


def _mark_dark_of_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, windows: Windows, rule: LocalRule
) -> NDArray[np.uint8]:
    return mark_dark(windows.of(values, mask), rule).reshape(values.shape[:-1])


def _split_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, windows: Windows, rule: LocalRule
) -> NDArray[np.int32]:
    return split_image(windows.of(values, mask), rule)[0].reshape(values.shape[:-1])


def _classes_of_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, dark: NDArray[np.bool_], *, span: ValueRange
) -> NDArray[np.int32]:
    return np.where(as_part(values, span, mask=mask).mask_array(), 2 - dark, 0).astype(np.int32)


def _count_marks(marks: NDArray[np.uint8], mask: None) -> NDArray[np.int64]:
    return np.bincount(marks.reshape(-1), minlength=256)


def _add(counts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.sum(counts, axis=0)


def _has(labels: NDArray[Any], mask: None, *, label: int) -> bool:
    return bool((labels == label).any())

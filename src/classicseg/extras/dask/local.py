"""Local thresholds: each tile sees the windows of its pixels whole; what is of the image is found first."""

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
from classicseg.thresholds.local.rules import (
    LocalRule,
    as_local_rule,
    as_window,
    dark_pieces,
    greatest_deviation_of,
    high_contrast,
    mark_contrasts,
    split_field,
)
from classicseg.thresholds.local.windows import FieldSpan, WindowedImage, as_field

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
    fields = _fields(parsed, sizes)
    half = tuple(size // 2 for size in sizes)
    if rule.method == "wolf":
        rule = rule._replace(found=_greatest_deviation(parsed, half, fields))
    if rule.method in ("su", "isauvola"):
        rule = rule._replace(found=_least_contrast(parsed, fields))
        half = tuple(n + 1 for n in half)
    if rule.method == "isauvola":
        pieces = over_halo(parsed, half, _dark_pieces_of_tile, fields=fields, rule=rule, dtype=np.uint8)
        dark, span = hysteresis(pieces), fields.span
        labels = recompute_after(parsed, dark).each(_classes_of_tile, dark, span=span, dtype=np.int32)
        decisive, least = pieces, 2
    else:
        labels = over_halo(parsed, half, _split_tile, fields=fields, rule=rule, dtype=np.int32)
        decisive, least = labels, 1
    held = bare(decisive).each(_has, label=least)
    return labels if any_tile(held) else da.minimum(labels, np.int32(1))


class Fields(NamedTuple):
    """How a tile becomes a field."""

    span: ValueRange
    whole: FieldSpan
    sizes: tuple[int, ...]

    def of(self, values: NDArray[Any], mask: NDArray[np.bool_] | None) -> WindowedImage:
        return as_field(luminance(as_part(values, self.span, mask=mask)), self.sizes, self.whole)


def _fields(parsed: Chunked, sizes: tuple[int, ...]) -> Fields:
    grey = parsed.n_channels == 1
    span = global_range(parsed, extremes=grey)
    known = span if grey else span_of_luminance(parsed, span)
    return Fields(span, FieldSpan((known.low, known.high), known.n_pixels, parsed.shape), sizes)


def _greatest_deviation(parsed: Chunked, reach: tuple[int, ...], fields: Fields) -> float:
    wide, depth = with_halo(parsed, reach)
    numbers = tile_numbers(wide.chunks)
    found = wide.each(_deviation_of_tile, numbers, depth=depth, grid=wide.grid, fields=fields)
    return merged(found, max)


def _least_contrast(parsed: Chunked, fields: Fields) -> int:
    marks = over_halo(parsed, (1,) * parsed.ndim, _contrasts_of_tile, fields=fields, dtype=np.uint8)
    return high_contrast(merged(bare(marks).each(_count_marks), _add))


def _deviation_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    number: NDArray[np.int64],
    *,
    depth: dict[int, int],
    grid: tuple[int, ...],
    fields: Fields,
) -> float:
    field = fields.of(values, mask)
    counted = np.zeros(values.shape[:-1], np.uint8)
    counted[own_part(number, grid, depth)] = 1
    own = counted.reshape(field.values.shape)
    return greatest_deviation_of(field, own * field.marks if len(field.marks) else own)


def _contrasts_of_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, fields: Fields
) -> NDArray[np.uint8]:
    return mark_contrasts(fields.of(values, mask)).reshape(values.shape[:-1])


def _dark_pieces_of_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, fields: Fields, rule: LocalRule
) -> NDArray[np.uint8]:
    return dark_pieces(fields.of(values, mask), rule).reshape(values.shape[:-1])


def _split_tile(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, *, fields: Fields, rule: LocalRule
) -> NDArray[np.int32]:
    return split_field(fields.of(values, mask), rule)[0].reshape(values.shape[:-1])


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

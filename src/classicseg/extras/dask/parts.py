"""A tile as a part of an image: the value range that all tiles must agree on before any of them is worked on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import (
    Image,
    ValueRange,
    as_canonical,
    check_largest,
    read_values,
    without_missing,
    working_dtype,
)
from classicseg.labeling.components import connected_components
from classicseg.labeling.tile_merging import TileMask, marked_components_at
from classicseg.types import Mask


def range_of(tile: ArrayLike, *, mask: Mask = None) -> ValueRange:
    """Measure the valid values of a tile, channels last."""
    values, given = read_values(tile, -1, mask)
    values, given, low, high = without_missing(values, given)
    if given is None or given.all():
        return ValueRange(values.dtype, low.item(), high.item(), values[..., 0].size)
    valid = values[given]
    if not len(valid):
        return ValueRange(values.dtype, 0, 0, 0)
    return ValueRange(values.dtype, valid.min().item(), valid.max().item(), len(valid))


def merge_ranges(ranges: Sequence[ValueRange]) -> ValueRange:
    """The value range of several tiles together."""
    known = [one for one in ranges if one.n_pixels] or ranges[:1]
    low, high = min(one.low for one in known), max(one.high for one in known)
    return ValueRange(known[0].dtype, low, high, sum(one.n_pixels for one in known))


def as_part(tile: ArrayLike, span: ValueRange, *, mask: Mask = None) -> Image:
    """Parse a tile, channels last, so that it is worked on as in the whole image, whose value range `span` is.

    A range of 0 pixels tells the dtype of the whole alone.
    """
    values, given = read_values(tile, -1, mask)
    values, given, low, high = without_missing(values, given)
    check_largest(ValueRange(values.dtype, low.item(), high.item(), values.size))
    whole = given is None or given.all()
    canonical = as_canonical(values.astype(working_dtype(span), copy=False))
    return Image(
        canonical, None if whole else given, (float(span.low), float(span.high)) if span.n_pixels else None
    )


def marked_components(inside: NDArray[Any], places: Any, connectivity: int = 1) -> TileMask:
    """The connected components of a tile's pixels that are not 0, and which of them hold a pixel of `places`."""
    components = connected_components(np.ascontiguousarray(inside).view(np.uint8), connectivity)
    return marked_components_at(components, places, components)

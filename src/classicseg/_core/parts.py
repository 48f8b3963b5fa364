"""An image that is a part of another: what all parts must agree on before any of them is worked on."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from classicseg._core.image import (
    Image,
    ValueRange,
    _as_values,
    _canonical,
    _check_largest,
    _taking_part,
    working_dtype,
)
from classicseg.types import Mask


def range_of(image: ArrayLike, *, mask: Mask = None) -> ValueRange:
    """Measure a part of an image, channels last: what takes part in it."""
    values, given = _as_values(image, -1, mask)
    values, given, low, high = _taking_part(values, given)
    if given is None or given.all():
        return ValueRange(values.dtype, low.item(), high.item(), values[..., 0].size)
    known = values[given]
    if not len(known):
        return ValueRange(values.dtype, 0, 0, 0)
    return ValueRange(values.dtype, known.min().item(), known.max().item(), len(known))


def merge_ranges(spans: Sequence[ValueRange]) -> ValueRange:
    """The span of several parts together."""
    held = [span for span in spans if span.n_pixels] or spans[:1]
    low, high = min(span.low for span in held), max(span.high for span in held)
    return ValueRange(held[0].dtype, low, high, sum(span.n_pixels for span in held))


def as_part(image: ArrayLike, span: ValueRange, *, mask: Mask = None) -> Image:
    """Parse a part of an image, channels last, such that it works as in the whole, which has this span.

    Where that counts no pixels, only the dtype is known.
    """
    values, given = _as_values(image, -1, mask)
    values, given, low, high = _taking_part(values, given)
    _check_largest(ValueRange(values.dtype, low.item(), high.item(), values.size))
    whole = given is None or given.all()
    canonical = _canonical(values.astype(working_dtype(span), copy=False))
    return Image(
        canonical, None if whole else given, (float(span.low), float(span.high)) if span.n_pixels else None
    )

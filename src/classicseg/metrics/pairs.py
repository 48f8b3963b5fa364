"""What every score begins with: a truth and the labels to judge, of one shape, and which of their pixels count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import masked_in
from classicseg._core.image import as_classes, as_mask
from classicseg._core.numbers import as_count
from classicseg.types import Mask

NOTHING_LEFT = "mask and ignore_label leave no pixel of truth; expected at least one that takes part"


class Pair(NamedTuple):
    """Two label images."""

    truth: NDArray[Any]
    """uint8, uint16 or int32."""
    labels: NDArray[Any]
    """uint8, uint16 or int32, the same shape."""
    inside: NDArray[np.bool_] | None
    """The same shape, True where a pixel takes part; None where all do."""


def as_pair(truth: ArrayLike, labels: ArrayLike, *, ignore_label: int | None = None, mask: Mask = None) -> Pair:
    """Parse a truth and labels; at least one pixel takes part."""
    pair = part_of_pair(truth, labels, ignore_label=ignore_label, mask=mask)
    if pair.inside is not None and not pair.inside.any():
        raise ValueError(NOTHING_LEFT)
    return pair


def part_of_pair(
    truth: ArrayLike, labels: ArrayLike, *, ignore_label: int | None = None, mask: Mask = None
) -> Pair:
    """Parse a truth and labels, or a part of them, in which no pixel need take part."""
    ours, theirs = as_classes(truth, "truth"), as_classes(labels, "labels")
    if ours.shape != theirs.shape:
        raise ValueError(f"labels have shape {theirs.shape}; expected that of truth, {ours.shape}")
    inside = as_mask(mask, ours.shape)
    left_out = [hidden for array in (truth, labels) if (hidden := masked_in(array)) is not None]
    if ignore_label is not None:
        left_out.append(ours == as_count("ignore_label", ignore_label, least=0))
    for outside in left_out:
        inside = ~outside if inside is None else inside & ~outside
    return Pair(ours, theirs, inside)


def as_truths(truth: ArrayLike | Sequence[ArrayLike]) -> list[Any]:
    """Tell several truths (a list or tuple of arrays of two axes or more) from one."""
    if isinstance(truth, list | tuple):
        if not truth:
            raise ValueError("truth is an empty sequence; expected one label image or more")
        if all(isinstance(one, np.ndarray) and one.ndim > 1 for one in truth):
            return list(truth)
    return [truth]

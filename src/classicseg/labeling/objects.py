"""Objects as they are given: a set of pixels, whose connected components they are, or labels, one for each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_array
from classicseg._core.bands import run_bands
from classicseg._core.grid import look_up
from classicseg._core.image import as_canonical, as_classes, as_labels, as_mask
from classicseg._core.kernel import kernel
from classicseg._core.numbers import as_count
from classicseg.labeling.components import connected_runs
from classicseg.labeling.numbering import small_labels
from classicseg.labeling.run_lengths import RunLengths, expand
from classicseg.types import Mask


class Objects(NamedTuple):
    """Objects, numbered, and what gives them their names back."""

    numbers: NDArray[np.int32] | RunLengths
    """Of labels an image, of a set the runs of its components; 0 is background, or takes no part."""
    names: NDArray[Any]
    """(n + 1,), the label of each number, or True."""
    inside: NDArray[np.bool_] | None
    """Where pixels take part; None where all do."""


def as_objects(labels: ArrayLike, connectivity: int, mask: Mask) -> Objects:
    """Parse a set of pixels, or labels from 0 on."""
    parsed, inside, is_set = as_masked_classes(labels, mask)
    connectivity = as_count("connectivity", connectivity, most=parsed.ndim)
    if is_set:
        runs = connected_runs(parsed, connectivity)
        return Objects(runs, np.arange(int(runs.labels.max(initial=0)) + 1) > 0, inside)
    return Objects(*small_labels(parsed), inside)


def as_masked_labels(labels: ArrayLike, mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.bool_] | None, bool]:
    """Parse labels, 0 where a pixel takes no part; where pixels take part; and whether they came as a set."""
    parsed, inside, is_set = as_masked_classes(labels, mask)
    return (as_canonical(parsed.astype(np.int32)) if is_set else parsed), inside, is_set


def as_masked_classes(labels: ArrayLike, mask: Mask) -> tuple[NDArray[Any], NDArray[np.bool_] | None, bool]:
    """The same, with sets as 0 and 1 in uint8, a quarter of the memory; labels are int32."""
    array, _ = as_array("labels", labels, "iub", "integers or bool; cast it first")
    is_set = array.dtype == np.bool_
    parsed = as_classes(labels) if is_set else as_labels(labels)
    inside = as_mask(mask, parsed.shape)
    if inside is not None:
        parsed = as_canonical(np.where(inside, parsed, parsed.dtype.type(0)))
    return parsed, inside, is_set


def only(objects: Objects, kept: NDArray[np.bool_]) -> NDArray[Any]:
    """The objects that are kept, (n + 1,), by their names: bool of a set, int32 of labels."""
    kept[0] = False
    names = np.where(kept, objects.names, objects.names.dtype.type(0))
    if isinstance(objects.numbers, RunLengths):
        return expand(objects.numbers, names)
    return look_up(names, objects.numbers)


def areas_of(objects: Objects) -> NDArray[np.int64]:
    """The number of pixels of each object, (n + 1,)."""
    areas = np.zeros(len(objects.names), np.int64)
    if isinstance(objects.numbers, RunLengths):
        _, stops, numbers = objects.numbers
        run_bands(_add_runs, len(stops), 1, stops, numbers, areas, sequential=True)
    else:
        flat = objects.numbers.reshape(-1)
        run_bands(_add_pixels, flat.size, 1, flat, areas, sequential=True)
    return areas


def _add_runs_numpy(
    stops: NDArray[Any], numbers: NDArray[np.int32], areas: NDArray[np.int64], start: int, stop: int
) -> None:
    lengths = np.diff(stops[start:stop], prepend=stops[start - 1] if start else 0)
    np.add.at(areas, numbers[start:stop], lengths)


@kernel(numpy=_add_runs_numpy)
def _add_runs(
    stops: NDArray[Any], numbers: NDArray[np.int32], areas: NDArray[np.int64], start: int, stop: int
) -> None:
    """Add the lengths of runs to the areas."""
    first = int(stops[start - 1]) if start > 0 else 0
    for run in range(start, stop):
        last = int(stops[run])
        areas[numbers[run]] += last - first
        first = last


def _add_pixels_numpy(numbers: NDArray[np.int32], areas: NDArray[np.int64], start: int, stop: int) -> None:
    areas += np.bincount(numbers[start:stop], minlength=len(areas))


@kernel(numpy=_add_pixels_numpy)
def _add_pixels(numbers: NDArray[np.int32], areas: NDArray[np.int64], start: int, stop: int) -> None:
    """Add pixels to the areas, equal ones that follow each other at once."""
    first = start
    for i in range(start + 1, stop):
        if numbers[i] != numbers[i - 1]:
            areas[numbers[i - 1]] += i - first
            first = i
    areas[numbers[stop - 1]] += stop - first

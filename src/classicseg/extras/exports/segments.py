"""What several formats make of labels: their polygons, names and colors, and rings that lead into holes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

import classicseg
from classicseg._core.image import as_labels
from classicseg.types import RegionOutline

COLORS = np.array(
    [(230, 25, 75), (60, 180, 75), (0, 130, 200), (245, 130, 48), (145, 30, 180), (70, 240, 240), (240, 50, 230),
     (210, 245, 60), (0, 128, 128), (170, 110, 40)]
)  # fmt: skip
"""Red, green and blue that are told apart easily; the labels take them in turn."""


class Outlined(NamedTuple):
    """The polygons of one label."""

    label: int
    pieces: list[RegionOutline]


def as_plane(labels: ArrayLike) -> NDArray[np.int32]:
    """Parse labels of a plane."""
    plane = as_labels(labels)
    if plane.ndim != 2:
        raise ValueError(
            f"labels have shape {plane.shape}; expected a plane, (M, N); write a volume plane by plane"
        )
    return plane


def outlined(labels: NDArray[np.int32], tolerance: float = 0.0) -> Iterator[Outlined]:
    """Go through the labels, each with all of its polygons."""
    pieces: list[RegionOutline] = []
    for piece in classicseg.region_outlines(labels, tolerance=tolerance).polygons():
        if pieces and pieces[0].label != piece.label:
            yield Outlined(pieces[0].label, pieces)
            pieces = []
        pieces.append(piece)
    if pieces:
        yield Outlined(pieces[0].label, pieces)


def said_of(properties: Mapping[str, ArrayLike] | None) -> dict[int, dict[str, Any]]:
    """What the columns of a table say of each label but its number; what JSON has no number for is left out."""
    if properties is None:
        return {}
    columns = {name: np.asarray(column) for name, column in properties.items()}
    if "label" not in columns:
        raise ValueError(
            f"properties has the columns {', '.join(columns)}; expected one named label, as a region_table has"
        )
    sizes = {name: column.shape for name, column in columns.items()}
    if set(sizes.values()) != {(len(columns["label"]),)}:
        raise ValueError(f"properties has columns of the shapes {sizes}; expected one number for each label")
    found: dict[int, dict[str, Any]] = {label: {} for label in columns.pop("label").tolist()}
    for name, column in columns.items():
        for said, value in zip(found.values(), column.tolist(), strict=True):
            if not isinstance(value, float) or math.isfinite(value):
                said[name] = value
    return found


def name_of(label: int, *, is_class: bool) -> str:
    """What a segment is called: regions are all of one kind, each class is one."""
    return f"class {label}" if is_class else "region"


def color_of(label: int) -> list[int]:
    """Red, green and blue of a label."""
    return [int(value) for value in COLORS[(label - 1) % len(COLORS)]]


def cut_open(piece: RegionOutline) -> NDArray[np.int32]:
    """One ring around a polygon, for formats that hold no holes: it goes into each hole and back on one line."""
    ring = piece.exterior
    for hole in sorted(piece.holes, key=lambda points: (points[:, 1].min(), points[:, 0].min())):
        leftmost = np.flatnonzero(hole[:, 1] == hole[:, 1].min())
        at = int(leftmost[np.argmin(hole[leftmost, 0])])
        place, point = _left_of(ring, hole[at])
        inward = np.concatenate([hole[at:], hole[: at + 1], point])
        ring = np.concatenate([ring[: place + 1], point, inward, ring[place + 1 :]])
    return ring


def _left_of(ring: NDArray[np.int32], point: NDArray[np.int32]) -> tuple[int, NDArray[np.int32]]:
    """The nearest place on a ring to the left of a point: after which vertex, and where, (1, 2)."""
    row, column = (int(value) for value in point)
    ends = np.roll(ring, -1, axis=0)
    low, high = np.minimum(ring[:, 0], ends[:, 0]), np.maximum(ring[:, 0], ends[:, 0])
    is_beside = (ring[:, 1] == ends[:, 1]) & (low <= row) & (row <= high) & (ring[:, 1] <= column)
    places = np.flatnonzero(is_beside)
    place = int(places[np.argmax(ring[places, 1])])
    return place, np.array([[row, ring[place, 1]]], np.int32)

"""GeoJSON (RFC 7946): a feature for each label, in pixels or on a map, or as QuPath takes it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import classicseg
from classicseg._core.numbers import as_flag, as_numbers
from classicseg.extras.exports.json_lines import write_lines
from classicseg.extras.exports.segments import Outlined, as_plane, color_of, name_of, outlined, said_of
from classicseg.extras.files import Geometry

_EPSG = re.compile(r"EPSG:([0-9]+)", re.IGNORECASE)


def write_geojson(
    path: str | os.PathLike[str],
    labels: ArrayLike,
    *,
    transform: Sequence[float] | None = None,
    crs: str | None = None,
    properties: Mapping[str, ArrayLike] | None = None,
    tolerance: float = 0.0,
) -> None:
    """Write the outlines of segments as GeoJSON.

    Parameters
    ----------
    path : path-like
        Where to write.
    labels : array_like of int or bool, shape (M, N)
        Segments; 0 belongs to none.
    transform : sequence of 6 floats, optional
        Map coordinates of the corners of pixels: x = a · column + b · row + c and y = d · column + e · row + f, in
        the order a … f, as rasterio has them. By default x is the column and y the row.
    crs : str, optional
        The reference system of the map coordinates, such as "EPSG:32633", which GDAL and geopandas read. By
        default the file names none; GIS software then takes coordinates for longitude and latitude.
    properties : mapping of str to array_like, optional
        What else to say of each label: the columns of a `region_table`, or others beside one named ``label``.
    tolerance : float, default 0.0
        How far, in pixels, points that are left out may lie from the line that replaces them. 0: none is left out.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, or `transform` or `tolerance` is no number.
    ValueError
        If `labels` is not a plane, is empty or holds numbers outside 0 … 2147483647, `transform` is not
        invertible, or `properties` has no column ``label`` or columns of several lengths.
    OSError
        If it cannot be written.

    See Also
    --------
    write_qupath : The same with what QuPath wants to know.

    Notes
    -----
    Each label is a feature, whose ``id`` is the label: a Polygon with its holes, or a MultiPolygon of all its
    pieces, with ``label``, ``area`` and ``centroid`` (both of the exact pixels, in units of the coordinates) as
    properties, and those that are given, in their own units; of these, what is NaN is left out.

    Examples
    --------
    >>> import json, tempfile
    >>> from pathlib import Path
    >>> from classicseg.extras.exports import write_geojson
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_geojson(f"{folder}/regions.geojson", [[0, 3]])
    ...     json.loads(Path(f"{folder}/regions.geojson").read_text())["features"][0]["geometry"]["coordinates"]
    [[[1, 0], [2, 0], [2, 1], [1, 1], [1, 0]]]
    """
    plane, placed = as_plane(labels), _as_transform(transform)
    table = classicseg.region_table(plane)
    scale = 1.0 if placed is None else abs(float(np.linalg.det(placed[:, :2])))
    centers = _on_map(table.centroid + 0.5, placed)
    given = said_of(properties)
    said = {
        label: {**given.get(label, {}), "label": label, "area": area * scale, "centroid": center}
        for label, area, center in zip(table.label.tolist(), table.area.tolist(), centers.tolist(), strict=True)
    }
    head = {} if crs is None else {"crs": {"type": "name", "properties": {"name": _urn(crs)}}}
    features = (
        {
            "type": "Feature",
            "id": one.label,
            "geometry": geometry(one, placed),
            "properties": said[one.label],
        }
        for one in outlined(plane, tolerance)
    )
    write_lines(path, {"type": "FeatureCollection", **head}, "features", features)


def on_map(place: Geometry | None) -> dict[str, Any]:
    """The transform and the reference system of a map, as `write_geojson` takes them; none of other images."""
    if place is None or place.format != "GeoTIFF" or place.affine is None or place.affine.shape != (3, 3):
        return {}
    (row_x, column_x, x), (row_y, column_y, y) = place.affine[:2].tolist()
    corner_x, corner_y = x - (row_x + column_x) / 2, y - (row_y + column_y) / 2  # from that of the center
    return {"transform": (column_x, row_x, corner_x, column_y, row_y, corner_y), "crs": place.frame}


def write_qupath(
    path: str | os.PathLike[str],
    labels: ArrayLike,
    *,
    is_class: bool = False,
    properties: Mapping[str, ArrayLike] | None = None,
    tolerance: float = 0.0,
) -> None:
    """Write the outlines of segments as GeoJSON that QuPath imports as objects.

    Parameters
    ----------
    path : path-like
        Where to write.
    labels : array_like of int or bool, shape (M, N)
        Segments; 0 belongs to none.
    is_class : bool, default False
        Whether the labels are classes: annotations, each of a class of its own. Regions are detections of one
        class.
    properties : mapping of str to array_like, optional
        What else to say of each label: the columns of a `region_table`, or others beside one named ``label``.
    tolerance : float, default 0.0
        How far, in pixels, points that are left out may lie from the line that replaces them. 0: none is left out.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, `is_class` is not bool, or `tolerance` is no number.
    ValueError
        If `labels` is not a plane, is empty or holds numbers outside 0 … 2147483647, or `properties` has no column
        ``label`` or columns of several lengths.
    OSError
        If it cannot be written.

    See Also
    --------
    write_geojson : The same for maps.

    Notes
    -----
    Coordinates are pixels of the full image, (0, 0) the corner up and left, as QuPath counts. Each feature has
    ``objectType``, ``name`` (the label), ``classification`` with a name and a color, and ``measurements``.

    Examples
    --------
    >>> import json, tempfile
    >>> from pathlib import Path
    >>> from classicseg.extras.exports import write_qupath
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_qupath(f"{folder}/regions.geojson", [[0, 3]])
    ...     json.loads(Path(f"{folder}/regions.geojson").read_text())["features"][0]["properties"]["objectType"]
    'detection'
    """
    plane, is_class, given = as_plane(labels), as_flag("is_class", is_class), said_of(properties)
    table = classicseg.region_table(plane)
    centers = (table.centroid[:, ::-1] + 0.5).tolist()
    measured = {
        label: {
            **given.get(label, {}),
            "Area px^2": area,
            "Centroid X px": center[0],
            "Centroid Y px": center[1],
        }
        for label, area, center in zip(table.label.tolist(), table.area.tolist(), centers, strict=True)
    }

    def feature(one: Outlined) -> dict[str, Any]:
        kind = {
            "name": name_of(one.label, is_class=is_class),
            "color": color_of(one.label if is_class else 1),
        }
        properties = {
            "objectType": "annotation" if is_class else "detection",
            "name": str(one.label),
            "classification": kind,
            "measurements": measured[one.label],
        }
        return {"type": "Feature", "geometry": geometry(one, None), "properties": properties}

    features = map(feature, outlined(plane, tolerance))
    write_lines(path, {"type": "FeatureCollection"}, "features", features)


def geometry(one: Outlined, transform: NDArray[np.float64] | None) -> dict[str, Any]:
    """The Polygon of a label, or the MultiPolygon of its pieces; exteriors go counterclockwise, y upwards."""
    is_turned = transform is not None and np.linalg.det(transform[:, :2]) < 0
    polygons = [
        [_closed(_on_map(ring, transform), is_turned=is_turned) for ring in (piece.exterior, *piece.holes)]
        for piece in one.pieces
    ]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _closed(points: NDArray[Any], *, is_turned: bool) -> list[list[float]]:
    """A ring that ends where it begins, in the other direction where the map is a mirror image."""
    found: list[list[float]] = points.tolist()
    if is_turned:
        found.reverse()
    return [*found, found[0]]


def _on_map(points: NDArray[Any], transform: NDArray[np.float64] | None) -> NDArray[Any]:
    """(row, column) as (x, y)."""
    flipped = points[:, ::-1]
    return flipped if transform is None else flipped @ transform[:, :2].T + transform[:, 2]


def _as_transform(transform: Sequence[float] | None) -> NDArray[np.float64] | None:
    """Parse the six numbers of an affine."""
    if transform is None:
        return None
    numbers = as_numbers("transform", transform)
    if len(numbers) == 9 and numbers[6:] == [0.0, 0.0, 1.0]:  # rasterio's Affine has its last row, too
        numbers = numbers[:6]
    if len(numbers) != 6:
        raise ValueError(
            f"transform has {len(numbers)} numbers; expected 6: a, b, c, d, e, f, as in rasterio's Affine"
        )
    found = np.array(numbers).reshape(2, 3)
    if not np.linalg.det(found[:, :2]):
        raise ValueError(
            f"transform is {numbers}, which puts all pixels onto one line; expected an invertible one"
        )
    return found


def _urn(crs: str) -> str:
    """The name of a reference system, as GDAL reads it."""
    known = _EPSG.fullmatch(crs)
    return f"urn:ogc:def:crs:EPSG::{known[1]}" if known else crs

"""The properties of regions, one row each: its columns, its unit, for how many axes it is, and what measures it.

A new property is a function of `Measurements` and a row of `PROPERTIES`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.numbers import as_choice, as_number, members, shown
from classicseg.regions.crossings import faces_of_crossings, measure_of_crossings
from classicseg.regions.measurements import Measurements

Column = NDArray[Any]

_ANY, _FLAT, _SPACE, _BOTH = range(1, 8), range(2, 3), range(3, 4), range(2, 4)
_PERCENTILE = "percentile_"


class Property(NamedTuple):
    """One property of regions."""

    columns: str
    """The names of its columns, repeated for each {channel}, each {axis} and each number {i} of an axis."""
    unit: str
    axes: range
    """For how many axes of space it is defined."""
    is_common: bool
    """Whether a table has it where nobody asks for it."""
    measure: Callable[[Measurements], Column]
    """(n,) or (n, k, …), in the order of the columns."""

    @property
    def is_of_image(self) -> bool:
        return "{channel}" in self.columns


def _equivalent_diameter(m: Measurements) -> Column:
    """Of the ball of the same volume."""
    unit_ball = math.pi ** (m.ndim / 2) / math.gamma(m.ndim / 2 + 1)
    return 2 * (m.areas / unit_ball) ** (1 / m.ndim)


def _axis_length(m: Measurements, axis: int) -> Column:
    """Of the ellipsoid that has the same covariance."""
    return 2 * np.sqrt((m.ndim + 2) * m.spreads[:, axis])


def _eccentricity(m: Measurements) -> Column:
    most, least = m.spreads[:, 0], m.spreads[:, -1]
    return np.sqrt(1 - np.divide(least, most, out=np.ones_like(most), where=most > 0))


def _orientation(m: Measurements) -> Column:
    """NaN where no direction is longer than others."""
    apart, together = m.covariances[:, 0, 0] - m.covariances[:, 1, 1], 2 * m.covariances[:, 0, 1]
    return np.where((apart == 0) & (together == 0), np.nan, np.arctan2(together, apart) / 2)


def _inertia(m: Measurements) -> Column:
    return m.spreads.sum(axis=1, keepdims=True) - m.spreads[:, ::-1]


def _crofton(m: Measurements) -> Column:
    return measure_of_crossings(m.crossings[1], m.spacing)


def _faces(m: Measurements) -> Column:
    return faces_of_crossings(m.crossings[1], m.spacing)


def _circularity(m: Measurements) -> Column:
    return 4 * math.pi * m.areas / _crofton(m) ** 2


def _sphericity(m: Measurements) -> Column:
    return np.cbrt(36 * math.pi * m.areas**2) / _crofton(m)


def _percentile(m: Measurements, percent: float) -> Column:
    return m.percentile(percent)


def _row_of_percentile(percent: float, name: str, *, is_common: bool = False) -> Property:
    return Property(f"{name}{{channel}}", "value", _ANY, is_common, partial(_percentile, percent=percent))


def _extent(m: Measurements) -> Column:
    return m.places.counts / (m.places.high - m.places.low).prod(axis=1)


PROPERTIES: dict[str, Property] = {
    "label": Property("label", "", _ANY, True, lambda m: m.labels),
    "area": Property("area", "length ** ndim", _ANY, True, lambda m: m.areas),
    "n_pixels": Property("n_pixels", "pixels", _ANY, False, lambda m: m.places.counts),
    "centroid": Property("{axis}", "length", _ANY, True, lambda m: m.centroids),
    "bounding_box": Property(
        "{axis}_min {axis}_max",
        "pixels",
        _ANY,
        True,
        lambda m: np.concatenate([m.places.low, m.places.high], axis=1),
    ),
    "extent": Property("extent", "", _ANY, False, _extent),
    "equivalent_diameter": Property("equivalent_diameter", "length", _ANY, True, _equivalent_diameter),
    "major_axis_length": Property("major_axis_length", "length", _BOTH, True, partial(_axis_length, axis=0)),
    "middle_axis_length": Property("middle_axis_length", "length", _SPACE, True, partial(_axis_length, axis=1)),
    "minor_axis_length": Property("minor_axis_length", "length", _BOTH, True, partial(_axis_length, axis=-1)),
    "eccentricity": Property("eccentricity", "", _BOTH, True, _eccentricity),
    "orientation": Property("orientation", "radians", _FLAT, True, _orientation),
    "inertia_eigenvalues": Property("inertia_eigenvalue_{i}", "length ** 2", _BOTH, False, _inertia),
    "perimeter": Property("perimeter", "length", _FLAT, True, _crofton),
    "perimeter_faces": Property("perimeter_faces", "length", _FLAT, False, _faces),
    "circularity": Property("circularity", "", _FLAT, True, _circularity),
    "surface": Property("surface", "length ** 2", _SPACE, True, _crofton),
    "surface_faces": Property("surface_faces", "length ** 2", _SPACE, False, _faces),
    "sphericity": Property("sphericity", "", _SPACE, True, _sphericity),
    "euler_number": Property("euler_number", "", range(1, 4), False, lambda m: m.crossings[0]),
    "convex_area": Property("convex_area", "length ** ndim", _BOTH, False, lambda m: m.hulls.counts * m.pixel),
    "solidity": Property("solidity", "", _BOTH, False, lambda m: m.places.counts / m.hulls.counts),
    "feret_diameter_max": Property("feret_diameter_max", "length", _BOTH, False, lambda m: m.hulls.longest),
    "feret_diameter_min": Property("feret_diameter_min", "length", _FLAT, False, lambda m: m.hulls.shortest),
    "touches_border": Property("touches_border", "", _ANY, True, lambda m: m.touch_border),
    "n_neighbors": Property("n_neighbors", "", _ANY, False, lambda m: m.neighbors[0]),
    "shared_border": Property("shared_border", "length ** (ndim - 1)", _ANY, False, lambda m: m.neighbors[1]),
    "min": Property("min{channel}", "value", _ANY, True, lambda m: m.values.minimum),
    "max": Property("max{channel}", "value", _ANY, True, lambda m: m.values.maximum),
    "mean": Property("mean{channel}", "value", _ANY, True, lambda m: m.values.means),
    "std": Property("std{channel}", "value", _ANY, True, lambda m: m.values.deviations),
    "sum": Property("sum{channel}", "value", _ANY, False, lambda m: m.values.sums),
    "median": _row_of_percentile(50, "median"),
    **{
        f"{_PERCENTILE}{percent}": _row_of_percentile(percent, f"{_PERCENTILE}{percent}")
        for percent in (5, 25, 75, 95)
    },
    "weighted_centroid": Property(
        "weighted_{axis}{channel}", "length", _ANY, False, lambda m: m.weighted_centroids
    ),
}
"""By their names, in the order of a table's columns."""


def as_properties(properties: Any, ndim: int, *, has_image: bool) -> dict[str, Property]:
    """Parse which properties a table is to have: those of its axes and inputs by a word, or each by its name."""
    if isinstance(properties, str) and properties in ("common", "all"):
        return {
            name: row
            for name, row in PROPERTIES.items()
            if ndim in row.axes and (row.is_common or properties == "all")
        }
    words = "'common', 'all' or a sequence of names"
    if isinstance(properties, str) or not isinstance(properties, Sequence | np.ndarray):
        raise ValueError(f"properties is {shown(properties)}; expected {words}")
    found = {"label": PROPERTIES["label"]}
    for name in members(properties):
        row = found[str(name)] = _as_property(name)
        if ndim not in row.axes:
            wanted = " or ".join(map(str, row.axes))
            raise ValueError(
                f"{name!r} is defined for {wanted} axes; labels have {ndim}; leave it out of properties"
            )
        if row.is_of_image and not has_image:
            raise ValueError(f"{name!r} is measured on values; pass an image, or leave it out of properties")
    return found


def _as_property(name: Any) -> Property:
    """The row of a name; any percentile from 0 to 100 has one."""
    if isinstance(name, str) and name not in PROPERTIES and name.startswith(_PERCENTILE):
        try:
            percent = as_number("percentile", float(name.removeprefix(_PERCENTILE)), least=0.0)
        except ValueError:
            percent = math.inf
        if percent <= 100:
            return _row_of_percentile(percent, name)
        raise ValueError(f"properties has {name!r}; expected percentile_0 to percentile_100")
    return PROPERTIES[as_choice("a name in properties", name, PROPERTIES)]


def percents_of(properties: Sequence[Property]) -> list[float]:
    """The percentiles among properties."""
    return [
        row.measure.keywords["percent"]
        for row in properties
        if isinstance(row.measure, partial) and row.measure.func is _percentile
    ]


def columns_of(row: Property, ndim: int, n_channels: int) -> list[str]:
    """The names of a property's columns."""
    axes = [*(f"axis_{i}" for i in range(ndim - 3)), "plane", "row", "column"][-ndim:]
    channels = {0: [], 1: [""], 3: ["_red", "_green", "_blue"]}.get(
        n_channels, [f"_{c}" for c in range(n_channels)]
    )
    found = []
    for channel in channels if row.is_of_image else [""]:
        for template in row.columns.split():
            is_repeated = "{axis}" in template or "{i}" in template
            for i, axis in enumerate(axes if is_repeated else [""]):
                found.append(template.format(channel=channel, axis=axis, i=i))
    return found

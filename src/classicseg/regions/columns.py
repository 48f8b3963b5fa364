"""The table of regions: columns by their names, as data frames take them, and properties as arrays."""

from __future__ import annotations

import html
import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.numbers import as_choice

_ROWS_SHOWN = 20


class RegionTable(dict[str, NDArray[Any]]):
    """One row for each region, in ascending order of label: a dictionary of columns.

    ``table["row_min"]`` is a column, (n,). ``table.bounding_box`` is a property, that is a column or several of
    them side by side, (n, k); what is measured of each channel has one column for each, also of a grey image.
    ``pandas.DataFrame(table)`` and ``polars.DataFrame(table)`` take it as it is.
    """

    label: NDArray[np.int32]
    """(n,)"""
    area: NDArray[np.float64]
    """(n,), pixels times the volume of one (``spacing``)."""
    centroid: NDArray[np.float64]
    """(n, ndim), in index units times ``spacing``."""
    bounding_box: NDArray[np.int64]
    """(n, 2 * ndim), first index of each axis, then one past the last, in pixels."""
    mean: NDArray[np.float64]
    """(n, channels), the mean value of each channel; no columns where no image was given."""

    def __init__(self, columns: Mapping[str, NDArray[Any]], properties: Mapping[str, Sequence[str] | str]) -> None:
        """Make a table of columns, of which each property has one, or several in a sequence."""
        super().__init__(columns)
        self._properties = dict(properties)

    def __getattr__(self, name: str) -> NDArray[Any]:
        properties = self.__dict__.get("_properties", {})
        if name in properties:
            columns = properties[name]
            if isinstance(columns, str):
                return self[columns]
            found = [self[column] for column in columns]
            return np.stack(found, axis=1) if found else np.empty((len(self["label"]), 0))
        if name in self:
            return self[name]
        raise AttributeError(f"the table has no {name!r}; it has {', '.join([*properties, *self])}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._properties]

    def to_frame(self, library: str = "pandas") -> Any:
        """Make a data frame.

        Parameters
        ----------
        library : {"pandas", "polars", "dict"}, default "pandas"
            Whose; it must be installed. "dict": a plain dictionary of arrays.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame or dict
            One column for each of the table's.

        Raises
        ------
        ModuleNotFoundError
            If the library is not installed.
        ValueError
            If it is none of these.
        """
        as_choice("library", library, ["pandas", "polars", "dict"])
        return dict(self) if library == "dict" else importlib.import_module(library).DataFrame(dict(self))

    def __repr__(self) -> str:
        return f"RegionTable of {len(self['label'])} regions: {', '.join(self)}"

    def _repr_html_(self) -> str:
        """The first rows, for notebooks."""
        n = len(self["label"])
        shown = [
            ["…" if i == _ROWS_SHOWN else _text(column[i]) for column in self.values()]
            for i in range(n)[: _ROWS_SHOWN + 1]
        ]
        lines = [_html_row("th", self), *(_html_row("td", row) for row in shown)]
        return f"<table>{''.join(lines)}</table><p>{n} regions, {len(self)} columns</p>"


def _html_row(tag: str, cells: Any) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)

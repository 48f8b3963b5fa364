"""A table of regions as Qt shows it: a cell is made when it comes into view, however many rows there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QAbstractTableModel, QItemSelectionModel, QModelIndex, Qt
from qtpy.QtWidgets import QAbstractItemView, QTableView

_NOWHERE = QModelIndex()


class RegionView(QTableView):
    """A table whose rows select: `on_row` is called with the number of one that a person chose."""

    def __init__(self, on_row: Callable[[int], None]) -> None:
        super().__init__()
        self._on_row = on_row
        self._is_following = False
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setMinimumHeight(150)
        self.show_columns({})

    def show_columns(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Show other columns."""
        self.setModel(_Columns(columns))
        self.selectionModel().currentRowChanged.connect(self._chosen)

    def follow(self, row: int) -> None:
        """Select a row, and bring it into view, for somebody who has chosen it elsewhere."""
        self._is_following = True
        way = QItemSelectionModel.SelectionFlag
        index = self.model().index(row, 0)
        self.selectionModel().setCurrentIndex(index, way.ClearAndSelect | way.Rows)
        self.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)
        self._is_following = False

    @property
    def row(self) -> int:
        """The row that is selected; -1 where none is."""
        return int(self.currentIndex().row())

    def _chosen(self, index: Any, before: Any) -> None:
        if index.isValid() and not self._is_following:
            self._on_row(index.row())


class _Columns(QAbstractTableModel):
    """Arrays of one number for each row, or of several, which have a column each."""

    def __init__(self, columns: Mapping[str, NDArray[Any]]) -> None:
        super().__init__()
        self._columns: dict[str, NDArray[Any]] = {}
        for name, values in columns.items():
            flat = np.asarray(values).reshape(len(values), -1)
            several = flat.shape[1] > 1
            self._columns |= {f"{name} {k}" if several else name: flat[:, k] for k in range(flat.shape[1])}
        self._names = list(self._columns)

    def rowCount(self, parent: Any = _NOWHERE) -> int:
        """How many regions there are."""
        return len(self._columns[self._names[0]]) if self._names and not parent.isValid() else 0

    def columnCount(self, parent: Any = _NOWHERE) -> int:
        """How many numbers there are of each."""
        return 0 if parent.isValid() else len(self._names)

    def data(self, index: Any, role: Any = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a cell shows."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        value = self._columns[self._names[index.column()]][index.row()]
        return str(value) if np.issubdtype(value.dtype, np.integer) else f"{value:.6g}"

    def headerData(self, section: int, orientation: Any, role: Any = Qt.ItemDataRole.DisplayRole) -> Any:
        """The names of the columns; rows are numbered from 1."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return self._names[section] if orientation == Qt.Orientation.Horizontal else section + 1

"""The dock "Regions": what is measured of each label, as a table whose rows select."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from magicgui.widgets import ComboBox, PushButton, Table

from classicseg import region_table
from classicseg.extras.napari.docks import Dock
from classicseg.extras.napari.layers import source_of


class Regions(Dock):
    """Measure a layer of labels; its features hold the table, too."""

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__(napari_viewer, takes="labels")
        self._measured: Any = None
        self._table: Any = None
        images = ComboBox(choices=lambda widget: self._named("picture"), nullable=True, label="values of")
        self.image = images
        self.properties = ComboBox(choices=["common", "all"], label="properties")
        measure = PushButton(text="Measure", label="")
        self.table = Table(label="")
        self.table.read_only = True
        self.extend([images, self.properties, measure, self._cancel, self.bar, self.table, self.status])
        measure.changed.connect(self.measure)
        self.table.native.itemSelectionChanged.connect(self._selected)

    def measure(self) -> None:
        """Measure each label, in the units of the layer."""
        layer, image, properties = self.layer.value, self.image.value, self.properties.value
        if layer is None:
            self.report(ValueError("no labels are chosen; segment an image first"))
            return

        def work() -> Iterator[Any]:
            source = None if image is None else source_of(image)
            steps = tuple(abs(float(step)) for step in layer.scale)
            yield region_table(
                np.asarray(layer.data),
                None if source is None else source.pixels,
                properties=properties,
                channel_axis=None if source is None else source.channel_axis,
                spacing=steps,
            )

        self.begin(work, lambda table: self._show_table(layer, table), "measuring", total=1)

    def select(self, row: int) -> None:
        """Select the label of a row, and bring it into view."""
        layer, table = self._measured, self._table
        layer.selected_label = int(table["label"][row])
        box = table.bounding_box[row]
        middle = (box[: layer.ndim] + box[layer.ndim :] - 1) / 2
        point = layer.data_to_world(middle)
        first = self._viewer.dims.ndim - layer.ndim
        for axis, at in enumerate(point):
            if first + axis not in self._viewer.dims.displayed:
                self._viewer.dims.set_point(first + axis, at)
        shown = [axis - first for axis in self._viewer.dims.displayed if axis >= first]
        self._viewer.camera.center = tuple(float(point[axis]) for axis in shown)

    def _show_table(self, layer: Any, table: Any) -> None:
        """Fill the table, and the features of the layer, whose column "index" is the label."""
        self._measured, self._table = layer, table
        columns = dict(table)
        layer.features = {"index": columns["label"], **columns}
        self.table.value = {name: values.tolist() for name, values in columns.items()}
        self.say(f"{len(columns['label'])} regions")

    def _selected(self) -> None:
        rows = {item.row() for item in self.table.native.selectedItems()}
        if len(rows) == 1 and self._table is not None:
            self.select(rows.pop())

"""The dock "Regions": what is measured of each label, in a table: a row selects its region, a click its row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from magicgui.widgets import ComboBox, PushButton

from classicseg import region_table
from classicseg.extras.napari.docks import Dock
from classicseg.extras.napari.layers import source_of

_LOOKING = ("pan_zoom", "pick", "transform")
"""The modes of a layer in which a click draws nothing."""


class Regions(Dock):
    """Measure a layer of labels; its features hold the table, too."""

    def __init__(self, napari_viewer: Any) -> None:
        from classicseg.extras.napari.table import RegionView  # here: it needs a Qt

        super().__init__(napari_viewer, takes="labels")
        self._measured: Any = None
        self._table: Any = None
        images = ComboBox(choices=lambda widget: self._named("picture"), nullable=True, label="values of")
        self.image = images
        self.properties = ComboBox(choices=["common", "all"], label="properties")
        measure = PushButton(text="Measure", label="")
        self.table = RegionView(self.select)
        self.extend([images, self.properties, measure, self._cancel, self.bar, self.status])
        self.native.layout().addWidget(self.table)
        measure.changed.connect(self.measure)
        napari_viewer.mouse_drag_callbacks.append(self._clicked)

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

    def find(self, label: int) -> None:
        """Select the row of a label."""
        labels = np.zeros(0) if self._table is None else self._table["label"]
        rows = np.flatnonzero(labels == label)
        if len(rows):
            self._measured.selected_label = label
            self.table.follow(int(rows[0]))

    def _clicked(self, viewer: Any, event: Any) -> Iterator[None]:
        """A click into a region, not a drag, and not while a person draws."""
        layer, active = self._measured, viewer.layers.selection.active
        if layer not in viewer.layers or str(getattr(active, "mode", "pan_zoom")) not in _LOOKING:
            return
        place = {"view_direction": event.view_direction, "dims_displayed": event.dims_displayed}
        label = layer.get_value(event.position, **place, world=True)
        yield
        while event.type == "mouse_move":
            label = None
            yield
        if label:
            self.find(int(label))

    def _show_table(self, layer: Any, table: Any) -> None:
        """Fill the table, and the features of the layer, whose column "index" is the label."""
        self._measured, self._table = layer, table
        columns = dict(table)
        layer.features = {"index": columns["label"], **columns}
        self.table.show_columns(columns)
        self.say(f"{len(columns['label'])} regions")

"""The dock "Segment": any method of the catalogue on a layer, with a form made of its signature."""

from __future__ import annotations

import math
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import numpy as np
from magicgui.widgets import CheckBox, ComboBox, Container, PushButton

import classicseg
from classicseg.extras.catalogue import segmenter_names
from classicseg.extras.napari.copying import as_command, as_python
from classicseg.extras.napari.docks import Dock
from classicseg.extras.napari.fields import FieldBox
from classicseg.extras.napari.forms import LAYERS, fields_of
from classicseg.extras.napari.layers import source_of
from classicseg.extras.napari.runs import Index, Part, Run, parts_of, segment

_LARGE = 4_000_000
"""More pixels than this are previewed on the slice that is in view."""


class Segment(Dock):
    """Segment a layer by any method: run, cancel, preview, undo, copy."""

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__(napari_viewer)
        self._kept: dict[str, dict[str, Any]] = {}
        self._start = 0.0
        names = [(name.removesuffix("_segment").replace("_", " "), name) for name in segmenter_names()]
        self.method = ComboBox(choices=names, label="method", value="kmeans_segment")
        self.frames = ComboBox(choices=self._axes, nullable=True, label="frame by frame")
        self.form = Container(labels=True, label="")
        self.live = CheckBox(text="live preview", label="")
        self._run = PushButton(text="Run")
        python, command = PushButton(text="Copy as Python"), PushButton(text="Copy as command")
        self.extend(
            [
                self.method,
                self.frames,
                self.form,
                self.live,
                _row(self._run, self._cancel, self._undo),
                _row(python, command),
                self.bar,
                self.status,
            ]
        )
        self._run.changed.connect(self.run)
        python.changed.connect(self.copy_python)
        command.changed.connect(self.copy_command)
        self.method.changed.connect(self._method_changed)
        self.layer.changed.connect(self._layer_changed)
        self.live.changed.connect(self._changed)
        self._make_form()

    def chosen(self) -> Run:
        """What the form says now; refused where it is not filled in."""
        if self.layer.value is None:
            raise ValueError("no layer is chosen; open an image, or a sample (File > Open Sample > classicseg)")
        given = {box.name: box.read() for box in self.form}
        kinds = {one.name: one.kind for one in fields_of(getattr(classicseg, self.method.value))}
        return Run(
            self.method.value,
            self.layer.value,
            {name: value for name, value in given.items() if kinds[name] not in LAYERS},
            {name: value for name, value in given.items() if kinds[name] in LAYERS},
            self.frames.value,
        )

    def run(self) -> None:
        """Segment the whole layer."""
        self._begin(is_preview=False)

    def preview(self) -> None:
        """Segment what is in view."""
        if self.live.value and self.layer.value is not None:
            self._begin(is_preview=True)

    def copy_python(self) -> None:
        """Put the run into the clipboard, as a program."""
        self._copy(as_python)

    def copy_command(self) -> None:
        """Put the run into the clipboard, as a command."""
        self._copy(as_command)

    def set(self, **values: Any) -> None:
        """Fill in fields of the form."""
        for name, value in values.items():
            self.form[name].write(value)

    def _begin(self, *, is_preview: bool) -> None:
        try:
            run = self.chosen()
            parts = [self._in_view(run)] if is_preview else parts_of(run)
        except (TypeError, ValueError) as error:
            self.report(error)
            return

        def take(part: Part | None) -> None:
            if part is not None:
                self.put(run.image, None if part.is_whole else part.where, part.labels, is_preview=is_preview)

        def end() -> None:
            note = source_of(run.image).note
            self.say(f"{perf_counter() - self._start:.2f} s{f'; {note}' if note else ''}")

        self._start = perf_counter()
        name = run.method.removesuffix("_segment").replace("_", " ")
        total = 0 if is_preview else len(parts) + (len(parts) > 1)
        self.begin(lambda: self._parts_shown(run, parts, is_preview), take, name, total=total, on_end=end)

    def _parts_shown(self, run: Run, parts: list[Index], is_preview: bool) -> Iterator[Part | None]:
        """What is put into the layer: a part that is previewed, or the whole, which frames are gathered into."""
        labels = None
        for part in segment(run, parts):
            if part.is_whole:
                self.ahead(run.image, part.labels)
            if part.is_whole or is_preview:
                yield part
                continue
            labels = np.zeros(source_of(run.image).shape, np.int32) if labels is None else labels
            labels[part.where] = part.labels
            yield None  # a step of the bar
        if labels is not None:
            yield Part((slice(None),) * labels.ndim, self.ahead(run.image, labels))

    def _in_view(self, run: Run) -> Index:
        """The part of a layer that is previewed: a frame, the slice in view of a large one, or the whole."""
        layer, dims = run.image, self._viewer.dims
        shape = source_of(layer).shape
        first = dims.ndim - len(shape)
        point = layer.world_to_data(dims.point[first:])
        here = [min(max(round(float(at)), 0), size - 1) for at, size in zip(point, shape, strict=True)]
        shown = {axis - first for axis in dims.displayed}
        is_large = math.prod(shape) > _LARGE and len(shown) == 2
        hidden = {axis for axis in range(len(shape)) if is_large and axis not in shown}
        hidden |= set() if run.frame_axis is None else {run.frame_axis}
        return tuple(at if axis in hidden else slice(None) for axis, at in enumerate(here))

    def _copy(self, write: Any) -> None:
        try:
            run = self.chosen()
        except (TypeError, ValueError) as error:
            self.report(error)
            return

        def text() -> Iterator[str]:
            yield write(run)

        def keep(found: str) -> None:
            from qtpy.QtWidgets import QApplication

            QApplication.clipboard().setText(found)

        self.begin(text, keep, "reading files", on_end=lambda: self.say("copied"))

    def _make_form(self) -> None:
        """The fields of the method, with what they held when it was last chosen."""
        self.form.clear()
        layer = self.layer.value
        values = (0.0, 255.0) if layer is None else tuple(map(float, layer.contrast_limits_range))
        for field in fields_of(getattr(classicseg, self.method.value)):
            box = FieldBox(field, (values[0], values[1]), self.layers_of)
            self.form.append(box)
            if field.name in self._kept.get(self.method.value, {}):
                box.write(self._kept[self.method.value][field.name])
            box.changed.connect(self._changed)

    def _method_changed(self) -> None:
        self._make_form()
        self._changed()

    def _layer_changed(self) -> None:
        self._make_form()
        self.frames.reset_choices()
        self._changed()

    def _changed(self) -> None:
        """A person changed the form: what it says is kept, and previewed."""
        kept = self._kept[self.method.value] = {}
        kinds = {one.name: one.kind for one in fields_of(getattr(classicseg, self.method.value))}
        for box in self.form:
            try:
                kept[box.name] = box.read() if kinds[box.name] not in LAYERS else None
            except ValueError:  # typed to a half
                return
            if kinds[box.name] in LAYERS:
                del kept[box.name]
        if self.live.value:
            self.soon(self.preview)

    def _axes(self, widget: Any = None) -> list[tuple[str, int]]:
        """The axes that can be one of frames: of an image with more than two."""
        layer = self.layer.value
        if layer is None or layer.ndim < 3:
            return []
        labels = getattr(layer, "axis_labels", None) or [f"axis {axis}" for axis in range(layer.ndim)]
        return [(str(label), axis) for axis, label in enumerate(labels)]


def _row(*widgets: Any) -> Container:
    row = Container(widgets=widgets, layout="horizontal", labels=False, label="")
    row.margins = (0, 0, 0, 0)
    return row

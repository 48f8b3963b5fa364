"""The dock "Magic wand": click into what is looked for, and drag for the tolerance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox

from classicseg import region_growing_segment
from classicseg.extras.napari.docks import Dock
from classicseg.extras.napari.layers import source_of

_CRITERIA = ("seed", "neighbor", "mean")
"""The criteria of growing that have a tolerance."""
_WIDTH = 300.0
"""A drag over so many pixels of the screen goes through all values of the image."""


class MagicWand(Dock):
    """Grow a region from where a person clicks; it joins the labels that are there."""

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__(napari_viewer)
        self._before: Any = None
        self.is_on = CheckBox(text="click grows a region, drag sets the tolerance", label="")
        self.criterion = ComboBox(choices=_CRITERIA, label="criterion")
        self.tolerance = FloatSpinBox(value=20.0, min=0.0, max=1e9, step=0.01, label="tolerance")
        self.is_on.tooltip = "Shift: join the last region. Alt: take away."
        self.extend([self.is_on, self.criterion, self.tolerance, self._cancel, self._undo, self.status])
        self.is_on.changed.connect(self._switch)

    def grow(self, position: Any, tolerance: float, modifiers: Any = ()) -> None:
        """Grow from a point of the world; further calls of one drag start from the same labels."""
        image, before, criterion = self.layer.value, self._before, self.criterion.value
        source = source_of(image)
        point = np.rint(image.world_to_data(position[-image.ndim :])).astype(int)
        if ((point < 0) | (point >= source.shape)).any():
            return

        def work() -> Iterator[Any]:
            region = region_growing_segment(
                source.pixels,
                seeds=point[np.newaxis],
                criterion=criterion,
                tolerance=tolerance,
                channel_axis=source.channel_axis,
                mask=source.mask,
            )
            labels = np.zeros(source.shape, np.int32) if before is None else before.copy()
            last = int(labels.max(initial=0))
            labels[region != 0] = 0 if "Alt" in modifiers else max(1, last) if "Shift" in modifiers else last + 1
            yield self.ahead(image, labels)

        self.begin(
            work,
            lambda labels: self.put(image, None, labels, is_preview=True),
            "growing",
            on_end=lambda: self.say(f"tolerance {tolerance:g}"),
        )

    def _switch(self, is_on: bool) -> None:
        """Listen to the mouse, or no more."""
        callbacks = self._viewer.mouse_drag_callbacks
        if is_on:
            callbacks.append(self._dragged)
        elif self._dragged in callbacks:
            callbacks.remove(self._dragged)

    def _dragged(self, viewer: Any, event: Any) -> Iterator[None]:
        """One stroke: from the click to where the button is let go."""
        image = self.layer.value
        if image is None or event.button != 1:
            return
        position, start, tolerance = event.position, np.array(event.pos), self.tolerance.value
        low, high = image.contrast_limits_range
        modifiers = [str(one) for one in event.modifiers]
        self._before = self._result.data if self._result in viewer.layers else None
        self._is_in_series = False  # a stroke is undone at once
        event.handled = True
        self.grow(position, tolerance, modifiers)
        yield
        while event.type == "mouse_move":
            way = (np.array(event.pos) - start)[0] / _WIDTH
            self.tolerance.value = max(0.0, tolerance + way * (high - low))
            self.grow(position, self.tolerance.value, modifiers)
            event.handled = True
            yield

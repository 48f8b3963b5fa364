"""What the docks have in common: a choice of layers, work on a thread of its own, labels that come into a layer,
and the way back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from magicgui.widgets import ComboBox, Container, Label, ProgressBar, PushButton

from classicseg import Labels
from classicseg.extras.napari.layers import place_of
from classicseg.extras.napari.runs import Index
from classicseg.extras.napari.stopping import Work

_KINDS = {
    "mask": ("Labels", "Shapes"),
    "seeds": ("Points", "Labels"),
    "image": ("Image", "Labels"),
    "labels": ("Labels",),
    "picture": ("Image",),
}
"""The layers that can be something, by their class."""
_UNDONE = 20


class Dock(Container):
    """A dock that works on a layer.

    There is one work at a time: what is asked for while it runs stops it, and is done next; of several, the last.
    So a slider is answered as fast as the method is, and no run is waited for that nobody wants any more.
    """

    def __init__(self, viewer: Any, *, takes: str = "picture") -> None:
        super().__init__(layout="vertical", labels=True)
        self._viewer = viewer
        self._work: Work[Any] | None = None
        self._worker: Any = None
        self._next: Callable[[], None] | None = None
        self._result: Any = None
        self._ahead: Any = None
        self._undone: deque[tuple[Index | None, Any]] = deque(maxlen=_UNDONE)
        self._is_in_series = self._is_waiting = False
        self.layer = ComboBox(choices=lambda widget: self._named(takes), label="layer")
        self.status = Label(value="", label="")
        self.bar = ProgressBar(value=0, visible=False, label="")
        self._cancel = PushButton(text="Cancel", enabled=False)
        self._undo = PushButton(text="Undo", enabled=False)
        self._cancel.changed.connect(self.cancel)
        self._undo.changed.connect(self.undo)
        for event in (viewer.layers.events.inserted, viewer.layers.events.removed, viewer.layers.events.reordered):
            event.connect(self._layers_changed)
        self.append(self.layer)

    def layers_of(self, kind: str) -> list[Any]:
        """The layers of the viewer that can be of a kind."""
        return [layer for layer in self._viewer.layers if type(layer).__name__ in _KINDS[kind]]

    def begin(
        self,
        function: Callable[[], Iterator[Any]],
        on_item: Callable[[Any], None],
        doing: str,
        *,
        total: int = 0,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        """Go through an iterator on a thread of its own, and show each item in the thread of the window.

        A bar shows how many of `total` items are done, or that one of one is under way; of 0, there is none.
        """
        if self._work is not None:
            self._work.stop()
            self._next = lambda: self.begin(function, on_item, doing, total=total, on_end=on_end)
            return
        from napari.qt.threading import create_worker

        work = self._work = Work(function)

        def take(item: Any) -> None:
            if not work.is_stopped:
                self.bar.value += total > 1
                on_item(item)

        def end() -> None:
            self._work = self._worker = None
            self.bar.visible = False
            self._cancel.enabled = False
            if work.mistake is not None:
                self.report(work.mistake)
            elif work.is_stopped and self._next is None:
                self.say("stopped")
            elif not work.is_stopped and on_end is not None:
                on_end()
            following, self._next = self._next, None
            if following is not None:
                following()

        self._worker = create_worker(work.__iter__, _start_thread=False)
        self._worker.yielded.connect(take)
        self._worker.finished.connect(end)
        self._cancel.enabled = True
        self.bar.value, self.bar.max, self.bar.visible = 0, total if total > 1 else 0, total > 0
        self.say(f"{doing} …")
        self._worker.start()

    @property
    def is_busy(self) -> bool:
        """Whether work is under way, or about to be."""
        return self._work is not None or self._is_waiting

    def cancel(self) -> None:
        """Stop the work, and forget what was to follow."""
        self._next = None
        if self._work is not None:
            self._work.stop()

    def soon(self, function: Callable[[], None]) -> None:
        """Call a function once, when the events that are being answered are: a slider changes a number, too."""
        from qtpy.QtCore import QTimer

        if self._is_waiting:
            return
        self._is_waiting = True

        def call() -> None:
            self._is_waiting = False
            function()

        QTimer.singleShot(0, call)

    def put(self, image: Any, where: Index | None, labels: Labels, *, is_preview: bool = False) -> Any:
        """Show labels in the layer of results, which is made where there is none; of a part, in its place."""
        result = self._result
        shape = labels.shape if where is None else tuple(image.data.shape[: len(where)])
        if not self._has_result(shape):
            self._undone.clear()
            if where is not None:
                whole = np.zeros(shape, np.int32)
                whole[where] = labels
                labels = whole
            is_ahead = self._ahead is not None and self._ahead.data is labels
            self._result = self._viewer.add_layer(self._ahead if is_ahead else _layer_of(image, labels))
            self._ahead = None
            return self._result
        if not (is_preview and self._is_in_series):
            self._undone.append((where, result.data if where is None else result.data[where].copy()))
        self._is_in_series = is_preview
        self._show(where, labels)
        return result

    def ahead(self, image: Any, labels: Labels) -> Labels:
        """Make the layer of results where there is none, in the thread of the work.

        The first one that napari makes takes it a second, for which the window would stand still.
        """
        if not self._has_result(labels.shape):
            self._ahead = _layer_of(image, labels)
        return labels

    def undo(self) -> None:
        """Show the labels that were there before the last run, or before a series of previews."""
        self.cancel()
        if self._undone and self._result in self._viewer.layers:
            self._show(*self._undone.pop())
            self._is_in_series = False
        self._undo.enabled = bool(self._undone)

    def say(self, text: str) -> None:
        """Say something in the last line of the dock."""
        self.status.value = text

    def report(self, mistake: Exception) -> None:
        """Say what went wrong, and how to mend it."""
        from napari.utils.notifications import show_error

        text = str(mistake) or type(mistake).__name__
        self.say(text)
        show_error(text)

    def _show(self, where: Index | None, labels: Labels) -> None:
        """Put labels into the layer that there is."""
        if where is None:
            self._result.data = labels
        else:
            self._result.data[where] = labels
            self._result.refresh()
        self._undo.enabled = bool(self._undone)

    def _has_result(self, shape: tuple[int, ...]) -> bool:
        """Whether there is a layer of results of a shape."""
        return self._result in self._viewer.layers and self._result.data.shape == shape

    def _named(self, kind: str) -> list[tuple[str, Any]]:
        return [(layer.name, layer) for layer in self.layers_of(kind)]

    def _layers_changed(self, event: Any = None) -> None:
        self.reset_choices()


def _layer_of(image: Any, labels: Labels) -> Any:
    """A new layer of labels, where the image is."""
    from napari.layers import Labels as Layer

    place = place_of(image, labels.ndim)
    return Layer(labels, name=f"{image.name} segments", metadata=_kept(image), **place)


def _kept(image: Any) -> dict[str, Any]:
    """What the labels must know of the file of their image, to be written at its place."""
    metadata = getattr(image, "metadata", {})
    return {"geometry": metadata["geometry"]} if "geometry" in metadata else {}

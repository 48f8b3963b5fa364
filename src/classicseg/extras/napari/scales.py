"""The dock "Scales": the tree of an image, built once, and cut while a slider moves."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from magicgui.widgets import ComboBox, FloatSlider, PushButton, SpinBox

import classicseg
from classicseg.extras.napari.docks import Dock
from classicseg.extras.napari.layers import source_of

_TREES = ("merge_tree", "watershed_tree", "flat_zone_tree", "boundary_tree")
_FEW = 50


class Scales(Dock):
    """Build the tree of a layer, and choose how many segments it is cut into."""

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__(napari_viewer)
        self._tree: Any = None
        self._image: Any = None
        self._least = self._most = 1
        names = [(name.replace("_", " "), name) for name in _TREES]
        self.tree = ComboBox(choices=names, label="tree")
        self._build = PushButton(text="Build", label="")
        self.slider = FloatSlider(value=0, min=0, max=1, readout=False, label="scale", enabled=False)
        self.count = SpinBox(value=_FEW, min=1, max=2**31 - 1, label="segments", enabled=False)
        self.slider.tooltip = "Coarse to fine: how many segments there are, in equal ratios."
        self.extend(
            [self.tree, self._build, self.slider, self.count, self._cancel, self._undo, self.bar, self.status]
        )
        self._build.changed.connect(self.build)
        self.slider.changed.connect(self._slid)
        self.count.changed.connect(self._counted)

    def build(self) -> None:
        """Build the tree, and cut it as the number says."""
        image, build = self.layer.value, getattr(classicseg, self.tree.value)
        if image is None:
            self.report(ValueError("no layer is chosen; open an image first"))
            return

        def work() -> Iterator[Any]:
            source = source_of(image)
            given = {"channel_axis": source.channel_axis, "mask": source.mask, "spacing": source.spacing}
            taken = inspect.signature(build).parameters
            options = {name: value for name, value in given.items() if name in taken}
            yield build(source.pixels, **options)

        self.begin(work, lambda tree: self._built(image, tree), self.tree.value.replace("_", " "), total=1)

    def cut(self) -> None:
        """Cut the tree into as many segments as the number says."""
        tree, image = self._tree, self._image
        if tree is None:
            return
        number = min(max(self.count.value, self._least), self._most)

        def work() -> Iterator[Any]:
            yield self.ahead(image, classicseg.cut_tree(tree, n_segments=number))

        self.begin(
            work,
            lambda labels: self.put(image, None, labels, is_preview=True),
            "cut",
            on_end=lambda: self.say(f"{number} of {self._most} segments"),
        )

    def _built(self, image: Any, tree: Any) -> None:
        """Let the slider run over all the numbers of segments that the tree has."""
        self._image, self._tree = image, tree
        self._most = int(tree.regions.max(initial=0))
        self._least = int(np.count_nonzero(tree.parents == np.arange(len(tree.parents))))
        self.slider.enabled = self.count.enabled = True
        self.count.value = min(max(self.count.value, self._least), self._most)
        self._counted()

    def _slid(self, value: float) -> None:
        """The number that the slider stands for: equal ways, equal ratios."""
        self.count.value = round(self._least * (self._most / self._least) ** value)

    def _counted(self) -> None:
        """Show the number on the slider, and cut."""
        if self._tree is None:
            return
        way = math.log(max(1, self._most / self._least))
        with self.slider.changed.blocked():
            self.slider.value = min(1.0, math.log(max(1, self.count.value / self._least)) / way) if way else 0.0
        self.soon(self.cut)

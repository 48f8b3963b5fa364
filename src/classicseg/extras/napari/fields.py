"""A field of a form as widgets: a check box where it may be left out, words, a number, and a slider for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from magicgui.widgets import CheckBox, ComboBox, Container, FloatSlider, FloatSpinBox, LineEdit, Slider, SpinBox

from classicseg.extras.napari.forms import LAYERS, Field, numbers_in

_NUMBER = "a number"
_NUMBERS = "numbers"
_MOST = 1e9


class FieldBox(Container):
    """The widgets of one field; `read` says what a person gave."""

    def __init__(self, field: Field, values: tuple[float, float], layers_of: Callable[[str], list[Any]]) -> None:
        """`values` are the least and the greatest of the image; `layers_of` lists the layers for a kind."""
        super().__init__(layout="horizontal", labels=False, name=field.name, label=field.name)
        self._field = field
        self._box: Any = None
        self._words: Any = None
        self._number: Any = None
        self._slider: Any = None
        self.margins = (0, 0, 0, 0)
        if field.kind in LAYERS:
            self._layers_of = layers_of
            self._words = ComboBox(choices=self._layers, nullable=not field.is_required)
        elif field.kind == "flag":
            self._box = CheckBox(value=field.default, text="")
        else:
            self._make(field, values)
        for widget in (self._box, self._words, self._number, self._slider):
            if widget is not None:
                widget.tooltip = field.help
                self.append(widget)
        self._follow()

    def read(self) -> Any:
        """The value, or the layer; None where it is left out."""
        field = self._field
        if field.kind in LAYERS or field.kind == "choice":
            return None if self._is_off() else self._words.value
        if field.kind == "flag":
            return self._box.value
        if self._is_off():
            return None
        if self._words is not None and self._words.value not in (_NUMBER, _NUMBERS):
            return self._words.value
        if field.kind != "numbers":
            return self._number.value
        typed = self._number.value.strip()
        return numbers_in(typed, field) if typed else None

    def write(self, value: Any) -> None:
        """Show a value as if a person had given it."""
        if self._field.kind == "flag":
            self._box.value = value
            return
        if self._box is not None:
            self._box.value = value is not None
        if self._words is not None and (self._number is None or isinstance(value, str)):
            self._words.value = value
        elif value is not None:
            if self._words is not None:
                self._words.value = _NUMBERS if self._field.kind == "numbers" else _NUMBER
            self._number.value = _shown(value) if self._field.kind == "numbers" else value

    def _make(self, field: Field, values: tuple[float, float]) -> None:
        """The widgets of numbers and words."""
        if field.is_optional:
            self._box = CheckBox(value=field.default is not None, text="")
        if field.kind == "choice":
            self._words = ComboBox(choices=field.choices, value=field.default or field.choices[0])
            return
        if field.choices:
            words = [*field.choices, _NUMBERS if field.kind == "numbers" else _NUMBER]
            self._words = ComboBox(choices=words, value=field.default if field.default in words else words[-1])
        default = None if isinstance(field.default, str) else field.default
        least, most = _limits(field, values)
        if isinstance(default, int | float):  # 0 to 100 has no place for -1
            least, most = min(least, default), max(most, default)
        if field.kind == "integer":
            start = int(least) if default is None else default
            self._number = SpinBox(value=start, min=-int(_MOST), max=int(_MOST))
            self._slider = Slider(value=start, min=int(least), max=int(most), readout=False)
        elif field.kind == "number":
            start = (least + most) / 4 if default is None else default
            step = 10.0 ** math.floor(math.log10((most - least) / 100))
            self._number = FloatSpinBox(value=round(start / step) * step, min=-_MOST, max=_MOST, step=step)
            self._slider = FloatSlider(value=start, min=least, max=most, readout=False)
        else:
            self._number = LineEdit(value="" if default is None else _shown(default))
            self._slider = FloatSlider(value=(least + most) / 2, min=least, max=most, readout=False)
        self._slider.changed.connect(self._slid)

    def _slid(self, value: float) -> None:
        """The number follows the slider: of several, the last one; and it is meant to be used."""
        if self._field.kind != "numbers":
            self._number.value = value
        else:
            typed = self._number.value.replace(",", " ").split()
            self._number.value = ", ".join([*typed[:-1], f"{value:.6g}"])
        if self._box is not None:
            self._box.value = True
        if self._words is not None:
            self._words.value = _NUMBERS if self._field.kind == "numbers" else _NUMBER

    def _follow(self) -> None:
        """The number is there where it is used."""
        if self._box is not None and self._number is not None:
            self._box.changed.connect(lambda is_on: setattr(self._number, "enabled", is_on))
            self._number.enabled = self._box.value

    def _is_off(self) -> bool:
        return self._box is not None and not self._box.value

    def _layers(self, widget: Any = None) -> list[tuple[str, Any]]:
        return [(layer.name, layer) for layer in self._layers_of(self._field.kind)]


def _limits(field: Field, values: tuple[float, float]) -> tuple[float, float]:
    """Where a slider runs: about its default, else over the values of the image, or their differences."""
    low, high = values if values[1] > values[0] else (values[0], values[0] + 1.0)
    if field.kind == "numbers":
        return low, high
    if isinstance(field.default, int | float) and field.default > 0:
        return (1.0, max(10.0, 5.0 * field.default)) if field.kind == "integer" else (0.0, 5.0 * field.default)
    if field.kind == "integer":
        return (1.0, 100.0) if field.default is None else (0.0, 100.0)
    return (0.0, high - low) if field.default is None else (0.0, 10.0)


def _shown(value: Any) -> str:
    """Numbers as one types them."""
    return ", ".join(f"{one:g}" for one in value) if isinstance(value, list | tuple) else f"{value:g}"

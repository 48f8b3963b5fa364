"""The forest that tells ink from paper: the one that comes with the package, or one of one's own pages."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any, TypeAlias

from classicseg._core.numbers import as_choice
from classicseg.classifying.ink_features import FORESTS
from classicseg.learning.model import BoundaryModel, check_model
from classicseg.learning.model_file import load_model, shipped_model

_SHIPPED = ("pages",)

InkModel: TypeAlias = str | os.PathLike[str] | BoundaryModel
"""A model as it is asked for: by its name, by its file, or itself."""


def as_ink_model(model: Any) -> BoundaryModel:
    """Parse a model that has the forest of ink; a name and a path are looked up."""
    if isinstance(model, BoundaryModel):
        return check_model(model, FORESTS)
    if isinstance(model, str) and os.sep not in model and not Path(model).suffix:
        return _shipped(as_choice("model", model, _SHIPPED, "a path, a BoundaryModel or "))
    if isinstance(model, str | os.PathLike):
        return load_model(Path(model), FORESTS)
    raise TypeError(f'model is {type(model).__name__}; expected "pages", a path or a BoundaryModel')


@functools.cache
def _shipped(name: str) -> BoundaryModel:
    return shipped_model(name, FORESTS)

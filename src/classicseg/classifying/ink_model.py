"""The forest that tells ink from paper: the one that comes with the package, or one of one's own pages."""

from __future__ import annotations

import os
from typing import Any, TypeAlias

from classicseg.classifying.ink_features import FORESTS
from classicseg.learning.model import BoundaryModel
from classicseg.learning.model_file import asked_model

InkModel: TypeAlias = str | os.PathLike[str] | BoundaryModel
"""A model as it is asked for: by its name, by its file, or itself."""


def as_ink_model(model: Any) -> BoundaryModel:
    """Parse a model that has the forest of ink; a name and a path are looked up."""
    return asked_model(model, "pages", FORESTS)

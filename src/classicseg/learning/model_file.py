"""A model in a file: arrays in a zip, as NumPy writes them (``.npz``), and a header in JSON. No pickles.

    header.npy             the bytes of the header: format, version, features, about, digest
    FOREST.edges.npy       one for each array of a forest
    FOREST.scale.npy       its base and step

What the numbers lead to is looked at last (`check_model`): a kernel reads by them without looking.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.numbers import as_choice
from classicseg.learning.archive import ArchiveKind, array_of, check_digest, pack, unpack
from classicseg.learning.forest import Forest
from classicseg.learning.model import BoundaryModel, ModelError, check_model, is_name

FORMAT = "classicseg boundary model"
VERSION = 1
"""Another one for each change of what the arrays or the features mean."""

_DTYPES = {"edges": "<f4", "starts": "<i4", "features": "<u2", "bins": "<u1", "leaves": "<i2", "scale": "<f8"}
_KIND = ArchiveKind(FORMAT, VERSION, "train-boundaries, or of benchmarks.quality.ink_model", 2**26)


def shipped_model(name: str, expected: Mapping[str, Sequence[str]]) -> BoundaryModel:
    """Load a model that comes with the package."""
    return check_model(_shipped(name), expected)


@functools.cache
def _shipped(name: str) -> BoundaryModel:
    return model_of((resources.files("classicseg") / "models" / f"{name}.npz").read_bytes())


def asked_model(model: Any, shipped: str, expected: Mapping[str, Sequence[str]], *others: str) -> BoundaryModel:
    """Parse a model: the name of the one that comes with the package, a path, or a model itself.

    `others` are what the caller takes beside these, for messages.
    """
    if isinstance(model, BoundaryModel):
        return check_model(model, expected)
    kinds = ["a path", "a BoundaryModel", *others]
    if isinstance(model, str) and os.sep not in model and not Path(model).suffix:
        return shipped_model(as_choice("model", model, (shipped,), f"{', '.join(kinds)} or "), expected)
    if isinstance(model, str | os.PathLike):
        return load_model(Path(model), expected)
    said = ", ".join([f'"{shipped}"', *kinds[:-1]]) + f" or {kinds[-1]}"
    raise TypeError(f"model is {type(model).__name__}; expected {said}")


def load_model(path: str | Path, expected: Mapping[str, Sequence[str]]) -> BoundaryModel:
    """Load a model from a file and see that it has the forests, and these the features, that are expected."""
    with Path(path).open("rb") as file:
        content = file.read(_KIND.most_bytes + 1)
    try:
        return check_model(model_of(content), expected)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None


def bytes_of(model: BoundaryModel) -> bytes:
    """Return the content of a file that holds a model."""
    arrays: dict[str, Any] = {
        f"{name}.{part}": np.ascontiguousarray(array, _DTYPES[part])
        for name, forest in model.forests.items()
        for part, array in _parts_of(forest).items()
    }
    return pack(_KIND, {"features": model.features, "about": model.about}, arrays)


def _parts_of(forest: Forest) -> dict[str, NDArray[Any]]:
    return {**dict(zip(_DTYPES, forest[:5], strict=False)), "scale": np.array([forest.base, forest.step])}


def model_of(content: bytes) -> BoundaryModel:
    """Read a model from the content of a file. Its forests are yet to be looked at: `check_model`."""
    header, members = unpack(_KIND, content)
    said, about = header.get("features"), header.get("about")
    if (
        not isinstance(said, dict)
        or not isinstance(about, dict)
        or not all(isinstance(own, list) for own in said.values())
    ):
        raise ModelError(f"has no header of a model; expected a .npz of {_KIND.source}; {_KIND.mend}")
    names = sorted({name.partition(".")[0] for name in members})
    wanted = {f"{name}.{part}": dtype for name in names for part, dtype in _DTYPES.items()}
    if set(wanted) != set(members) or not all(map(is_name, names)):
        raise ModelError(f"has other arrays than a model has; {_KIND.mend}")
    arrays = {name: array_of(_KIND, name, members[name], dtype) for name, dtype in wanted.items()}
    check_digest(_KIND, header, arrays)
    features = {name: tuple(map(str, own)) for name, own in said.items()}
    return BoundaryModel({name: _forest_of(name, arrays) for name in names}, features, about)


def _forest_of(name: str, arrays: Mapping[str, NDArray[Any]]) -> Forest:
    """Put a forest together, in the byte order of this machine."""
    scale = arrays[f"{name}.scale"]
    if scale.shape != (2,):
        raise ModelError(f"has the shape {scale.shape!s:.60} in {name}.scale; expected (2,); {_KIND.mend}")
    parts: list[Any] = [
        arrays[f"{name}.{part}"].astype(np.dtype(dtype).newbyteorder("=")) for part, dtype in _DTYPES.items()
    ]
    return Forest(*parts[:5], *scale.tolist())

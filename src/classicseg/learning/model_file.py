"""A model in a file: arrays in a zip, as NumPy writes them (``.npz``), and a header in JSON. No pickles.

    header.npy             the bytes of the header: format, version, features, about, digest
    FOREST.edges.npy       one for each array of a forest
    FOREST.scale.npy       its base and step

What is read may have been made by anyone. The directory of the zip says how much there is before anything is
unpacked, each array must have the dtype that it is for, and the bytes that its shape says; a digest covers all of
it. What the numbers lead to is looked at last (`check_model`): a kernel reads by them without looking.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg.learning.forest import Forest
from classicseg.learning.model import BoundaryModel, ModelError, check_model, is_name

FORMAT = "classicseg boundary model"
VERSION = 1
"""Another one for each change of what the arrays or the features mean."""

_DTYPES = {"edges": "<f4", "starts": "<i4", "features": "<u2", "bins": "<u1", "leaves": "<i2", "scale": "<f8"}
_MOST_BYTES = 2**26
"""Of a file, and of what is packed in it."""

_MEND = "train it again, or get a sound copy"


def shipped_model(name: str, expected: Mapping[str, Sequence[str]]) -> BoundaryModel:
    """Load a model that comes with the package."""
    content = (resources.files("classicseg") / "models" / f"{name}.npz").read_bytes()
    return check_model(model_of(content), expected)


def load_model(path: str | Path, expected: Mapping[str, Sequence[str]]) -> BoundaryModel:
    """Load a model from a file and see that it has the forests, and these the features, that are expected."""
    with Path(path).open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
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
    header = {"format": FORMAT, "version": VERSION, "features": model.features, "about": model.about}
    header["digest"] = _digest_of(header, arrays)
    text = json.dumps(header, sort_keys=True).encode()
    content = io.BytesIO()
    np.savez_compressed(content, header=np.frombuffer(text, np.uint8), **arrays)
    return content.getvalue()


def _parts_of(forest: Forest) -> dict[str, NDArray[Any]]:
    return {**dict(zip(_DTYPES, forest[:5], strict=False)), "scale": np.array([forest.base, forest.step])}


def model_of(content: bytes) -> BoundaryModel:
    """Read a model from the content of a file. Its forests are yet to be looked at: `check_model`."""
    if len(content) > _MOST_BYTES:
        raise ModelError(f"has more than {_MOST_BYTES} bytes; expected a model; name another file")
    try:
        members = _unpacked(content)
    except ModelError:
        raise
    except Exception:  # zipfile and zlib raise a dozen kinds
        raise ModelError(f"is no model, or is damaged; expected a .npz of train-boundaries; {_MEND}") from None
    header = _header_of(members.pop("header", b""))
    names = sorted({name.partition(".")[0] for name in members})
    wanted = {f"{name}.{part}": dtype for name in names for part, dtype in _DTYPES.items()}
    if set(wanted) != set(members) or not all(map(is_name, names)):
        raise ModelError(f"has other arrays than a model has; {_MEND}")
    arrays = {name: _array_of(name, members[name], dtype) for name, dtype in wanted.items()}
    digest = header.pop("digest", None)
    if digest != _digest_of(header, arrays):
        raise ModelError(f"has other numbers than were written; {_MEND}")
    features = {name: tuple(map(str, own)) for name, own in header["features"].items()}
    return BoundaryModel({name: _forest_of(name, arrays) for name in names}, features, header["about"])


def _unpacked(content: bytes) -> dict[str, bytes]:
    """The members of a zip, by their names without the suffix."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        entries = packed.infolist()
        if sum(entry.file_size for entry in entries) > _MOST_BYTES:  # no more than it says is unpacked
            raise ModelError(f"unpacks to more than {_MOST_BYTES} bytes; expected a model; name another file")
        return {entry.filename.removesuffix(".npy"): packed.read(entry) for entry in entries}


def _header_of(member: bytes) -> dict[str, Any]:
    """Read the header and see that it is one of this version."""
    try:
        header = json.loads(_array_of("header", member, "|u1").tobytes())
        version, features, about = header["version"], header["features"], header["about"]
        is_known = header["format"] == FORMAT and isinstance(features, dict) and isinstance(about, dict)
        is_known = is_known and all(isinstance(own, list) for own in features.values())
    except (ValueError, TypeError, KeyError, RecursionError):
        is_known = False
    if not is_known:
        raise ModelError(f"has no header of a model; expected a .npz of train-boundaries; {_MEND}")
    if version != VERSION:
        raise ModelError(f"is of version {version!r:.40}; expected {VERSION}; train it again with this version")
    return dict(header)


def _array_of(name: str, member: bytes, dtype: str) -> NDArray[Any]:
    """Read an array as NumPy writes them, of one dtype and of the size that it says."""
    file = io.BytesIO(member)
    try:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError("another version")
        shape, by_columns, found = np.lib.format.read_array_header_1_0(file)
        n_bytes = math.prod(shape) * found.itemsize
    except Exception:
        raise ModelError(f"has no array in {name}; {_MEND}") from None
    rest = member[file.tell() :]
    if found != np.dtype(dtype) or by_columns:
        raise ModelError(f"has {found!s:.40} in {name}; expected {np.dtype(dtype)}, no Python objects; {_MEND}")
    if n_bytes != len(rest) or min(shape, default=0) < 0:
        raise ModelError(f"has {len(rest)} bytes for the shape {shape!s:.60} in {name}; {_MEND}")
    return np.frombuffer(rest, found).reshape([int(length) for length in shape])


def _forest_of(name: str, arrays: Mapping[str, NDArray[Any]]) -> Forest:
    """Put a forest together, in the byte order of this machine."""
    scale = arrays[f"{name}.scale"]
    if scale.shape != (2,):
        raise ModelError(f"has the shape {scale.shape!s:.60} in {name}.scale; expected (2,); {_MEND}")
    parts: list[Any] = [
        arrays[f"{name}.{part}"].astype(np.dtype(dtype).newbyteorder("=")) for part, dtype in _DTYPES.items()
    ]
    return Forest(*parts[:5], *scale.tolist())


def _digest_of(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """A digest of all that a model says."""
    digest = hashlib.blake2b(json.dumps(header, sort_keys=True).encode(), digest_size=16)
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].shape}".encode() + arrays[name].tobytes())
    return digest.hexdigest()

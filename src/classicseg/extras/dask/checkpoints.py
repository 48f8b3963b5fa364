"""What a run has found of the whole image, kept beside its draft: one that is killed need not find it again.

Arrays are kept as npz, all else as JSON in it. A file chooses nothing: what the code expects, by its annotations,
says which tuples are made. A digest in front covers the bytes, the recipe of the run and the place in it; where it
is another, the file is passed over and all is found again.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import types
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.writing import replacing

_DIGEST_BYTES = 32
_KINDS = "biuf"
_PLAIN = (bool, int, float, str)


@dataclass(frozen=True)  # a tuple in a graph would be taken for a task
class Place:
    """Where one thing that is found is kept, and the recipe that it belongs to."""

    path: Path
    recipe: str

    def key(self) -> bytes:
        return hashlib.blake2b(f"{self.path.name} {self.recipe}".encode(), digest_size=64).digest()


_places: ContextVar[Iterator[Place] | None] = ContextVar("places", default=None)


@contextmanager
def checkpoints(folder: Path, recipe: object = None) -> Iterator[None]:
    """Keep in a folder what is found while graphs are built and computed: the same in the same order each time."""
    folder.mkdir(exist_ok=True)
    said = json.dumps(recipe, sort_keys=True)
    token = _places.set(Place(folder / f"{number}.npz", said) for number in itertools.count())
    try:
        yield
    finally:
        _places.reset(token)


def next_checkpoint() -> Place | None:
    """Where the next thing that is found is kept; None where nothing is."""
    places = _places.get()
    return None if places is None else next(places)


def kept(find: Callable[[], Any], kind: Any = Any) -> Any:
    """What was found before and is of the kind, an annotation, or is found now."""
    place = next_checkpoint()
    if place is None:
        return find()
    if is_kept(place):
        return load(place, kind)
    return save(place, find())


def kind_of(function: Callable[..., Any]) -> Any:
    """The annotation of what a function returns."""
    return typing.get_type_hints(function).get("return", Any)


def is_kept(place: Place) -> bool:
    """Whether a file is there that was saved for this place by a run of this recipe."""
    if not place.path.is_file():
        return False
    with place.path.open("rb") as file:
        said = file.read(_DIGEST_BYTES)
        return said == hashlib.file_digest(file, lambda: _digest(place)).digest()


def save(place: Place, found: Any) -> Any:
    arrays: list[NDArray[Any]] = []
    tree = json.dumps(_encoded(found, arrays)).encode()
    content = io.BytesIO()
    np.savez(content, np.frombuffer(tree, np.uint8), *arrays)
    digest = _digest(place)
    digest.update(content.getbuffer())
    with replacing(place.path) as file:
        file.write(digest.digest())
        file.write(content.getbuffer())
    return found


def load(place: Place, kind: Any = Any) -> Any:
    """Read what was saved, of a kind."""
    try:
        with place.path.open("rb") as file:
            file.seek(_DIGEST_BYTES)
            with np.load(io.BytesIO(file.read()), allow_pickle=False) as stored:
                if any(member.compress_type for member in stored.zip.infolist()):
                    raise ValueError("compressed")
                tree, *arrays = (stored[name] for name in stored.files)
        return _decoded(json.loads(tree.tobytes()), kind, arrays)
    except Exception as error:  # whatever stands in it
        raise ValueError(
            f"{place.path}: damaged ({error}); remove it, then run the same command again, which goes on"
        ) from None


def _digest(place: Place) -> Any:
    """A keyed digest: a checkpoint of another place or recipe has another."""
    return hashlib.blake2b(key=place.key(), digest_size=_DIGEST_BYTES)


def _encoded(found: Any, arrays: list[NDArray[Any]]) -> Any:
    """As JSON, with numbers in the place of arrays."""
    if isinstance(found, np.ndarray | np.generic):
        if found.dtype.kind not in _KINDS:
            raise TypeError(f"an array of {found.dtype} is not kept")
        arrays.append(np.asarray(found))
        return {"array" if isinstance(found, np.ndarray) else "scalar": len(arrays) - 1}
    if isinstance(found, np.dtype):
        return {"dtype": found.str}
    if isinstance(found, list | tuple):
        return [_encoded(item, arrays) for item in found]
    if found is None or type(found) in _PLAIN:
        return found
    raise TypeError(f"{type(found).__name__} is not kept")


def _decoded(node: Any, kind: Any, arrays: list[NDArray[Any]]) -> Any:
    """What a node of JSON stands for, where it is of a kind."""
    origin, inner = typing.get_origin(kind) or kind, typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _first_of(node, inner, arrays)
    if isinstance(node, list):
        return _decoded_items(node, origin, inner, arrays)
    value = _leaf(node, arrays) if isinstance(node, dict) else node
    expected: Any = {Any: object, float: (float, int, np.number), int: (int, np.integer)}.get(origin, origin)
    if not isinstance(value, expected) or (isinstance(value, bool) and expected not in (bool, object)):
        raise TypeError(f"a {type(value).__name__}; expected {kind}")
    if origin is np.ndarray and inner:
        (scalar,) = typing.get_args(inner[1]) or (Any,)
        if scalar is not Any and not np.issubdtype(value.dtype, scalar):
            raise TypeError(f"an array of {value.dtype}; expected {scalar.__name__}")
    return value


def _leaf(node: dict[str, Any], arrays: list[NDArray[Any]]) -> Any:
    """A dtype, an array, or a number with the dtype of one."""
    ((name, said),) = node.items()
    value: Any = np.dtype(said) if name == "dtype" else arrays[said]
    dtype = value if name == "dtype" else value.dtype
    if dtype.kind not in _KINDS:
        raise TypeError(f"of {dtype}; expected real numbers")
    return value[()] if name == "scalar" else value


def _decoded_items(node: list[Any], origin: Any, inner: tuple[Any, ...], arrays: list[NDArray[Any]]) -> Any:
    """Decode a list into a tuple, a named tuple or a list, as the annotation says."""
    if isinstance(origin, type) and issubclass(origin, tuple) and hasattr(origin, "_fields"):
        hints = typing.get_type_hints(origin)
        kinds = [hints[name] for name in origin._fields]
        return origin(*(_decoded(item, kind, arrays) for item, kind in zip(node, kinds, strict=True)))
    if origin not in (Any, list, tuple):
        raise TypeError(f"several; expected {origin}")
    if origin is tuple and inner and inner[-1] is not ...:
        kinds = list(inner)
    else:
        kinds = [inner[0] if inner else Any] * len(node)
    items = (_decoded(item, kind, arrays) for item, kind in zip(node, kinds, strict=True))
    return tuple(items) if origin is tuple else list(items)


def _first_of(node: Any, kinds: tuple[Any, ...], arrays: list[NDArray[Any]]) -> Any:
    """Decode by the first member of a union that fits."""
    for kind in kinds:
        try:
            return _decoded(node, kind, arrays)
        except (TypeError, ValueError):
            continue
    raise TypeError(f"{node!r:.60}; expected one of {kinds}")

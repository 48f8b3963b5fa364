"""What a run has found of the whole image, kept beside its draft: one that is killed need not find it again.

Results are pickled. Only the package's own tuples, arrays and numbers are read back.
"""

from __future__ import annotations

import importlib
import io
import itertools
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from classicseg.extras.files.writing import replacing

_NUMPY = {"_reconstruct", "_frombuffer", "ndarray", "dtype", "scalar"}

_places: ContextVar[Iterator[Path] | None] = ContextVar("places", default=None)


@contextmanager
def checkpoints(folder: Path) -> Iterator[None]:
    """Keep in a folder what is found while graphs are built and computed: the same in the same order each time."""
    folder.mkdir(exist_ok=True)
    token = _places.set(folder / f"{number}.pickle" for number in itertools.count())
    try:
        yield
    finally:
        _places.reset(token)


def next_checkpoint() -> Path | None:
    """Where the next thing that is found is kept; None where nothing is."""
    places = _places.get()
    return None if places is None else next(places)


def kept(find: Callable[[], Any]) -> Any:
    """What was found before, or is found now."""
    path = next_checkpoint()
    if path is None:
        return find()
    if path.exists():
        return load(path)
    return save(path, find())


def save(path: Path, found: Any) -> Any:
    with replacing(path) as file:
        pickle.dump(found, file)
    return found


def load(path: Path) -> Any:
    return _Reader(io.BytesIO(path.read_bytes())).load()


class _Reader(pickle.Unpickler):
    """Reads what `save` writes, and calls nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        package = module.partition(".")[0]
        if package in ("numpy", "classicseg"):
            found = getattr(importlib.import_module(module), name)
            own = package == "classicseg" and isinstance(found, type) and issubclass(found, tuple)
            if own or (package == "numpy" and name in _NUMPY):
                return found
        raise pickle.UnpicklingError(f"holds {module}.{name}, which is no result; remove the unfinished run")

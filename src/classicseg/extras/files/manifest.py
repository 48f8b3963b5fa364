"""What a chunked store of labels says of itself: how it was made, and whether it is finished.

A run writes to a draft beside the store. Each chunk that is written leaves a mark of its own there, last of all
and for itself, so that any number of processes may write, and any of them may be killed. A mark holds a digest of
its chunk, of what is said of the array, and of the recipe: one that is lost, damaged or of another run is written
again. When all marks are there, the manifest says so, with a digest of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from classicseg.extras.files.outputs import MOST_BYTES_OF_NAME
from classicseg.extras.files.writing import write_json

MANIFEST = "classicseg.json"
ARRAY = "zarr.json"
MARKS = ".finished"
CHUNKS = "c"
_MOST_BYTES = 2**24
_NAME = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*")
_EXPECTED: dict[str, type] = {"recipe": dict, "n_chunks": int, "complete": bool}

Index = tuple[int, ...]


def draft_of(path: Path) -> Path:
    """Where a run writes to before it is finished."""
    return beside(path, "part")


def beside(path: Path, suffix: str) -> Path:
    """A path with one more suffix, its name cut where it would be too long."""
    name = f"{path.name}.{suffix}"
    if len(os.fsencode(name)) > MOST_BYTES_OF_NAME:
        digest = hashlib.blake2b(os.fsencode(path.name), digest_size=8).hexdigest()
        kept = os.fsencode(path.name)[:200].decode(errors="ignore")
        name = f"{kept}-{digest}.{suffix}"
    return path.with_name(name)


def read_manifest(store: Path) -> dict[str, Any] | None:
    """What a store says of itself; None where it is not one of ours."""
    path = store / MANIFEST
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
            raise ValueError(f"no plain file of at most {_MOST_BYTES} bytes")
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError(f"a {type(found).__name__}; expected an object")
        for name, kind in _EXPECTED.items():
            if type(found.get(name)) is not kind:
                raise ValueError(f"{name} is {found.get(name)!r:.60}; expected {kind.__name__}")
        if found["n_chunks"] < 0:
            raise ValueError(f"n_chunks is {found['n_chunks']}; expected 0 or more")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, OSError, RecursionError) as error:
        raise ValueError(f"{path}: damaged ({error}); remove {store} and make it again") from None
    return found


def begin(draft: Path, recipe: Mapping[str, Any]) -> None:
    """Begin a draft, or see that the one there is of the same recipe."""
    ours = json.loads(json.dumps(recipe))
    found = read_manifest(draft)
    (draft / MARKS).mkdir(parents=True, exist_ok=True)
    if found is None:
        write_json(draft / MANIFEST, {"recipe": ours, "n_chunks": 0, "complete": False})
        return
    theirs = found["recipe"]
    if differing := [name for name in {**theirs, **ours} if theirs.get(name) != ours.get(name)]:
        said = "; ".join(f"{name} was {theirs.get(name)!r:.80}, is {ours.get(name)!r:.80}" for name in differing)
        raise ValueError(
            f"{draft}: an unfinished run of another kind ({said}); repeat that command on what it read to finish "
            "it, or remove the draft"
        )
    if found["complete"]:  # says so, but `is_whole` has seen that it is not
        write_json(draft / MANIFEST, {**found, "complete": False})


def expect(draft: Path, n_chunks: int) -> None:
    """Note how many chunks there will be."""
    manifest = read_manifest(draft)
    if manifest is not None and manifest["n_chunks"] != n_chunks:
        write_json(draft / MANIFEST, {**manifest, "n_chunks": n_chunks})


def mark(draft: Path, index: Index) -> None:
    """Note that a chunk is written."""
    _mark(draft, index).write_text(f"{_digest(draft, index, key_of(draft))}\n", encoding="ascii")


def marked(draft: Path) -> set[Index]:
    """The chunks that are said to be written; what is no mark is passed over."""
    try:
        names = os.listdir(draft / MARKS)  # noqa: PTH208
    except (FileNotFoundError, NotADirectoryError):
        return set()
    return {tuple(map(int, name.split("."))) for name in names if _NAME.fullmatch(name)}


def written(draft: Path, indices: Iterable[Index]) -> dict[Index, str]:
    """Those of the chunks that are marked and there, and the digests that their marks hold."""
    said = marked(draft).intersection(indices)
    there = (index for index in said if _chunk(draft, index).is_file())
    return {index: _content(_mark(draft, index), 99).decode(errors="replace").strip() for index in there}


def unchanged(draft: Path, indices: Iterable[Index]) -> set[Index]:
    """Those of the chunks that are there as they were when they were marked."""
    key = key_of(draft)
    return {index for index, digest in written(draft, indices).items() if digest == _digest(draft, index, key)}


def complete(draft: Path, digests: Mapping[Index, str]) -> None:
    """Say that all chunks are written."""
    manifest = read_manifest(draft)
    assert manifest is not None
    write_json(draft / MANIFEST, {**manifest, "complete": True, "digest": _digest_of_all(digests)})


def is_whole(draft: Path) -> bool:
    """Whether all chunks are said to be written, and are there as they were."""
    manifest = read_manifest(draft)
    if manifest is None or not manifest["complete"]:
        return False
    key, digests = key_of(draft), {}
    for folder, _, names in os.walk(draft / CHUNKS):
        for name in names:
            place = (Path(folder) / name).relative_to(draft / CHUNKS).as_posix().replace("/", ".")
            index = tuple(map(int, place.split("."))) if _NAME.fullmatch(place) else ()
            if not index or not _chunk(draft, index).is_file():
                return False
            digests[index] = _digest(draft, index, key)
    return len(digests) == manifest["n_chunks"] and manifest.get("digest") == _digest_of_all(digests)


def key_of(draft: Path) -> bytes:
    """What a mark stands for beside the bytes of its chunk."""
    manifest = read_manifest(draft) or {}
    array = _content(draft / ARRAY, _MOST_BYTES)
    recipe = json.dumps(manifest.get("recipe"), sort_keys=True).encode()
    return hashlib.blake2b(b"%d %b %b" % (len(array), array, recipe), digest_size=32).digest()


def _mark(draft: Path, index: Index) -> Path:
    """The path of a chunk's mark."""
    return draft / MARKS / ".".join(map(str, index))


def _chunk(draft: Path, index: Index) -> Path:
    """The path of a chunk."""
    return draft.joinpath(CHUNKS, *map(str, index))


def _digest(draft: Path, index: Index, key: bytes) -> str:
    """The digest of a chunk's bytes, and of what its mark stands for beside them (`key_of`)."""
    with _chunk(draft, index).open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.sha256(key)).hexdigest()


def _digest_of_all(digests: Mapping[Index, str]) -> str:
    """One digest of the digests of all chunks."""
    return hashlib.blake2b(repr(sorted(digests.items())).encode(), digest_size=16).hexdigest()


def _content(path: Path, most: int) -> bytes:
    """What a small file holds; nothing where it is no plain file."""
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(most)

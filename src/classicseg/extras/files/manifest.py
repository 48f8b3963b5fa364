"""What a chunked store of labels says of itself: how it was made, and whether it is finished.

A run writes to a draft beside the store. Each chunk that is written leaves a mark of its own there, last of all
and for itself, so that any number of processes may write, and any of them may be killed. When all marks are there,
the manifest says so and the draft takes the place of the store.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from classicseg.extras.files.writing import write_json

MANIFEST = "classicseg.json"
_MARKS = ".finished"


def draft_of(path: Path) -> Path:
    """Where a run writes to before it is finished."""
    return path.with_name(f"{path.name}.part")


def read_manifest(store: Path) -> dict[str, Any] | None:
    """What a store says of itself; None where it is not one of ours."""
    try:
        return json.loads((store / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, OSError) as error:
        raise ValueError(f"{store / MANIFEST}: damaged ({error}); remove {store} and make it again") from None


def begin(draft: Path, recipe: Mapping[str, Any]) -> None:
    """Begin a draft, or see that the one there is of the same recipe."""
    ours = json.loads(json.dumps(recipe))
    found = read_manifest(draft)
    if found is None:
        shutil.rmtree(draft, ignore_errors=True)  # what was killed before it had a manifest has no chunk either
        (draft / _MARKS).mkdir(parents=True)
        write_json(draft / MANIFEST, {"recipe": ours, "n_chunks": 0, "complete": False})
        return
    theirs = found["recipe"]
    if differing := [name for name in {**theirs, **ours} if theirs.get(name) != ours.get(name)]:
        said = "; ".join(f"{name} was {theirs.get(name)!r}, is {ours.get(name)!r}" for name in differing)
        raise ValueError(
            f"{draft}: an unfinished run of another kind ({said}); repeat that command to finish it, or remove "
            "the draft"
        )


def expect(draft: Path, n_chunks: int) -> None:
    """Note how many chunks there will be."""
    manifest = read_manifest(draft)
    if manifest is not None and manifest["n_chunks"] != n_chunks:
        write_json(draft / MANIFEST, {**manifest, "n_chunks": n_chunks})


def mark(draft: Path, index: tuple[int, ...]) -> None:
    """Note that a chunk is written."""
    (draft / _MARKS / ".".join(map(str, index))).touch()


def marked(draft: Path) -> set[tuple[int, ...]]:
    """The chunks that are written."""
    try:
        return {tuple(map(int, name.split("."))) for name in os.listdir(draft / _MARKS)}  # noqa: PTH208
    except FileNotFoundError:
        return set()


def finish(draft: Path, store: Path) -> None:
    """Put a draft, all chunks of which are written, in the place of the store."""
    manifest = read_manifest(draft)
    if manifest is not None and not manifest["complete"]:
        write_json(draft / MANIFEST, {**manifest, "complete": True})
    shutil.rmtree(draft / _MARKS, ignore_errors=True)
    former = store.with_name(f"{store.name}.former")
    if store.exists():
        store.replace(former)
    draft.replace(store)
    shutil.rmtree(former, ignore_errors=True)

"""The draft of a store, from before the work until it takes the store's place: nothing of others is replaced.

    labels.zarr          the store
    labels.zarr.part     the draft, locked by the process that writes it
    labels.zarr.former   the old store, while the draft takes its place

Each of them is replaced or removed only where its manifest says that it was made here and it holds nothing else;
all is looked at before the work, and again before anything is renamed.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from classicseg.extras.files.locks import lock
from classicseg.extras.files.manifest import (
    ARRAY,
    CHUNKS,
    MANIFEST,
    MARKS,
    Index,
    beside,
    complete,
    draft_of,
    is_whole,
    read_manifest,
)
from classicseg.extras.files.outputs import StrPath, check_apart, mode_of

FOUND = ".found"
_LOCK = ".lock"
_OWN = re.compile(
    rf"{re.escape(MANIFEST)}|{re.escape(ARRAY)}|{re.escape(_LOCK)}|{CHUNKS}(/[0-9]+)*"
    rf"|{re.escape(MARKS)}(/[0-9]+(\.[0-9]+)*)?|{re.escape(FOUND)}(/[0-9]+\.npz)?"
)
"""The paths that a run writes in a store."""
_BEGUN = re.compile(r"\.classicseg-[0-9a-f]{16}\.tmp|[0-9]+\.[0-9a-f]{32}\.partial")
"""Files, and chunks by Zarr, that a process was killed over."""
_LITTER = re.compile(rf"\.DS_Store|\._.*|\.nfs[0-9a-f]+|Thumbs\.db|desktop\.ini|{_BEGUN.pattern}")
"""These, and what file managers and network file systems leave in any folder."""


def check_store(target: Path, inputs: Iterable[StrPath] = ()) -> None:
    """See that a store can be made at a path, before any work."""
    draft, former = draft_of(target), beside(target, "former")
    check_apart([target, draft, former], inputs)
    _check_finished(target)
    for path, what in ((draft, "an unfinished store"), (former, "an old store")):
        if mode_of(path) is not None:
            _check_ours(path, what)


def settle(draft: Path, store: Path) -> None:
    """Finish, or take back, what a process that was killed while it finished has left."""
    former, whole = beside(store, "former"), is_whole(draft)
    if read_manifest(former) is not None and not store.exists() and not whole:
        former.replace(store)
    if whole:
        finish(draft, store)
    elif former.exists():
        _remove(former)


@contextmanager
def locked(draft: Path) -> Iterator[None]:
    """Hold a draft, which no other process writes meanwhile; one that was not begun is removed afterwards."""
    draft.mkdir(parents=True, exist_ok=True)
    while True:
        with (draft / _LOCK).open("a+b") as file:
            try:
                lock(file)
            except BlockingIOError:
                raise OSError(
                    f"{draft}: another process is writing it; wait until that is done, or stop it, then run the "
                    "same command again"
                ) from None
            except OSError:  # no locks here
                pass
            if not _is_same(draft / _LOCK, file.fileno()):  # it has been finished by another process
                draft.mkdir(parents=True, exist_ok=True)
                continue
            try:
                _tidy(draft)
                yield
            finally:
                with suppress(OSError, ValueError):
                    if read_manifest(draft) is None:
                        discard(draft)
            return


def finish(draft: Path, store: Path, digests: Mapping[Index, str] | None = None) -> None:
    """Put a draft, all chunks of which are written, in the place of the store."""
    if digests is not None:
        complete(draft, digests)
    check_store(store)  # again: hours may have passed
    former = beside(store, "former")
    if former.exists():
        _remove(former)
    for name in (MARKS, FOUND):
        shutil.rmtree(draft / name, ignore_errors=True)
    if store.exists():
        store.replace(former)
    draft.replace(store)
    (store / _LOCK).unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        _remove(former)


def discard(draft: Path) -> None:
    """Remove a draft of ours."""
    _check_ours(draft, "an unfinished store")
    _remove(draft)


def _check_finished(store: Path) -> None:
    """Refuse to replace what is not a finished store of labels."""
    if mode_of(store) is None:
        return
    _check_ours(store, "a store of labels")
    manifest = read_manifest(store)
    if manifest is None or not manifest["complete"]:
        raise OSError(f"{store}: is not a finished store of labels; move or remove it, or write elsewhere")


def _check_ours(folder: Path, what: str) -> None:
    """See that a folder was made here, and that nobody has put anything into it."""
    mend = "move or remove it, or write elsewhere"
    if not folder.is_dir():
        raise OSError(f"{folder}: is no folder; expected {what} made by classicseg, or nothing; {mend}")
    if folder.is_symlink():
        raise OSError(f"{folder}: is a link; expected {what} made by classicseg, or nothing; {mend}")
    names = {name for name in os.listdir(folder) if not _LITTER.fullmatch(name)}  # noqa: PTH208
    if names <= {_LOCK, MARKS}:  # killed before it had a manifest, or after it was removed
        names -= {_LOCK}
        if not names or not any((folder / MARKS).iterdir()):
            return
    if read_manifest(folder) is None:
        raise OSError(f"{folder}: is not {what} made by classicseg, which has a {MANIFEST}; {mend}")
    if foreign := next(_foreign(folder), None):
        raise OSError(f"{foreign}: is in {what}, which would be replaced, and was not made by classicseg; {mend}")


def _foreign(folder: Path) -> Iterator[Path]:
    """What is in a store that no run has written."""
    for around, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(around, name)
            kind = stat.S_IFMT(path.lstat().st_mode)  # a chunk that is a link would be written elsewhere
            ours = kind in (stat.S_IFREG, stat.S_IFDIR) and _OWN.fullmatch(path.relative_to(folder).as_posix())
            if not (ours or _LITTER.fullmatch(name)):
                yield path


def _tidy(draft: Path) -> None:
    """Remove what killed processes had only begun."""
    for around, _, names in os.walk(draft):
        for name in names:
            if _BEGUN.fullmatch(name):
                Path(around, name).unlink(missing_ok=True)


def _remove(store: Path) -> None:
    """Remove a store, its manifest last, such that what a kill leaves of it is known as ours."""
    for path in store.iterdir():
        if path.name != MANIFEST:
            _clear(path)
    with suppress(FileNotFoundError):
        (store / MANIFEST).unlink()
    store.rmdir()


def _clear(path: Path) -> None:
    """Remove a folder, a file or a link, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _is_same(path: Path, handle: int) -> bool:
    """Whether a path leads to the file that is open."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False

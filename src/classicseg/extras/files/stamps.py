"""What tells that a file or a folder that was read is still the same.

A content of up to 64 MB is digested: it is the same as long as its bytes are. Of more, the names, sizes, times
and inodes of all files are compared, those of every chunk of a store, since chunks are rewritten without a change
of the store's own files. The time when an inode changed is one of them, which no copying tool sets back.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_MOST_DIGESTED = 2**26
"""SHA-256 takes 0.05 s for so many bytes; blake2b, without instructions of its own, 0.11 s."""


class Stamp(NamedTuple):
    """A file, or a folder with all that it holds, at one time."""

    n_bytes: int
    times: str
    """A digest of the names, sizes, times and inodes of all files."""
    content: str | None
    """A digest of the names and bytes; None where these are too many."""

    def said(self) -> str:
        """What stays the same as long as the content does."""
        known = f"times {self.times}" if self.content is None else f"digest {self.content}"
        return f"{self.n_bytes} bytes, {known}"


def stamp_of(path: str | os.PathLike[str]) -> Stamp:
    """Stamp a file or a folder; what is not there, and what is no plain file, is told by its name alone."""
    n_bytes, times, files = _look_at(Path(path))
    return Stamp(n_bytes, times, _content(files) if n_bytes <= _MOST_DIGESTED else None)


def has_changed(path: str | os.PathLike[str], since: Stamp) -> bool:
    """Whether a file or a folder is another than it was."""
    n_bytes, times, files = _look_at(Path(path))
    if times == since.times:
        return False
    return n_bytes != since.n_bytes or since.content is None or _content(files) != since.content


def _look_at(path: Path) -> tuple[int, str, list[tuple[str, Path]]]:
    """The bytes of all plain files, a digest of what the file system says of them, and the files by name."""
    digest, n_bytes, files = hashlib.blake2b(digest_size=16), 0, []
    for name, file in _files(path):
        try:
            status = file.stat()
        except OSError:
            continue
        known = (name, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode)
        digest.update(repr(known).encode())
        if stat.S_ISREG(status.st_mode):
            n_bytes += status.st_size
            files.append((name, file))
    return n_bytes, digest.hexdigest(), files


def _content(files: list[tuple[str, Path]]) -> str:
    """A digest of the names and the bytes of files."""
    whole = hashlib.blake2b(digest_size=16)
    for name, path in files:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        whole.update(repr((name, digest.hexdigest())).encode())
    return whole.hexdigest()


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    """A file, or all files below a folder in the order of their names; links are followed."""
    if not path.is_dir():
        yield "", path
        return
    seen = set()
    for folder, folders, names in os.walk(path, followlinks=True):
        status = os.stat(folder)  # noqa: PTH116
        if (status.st_dev, status.st_ino) in seen:  # a link to a folder around it
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        for name in sorted(names):
            file = Path(folder, name)
            yield file.relative_to(path).as_posix(), file

"""Results out, whole or not at all.

Each file is written beside its place under another name, flushed to the disk, then renamed. Whenever the
process is killed, the old file or the new one is there. A draft is locked as long as it is written; one that is
not was left by a process that was killed, and is removed by the next that writes into its folder.
"""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import ArrayLike

from classicseg.extras.files.locks import CAN_LOCK, lock

_DRAFT = re.compile(r"\.classicseg-[0-9a-f]{16}\.tmp")
"""Short, whatever the name of the file is: names have 255 bytes at the most."""
_ODD = "backslashreplace"
"""How bytes of paths that are no UTF-8 are written; JSON reads them back."""


def write_image(path: str | os.PathLike[str], image: ArrayLike, *, dtype: str | type = "uint8") -> None:
    """Write a PNG.

    Parameters
    ----------
    path : path-like
        Where to write.
    image : array_like, shape (M, N[, 3])
        A grey or color image, of values that `dtype` holds.
    dtype : {"uint8", "uint16"}, default "uint8"
        The depth; 16 bits are for grey images only.

    Raises
    ------
    OSError
        If it cannot be written.

    See Also
    --------
    read_image : Reads it again.
    write_labels : Labels as numbers.

    Examples
    --------
    >>> import tempfile
    >>> from classicseg.extras.files import write_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_image(f"{folder}/red.png", [[[255, 0, 0]]])
    """
    from PIL import Image

    with replacing(path) as file:
        Image.fromarray(np.asarray(image).astype(dtype, copy=False)).save(file, format="PNG")


def write_table(path: str | os.PathLike[str], header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table as CSV.

    Parameters
    ----------
    path : path-like
        Where to write.
    header : sequence of str
        The names of the columns.
    rows : iterable of sequence
        The values of each row.

    Raises
    ------
    OSError
        If it cannot be written.

    See Also
    --------
    write_json : Anything else.

    Examples
    --------
    >>> import tempfile
    >>> from classicseg.extras.files import write_table
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_table(f"{folder}/regions.csv", ["label", "area"], [[1, 20.0], [2, 4.0]])
    """
    with replacing(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", errors=_ODD, newline="")
        writer = csv.writer(text)
        writer.writerow(header)
        writer.writerows(rows)
        text.detach()  # flushes, and leaves the file open


def write_json(path: str | os.PathLike[str], content: object) -> None:
    """Write JSON.

    Parameters
    ----------
    path : path-like
        Where to write.
    content : object
        Dicts, lists, strings, numbers, bools and None.

    Raises
    ------
    OSError
        If it cannot be written.

    See Also
    --------
    write_table : Rows and columns.

    Examples
    --------
    >>> import tempfile
    >>> from classicseg.extras.files import write_json
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_json(f"{folder}/run.json", {"n_clusters": 4})
    """
    with replacing(path) as file:
        file.write((json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode(errors=_ODD))


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` once it is written whole.

    Parameters
    ----------
    path : path-like
        The file to write or to replace. Its folder must exist.

    Yields
    ------
    binary file
        Open for writing. Where the block raises, it is removed and `path` stays as it was.

    Raises
    ------
    OSError
        If it cannot be written.

    See Also
    --------
    check_outputs : The check before any work.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from classicseg.extras.files import replacing
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(f"{folder}/note.txt") as file:
    ...         _ = file.write(b"whole")
    ...     Path(folder, "note.txt").read_bytes()
    b'whole'
    """
    target = Path(os.path.realpath(path))  # a link stays a link: what it points to is replaced
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    remove_leftovers(target.parent)
    try:
        file = _begin_draft(target.parent)
    except OSError as error:  # of the file that was asked for, not of its draft
        raise OSError(error.errno, error.strerror, str(path)) from None
    draft = Path(file.name)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if CAN_LOCK:  # what is renamed later would be open to removal in between
                draft.replace(target)
        if not CAN_LOCK:  # Windows renames no open file
            draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def remove_leftovers(folder: Path) -> None:
    """Remove what processes that were killed have left of the files that they wrote here."""
    try:
        names = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return
    for path in (folder / name for name in names if _DRAFT.fullmatch(name)):
        with suppress(OSError):  # gone, of another user, or locked: somebody writes it
            if stat.S_ISREG(path.lstat().st_mode):
                with path.open("r+b") as file:
                    lock(file)
                    path.unlink()


def _begin_draft(folder: Path) -> BinaryIO:
    """Open a locked draft under a name of its own."""
    while True:
        draft = folder / f".classicseg-{secrets.token_hex(8)}.tmp"
        file = draft.open("xb")
        try:
            lock(file)
            is_there = draft.exists()
        except BlockingIOError:  # somebody removes it
            is_there = False
        except OSError:  # no locks here, and so none who removes it
            is_there = True
        if is_there:
            return file
        file.close()  # taken for a leftover before it was locked

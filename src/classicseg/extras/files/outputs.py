"""What is to be written, looked at before any work: nothing that is read, and nothing of others, is replaced."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

StrPath = str | os.PathLike[str]

MOST_BYTES_OF_NAME = 255
"""In nearly all file systems."""


def check_outputs(outputs: Iterable[StrPath], inputs: Iterable[StrPath] = ()) -> None:
    """Check that files can be written: each is new, or a plain file that is not read.

    Parameters
    ----------
    outputs : iterable of path-like
        The files that will be written.
    inputs : iterable of path-like, default ()
        The files and folders that are read.

    Raises
    ------
    ValueError
        If an output is an input, by whatever links, lies in one or holds one.
    OSError
        If a folder, or what is no plain file, is in the way, or a name is too long.

    See Also
    --------
    replacing : Writes a file whole or not at all.

    Examples
    --------
    >>> from classicseg.extras.files import check_outputs
    >>> check_outputs(["labels.png"], ["photograph.png"])
    """
    outputs = [Path(output) for output in outputs]
    check_apart(outputs, inputs)
    for output in outputs:
        mode = mode_of(output)
        if mode is not None and not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "no plain file"
            raise OSError(f"{output}: is {what}, and would be written as a file; move it, or write elsewhere")


def check_apart(outputs: Iterable[StrPath], inputs: Iterable[StrPath]) -> None:
    """See that no output is an input, lies in one or holds one."""
    known: dict[Path, list[object]] = {}  # folders hold many of both
    sources: dict[object, StrPath] = {}
    holders: dict[object, StrPath] = {}
    for path in inputs:
        source, *around = _places(path, known)
        sources[source] = path
        holders.update(dict.fromkeys(around, path))
    for output in outputs:
        target, *around = _places(output, known)
        inside = next((place for place in around if place in sources), None)
        found = ("is", target, sources), ("holds", target, holders), ("lies in", inside, sources)
        for how, place, read in found:
            if place in read:
                raise ValueError(
                    f"{output}: would be written, and {how} {read[place]}, which is read; expected a place apart "
                    "from what is read; write elsewhere"
                )


def mode_of(path: StrPath) -> int | None:
    """The mode of what is at a path, links followed; None where nothing is."""
    try:
        return os.stat(path).st_mode  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        if len(os.fsencode(Path(path).name)) > MOST_BYTES_OF_NAME:  # the folder may not be there either
            raise _too_long(path) from None
        return None
    except OSError as error:
        raise _too_long(path) if error.errno == errno.ENAMETOOLONG else error from None


def _too_long(path: StrPath) -> OSError:
    """The error for a name that the file system does not take."""
    n_bytes = len(os.fsencode(Path(path).name))
    return OSError(f"{path}: a name of {n_bytes} bytes is too long; choose a shorter one")


def _places(path: StrPath, known: dict[Path, list[object]]) -> list[object]:
    """What tells a place from others, whatever links lead there, and the same of the folders around it."""
    real = Path(os.path.realpath(path))
    if real.parent not in known:
        known[real.parent] = [_place(place) for place in real.parents]
    return [_place(real), *known[real.parent]]


def _place(path: Path) -> object:
    """What tells files apart, by whatever links: device and number, or the path of none."""
    try:
        status = path.stat()
    except OSError:
        return path
    return status.st_dev, status.st_ino

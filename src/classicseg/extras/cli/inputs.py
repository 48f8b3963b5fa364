"""The images that a command is given: files, and folders of files."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from classicseg.extras.files.dicom import holds_dicom
from classicseg.extras.files.formats import is_store

_SUFFIXES = frozenset(
    [
        ".png",
        ".jpg",
        ".jpeg",
        ".tif",
        ".tiff",
        ".bmp",
        ".gif",
        ".webp",
        ".pgm",
        ".ppm",
        ".pnm",
        ".pbm",
        ".jp2",
        ".j2k",
        ".npy",
        ".nii",
        ".nrrd",
        ".nhdr",
        ".mha",
        ".mhd",
        ".dcm",
        ".czi",
        ".nd2",
        ".lif",
    ]
)
_PACKED = ".nii.gz"
_PATTERN = re.compile(r"[*?\[]")


def image_files(given: Iterable[Path]) -> list[Path]:
    """The files as given, and in the place of each folder the images in it, by name; not those in its folders."""
    found: list[Path] = []
    for path in _expanded(given):
        if not is_folder(path) or holds_dicom(path):  # the slices of a series are one image
            found.append(path)
            continue
        inside = sorted(file for file in path.iterdir() if _is_image(file) and file.is_file())
        if not inside:
            raise ValueError(
                f"{path} is a folder without images; expected files, or a folder of them (PNG, TIFF, …)"
            )
        found += inside
    return found


def _is_image(path: Path) -> bool:
    """Whether a name is that of an image."""
    return path.suffix.lower() in _SUFFIXES or path.name.lower().endswith(_PACKED)


def _expanded(given: Iterable[Path]) -> Iterator[Path]:
    """The files that patterns such as ``*.png`` stand for, where no shell has put them in their place."""
    for path in given:
        files = [] if path.exists() or not _PATTERN.search(path.name) else sorted(path.parent.glob(path.name))
        yield from files or [path]


def is_folder(path: Path) -> bool:
    """Whether a path is a folder of files, rather than a file or a Zarr store."""
    return path.is_dir() and ".zarr" not in "".join(path.suffixes) and not is_store(path)


@contextmanager
def standard_input_as_file(given: Sequence[Path]) -> Iterator[Path | None]:
    """Keep what comes by standard input, which ``-`` stands for, in a file named stdin; None without a ``-``."""
    count = given.count(Path("-"))
    if not count:
        yield None
        return
    if count > 1:
        raise ValueError(f"- is given {count} times; expected it once: standard input is one image")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "stdin")
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield path

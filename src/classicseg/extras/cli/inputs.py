"""The images that a command is given: files, and folders of files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

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
    ]
)
_STORES = ("zarr.json", ".zarray", ".zgroup")
"""Files that make a folder a Zarr store, which is one image."""


def image_files(given: Iterable[Path]) -> list[Path]:
    """The files as given, and in the place of each folder the images in it, by name; not those in its folders."""
    found: list[Path] = []
    for path in given:
        if (
            not path.is_dir()
            or ".zarr" in "".join(path.suffixes)
            or any((path / name).exists() for name in _STORES)
        ):
            found.append(path)
            continue
        inside = sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES and file.is_file())
        if not inside:
            raise ValueError(
                f"{path} is a folder without images; expected files, or a folder of them (PNG, TIFF, …)"
            )
        found += inside
    return found

"""What is done to the pages when all are written, so that a build is small, and the next one is the same."""

from __future__ import annotations

import zipfile
from pathlib import Path


def tidy(folder: Path) -> None:
    """Remove the maps of scripts, two megabytes that nobody debugs with, and the dates in archives."""
    for path in folder.rglob("*.map"):
        path.unlink()
    for path in folder.rglob("*.zip"):
        _undate(path)


def _undate(path: Path) -> None:
    """Write an archive again with no dates: each file is of 1980, when zip's calendar begins."""
    with zipfile.ZipFile(path) as archive:
        files = [(info.filename, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)

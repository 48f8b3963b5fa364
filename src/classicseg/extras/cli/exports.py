"""Exports of one run: files for other programs beside the results, and one of COCO for all images."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from classicseg import Labels
from classicseg.extras.cli.earlier import check_earlier
from classicseg.extras.cli.places import stem_of
from classicseg.extras.exports import write_coco
from classicseg.extras.exports.formats import FORMATS, Exported, check_packages
from classicseg.extras.exports.ome_zarr import check_folder
from classicseg.extras.files.outputs import check_apart

_FOLDERS = ("ome-zarr",)
_TOGETHER = "coco"


def files_of(stem: Path, formats: Sequence[str], image: str) -> list[Path]:
    """The plain files that a result is exported to by itself; `image` is the name of the image without suffix."""
    return [_path(stem, name, image) for name in formats if name != _TOGETHER and name not in _FOLDERS]


def check_exports(formats: Sequence[str], stems: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Find what would go wrong at the end, before any work."""
    check_packages(formats)
    folders = [_path(stem, name) for stem in stems for name in formats if name in _FOLDERS]
    check_apart(folders, inputs)
    for folder in folders:
        check_folder(folder)


def write_exports(stem: Path, formats: Sequence[str], found: Exported) -> dict[str, str]:
    """Write a result in these formats, and return the names of the files."""
    written = {}
    for name in formats:
        write, path = FORMATS[name].write, _path(stem, name, stem_of(found.source))
        if write is not None:
            path.parent.mkdir(exist_ok=True)
            write(path, found)
            written[name] = path.relative_to(stem.parent).as_posix()
    return written


class Together:
    """The annotations of all images of a run: one file for each result that an image has."""

    def __init__(self, stems: Sequence[Path], formats: Sequence[str], *, is_class: bool) -> None:
        self.paths = [_path(stem, _TOGETHER) for stem in stems if _TOGETHER in formats]
        self._found: list[dict[str, Labels]] = [{} for _ in self.paths]
        self._is_class = is_class

    def add(self, image: str, results: Sequence[Labels]) -> None:
        """Add the results of an image, by the name of its file."""
        for found, labels in zip(self._found, results, strict=bool(self._found)):
            found[image] = labels

    def write(self) -> None:
        """Write the files."""
        for path, found in zip(self.paths, self._found, strict=True):
            write_coco(path, found, is_class=self._is_class)


def check_coco(path: Path, records: Mapping[str, tuple[Path, str]], options: Mapping[str, object]) -> None:
    """Refuse to replace annotations of other images, or by other settings.

    `records` has the record of each image's run and where it came from, by the name of its file.
    """
    if not path.exists():
        return
    mend = "add --overwrite to replace it, or choose another folder with --out"
    try:
        names = [str(image["file_name"]) for image in json.loads(path.read_text(encoding="utf-8"))["images"]]
    except (OSError, ValueError, TypeError, KeyError):
        raise ValueError(f"{path} exists, and is no file of COCO's annotations; {mend}") from None
    for name in names:
        if name not in records:
            raise ValueError(f"{path} has annotations of {name}, too, which is not among the images; {mend}")
        record, source = records[name]
        check_earlier(record, [path], source, options)


def _path(stem: Path, name: str, image: str = "") -> Path:
    """The file, or the folder, of a result in a format."""
    form = FORMATS[name]
    if form.in_folder:
        return stem.with_name(f"{stem.name.removeprefix(f'{image}_')}{form.suffix}") / f"{image}.txt"
    return stem.with_name(f"{stem.name}{form.suffix}")

"""Running one method on files: the labels, the overlay, the table of segments and the record of the run."""

from __future__ import annotations

import json
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

import classicseg
from classicseg import Labels
from classicseg._core.chosen import choices
from classicseg.extras.cli.chosen import count_segments, summary
from classicseg.extras.cli.earlier import check_earlier
from classicseg.extras.cli.job import Job, check_axis, limit_of
from classicseg.extras.cli.notices import print_no_more
from classicseg.extras.cli.pictures import WHAT_FOR, Segmented, paths_of, write_pictures
from classicseg.extras.cli.report import report
from classicseg.extras.cli.tiles import segment_in_chunks
from classicseg.extras.files import (
    Picture,
    check_outputs,
    read_image,
    write_json,
    write_table,
)
from classicseg.extras.progress import progress
from classicseg.types import kind_of

Row = dict[str, object]


class _Result(NamedTuple):
    """Labels of an image."""

    stem: Path
    """How the names of its files begin."""
    word: str
    """The value that they were asked for by, where several were; else empty."""
    labels: Labels
    n_segments: int


def segment_files(job: Job, images: Sequence[Path]) -> int:
    """Segment each image, report those that fail, and return the exit code."""
    if job.quiet:
        print_no_more()
    if job.out.suffix == ".zarr":
        return segment_in_chunks(job, images)
    _check(job, images)
    arguments = job.load()
    rows: list[Row] = []
    done: list[str] = []
    for path in progress(images, job.method, len(images), shown=not job.quiet):
        name = "standard input" if path == job.stdin else str(path)
        try:
            said, found = _segment_file(job, path, arguments)
            rows += found
            done.append(said if job.json else f"{name}: {said}")
        except (OSError, ValueError, TypeError, MemoryError) as error:
            mistake = str(error).replace(str(path), name)
            report(mistake if name in mistake else f"{name}: {mistake or 'out of memory'}")
    if done:
        if job.table is not None:
            _write_rows(job.table, rows, several=len(images) > 1)
        if job.json:
            print(*done, sep="\n")
        elif not job.quiet:
            kinds = ", ".join(f"{kind} ({WHAT_FOR[kind]})" for kind in job.save)
            table = f", table in {job.table}" if job.table else ""
            print(*done, f"results in {job.out}: {kinds}{table}", sep="\n")
    return 0 if len(done) == len(images) else 1 if done else 2


def prepare_folder(folder: Path) -> None:
    """Make a folder and see that files can be written there, before any work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(f"{folder}: cannot write there ({error.strerror}); choose another folder") from None


def _check(job: Job, images: Sequence[Path]) -> None:
    """Find what would go wrong at the end, before any work."""
    limit_of(job.max_pixels)
    if job.scheduler is not None:
        raise ValueError(f"--scheduler is {job.scheduler}, and --out is {job.out}; expected --out labels.zarr")
    stems: dict[str, Path] = {}
    for path in images:
        if ".zarr" in "".join(path.suffixes):
            raise ValueError(f"{path}: is read in chunks, and --out is {job.out}; expected --out labels.zarr")
        if path.stem in stems:
            raise ValueError(
                f"{stems[path.stem]} and {path} would both write {path.stem}_{job.method}_*; rename one, or "
                "segment them in two runs with a --out each"
            )
        stems[path.stem] = path
    if job.table is not None and (job.table.suffix.lower() != ".csv" or job.table.is_dir()):
        raise ValueError(f"--table is {job.table}; expected the path of a .csv file")
    outputs = [file for path in images for file in (*_paths(job, path), _record_path(job, path))]
    tables = [] if job.table is None else [job.table]
    files = [path for path in images if not path.is_dir()]  # a folder is no image, as its reader will say
    check_outputs([*outputs, *tables], [*files, *job.files()])
    if not job.overwrite:
        for path in filter(Path.exists, images):
            check_earlier(_record_path(job, path), _paths(job, path), job.source(path), job.resolved())
    for folder in (job.out, *(table.parent for table in tables)):
        prepare_folder(folder)


def _stem(job: Job, path: Path) -> Path:
    """How the names of the results of an image begin."""
    return job.out / f"{path.stem}_{job.method}"


def _stems(job: Job, path: Path) -> list[Path]:
    """The same for each result of an image: of several, they end in the value that was asked for."""
    stem = _stem(job, path)
    return [stem.with_name(f"{stem.name}_{word}") for word in job.each.words] or [stem]


def _paths(job: Job, path: Path) -> list[Path]:
    """The files that the results of an image may become."""
    return [file for stem in _stems(job, path) for file in paths_of(stem, job.save)]


def _record_path(job: Job, path: Path) -> Path:
    """Where the record of an image's run is."""
    return Path(f"{_stem(job, path)}.json")


def _segment_file(job: Job, path: Path, arguments: Mapping[str, Any]) -> tuple[str, list[Row]]:
    """Segment an image, write its results, and return what there is to say, and its rows of the table."""
    picture = read_image(path, **job.reading)
    settings = dict(arguments)
    check_axis(path, settings.get("channel_axis"), picture)
    if settings.get("channel_axis") == "auto":
        settings["channel_axis"] = picture.channel_axis
    channel_axis = settings.get("channel_axis", picture.channel_axis)
    if picture.pixels.ndim - (channel_axis is not None) < 2:
        raise ValueError(f"{path}: --channel-axis {channel_axis} leaves one axis for space; expected two or more")
    if picture.mask is not None:
        mask = settings.get("mask")
        settings["mask"] = (
            picture.mask if mask is None or mask.shape != picture.mask.shape else mask & picture.mask
        )
    start = perf_counter()
    with choices() as chosen:
        labels = job.segmenter(picture.pixels, **settings)
    seconds = perf_counter() - start
    results = _results(job, path, labels)
    image = Segmented(picture.pixels, channel_axis, labels, kind_of(job.segmenter) == "classes")
    written = _write(job, image, results)
    record = _record(job, path, picture, channel_axis) | written | {"chosen": chosen}
    write_json(_record_path(job, path), record)
    if job.json:
        said = json.dumps(record)
    else:
        found = (summary(job.segmenter, one.labels, one.n_segments, settings, chosen) for one in results)
        said = "; ".join(
            f"{one.word}: {text}" if one.word else text for one, text in zip(results, found, strict=True)
        )
        if job.verbose:
            said += _details(record, seconds, written)
    if job.table is None:
        return said, []
    spacing = settings.get("spacing")
    return said, [row for one in results for row in _rows(job, path, one, image, spacing)]


def _results(job: Job, path: Path, labels: Labels) -> list[_Result]:
    """The labels, or those for each value that several were asked for."""
    each = labels if job.each.words else [labels]
    parts = zip(_stems(job, path), job.each.words or [""], each, strict=True)
    return [_Result(stem, word, one, count_segments(one)) for stem, word, one in parts]


def _write(job: Job, image: Segmented, results: Sequence[_Result]) -> dict[str, Any]:
    """Write what is kept of each result, and return what the record says of it: lists, where there are several."""
    written = [write_pictures(one.stem, job.save, image._replace(labels=one.labels)) for one in results]
    said = [{"segments": one.n_segments} | names for one, names in zip(results, written, strict=True)]
    return {name: [one[name] for one in said] for name in said[0]} if job.each.words else said[0]


def _details(record: Mapping[str, Any], seconds: float, written: Mapping[str, Any]) -> str:
    """What else there is to say of a run: the image, the time, the settings as typed, the files."""
    size = " x ".join(map(str, record["shape"]))
    files = [name for kind, names in written.items() if kind != "segments" for name in np.ravel(names)]
    lines = [
        f"image of {size}, {record['dtype']}, segmented in {seconds:.2f} s",
        f"written: {', '.join(files)}",
        f"to repeat: {shlex.join(record['command'])}",
    ]
    return "".join(f"\n  {line}" for line in lines)


def _record(job: Job, path: Path, picture: Picture, channel_axis: int | None) -> dict[str, object]:
    """All that it takes to repeat the run."""
    options = job.resolved()
    if "channel_axis" in options:
        options["channel_axis"] = channel_axis
    return {
        "classicseg": classicseg.__version__,
        "command": ["classicseg", job.method, job.source(path), *_typed(options, job.max_pixels)],
        "method": job.name,
        "image": job.source(path),
        "shape": picture.pixels.shape,
        "dtype": str(picture.pixels.dtype),
        "file_has_mask": picture.mask is not None,
        "parameters": options,
    }


def _typed(options: Mapping[str, Any], max_pixels: int | None) -> list[str]:
    """The options as one types them."""
    words = [] if max_pixels is None else [f"--max-pixels={max_pixels}"]
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if name == "channel_axis":
            value = "none" if value is None else value
        if isinstance(value, bool):
            words.append(option if value else option.replace("--", "--no-", 1))
        elif isinstance(value, list | tuple):
            words += [f"{option}={item}" for item in value]
        elif value is not None:
            words.append(f"{option}={value}")
    return words


def _rows(job: Job, path: Path, result: _Result, image: Segmented, spacing: Any) -> list[Row]:
    """One row of the table for each segment."""
    pixels, channel_axis = image.pixels, image.channel_axis
    table = classicseg.region_table(
        result.labels, pixels, properties="all", channel_axis=channel_axis, spacing=spacing
    )
    rows = zip(*(column.tolist() for column in table.values()), strict=True)
    first: Row = {"image": str(path)}
    if result.word:
        first[job.each.name] = result.word
    return [first | dict(zip(table, row, strict=True)) for row in rows]


def _write_rows(path: Path, rows: Sequence[Row], *, several: bool) -> None:
    """Write the table; images of different dimensions or channels leave cells empty."""
    header = list(dict.fromkeys(name for row in rows for name in row if several or name != "image"))
    write_table(path, header, [[row.get(name, "") for name in header] for row in rows])

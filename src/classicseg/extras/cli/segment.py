"""Running one method on files: the labels, the overlay, the table of segments and the record of the run."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg import Labels
from classicseg._core.chosen import choices
from classicseg.extras.cli.chosen import count_segments, counted, summary
from classicseg.extras.cli.earlier import check_earlier
from classicseg.extras.cli.exports import Together, check_coco, check_exports, files_of, write_exports
from classicseg.extras.cli.job import Job, check_axis, limit_of
from classicseg.extras.cli.notices import print_no_more
from classicseg.extras.cli.pictures import WHAT_FOR, Segmented, paths_of, write_pictures
from classicseg.extras.cli.places import place_of_labels, spacing_of, stem_of
from classicseg.extras.cli.record import details_of, record_of
from classicseg.extras.cli.report import note, report
from classicseg.extras.cli.tables import Row, rows_of, table_of, write_rows
from classicseg.extras.cli.tiles import segment_in_chunks
from classicseg.extras.exports.formats import FORMATS, Exported, check_fit
from classicseg.extras.files import check_outputs, write_json
from classicseg.extras.objects import ObjectSteps, cleaned, objects_of
from classicseg.extras.progress import progress
from classicseg.types import kind_of


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
    together = Together(_for_each(job, job.out / job.method), job.export, is_class=job.is_class)
    _check(job, images, together)
    arguments = job.load()
    rows: list[Row] = []
    done: list[str] = []
    for path in progress(images, job.method, len(images), shown=not job.quiet):
        name = "standard input" if path == job.stdin else str(path)
        try:
            said, found = _segment_file(job, path, arguments, together)
            rows += found
            done.append(said if job.json else f"{name}: {said}")
        except (OSError, ValueError, TypeError, MemoryError) as error:
            mistake = str(error).replace(str(path), name)
            report(mistake if name in mistake else f"{name}: {mistake or 'out of memory'}")
    if done:
        together.write()
        if job.table is not None:
            write_rows(job.table, rows, several=len(images) > 1)
        if job.json:
            print(*done, sep="\n")
        elif not job.quiet:
            what_for = WHAT_FOR | {name: held.what_for for name, held in FORMATS.items()}
            kinds = ", ".join(f"{kind} ({what_for[kind]})" for kind in (*job.save, *job.export))
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


def _check(job: Job, images: Sequence[Path], together: Together) -> None:
    """Find what would go wrong at the end, before any work."""
    limit_of(job.max_pixels)
    if job.scheduler is not None:
        raise ValueError(f"--scheduler is {job.scheduler}, and --out is {job.out}; expected --out labels.zarr")
    if not job.has_values:
        _check_without_image(job)
    stems: dict[str, Path] = {}
    for path in images:
        if ".zarr" in "".join(path.suffixes):
            raise ValueError(f"{path}: is read in chunks, and --out is {job.out}; expected --out labels.zarr")
        stem = stem_of(path)
        if stem in stems:
            raise ValueError(
                f"{stems[stem]} and {path} would both write {stem}_{job.method}_*; rename one, or segment them in "
                "two runs with a --out each"
            )
        stems[stem] = path
    if job.table is not None and (job.table.suffix.lower() != ".csv" or job.table.is_dir()):
        raise ValueError(f"--table is {job.table}; expected the path of a .csv file")
    outputs = [file for path in images for file in (*_paths(job, path), _record_path(job, path))]
    tables = [*together.paths, *([] if job.table is None else [job.table])]
    check_outputs([*outputs, *tables], [*images, *job.files()])
    check_exports(job.export, [stem for path in images for stem in _stems(job, path)], [*images, *job.files()])
    if not job.overwrite:
        for path in filter(Path.exists, images):
            check_earlier(_record_path(job, path), _paths(job, path), job.source(path), job.resolved())
        records = {path.name: (_record_path(job, path), job.source(path)) for path in images}
        for path in together.paths:
            check_coco(path, records, job.resolved())
    for folder in (job.out, *(table.parent for table in tables)):
        prepare_folder(folder)


def _check_without_image(job: Job) -> None:
    """Refuse what labels alone do not hold."""
    asked = [f"--save {kind}" for kind in job.save if kind in ("means", "palette")]
    asked += ["--refine"] if job.steps is not None and job.steps.refine is not None else []
    if asked:
        raise ValueError(f"{asked[0]} needs the image that the labels belong to; add --image IMAGE")


def _stem(job: Job, path: Path) -> Path:
    """How the names of the results of an image begin."""
    return job.out / f"{stem_of(path)}_{job.method}"


def _stems(job: Job, path: Path) -> list[Path]:
    """The same for each result of an image."""
    return _for_each(job, _stem(job, path))


def _for_each(job: Job, stem: Path) -> list[Path]:
    """How names begin for each result; of several, they end in the value that was asked for."""
    return [stem.with_name(f"{stem.name}_{word}") for word in job.each.words] or [stem]


def _paths(job: Job, path: Path) -> list[Path]:
    """The files that the results of an image may become."""
    return [
        file
        for stem in _stems(job, path)
        for file in (*paths_of(stem, job.save), *files_of(stem, job.export, stem_of(path)))
    ]


def _record_path(job: Job, path: Path) -> Path:
    """Where the record of an image's run is."""
    return Path(f"{_stem(job, path)}.json")


def _segment_file(job: Job, path: Path, arguments: Mapping[str, Any], together: Together) -> tuple[str, list[Row]]:
    """Segment an image, write its results, and return what there is to say, and its rows of the table."""
    picture = job.read(path, **job.reading)
    settings = dict(arguments)
    check_axis(path, settings.get("channel_axis"), picture)
    if settings.get("channel_axis") == "auto":
        settings["channel_axis"] = picture.channel_axis
    channel_axis = settings.get("channel_axis", picture.channel_axis)
    if picture.pixels.ndim - (channel_axis is not None) < 2:
        raise ValueError(f"{path}: --channel-axis {channel_axis} leaves one axis for space; expected two or more")
    if picture.mask is not None:
        settings["mask"] = _both(settings.get("mask"), picture.mask)
    place = place_of_labels(picture, channel_axis)
    if "spacing" in settings and settings["spacing"] is None:
        settings["spacing"] = spacing_of(place)
        if place is not None and place.is_sheared:
            note(f"{path}: its axes are not at right angles: no --spacing holds, and distances are in pixels")
    spacing = arguments.get("spacing")
    if spacing is None and place is not None:
        spacing = place.spacing  # sizes are in the file's own unit
    shown = _shown(picture.pixels, channel_axis, settings, is_segmented="image" not in settings)
    start = perf_counter()
    with choices() as chosen:
        labels = job.segmenter(picture.pixels, **settings)
        if job.steps is not None:
            labels = _objects(job, labels, shown, settings.get("mask"), spacing)
    seconds = perf_counter() - start
    results = _results(job, path, labels)
    image = Segmented(*shown, labels, job.is_class, place)
    exported = Exported(
        labels, job.is_class, image.pixels, image.channel_axis, path, spacing, place, job.reading.get("series")
    )
    tables = [table_of(job, one.labels, image, spacing) for one in results]
    written = _write(job, image, results, exported, tables)
    record = record_of(job, path, picture, channel_axis) | written | {"chosen": chosen}
    write_json(_record_path(job, path), record)
    together.add(path.name, [one.labels for one in results])
    if job.json:
        said = json.dumps(record)
    else:
        noun = "object" if job.steps is not None else "segment"
        found = (
            summary(one.labels, counted(one.n_segments, noun), job.is_class, settings, chosen) for one in results
        )
        said = "; ".join(
            f"{one.word}: {text}" if one.word else text for one, text in zip(results, found, strict=True)
        )
        if job.verbose:
            said += details_of(record, seconds, written)
    if job.table is None:
        return said, []
    words = (one.word for one in results)
    return said, [
        row for word, table in zip(words, tables, strict=True) for row in rows_of(job, path, word, table)
    ]


def _both(mask: NDArray[np.bool_] | None, present: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask that is given, and that of the file; one of another shape is left to the method, which refuses it."""
    if mask is None:
        return present
    return mask & present if mask.shape == present.shape else mask


def _shown(
    pixels: NDArray[Any], channel_axis: int | None, settings: Mapping[str, Any], *, is_segmented: bool
) -> tuple[NDArray[Any], int | None]:
    """The image that labels are drawn on, and its channel axis: of labels that exist, the one given, or none."""
    if is_segmented:
        return pixels, channel_axis
    image = settings["image"]
    if image is None:
        return np.zeros(pixels.shape, np.uint8), None
    if image.shape[: pixels.ndim] != pixels.shape or image.ndim > pixels.ndim + 1:
        raise ValueError(f"--image has the shape {image.shape}; expected that of the labels, {pixels.shape}")
    return image, None if image.ndim == pixels.ndim else -1


def _objects(job: Job, labels: Labels, shown: tuple[NDArray[Any], int | None], mask: Any, spacing: Any) -> Labels:
    """The objects of classes, or of labels that are objects already."""
    image, channel_axis = shown
    make = objects_of if kind_of(job.segmenter) == "classes" else cleaned
    return make(labels, image, job.steps or ObjectSteps(), channel_axis=channel_axis, mask=mask, spacing=spacing)


def _results(job: Job, path: Path, labels: Labels) -> list[_Result]:
    """The labels, or those for each value that several were asked for."""
    each = labels if job.each.words else [labels]
    parts = zip(_stems(job, path), job.each.words or [""], each, strict=True)
    return [_Result(stem, word, one, count_segments(one)) for stem, word, one in parts]


def _write(
    job: Job,
    image: Segmented,
    results: Sequence[_Result],
    exported: Exported,
    tables: Sequence[Mapping[str, NDArray[Any]]],
) -> dict[str, Any]:
    """Write what is kept of each result, and return what the record says of it: lists, where there are several."""
    for one in results:
        check_fit(job.export, exported._replace(labels=one.labels))
    written = []
    for one, table in zip(results, tables, strict=True):
        pictures = write_pictures(one.stem, job.save, image._replace(labels=one.labels))
        found = exported._replace(labels=one.labels, table=table or None)
        written.append(pictures | write_exports(one.stem, job.export, found))
    said = [{"segments": one.n_segments} | names for one, names in zip(results, written, strict=True)]
    return {name: [one[name] for one in said] for name in said[0]} if job.each.words else said[0]

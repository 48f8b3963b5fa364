"""Scores of a label image beside the truth, on the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from classicseg.extras.cli.inputs import image_files, is_folder
from classicseg.extras.cli.ordinary import MOST_PIXELS, Json, MaxPixels, Quiet, keep_quiet
from classicseg.extras.cli.score_output import as_json, print_scores
from classicseg.extras.cli.scores import Judged, Judging, judge, total_of
from classicseg.extras.files import check_outputs, read_markers, read_mask, write_table
from classicseg.extras.signatures import Integer


def evaluate(
    labels: Annotated[Path, Parameter(name="LABELS", help="The labels to judge: an image file or a folder.")],
    truth: Annotated[Path, Parameter(name="TRUTH", help="The true labels, a file of the same size; or a folder.")],
    /,
    *,
    foreground: Annotated[
        Integer | None,
        Parameter(help="Of two-valued images: the true value that is looked for, such as 0 for ink."),
    ] = None,
    ignore_label: Annotated[
        list[Integer] | None,
        Parameter(
            help="Pixels of this true label do not count; several are typed 0 255 or 0,255.", negative_iterable=""
        ),
    ] = None,
    nodata: Annotated[
        list[Integer] | None,
        Parameter(
            help="Pixels that have this value in the truth or in the labels do not count; several are typed "
            "0 255 or 0,255.",
            negative_iterable="",
        ),
    ] = None,
    mask: Annotated[
        Path | None, Parameter(help="An image file of the same size: a pixel counts where it is not 0.")
    ] = None,
    tolerance: Annotated[
        float, Parameter(help="How far boundaries may be off, as a share of the diagonal.")
    ] = 0.0075,
    table: Annotated[Path | None, Parameter(help="Also write the scores to this file (CSV).")] = None,
    max_pixels: MaxPixels = MOST_PIXELS,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Score labels against the truth: overlap, partition, boundaries, objects, and each class.

    First comes whether the labels have the truth's names. Where they do not, each class is scored under the name
    that fits it best.

    Of two folders, each truth goes with the labels of its name, or of its name and _METHOD_labels. Scores of names
    and of classes are those of all pixels together; the others are means over the files.

    Where both have two values, they are scored as ink and paper, too. Labels 1 and 2 beside a truth with 0 are its
    dark and its bright value, and the dark one is looked for; elsewhere it is what is not 0.
    """
    keep_quiet(quiet)
    pairs = _pairs(labels, truth)
    if mask is not None and len(pairs) > 1:
        raise ValueError(f"--mask is {mask}, and there are {len(pairs)} files; take --ignore-label or --nodata")
    read = [path for pair in pairs for path in pair]
    check_outputs([] if table is None else [table], [*read, *([] if mask is None else [mask])])
    judging = Judging(foreground, ignore_label or [], nodata or [], tolerance)
    found: dict[str, Judged] = {}
    for judged, true in pairs:
        found[judged.name] = _judge_pair(judged, true, mask, judging, max_pixels)
        if not quiet and not json:
            name = f"{judged.name}: " if len(pairs) > 1 else ""
            print(*(f"{name}{sentence}" for sentence in found[judged.name].said), sep="\n")
    total = total_of([*found.values()]) if len(pairs) > 1 else None
    if table is not None:
        _write(table, found, total)
    if json:
        print(*as_json(found, total), sep="\n")
    elif not quiet:
        print(*([] if total is None else total.said), sep="\n", end="\n" if total else "")
        print_scores((total or next(iter(found.values()))).scores)
    return 0


def _write(table: Path, found: Mapping[str, Judged], total: Judged | None) -> None:
    """Write the scores of a file, or of all files, of all pixels together, and the means."""
    if total is None:
        write_table(table, ["of", "score", "value"], next(iter(found.values())).scores)
        return
    rows = [(name, *score) for name, judged in found.items() for score in judged.scores]
    rows += [("total", *score) for score in total.of_names] + [("mean", *score) for score in total.of_parts]
    write_table(table, ["labels", "of", "score", "value"], rows)


def _judge_pair(labels: Path, truth: Path, mask: Path | None, judging: Judging, max_pixels: int) -> Judged:
    """Score one file."""
    found, true = (_read(path, max_pixels) for path in (labels, truth))
    if found.shape != true.shape:
        raise ValueError(f"{labels} has the shape {found.shape}, and {truth} {true.shape}; expected the same")
    kept = None if mask is None else read_mask(mask, max_pixels=max_pixels)
    try:
        return judge(true, found, kept, judging)
    except ValueError as error:
        raise ValueError(f"{labels}: {error}") from None


def _pairs(labels: Path, truth: Path) -> list[tuple[Path, Path]]:
    """The files to score: of two folders, each truth with its labels."""
    folders = [is_folder(path) for path in (labels, truth)]
    if not any(folders):
        return [(labels, truth)]
    if not all(folders):
        raise ValueError(f"{labels} and {truth} are a file and a folder; expected two files, or two folders")
    given = image_files([labels])
    pairs: list[tuple[Path, Path]] = []
    for true in image_files([truth]):
        own = [path for path in given if path.stem == true.stem]
        named = re.compile(re.escape(true.stem) + r"_[a-z-]+_labels")
        found = own or [path for path in given if named.fullmatch(path.stem)]
        if len(found) != 1 or found[0] in (path for path, _ in pairs):
            names = f"{true.stem}.* or {true.stem}_METHOD_labels.*"
            raise ValueError(f"{labels} has {len(found)} files for {true}; expected one of its own, {names}")
        pairs.append((found[0], true))
    return pairs


def _read(path: Path, max_pixels: int) -> NDArray[Any]:
    """Labels of a file, or of a Zarr that was written in tiles."""
    if not path.is_dir():
        return read_markers(path, max_pixels=max_pixels)
    from classicseg.extras.files.chunked import open_chunked

    stored = open_chunked(path, max_pixels=max_pixels).pixels
    if stored.dtype.kind not in "iub":
        raise ValueError(f"{path}: holds {stored.dtype}; expected whole numbers, one a pixel")
    return np.asarray(stored.compute())

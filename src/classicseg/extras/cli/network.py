"""The command that segments images by a trained network."""

from __future__ import annotations

from collections.abc import Sequence
from json import dumps
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter

import classicseg
from classicseg import Labels
from classicseg.extras.cli.inputs import image_files
from classicseg.extras.cli.ordinary import MOST_PIXELS, Json, MaxPixels, Out, Quiet, as_flag, keep_quiet
from classicseg.extras.cli.pictures import Segmented, paths_of, write_pictures
from classicseg.extras.cli.places import place_of_labels, stem_of
from classicseg.extras.cli.report import print_table, report
from classicseg.extras.cli.segment import prepare_folder
from classicseg.extras.files import check_outputs, read_image, write_json
from classicseg.extras.networks import NetworkSegmenter
from classicseg.extras.progress import progress

_KINDS = ("labels", "overlay", "colors")
Model = Annotated[
    Path, Parameter(alias="-m", help="The network: what train-network wrote, or an ONNX file of probabilities.")
]


def network(
    images: Annotated[list[Path], Parameter(name="IMAGE...", help="Image files, or folders of them.")],
    /,
    *,
    model: Model,
    out: Out = Path("segmented"),
    overwrite: Annotated[bool, as_flag("Replace files that are there already.")] = False,
    max_pixels: MaxPixels = MOST_PIXELS,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Segment images by a trained network: labels, pictures, and the share of each class."""
    shown = keep_quiet(quiet)
    paths = image_files(images)
    segment, names = load_model(model)
    stems = [out / f"{stem_of(path)}_network" for path in paths]
    _check([*paths, model], stems, overwrite)
    prepare_folder(out)
    rows = []
    for path, stem in progress(list(zip(paths, stems, strict=True)), "segmenting", len(paths), shown=shown):
        try:
            picture = read_image(path, max_pixels=max_pixels)
            begin = perf_counter()
            labels = segment(picture.pixels, channel_axis=picture.channel_axis, mask=picture.mask)
            seconds = perf_counter() - begin
            place = place_of_labels(picture, picture.channel_axis)
            found = Segmented(picture.pixels, picture.channel_axis, labels, False, place)
            files = write_pictures(stem, _KINDS, found)
        except (OSError, ValueError, MemoryError) as error:
            report(str(error) if str(path) in str(error) else f"{path}: {error or 'out of memory'}")
            continue
        row = {"image": str(path), "seconds": round(seconds, 3), "shares": _shares(labels, names)}
        told = {"classicseg": classicseg.__version__, "model": str(model.resolve())}
        write_json(_record(stem), row | told | {"files": files})
        rows.append(row)
    if json:
        print(*map(dumps, rows), sep="\n")
    elif rows and not quiet:
        _print_shares(rows)
        print(f"results in {out}")
    return 0 if len(rows) == len(paths) else 1 if rows else 2


def load_model(path: Path) -> tuple[NetworkSegmenter, Sequence[str]]:
    """The network in a file, and the names of its classes, as far as they are known."""
    if path.suffix.lower() == ".onnx":
        return _needing("onnx", lambda: (NetworkSegmenter.from_onnx(path), ()))
    return _needing("torch", lambda: _of_torch(path))


def _of_torch(path: Path) -> tuple[NetworkSegmenter, Sequence[str]]:
    from classicseg.extras.torch import load_network

    found = load_network(path)
    return NetworkSegmenter.from_torch(found), found.notes.get("classes", ())


def _needing(extra: str, load: Any) -> tuple[NetworkSegmenter, Sequence[str]]:
    """Load a network; where its library is missing, say what to install."""
    try:
        found: tuple[NetworkSegmenter, Sequence[str]] = load()
    except ModuleNotFoundError as error:
        raise ValueError(f"--model needs {error.name}; pip install 'classicseg[{extra}]'") from error
    except ImportError as error:
        raise ValueError(f"--model: {error}") from error
    return found


def _check(inputs: Sequence[Path], stems: Sequence[Path], overwrite: bool) -> None:
    """Refuse to write over what is there, before any work."""
    again = next((stem for k, stem in enumerate(stems) if stem in stems[:k]), None)
    if again is not None:
        raise ValueError(f"several images would become {again}_*; rename one, or take a --out each")
    outputs = [path for stem in stems for path in (*paths_of(stem, _KINDS), _record(stem))]
    check_outputs(outputs, inputs)
    there = next((path for path in outputs if path.exists()), None)
    if there is not None and not overwrite:
        raise ValueError(f"{there}: is there already; add --overwrite, or choose another --out")


def _record(stem: Path) -> Path:
    """What says how labels were made."""
    return stem.with_name(f"{stem.name}.json")


def _shares(labels: Labels, names: Sequence[str]) -> dict[str, float]:
    """The share of each class that is there, of the pixels that take part."""
    counts = np.bincount(labels[labels > 0])
    titles = {k: names[k - 1] if k <= len(names) else str(k) for k in np.flatnonzero(counts).tolist()}
    return {title: float(counts[k] / counts.sum()) for k, title in titles.items()}


def _print_shares(rows: Sequence[dict[str, Any]]) -> None:
    """Print a line for each image, with the classes, the largest first."""
    from rich.table import Table

    table = Table()
    for column in ("image", "classes"):
        table.add_column(column, overflow="fold")
    table.add_column("s", justify="right")
    for row in rows:
        by_size = sorted(row["shares"].items(), key=lambda item: -item[1])
        table.add_row(
            row["image"], ", ".join(f"{name} {share:.1%}" for name, share in by_size), f"{row['seconds']:.2f}"
        )
    print_table(table)

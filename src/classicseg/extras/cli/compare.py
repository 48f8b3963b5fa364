"""Methods of the catalogue, as they come, on the same images: a sheet of all, and a table."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from json import dumps
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, NamedTuple

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

import classicseg
from classicseg import Labels
from classicseg.extras.cli.chosen import count_segments, counted
from classicseg.extras.cli.earlier import check_earlier
from classicseg.extras.cli.inputs import image_files
from classicseg.extras.cli.ordinary import MOST_PIXELS, Json, MaxPixels, Out, Overwrite, Quiet, keep_quiet
from classicseg.extras.cli.places import spacing_of, stem_of
from classicseg.extras.cli.report import print_table, report
from classicseg.extras.cli.segment import prepare_folder
from classicseg.extras.cli.variants import chosen_methods
from classicseg.extras.files import Picture, check_outputs, read_image, read_markers, replacing, write_json
from classicseg.extras.plot import compare_sheet
from classicseg.extras.progress import progress
from classicseg.extras.signatures import Words
from classicseg.metrics import (
    adjusted_rand_index,
    boundary_f1,
    segmentation_covering,
    variation_of_information,
)


class Result(NamedTuple):
    """What a method made of an image."""

    image: str
    method: str
    labels: Labels
    milliseconds: float
    setting: str
    scores: Mapping[str, float]
    """Beside a truth: covering, adjusted Rand index, variation of information, boundary F."""

    def said(self) -> str:
        """The scores that a title has room for."""
        return ", ".join(f"{name} {self.scores[name]:.2f}" for name in _IN_TITLES if name in self.scores)

    def record(self) -> dict[str, object]:
        """All but the labels."""
        return {
            "image": self.image,
            "method": self.method,
            "segments": count_segments(self.labels),
            "milliseconds": round(self.milliseconds, 3),
            "setting": self.setting,
            "scores": dict(self.scores),
        }


class Asked(NamedTuple):
    """The options that all sheets depend on."""

    methods: Sequence[str] | None
    nodata: Sequence[float] | None
    models: Sequence[Path] | None


class Sheet(NamedTuple):
    """One of the images that are compared."""

    path: Path
    truth: Path | None
    file: Path
    """Where the results are drawn."""

    @property
    def record(self) -> Path:
        """What says how the sheet was made."""
        return self.file.with_suffix(".json")

    def parameters(self, asked: Asked) -> dict[str, object]:
        """The options that it depends on."""
        truth = None if self.truth is None else str(self.truth.resolve())
        nodata = None if asked.nodata is None else [str(value) for value in asked.nodata]
        models = {"models": [str(path.resolve()) for path in asked.models]} if asked.models else {}
        return {"methods": asked.methods, "truth": truth, "nodata": nodata, **models}


_IN_TITLES = ("covering", "F")
Methods = Annotated[
    list[str] | None,
    Parameter(
        help="The methods to run, such as kmeans,watershed; with a word of a method's options as "
        "threshold:kapur, or the word alone where only one method has it: sauvola,wolf. By default all, as they "
        "come.",
        negative_iterable="",
    ),
    Words(re.compile(r"[a-z][a-z0-9+_:-]*"), "kmeans,watershed", follows=False),
]


def compare(
    images: Annotated[list[Path], Parameter(name="IMAGE...", help="Image files, or folders of them.")],
    /,
    *,
    methods: Methods = None,
    truth: Annotated[
        list[Path] | None,
        Parameter(help="The true labels, an image file for each image: scores are shown.", negative_iterable=""),
    ] = None,
    model: Annotated[
        list[Path] | None,
        Parameter(
            alias="-m",
            help="A trained network to compare with: what train-network wrote, or an ONNX file.",
            negative_iterable="",
        ),
    ] = None,
    out: Out = Path("segmented"),
    nodata: Annotated[
        list[float] | None,
        Parameter(
            help="A value, as stored, of pixels that take no part; several are typed 0 255 or 0,255.",
            negative_iterable="",
        ),
    ] = None,
    max_pixels: MaxPixels = MOST_PIXELS,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Segment images with every method, or with those named, and draw the results side by side."""
    shown = keep_quiet(quiet)
    segmenters = {**chosen_methods(methods), **_networks(model or [])}
    asked = Asked(methods, nodata, model)
    sheets = _sheets(image_files(images), None if truth is None else image_files(truth), out)
    if not overwrite:
        for sheet in (one for one in sheets if one.path.exists()):
            image = str(sheet.path.resolve())
            check_earlier(sheet.record, [sheet.file], image, sheet.parameters(asked))
    pictures = [_read(sheet, max_pixels, nodata) for sheet in sheets]
    prepare_folder(out)
    jobs = [(number, name) for number in range(len(sheets)) for name in segmenters]
    results: list[Result] = []
    for number, name in progress(jobs, "segmenting", len(jobs), shown=shown):
        sheet, (picture, true) = sheets[number], pictures[number]
        try:
            results.append(run_method(stem_of(sheet.path), picture, (name, segmenters[name]), true))
        except ValueError as error:  # a method that does not take such an image
            report(f"{sheet.path}: {name}: {error}")
    for sheet, (picture, true) in zip(sheets, pictures, strict=True):
        own = [one for one in results if one.image == stem_of(sheet.path)]
        draw_sheet(sheet.file, picture, own, true)
        write_json(sheet.record, _record(sheet, sheet.parameters(asked), own))
    say_results(results, f"{counted(len(sheets), 'comparison sheet')} in {out}", quiet=quiet, json=json)
    return 0 if len(results) == len(jobs) else 1


def run_method(
    image: str, picture: Picture, method: tuple[str, Callable[..., Labels]], truth: NDArray[Any] | None = None
) -> Result:
    """Segment a picture with the method of this name."""
    name, segmenter = method
    axis = picture.channel_axis
    corner = tuple(slice(None) if k == axis else slice(64) for k in range(picture.pixels.ndim))
    takes_spacing = "spacing" in inspect.signature(segmenter).parameters
    options = {"spacing": spacing_of(picture.geometry)} if takes_spacing else {}
    segmenter(picture.pixels[corner], channel_axis=axis, **options)  # compiles, so that what is timed is the work
    start = perf_counter()
    labels = segmenter(picture.pixels, channel_axis=axis, mask=picture.mask, **options)
    milliseconds = 1000 * (perf_counter() - start)
    scores = {} if truth is None else _scores(truth, labels, picture.mask)
    return Result(image, name, labels, milliseconds, _setting(segmenter), scores)


def draw_sheet(path: Path, picture: Picture, results: Sequence[Result], truth: NDArray[Any] | None = None) -> None:
    """Draw the results of one image side by side."""
    found = {result.method: result.labels for result in results}
    said = {result.method: result.said() for result in results}
    axes = compare_sheet(picture.pixels, found, truth=truth, scores=said, channel_axis=picture.channel_axis)
    with replacing(path) as file:
        axes[0, 0].figure.savefig(file, format="png")


def say_results(results: Sequence[Result], files: str, *, quiet: bool, json: bool) -> None:
    """Print the results as lines of JSON, or as a table, the settings of each method, and where the files are."""
    if json:
        print(*(dumps(result.record()) for result in results), sep="\n")
    elif not quiet:
        if results:
            _print_table(results)
        print(files)


def _networks(models: Sequence[Path]) -> dict[str, Callable[..., Labels]]:
    """Trained networks, by the names of their files."""
    if not models:
        return {}
    from classicseg.extras.cli.network import load_model

    return {f"network:{path.stem}": load_model(path)[0] for path in models}


def _print_table(results: Sequence[Result]) -> None:
    """Print a line for each result; without scores, the settings of each method once."""
    from rich.table import Table

    table = Table()
    for column in ("image", "method"):
        table.add_column(column, overflow="fold")  # cut, rows would look alike
    for column in ("segments", "ms", *results[0].scores):
        table.add_column(column, justify="right")
    for result in results:
        scores = [f"{score:.3f}" for score in result.scores.values()]
        segments = count_segments(result.labels)
        table.add_row(result.image, result.method, str(segments), f"{result.milliseconds:.1f}", *scores)
    print_table(table)
    if not results[0].scores:
        for method, setting in {result.method: result.setting for result in results if result.setting}.items():
            print(f"{method}: {setting}")


def _sheets(images: Sequence[Path], truths: Sequence[Path] | None, out: Path) -> list[Sheet]:
    """The images, each with its truth and its sheet; refuse what does not go together."""
    if truths and len(truths) != len(images):
        raise ValueError(
            f"{counted(len(images), 'image')} and {counted(len(truths), 'truth')} are given; expected a truth of "
            "each image"
        )
    if len({stem_of(path) for path in images}) < len(images):
        raise ValueError("several images have the same name, and their sheets would, too; rename them")
    sheets = [
        Sheet(path, truths[number] if truths else None, out / f"{stem_of(path)}_comparison.png")
        for number, path in enumerate(images)
    ]
    outputs = [file for sheet in sheets for file in (sheet.file, sheet.record)]
    check_outputs(outputs, [*images, *(truths or [])])
    return sheets


def _read(sheet: Sheet, max_pixels: int, nodata: Sequence[float] | None) -> tuple[Picture, NDArray[Any] | None]:
    """An image and its truth, of one shape."""
    picture = read_image(sheet.path, max_pixels=max_pixels, nodata=nodata)
    if sheet.truth is None:
        return picture, None
    truth, axis = read_markers(sheet.truth, max_pixels=max_pixels), picture.channel_axis
    shape = tuple(n for place, n in enumerate(picture.pixels.shape) if place != axis)
    if truth.shape != shape:
        raise ValueError(f"{sheet.path} has the shape {shape}, and its truth {truth.shape}")
    return picture, truth


def _record(sheet: Sheet, parameters: Mapping[str, Any], results: Sequence[Result]) -> dict[str, object]:
    """How a sheet was made, and what is on it."""
    words = [f"--methods={name}" for name in parameters["methods"] or ()]
    words += [f"--nodata={value}" for value in parameters["nodata"] or ()]
    words += [f"--model={path}" for path in parameters.get("models", ())]
    words += [] if sheet.truth is None else [f"--truth={parameters['truth']}"]
    image = str(sheet.path.resolve())
    return {
        "classicseg": classicseg.__version__,
        "command": ["classicseg", "compare", image, *words],
        "image": image,
        "parameters": parameters,
        "results": [result.record() for result in results],
    }


def _scores(truth: NDArray[Any], labels: Labels, mask: NDArray[np.bool_] | None) -> dict[str, float]:
    """The scores of labels that a sheet and the table show."""
    return {
        "covering": segmentation_covering(truth, labels, mask=mask),
        "Rand": adjusted_rand_index(truth, labels, mask=mask),
        "VI": variation_of_information(truth, labels, mask=mask).total,
        "F": boundary_f1(truth, labels, mask=mask).f1,
    }


def _setting(segmenter: Callable[..., Labels]) -> str:
    """The parameters that say something by themselves, with their values."""
    defaults = {name: p.default for name, p in inspect.signature(segmenter).parameters.items()}
    said = {n: d for n, d in defaults.items() if d not in (None, "auto", inspect.Parameter.empty)}
    return ", ".join(f"{name}={value}" for name, value in said.items())

"""Every method of the catalogue, as it comes, on the same images: a sheet of all, and a table."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, NamedTuple

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from classicseg import Labels
from classicseg.extras.cli.chosen import count_segments, counted
from classicseg.extras.cli.inputs import image_files
from classicseg.extras.cli.report import print_table, report
from classicseg.extras.cli.segment import prepare_folder
from classicseg.extras.cli.variants import chosen_methods
from classicseg.extras.files import MAX_PIXELS, Picture, check_outputs, read_image, read_markers, replacing
from classicseg.extras.plot import compare_sheet
from classicseg.extras.progress import progress
from classicseg.extras.signatures import Integer, Words
from classicseg.metrics import (
    adjusted_rand_index,
    boundary_f1,
    segmentation_covering,
    variation_of_information,
)

_LIMIT = Integer(MAX_PIXELS)


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


_IN_TITLES = ("covering", "F")


def compare(
    images: Annotated[list[Path], Parameter(name="IMAGE...", help="Image files.")],
    /,
    *,
    methods: Annotated[
        list[str] | None,
        Parameter(
            help="The methods to compare, such as kmeans,watershed; with a word of a method's options as "
            "threshold:kapur, or the word alone where only one method has it: sauvola,wolf. By default all, as "
            "they come.",
            negative_iterable="",
        ),
        Words(re.compile(r"[a-z][a-z0-9+_:-]*"), "kmeans,watershed", follows=False),
    ] = None,
    truth: Annotated[
        list[Path] | None,
        Parameter(help="The true labels, an image file for each image: scores are shown.", negative_iterable=""),
    ] = None,
    out: Annotated[Path, Parameter(alias="-o", help="The folder for the sheets.")] = Path("segmented"),
    nodata: Annotated[
        list[float] | None,
        Parameter(
            help="A value, as stored, of pixels that take no part; several are typed 0 255 or 0,255.",
            negative_iterable="",
        ),
    ] = None,
    max_pixels: Annotated[Integer, Parameter(help="Refuse files of more pixels times pages.")] = _LIMIT,
) -> int:
    """Segment images with every method, or with those named, and draw the results side by side."""
    segmenters = chosen_methods(methods)
    images = image_files(images)
    truth = None if truth is None else image_files(truth)
    if truth and len(truth) != len(images):
        raise ValueError(f"there are {len(images)} images and {len(truth)} truths; expected a truth of each image")
    stems = [path.stem for path in images]
    if len(set(stems)) < len(stems):
        raise ValueError("several images have the same name, and their sheets would, too; rename them")
    sheets = [out / f"{stem}_comparison.png" for stem in stems]
    check_outputs(sheets, [*images, *(truth or [])])
    pictures = [read_image(path, max_pixels=max_pixels, nodata=nodata) for path in images]
    truths = [read_markers(path, max_pixels=max_pixels) for path in truth] if truth else [None] * len(images)
    for path, picture, true in zip(images, pictures, truths, strict=True):
        if true is not None and true.shape != _spatial_shape(picture):
            raise ValueError(f"{path} has the shape {_spatial_shape(picture)}, and its truth {true.shape}")
    prepare_folder(out)
    jobs = [(number, name) for number in range(len(images)) for name in segmenters]
    results = []
    for number, name in progress(jobs, "segmenting", len(jobs)):
        try:
            results.append(run_method(stems[number], pictures[number], (name, segmenters[name]), truths[number]))
        except ValueError as error:  # a method that does not take such an image
            report(f"{images[number]}: {name}: {error}")
    for sheet, stem, picture, true in zip(sheets, stems, pictures, truths, strict=True):
        draw_sheet(sheet, picture, [one for one in results if one.image == stem], true)
    if results:
        print_results(results)
    print(f"{counted(len(images), 'comparison sheet')} in {out}")
    return 0 if len(results) == len(jobs) else 1


def run_method(
    image: str, picture: Picture, method: tuple[str, Callable[..., Labels]], truth: NDArray[Any] | None = None
) -> Result:
    """Segment a picture with the method of this name."""
    name, segmenter = method
    axis = picture.channel_axis
    corner = tuple(slice(None) if k == axis else slice(64) for k in range(picture.pixels.ndim))
    segmenter(picture.pixels[corner], channel_axis=axis)  # compiles, so that what is timed is the work
    start = perf_counter()
    labels = segmenter(picture.pixels, channel_axis=axis, mask=picture.mask)
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


def print_results(results: Sequence[Result]) -> None:
    """Print a line for each result."""
    from rich.table import Table

    table = Table()
    for column in ("image", "method"):
        table.add_column(column, overflow="fold")  # cut, rows would look alike
    scores = list(results[0].scores)
    for column in ("segments", "ms", *scores):
        table.add_column(column, justify="right")
    if not scores:
        table.add_column("setting")
    for result in results:
        segments = count_segments(result.labels)
        last = [f"{result.scores[name]:.3f}" for name in scores] or [result.setting]
        table.add_row(result.image, result.method, str(segments), f"{result.milliseconds:.1f}", *last)
    print_table(table)


def _spatial_shape(picture: Picture) -> tuple[int, ...]:
    """The shape without the axis of the channels."""
    axis = picture.channel_axis
    shape = picture.pixels.shape
    return shape if axis is None else tuple(np.delete(shape, axis).tolist())


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

"""The demonstration: every method of the catalogue, as it comes, on photographs that scikit-image brings along."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, NamedTuple

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

import classicseg
from classicseg import Labels, Segmenter
from classicseg.extras.cli.report import command_name
from classicseg.extras.cli.segment import prepare_folder
from classicseg.extras.files import replacing, write_image
from classicseg.extras.plot import compare_sheet, overlay_image
from classicseg.extras.progress import progress

_PHOTOGRAPHS = ("coins", "camera", "astronaut", "coffee")


class _Result(NamedTuple):
    image: str
    method: str
    labels: Labels
    milliseconds: float
    setting: str


def demo(*, out: Annotated[Path, Parameter(help="The folder for the pictures.")] = Path("segmented")) -> int:
    """Segment some photographs with every method, and draw the results."""
    prepare_folder(out)
    photographs = _photographs()
    jobs = [(image, name) for image in photographs for name in classicseg.segmenters()]
    results = []
    for image, name in progress(jobs, "segmenting", len(jobs)):
        result = _segment(image, photographs[image], name)
        write_image(out / f"{image}_{result.method}_overlay.png", overlay_image(photographs[image], result.labels))
        results.append(result)
    for image, pixels in progress(photographs.items(), "drawing", len(photographs)):
        _draw_sheet(out / f"{image}_comparison.png", pixels, [r for r in results if r.image == image])
    _print_table(results)
    print(f"{len(results)} overlays and {len(photographs)} comparison sheets are in {out.resolve()}")
    return 0


def _photographs() -> dict[str, NDArray[Any]]:
    try:
        from skimage import data
    except ImportError:
        raise ValueError(
            "scikit-image, whose photographs are shown, is not installed; pip install 'classicseg[cli]'"
        ) from None
    return {name: getattr(data, name)() for name in _PHOTOGRAPHS}


def _segment(image: str, pixels: NDArray[Any], name: str) -> _Result:
    segmenter = classicseg.segmenters()[name]
    segmenter(pixels[:64, :64])  # compiles, so that what is timed is the work
    start = perf_counter()
    labels = segmenter(pixels)
    milliseconds = 1000 * (perf_counter() - start)
    return _Result(image, command_name(name), labels, milliseconds, _setting(segmenter))


def _setting(segmenter: Segmenter) -> str:
    """The parameters that say something by themselves, with their values."""
    defaults = {name: p.default for name, p in inspect.signature(segmenter).parameters.items()}
    said = {n: d for n, d in defaults.items() if d not in (None, "auto", inspect.Parameter.empty)}
    return ", ".join(f"{name}={value}" for name, value in said.items())


def _draw_sheet(path: Path, pixels: NDArray[Any], results: Sequence[_Result]) -> None:
    axes = compare_sheet(pixels, {result.method: result.labels for result in results})
    with replacing(path) as file:
        axes[0].figure.savefig(file, format="png")  # type: ignore[union-attr]


def _print_table(results: Sequence[_Result]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("image", "method")
    table.add_column("segments", justify="right")
    table.add_column("ms", justify="right")
    table.add_column("setting")
    for result in results:
        segments = np.unique(result.labels[result.labels > 0]).size
        table.add_row(result.image, result.method, str(segments), f"{result.milliseconds:.1f}", result.setting)
    Console().print(table)

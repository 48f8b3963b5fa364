"""From a signature to options: what a word of `classicseg.types` means to someone who types it.

The annotations of the segmenters are read once more with these meanings in place of their own, so that
``mask: Mask`` is the path of an image here. A new segmenter whose signature uses the same words needs nothing.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from classicseg import Segmenter
from classicseg.extras.cli.segment import Job, limit_of, segment_files
from classicseg.extras.files import read_image, read_markers, read_mask
from classicseg.types import EdgeDetector


class Integer(int):
    """A whole number: cyclopts would round 2.5 without a word."""


@dataclass(frozen=True)
class Load:
    """How the value of an option, as typed, becomes the segmenter's argument."""

    load: Callable[[Any, int | None], object]
    """Of the value, and the most pixels that a file may have."""


def _load_seeds(given: list[str], max_pixels: int | None) -> NDArray[Any] | dict[int, list[list[int]]]:
    try:
        named = [word.rpartition(":")[::2] for word in given]
        points = [[int(index) for index in point.split(",")] for _, point in named]
        labels = [int(label) for label, _ in named if label]
    except ValueError:
        if len(given) > 1:
            raise ValueError(
                f"seeds are {' '.join(given)}; expected points such as 10,20, points of regions such as 3:10,20, "
                "or one marker image"
            ) from None
        return read_markers(given[0], **limit_of(max_pixels))
    if len({len(point) for point in points}) > 1:
        raise ValueError(f"seeds are {' '.join(given)}; expected as many indices for each point")
    if not labels:
        return np.array(points)
    if len(labels) < len(points):
        raise ValueError(f"seeds are {' '.join(given)}; expected a label before each point, or none")
    regions: dict[int, list[list[int]]] = {}
    for label, point in zip(labels, points, strict=True):
        regions.setdefault(label, []).append(point)
    return regions


def _load_array(given: Path | str, max_pixels: int | None) -> NDArray[Any] | str:
    """A file; a word of the option's own, such as its default, stays what it is."""
    return given if isinstance(given, str) else read_image(given, **limit_of(max_pixels)).pixels


def _load_mask(given: Path, max_pixels: int | None) -> Any:
    if given.suffix != ".zarr":
        return read_mask(given, **limit_of(max_pixels))
    from classicseg.extras.files.chunked import open_chunked

    return open_chunked(given, **limit_of(max_pixels)).pixels != 0


_MEANINGS = {
    "int": Integer,
    "Random": Annotated[Integer, Parameter(help="The seed of the random draws: the same seed, the same labels.")],
    "ChannelAxis": Annotated[
        Integer | Literal["auto", "none"],
        Parameter(
            help="The axis of the channels. none: every axis is spatial, as in a volume. auto: as the file says."
        ),
        Load(lambda axis, _: None if axis == "none" else axis),
    ],
    "Mask": Annotated[
        Path | None,
        Parameter(help="An image file of the same size: a pixel takes part where it is not 0."),
        Load(_load_mask),
    ],
    "Weights": Annotated[
        Path | None,
        Parameter(help="An image file of the same size, at least 0: how much a pixel counts."),
        Load(_load_array),
    ],
    "Seeds": Annotated[
        list[str] | None,
        Parameter(
            help="A point as row,column (plane,row,column in a volume), once for each segment, or label:row,"
            "column for several points of one; or a marker image file, whose positive numbers name the segments."
        ),
        Load(_load_seeds),
    ],
    "EdgeDetector": get_args(EdgeDetector)[0],  # the names; a function or an array cannot be typed
    "ArrayLike": Annotated[Path, Load(_load_array)],
}


def command_for(name: str, segmenter: Segmenter) -> Callable[..., int]:
    """Make the command that runs a segmenter on files."""
    options = _options(segmenter)
    loads = {option.name: load for option in options if (load := _load_of(option.annotation))}

    def command(images: list[Path], /, **given: Any) -> int:
        files = {key: given.pop(key, default) for key, (_, default) in _FILES.items()}
        values = {option.name: given.get(option.name, option.default) for option in options}

        def arguments() -> dict[str, object]:
            return {
                key: loads[key].load(value, files["max_pixels"]) if key in loads and value is not None else value
                for key, value in values.items()
            }

        said = {} if files["nodata"] is None else {"nodata": [str(value) for value in files["nodata"]]}
        return segment_files(Job(name, segmenter, values | said, arguments, **files), images)

    keyword = inspect.Parameter.KEYWORD_ONLY
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter("images", inspect.Parameter.POSITIONAL_ONLY, annotation=_IMAGES),
            *options,
            *(inspect.Parameter(n, keyword, default=d, annotation=t) for n, (t, d) in _FILES.items()),
        ]
    )
    command.__annotations__ = {}
    command.__doc__ = inspect.getdoc(segmenter)
    return command


_IMAGES = Annotated[
    list[Path], Parameter(name="IMAGE...", help="Image files: PNG, JPEG, TIFF (all pages), .npy and others.")
]
_FILES: dict[str, tuple[Any, Any]] = {
    "out": (
        Annotated[
            Path,
            Parameter(
                help="The folder for the results. A name that ends in .zarr: the labels as a Zarr array, chunk by "
                "chunk, of an image (Zarr, TIFF, .npy) that may be larger than memory; begun again, it goes on.",
                group="Files",
            ),
        ],
        Path("segmented"),
    ),
    "table": (
        Annotated[
            Path | None,
            Parameter(help="Also write a table of the segments (CSV): area, centroid, box, mean.", group="Files"),
        ],
        None,
    ),
    "max_pixels": (
        Annotated[
            Integer | None,
            Parameter(
                help="Refuse files of more pixels times pages; 500 million without it, in chunks 10^12.",
                group="Files",
            ),
        ],
        None,
    ),
    "nodata": (
        Annotated[
            list[float] | None,
            Parameter(
                help="A value, as stored, of pixels that take no part, such as -9999 or nan; may be repeated. "
                "What the file says itself (alpha, GDAL's no-data tag, an internal mask) holds without it.",
                group="Files",
                negative_iterable="",
            ),
        ],
        None,
    ),
    "scheduler": (
        Annotated[
            str | None,
            Parameter(
                help="The address of a Dask scheduler that computes the chunks; else threads.", group="Files"
            ),
        ],
        None,
    ),
}


def _options(segmenter: Segmenter) -> list[inspect.Parameter]:
    hints = get_type_hints(segmenter, localns=_MEANINGS, include_extras=True)
    return [
        option.replace(annotation=Annotated[hints[option.name], Parameter(negative_iterable="")])
        for option in inspect.signature(segmenter).parameters.values()
        if option.kind is inspect.Parameter.KEYWORD_ONLY
    ]


def _load_of(hint: Any) -> Load | None:
    found: Iterable[Any] = (*getattr(hint, "__metadata__", ()), *map(_load_of, get_args(hint)))
    return next((item for item in found if isinstance(item, Load)), None)

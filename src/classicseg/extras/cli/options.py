"""From a signature to a command: each option of a segmenter is one of the command line."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from classicseg import Labels
from classicseg.extras.cli.inputs import image_files, standard_input_as_file
from classicseg.extras.cli.job import Job, each_of, limit_of
from classicseg.extras.cli.object_options import OF_CLASSES, said_of, steps_of
from classicseg.extras.cli.ordinary import Json, Overwrite, Quiet, Verbose
from classicseg.extras.cli.pictures import BY_DEFAULT, KINDS, Kind
from classicseg.extras.cli.segment import segment_files
from classicseg.extras.exports.formats import FORMAT_NAMES, FormatName
from classicseg.extras.files import Picture, read_image
from classicseg.extras.objects import ObjectSteps
from classicseg.extras.signatures import Integer, Option, Words, options_of, words_of
from classicseg.types import kind_of

_IMAGE_FILES = (
    "Image files (PNG, JPEG, TIFF with all pages, NIfTI, DICOM, .npy, …), folders of them, or - for standard "
    "input."
)


def command_for(
    name: str,
    segmenter: Callable[..., Labels],
    *,
    of_objects: Mapping[str, tuple[Any, Any]] | None = None,
    find: Callable[[Iterable[Path]], list[Path]] = image_files,
    read: Callable[..., Picture] = read_image,
    without: Sequence[str] = (),
    steps: ObjectSteps | None = None,
    images_are: str = _IMAGE_FILES,
) -> Callable[..., int]:
    """Make the command that runs a segmenter on files.

    `of_objects` are its options that ask for objects, by default those of the methods that make classes;
    `steps` is what is done where none of them is given. `images_are` says what files it takes, `find` lists them,
    and `read` reads one; `without` names the options of files that it does not have.
    """
    options = options_of(segmenter)
    if of_objects is None:
        of_objects = OF_CLASSES if kind_of(segmenter) == "classes" else {}
    of_files = {key: row for key, row in _FILES.items() if key not in without}
    asking = [option.name for option in options if option.is_for_each]

    def command(images: list[Path], /, **given: Any) -> int:
        files = {key: given.pop(key, default) for key, (_, default) in _FILES.items()}
        objects = {key: given.pop(key, default) for key, (_, default) in of_objects.items()}
        values = {option.name: given.get(option.name, option.default) for option in options}

        def arguments() -> dict[str, object]:
            limits = limit_of(files["max_pixels"])
            typed = ((option, values[option.name]) for option in options)
            return {
                option.name: None if value is None else option.load(value, **limits) for option, value in typed
            }

        said: dict[str, Any] = {}
        if files["nodata"] is not None:
            said["nodata"] = [str(value) for value in files["nodata"]]
        said |= {name: str(files[name]) for name in ("series", "channel") if files[name] is not None}
        said |= said_of(objects)
        files |= {kinds: list(dict.fromkeys(files[kinds])) for kinds in ("save", "export")}
        with standard_input_as_file(images) as stdin:
            paths = find(stdin if stdin and path == Path("-") else path for path in images)
            job = Job(
                name,
                segmenter,
                values | said,
                arguments,
                each=each_of(values, asking),
                stdin=stdin,
                steps=steps_of(objects) or steps,
                read=read,
                **files,
            )
            return segment_files(job, paths)

    taken = Annotated[list[Path], Parameter(name="IMAGE...", help=images_are)]
    keyword, others = inspect.Parameter.KEYWORD_ONLY, {**of_objects, **of_files}
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter("images", inspect.Parameter.POSITIONAL_ONLY, annotation=taken),
            *map(_parameter, options),
            *(inspect.Parameter(n, keyword, default=d, annotation=t) for n, (t, d) in others.items()),
        ]
    )
    command.__annotations__ = {}
    command.__doc__ = inspect.getdoc(segmenter)
    return command


def _of_files(option: Any) -> Any:
    """An ordinary option, shown beside those of files."""
    return Annotated[option, Parameter(group="Files")]


_FILES: dict[str, tuple[Any, Any]] = {
    "out": (
        Annotated[
            Path,
            Parameter(
                alias="-o",
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
            Parameter(
                help="Also write a table of the segments (CSV): their sizes, places, shapes and values.",
                group="Files",
            ),
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
                help="A value, as stored, of pixels that take no part, such as -9999 or nan; several are typed "
                "0 255 or 0,255. What the file says itself (alpha, GDAL's no-data tag, an internal mask) holds "
                "without it.",
                group="Files",
                negative_iterable="",
            ),
        ],
        None,
    ),
    "series": (
        Annotated[
            Integer | None,
            Parameter(
                help="Which image of a file that holds several, from 0: a series of a TIFF, of DICOM files, of a "
                "microscope.",
                group="Files",
            ),
        ],
        None,
    ),
    "channel": (
        Annotated[
            str | None,
            Parameter(
                help="The one channel to segment, by its number from 0 or its name in the file; else all.",
                group="Files",
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
    "save": (
        Annotated[
            list[Kind],
            Parameter(
                help="What to keep, several as labels,overlay: labels (numbers for programs), overlay (the image, "
                "tinted), colors (a color for each segment), means (each segment in its mean color), palette (the "
                "same in a PNG of few colors), mask (white where a segment is; of classes, where it is not dark), "
                "binary (1 bit a pixel: the darkest class, or what is segmented, black on white), g4 (the same as "
                "G4 TIFF), outline (the image with lines). A record of the settings is always kept.",
                group="Files",
                negative_iterable="",
                show_default=",".join,
            ),
            Words(re.compile("|".join(KINDS)), "labels,overlay"),
        ],
        list(BY_DEFAULT),
    ),
    "export": (
        Annotated[
            list[FormatName],
            Parameter(
                help="For other programs, too, several as geojson,coco: geojson (polygons for GIS), qupath, "
                "coco (one file for all images), yolo, roi (ImageJ), ome-zarr (with the image), nifti, dicom-seg "
                "(of a DICOM series).",
                group="Files",
                negative_iterable="",
                show_default=False,
            ),
            Words(re.compile("|".join(FORMAT_NAMES)), "geojson,coco"),
        ],
        [],
    ),
    "overwrite": (_of_files(Overwrite), False),
    "quiet": (_of_files(Quiet), False),
    "json": (_of_files(Json), False),
    "verbose": (_of_files(Verbose), False),
}


def _parameter(option: Option) -> inspect.Parameter:
    """An option as one of the command line."""
    kind: Any = option.kind
    several = words_of(kind)
    text = option.help + (f" Several are typed {several.example}." if several else "")
    if option.is_for_each:
        text += " Each has results of its own."
    typed = Annotated[kind, Parameter(help=text.strip() or None, negative_iterable="")]
    return inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=option.default, annotation=typed)

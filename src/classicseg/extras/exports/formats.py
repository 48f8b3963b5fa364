"""The formats of exports, one a row: what the command line and others need to know of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.exports.geojson import on_map, write_geojson, write_qupath
from classicseg.extras.exports.imagej import write_imagej_rois
from classicseg.extras.exports.nifti import write_nifti
from classicseg.extras.exports.ome_zarr import write_ome_zarr
from classicseg.extras.exports.packages import needed
from classicseg.extras.exports.yolo import write_yolo
from classicseg.extras.files import Geometry

FormatName = Literal["geojson", "qupath", "coco", "yolo", "roi", "ome-zarr", "nifti"]
FORMAT_NAMES: tuple[FormatName, ...] = get_args(FormatName)


class Exported(NamedTuple):
    """Labels, and what else a format may hold of them."""

    labels: NDArray[np.int32]
    is_class: bool
    """Whether the labels are classes, from dark to bright."""
    pixels: NDArray[Any]
    channel_axis: int | None
    spacing: Sequence[float] | None = None
    place: Geometry | None = None
    """Where the file of the image says that its pixels are."""


class Format(NamedTuple):
    """A format that labels are exported to."""

    suffix: str
    """How the names of its files end, after that of the result."""
    what_for: str
    """What a file is for, in a few words."""
    write: Callable[[Path, Exported], None] | None
    """None: one file holds all images of a run."""
    most_axes: int = 2
    package: str = ""
    """What else must be installed."""
    extra: str = ""


FORMATS: Mapping[str, Format] = {
    "geojson": Format(
        ".geojson", "polygons for GIS", lambda path, s: write_geojson(path, s.labels, **on_map(s.place))
    ),
    "qupath": Format(
        "_qupath.geojson", "objects for QuPath", lambda path, s: write_qupath(path, s.labels, is_class=s.is_class)
    ),
    "coco": Format("_coco.json", "annotations of all images", None),
    "yolo": Format(
        "_yolo.txt", "polygons to train on", lambda path, s: write_yolo(path, s.labels, is_class=s.is_class)
    ),
    "roi": Format("_rois.zip", "regions for ImageJ", lambda path, s: write_imagej_rois(path, s.labels), 3),
    "ome-zarr": Format(
        ".ome.zarr",
        "image and labels for napari",
        lambda path, s: write_ome_zarr(
            path, s.labels, s.pixels, channel_axis=s.channel_axis, spacing=s.spacing
        ),
        3,
        "zarr",
        "dask",
    ),
    "nifti": Format(
        ".nii.gz",
        "a volume for medical viewers",
        lambda path, s: write_nifti(path, s.labels, spacing=s.spacing, like=s.place),
        3,
    ),
}  # fmt: skip


def check_packages(names: Sequence[str]) -> None:
    """See that the packages of formats are installed, before any work."""
    for name in names:
        if FORMATS[name].package:
            needed(FORMATS[name].package, FORMATS[name].extra)


def check_axes(names: Sequence[str], labels: NDArray[np.int32]) -> None:
    """See that labels fit formats, before any of them is written."""
    for name in names:
        most = FORMATS[name].most_axes
        if not 2 <= labels.ndim <= most:
            shape = " x ".join(map(str, labels.shape))
            axes = "planes" if most == 2 else "planes and volumes"
            raise ValueError(f"{name} holds {axes}; the labels are {shape}; leave it out, or cut the image")

"""The formats of exports, one a row: what the command line and others need to know of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.exports.dicom_seg import write_dicom_seg
from classicseg.extras.exports.geojson import on_map, write_geojson, write_qupath
from classicseg.extras.exports.imagej import write_imagej_rois
from classicseg.extras.exports.nifti import write_nifti
from classicseg.extras.exports.ome_zarr import unit_of, write_ome_zarr
from classicseg.extras.exports.packages import needed
from classicseg.extras.exports.yolo import write_yolo
from classicseg.extras.files import Geometry
from classicseg.extras.files.dicom import files_of_series

FormatName = Literal["geojson", "qupath", "coco", "yolo", "roi", "ome-zarr", "nifti", "dicom-seg"]
FORMAT_NAMES: tuple[FormatName, ...] = get_args(FormatName)


class Exported(NamedTuple):
    """Labels, and what else a format may hold of them."""

    labels: NDArray[np.int32]
    is_class: bool
    """Whether the labels are classes, from dark to bright."""
    pixels: NDArray[Any]
    channel_axis: int | None
    source: Path
    """The image."""
    spacing: Sequence[float] | None = None
    place: Geometry | None = None
    """Where the file of the image says that its pixels are."""
    series: int | None = None
    """Which one of the source's, where it holds several."""
    table: Mapping[str, NDArray[Any]] | None = None
    """What is measured of the labels, where it is."""


class Format(NamedTuple):
    """A format that labels are exported to."""

    suffix: str
    """How the names of its files end, after that of the result; of a folder, how its name ends."""
    what_for: str
    """What a file is for, in a few words."""
    write: Callable[[Path, Exported], None] | None
    """None: one file holds all images of a run."""
    most_axes: int = 2
    in_folder: bool = False
    """Whether its files have the names of the images, in a folder of their own."""
    has_table: bool = False
    """Whether it holds what is measured of each label."""
    package: str = ""
    """What else must be installed."""
    extra: str = ""


def _geojson(path: Path, found: Exported) -> None:
    write_geojson(path, found.labels, **on_map(found.place), properties=found.table)


def _qupath(path: Path, found: Exported) -> None:
    write_qupath(path, found.labels, is_class=found.is_class, properties=found.table)


def _yolo(path: Path, found: Exported) -> None:
    write_yolo(path, found.labels, is_class=found.is_class)


def _rois(path: Path, found: Exported) -> None:
    write_imagej_rois(path, found.labels)


def _ome_zarr(path: Path, found: Exported) -> None:
    unit = None if found.spacing is None else unit_of(found.place)
    write_ome_zarr(
        path, found.labels, found.pixels, channel_axis=found.channel_axis, spacing=found.spacing, unit=unit
    )


def _nifti(path: Path, found: Exported) -> None:
    write_nifti(path, found.labels, spacing=found.spacing, like=found.place)


def _dicom_seg(path: Path, found: Exported) -> None:
    write_dicom_seg(path, found.labels, files_of_series(found.source, found.series), is_class=found.is_class)


FORMATS: Mapping[str, Format] = {
    "geojson": Format(".geojson", "polygons for GIS", _geojson, has_table=True),
    "qupath": Format("_qupath.geojson", "objects for QuPath", _qupath, has_table=True),
    "coco": Format("_coco.json", "annotations of all images", None),
    "yolo": Format("_yolo", "polygons to train on", _yolo, in_folder=True),
    "roi": Format("_rois.zip", "regions for ImageJ", _rois, 3),
    "ome-zarr": Format(".ome.zarr", "image and labels for napari", _ome_zarr, 3, package="zarr", extra="dask"),
    "nifti": Format(".nii.gz", "a volume for medical viewers", _nifti, 3),
    "dicom-seg": Format(
        "_seg.dcm", "a segmentation of a DICOM series", _dicom_seg, 3, package="highdicom", extra="medical"
    ),
}


def check_packages(names: Sequence[str]) -> None:
    """See that the packages of formats are installed, before any work."""
    for name in names:
        if FORMATS[name].package:
            needed(FORMATS[name].package, FORMATS[name].extra)


def check_fit(names: Sequence[str], found: Exported) -> None:
    """See that labels fit formats, before any of them is written."""
    labels = found.labels
    for name in names:
        most = FORMATS[name].most_axes
        if not 2 <= labels.ndim <= most:
            shape = " x ".join(map(str, labels.shape))
            axes = "planes" if most == 2 else "planes and volumes"
            raise ValueError(f"{name} holds {axes}; the labels are {shape}; leave it out, or cut the image")
        if name == "dicom-seg" and (found.place is None or found.place.format != "DICOM"):
            raise ValueError(f"{found.source}: {name} takes DICOM images, which have a patient; take nifti")

"""DICOM: one file, or the slices of a series in a folder, by pydicom (dicomstandard.org, PS3.3 C.7.6.2).

Slices are put in the order of their places along the normal of their plane, whatever their names are. What is not
one volume is refused: several series (which are listed), slices of several sizes or directions, one that is
missing. Values are those of the rescale, Hounsfield units in CT.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.colors import inverted
from classicseg.extras.files.geometry import Geometry, along_axes, placed
from classicseg.extras.files.pictures import ImageFileError, Stored, check_size
from classicseg.extras.files.raw_blocks import scaled

_START, _MARK = 128, b"DICM"
_EVEN = 1e-2
"""Steps between slices may differ by so much of a step."""
_MOST_FILES = 20_000


class _Slice(NamedTuple):
    """A file without its pixels."""

    path: Path
    head: Any
    place: float
    """Along the normal of its plane."""


def is_dicom(head: bytes) -> bool:
    """Whether a file that begins so is DICOM."""
    return head[_START : _START + 4] == _MARK


def holds_dicom(folder: Path) -> bool:
    """Whether the files of a folder are DICOM: the first that is neither hidden nor an index is looked at."""
    return next(iter(_files(folder)), None) is not None


def _files(folder: Path) -> list[Path]:
    """The DICOM files of a folder; none where its first file is something else."""
    names = sorted(name for name in os.listdir(folder) if not name.startswith(".") and name != "DICOMDIR")  # noqa: PTH208
    found = []
    for path in (folder / name for name in names[:_MOST_FILES]):
        if path.is_file():
            with path.open("rb") as file:
                if is_dicom(file.read(_START + 4)):
                    found.append(path)
                    continue
            if not found and not path.suffix.lower().endswith((".txt", ".json", ".xml", ".md", ".csv")):
                return []
    return found


def read_dicom(path: Path, max_pixels: int, series: int | None = None) -> Stored:
    """Read a DICOM file of one or several frames."""
    import pydicom

    if series not in (None, 0):
        raise ImageFileError(f"holds one series; there is no series {series}; leave it out")
    head = pydicom.dcmread(path)
    frames = _frames(head)
    _check(head, frames, max_pixels)
    numbers, present = _values(head)
    affine, n_axes = _affine_of_frames(head, frames), 3 if frames > 1 else 2
    channel_axis = n_axes if numbers.ndim > n_axes else None
    return Stored(numbers, channel_axis, present=present, geometry=_geometry(numbers.shape[:n_axes], affine))


def read_dicom_series(folder: Path, max_pixels: int, series: int | None = None) -> Stored:
    """Read the slices in a folder as one volume."""
    import pydicom

    found = [(path, pydicom.dcmread(path, stop_before_pixels=True)) for path in _files(folder)]
    found = [(path, head) for path, head in found if "Rows" in head]
    chosen = _choose(found, series)
    if len(chosen) == 1:
        return read_dicom(chosen[0][0], max_pixels)
    slices = _ordered(chosen)
    first = slices[0].head
    _check(first, len(slices), max_pixels)
    hidden = False
    present = np.ones((len(slices), int(first.Rows), int(first.Columns)), bool)
    planes = []
    for number, one in enumerate(slices):
        plane, there = _values(pydicom.dcmread(one.path))
        planes.append(plane)
        if there is not None:
            present[number], hidden = there, True
    volume = np.stack(planes)  # of slices with other slopes, the dtype that holds all
    step = (slices[-1].place - slices[0].place) / (len(slices) - 1)
    affine = _affine(first, _normal(first) * step)
    return Stored(
        volume,
        3 if volume.ndim == 4 else None,
        present=present if hidden else None,
        geometry=_geometry(volume.shape[:3], affine),
    )


def _choose(found: Sequence[tuple[Path, Any]], series: int | None) -> list[tuple[Path, Any]]:
    """The files of the one series, or of that which is asked for."""
    by_series: dict[Any, list[tuple[Path, Any]]] = {}
    for path, head in found:
        key = (int(head.get("SeriesNumber") or 0), str(head.get("SeriesInstanceUID", "")))
        by_series.setdefault(key, []).append((path, head))
    if not by_series:
        raise ImageFileError("holds DICOM files without images; expected the slices of a series")
    groups = [by_series[key] for key in sorted(by_series)]
    if series is None and len(groups) > 1:
        said = "; ".join(f"{number}: {_described(group)}" for number, group in enumerate(groups[:20]))
        raise ImageFileError(
            f"holds {len(groups)} series ({said}); expected one; choose it by series "
            "(--series on the command line)"
        )
    if series is not None and not 0 <= series < len(groups):
        raise ImageFileError(f"has no series {series}; expected 0 to {len(groups) - 1}")
    return groups[series or 0]


def _described(group: Sequence[tuple[Path, Any]]) -> str:
    """A series in a few words: what it is called, and how much it is."""
    head = group[0][1]
    name = str(head.get("SeriesDescription") or head.get("Modality") or head.get("SeriesInstanceUID", ""))[:40]
    return f"{name}, {len(group)} of {head.Rows} x {head.Columns}"


def _ordered(chosen: Sequence[tuple[Path, Any]]) -> list[_Slice]:
    """Slices by their places; what is no volume of even steps is refused."""
    first = chosen[0][1]
    for name in ("Rows", "Columns", "SamplesPerPixel", "PixelSpacing", "ImageOrientationPatient"):
        values = {str(head.get(name)) for _, head in chosen}
        if len(values) > 1:
            raise ImageFileError(
                f"its slices have several {name} ({', '.join(sorted(values)[:3])}); expected one; save them apart"
            )
    if "ImageOrientationPatient" not in first or any("ImagePositionPatient" not in head for _, head in chosen):
        raise ImageFileError("its slices do not say where they are (ImagePositionPatient); read them one by one")
    normal = _normal(first)
    places = [float(normal @ np.array(head.ImagePositionPatient, np.float64)) for _, head in chosen]
    slices = sorted(
        (_Slice(*one, place) for one, place in zip(chosen, places, strict=True)), key=lambda s: s.place
    )
    steps = np.diff([one.place for one in slices])
    usual = float(np.median(steps))
    if usual <= 0 or np.abs(steps - usual).max() > _EVEN * usual:
        where = int(np.abs(steps - usual).argmax())
        raise ImageFileError(
            f"its slices are not in even steps ({slices[where].path.name} and {slices[where + 1].path.name} are "
            f"{steps[where]:.6g} apart, others {usual:.6g}): one is missing or there twice; copy them again"
        )
    return slices


def _frames(head: Any) -> int:
    return int(head.get("NumberOfFrames") or 1)


def _check(head: Any, n_slices: int, max_pixels: int) -> None:
    """See that there are pixels, not too many, of a kind that is read."""
    rows, columns = int(head.get("Rows") or 0), int(head.get("Columns") or 0)
    if min(rows, columns, n_slices) < 1:
        raise ImageFileError("is DICOM without an image; expected Rows and Columns")
    check_size((n_slices, rows, columns) if n_slices > 1 else (rows, columns), max_pixels)
    if "ModalityLUTSequence" in head:
        raise ImageFileError("its values are those of a table (ModalityLUTSequence), which is not supported")


def _values(head: Any) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """The values of a file, and where it does not say that there is nothing (pixel padding)."""
    from pydicom.pixels.processing import apply_color_lut

    try:
        numbers = np.asarray(head.pixel_array)
    except (RuntimeError, NotImplementedError) as error:
        syntax = getattr(head.file_meta, "TransferSyntaxUID", None)
        raise ImageFileError(
            f"compressed as {getattr(syntax, 'name', syntax)}, and nothing that is installed decodes it; "
            "pip install 'pylibjpeg[all]', or convert it"
        ) from error
    kind = str(head.get("PhotometricInterpretation", ""))
    if kind == "PALETTE COLOR":
        return apply_color_lut(numbers, head), None
    padding = head.get("PixelPaddingValue")
    present = None
    if padding is not None and int(head.get("SamplesPerPixel", 1)) == 1:
        ends = sorted((int(padding), int(head.get("PixelPaddingRangeLimit", padding))))
        hidden = (numbers >= ends[0]) & (numbers <= ends[1])
        present = ~hidden if hidden.any() else None
    slope, intercept = float(head.get("RescaleSlope", 1)), float(head.get("RescaleIntercept", 0))
    if kind == "MONOCHROME1" and (slope, intercept) == (1, 0):
        numbers = inverted(numbers, bits=int(head.BitsStored))
    return scaled(numbers, slope, intercept), present


def _normal(head: Any) -> NDArray[np.float64]:
    """The direction across the plane of a slice."""
    directions = np.array(head.ImageOrientationPatient, np.float64)
    return np.cross(directions[:3], directions[3:])


def _affine(head: Any, across: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    """The affine of a plane, or of a volume with its step across; None where the file does not say."""
    if "ImageOrientationPatient" not in head or "PixelSpacing" not in head:
        steps = head.get("PixelSpacing") or head.get("ImagerPixelSpacing")
        return None if steps is None or across is not None else along_axes([float(step) for step in steps])
    rows, columns = (float(step) for step in head.PixelSpacing)
    directions = np.array(head.ImageOrientationPatient, np.float64)
    along = [directions[3:] * rows, directions[:3] * columns]  # down a column, along a row
    origin = np.array(head.get("ImagePositionPatient", (0, 0, 0)), np.float64)
    return placed(along if across is None else [across, *along], origin)


def _affine_of_frames(head: Any, frames: int) -> NDArray[np.float64] | None:
    """The affine of a file; of several frames, by what is shared by them and said of the first and the last."""
    if frames == 1:
        return _affine(head, None)
    if "PerFrameFunctionalGroupsSequence" not in head or "SharedFunctionalGroupsSequence" not in head:
        return None
    shared, each = head.SharedFunctionalGroupsSequence[0], head.PerFrameFunctionalGroupsSequence
    try:
        first, last = each[0], each[-1]
        size = (shared if "PixelMeasuresSequence" in shared else first).PixelMeasuresSequence[0]
        plane = (shared if "PlaneOrientationSequence" in shared else first).PlaneOrientationSequence[0]
        ends = [np.array(one.PlanePositionSequence[0].ImagePositionPatient, np.float64) for one in (first, last)]
    except (AttributeError, IndexError):
        return None  # frames that are not places
    rows, columns = (float(step) for step in size.PixelSpacing)
    directions = np.array(plane.ImageOrientationPatient, np.float64)
    across = (ends[1] - ends[0]) / (frames - 1)
    return placed([across, directions[3:] * rows, directions[:3] * columns], ends[0]) if across.any() else None


def _geometry(shape: Sequence[int], affine: NDArray[np.float64] | None) -> Geometry:
    """Where the pixels are: millimeters in the frame of the patient."""
    is_placed = affine is not None and len(affine) == 4
    return Geometry(
        "DICOM",
        tuple(shape),
        "ZYX"[-len(shape) :],
        affine,
        "LPS" if is_placed else None,
        "mm" if affine is not None else None,
    )

"""NIfTI-1 and NIfTI-2, plain or packed by gzip: volumes of medical imaging (nifti.nimh.nih.gov).

The array has its axes the other way round than the file names them: planes, rows and columns, where NIfTI says x,
y and z. The header is kept, and labels are written under the same one.
"""

from __future__ import annotations

import gzip
import math
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files.geometry import Geometry, between_patients, in_array_order
from classicseg.extras.files.pictures import ImageFileError, Stored, check_size
from classicseg.extras.files.raw_blocks import GZIP_START, inflated, raw_numbers, scaled, unpacked_head

_FIRST = np.dtype(
    [
        ("sizeof_hdr", "<i4"), ("unused", "S35"), ("dim_info", "u1"), ("dim", "<i2", 8), ("intent_p", "<f4", 3),
        ("intent_code", "<i2"), ("datatype", "<i2"), ("bitpix", "<i2"), ("slice_start", "<i2"),
        ("pixdim", "<f4", 8), ("vox_offset", "<f4"), ("scl_slope", "<f4"), ("scl_inter", "<f4"),
        ("slice_end", "<i2"), ("slice_code", "u1"), ("xyzt_units", "u1"), ("cal_max", "<f4"), ("cal_min", "<f4"),
        ("slice_duration", "<f4"), ("toffset", "<f4"), ("gl", "<i4", 2), ("descrip", "S80"), ("aux_file", "S24"),
        ("qform_code", "<i2"), ("sform_code", "<i2"), ("quatern", "<f4", 3), ("qoffset", "<f4", 3),
        ("srow", "<f4", (3, 4)), ("intent_name", "S16"), ("magic", "S4"),
    ]
)  # fmt: skip
_SECOND = np.dtype(
    [
        ("sizeof_hdr", "<i4"), ("magic", "S8"), ("datatype", "<i2"), ("bitpix", "<i2"), ("dim", "<i8", 8),
        ("intent_p", "<f8", 3), ("pixdim", "<f8", 8), ("vox_offset", "<i8"), ("scl_slope", "<f8"),
        ("scl_inter", "<f8"), ("cal_max", "<f8"), ("cal_min", "<f8"), ("slice_duration", "<f8"),
        ("toffset", "<f8"), ("slice_start", "<i8"), ("slice_end", "<i8"), ("descrip", "S80"), ("aux_file", "S24"),
        ("qform_code", "<i4"), ("sform_code", "<i4"), ("quatern", "<f8", 3), ("qoffset", "<f8", 3),
        ("srow", "<f8", (3, 4)), ("slice_code", "<i4"), ("xyzt_units", "<i4"), ("intent_code", "<i4"),
        ("intent_name", "S16"), ("dim_info", "u1"), ("unused", "S15"),
    ]
)  # fmt: skip
_MAGIC = {348: b"n+1\0", 540: b"n+2\0\r\n\x1a\n"}
_TYPES = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 128: "u1", 256: "i1", 512: "u2", 768: "u4", 1024: "i8",
    1280: "u8", 2304: "u1",
}  # fmt: skip
_COLORS = {128: 3, 2304: 4}
_CODES = {"u1": 2, "i2": 4, "i4": 8}
_NAMES = {32: "complex numbers", 1536: "floats of 128 bits", 1792: "complex numbers", 2048: "complex numbers"}
_UNITS = {1: "m", 2: "mm", 3: "µm"}
_LABEL = 1002
"""The intent of a file whose numbers are names."""


def is_nifti(head: bytes) -> bool:
    """Whether a file that begins so, unpacked, is NIfTI in one file."""
    return head[344:348] == _MAGIC[348] or head[4:12] == _MAGIC[540]


def read_nifti(path: Path, max_pixels: int) -> Stored:
    """Read a NIfTI file."""
    data = path.read_bytes()
    is_packed = data.startswith(GZIP_START)
    head = _header(unpacked_head(data))
    shape, channels = _shape(head)
    code = int(head["datatype"])
    if code not in _TYPES:
        raise ImageFileError(
            f"holds {_NAMES.get(code, f'numbers of type {code}')}, which is not supported; save real numbers"
        )
    n_channels = _COLORS.get(code, channels)
    check_size(shape, max_pixels)
    stored = np.dtype(head["dim"].dtype.byteorder + _TYPES[code])
    start = _start(head)
    stop = start + math.prod(shape) * n_channels * stored.itemsize
    block = memoryview(inflated(data, stop) if is_packed else data)[start:]
    if code in _COLORS:  # the channels of a pixel together
        numbers = raw_numbers(block, (*shape, n_channels), stored)
        return Stored(numbers, len(shape), has_alpha=n_channels == 4, geometry=_geometry(head, shape))
    whole = (channels, *shape) if channels > 1 else shape
    slope, intercept = float(head["scl_slope"]), float(head["scl_inter"])
    if not math.isfinite(slope) or slope == 0 or not math.isfinite(intercept):
        slope, intercept = 1.0, 0.0
    numbers = scaled(raw_numbers(block, whole, stored), slope, intercept)
    return Stored(numbers, 0 if channels > 1 else None, geometry=_geometry(head, shape))


def _start(head: Any) -> int:
    """Where the numbers start."""
    place = float(head["vox_offset"])
    least = int(head["sizeof_hdr"]) + 4
    if not math.isfinite(place) or not 0 <= place < 2**40:
        raise ImageFileError(f"damaged (its numbers are said to start at {place}); make or copy it again")
    return max(int(place), least)


def _header(head: bytes) -> Any:
    """The fields of a header, in the file's own byte order."""
    for dtype in (_FIRST, _SECOND):
        for turned in (dtype, dtype.newbyteorder(">")):
            if len(head) >= dtype.itemsize:
                found = np.frombuffer(head, turned, 1).copy()
                if int(found["sizeof_hdr"][0]) == dtype.itemsize:
                    return found[0]
    raise ImageFileError("damaged or cut short (in its header); make or copy it again")


def _shape(head: Any) -> tuple[tuple[int, ...], int]:
    """The axes of the array, slowest first, and the number of values of a pixel."""
    n_axes = int(head["dim"][0])
    lengths = [int(length) for length in head["dim"][1 : n_axes + 1]]
    if not 1 <= n_axes <= 7 or min(lengths) < 1:
        raise ImageFileError(f"damaged (axes of {lengths}); make or copy it again")
    space, channels = lengths[:4], math.prod(lengths[4:])
    while len(space) > 3 and space[-1] == 1:
        space.pop()
    if len(space) < 2:
        raise ImageFileError(f"has axes of {lengths}; expected two or more")
    return tuple(reversed(space)), channels


def _geometry(head: Any, shape: tuple[int, ...]) -> Geometry:
    """Where the voxels are, by the sform, the qform, or their size alone."""
    affine = np.eye(4)
    if head["sform_code"] > 0:
        affine[:3] = head["srow"]
    elif head["qform_code"] > 0:
        affine[:3] = _by_quaternion(head)
    else:
        affine[:3, :3] = np.diag(_voxel(head))
    if not np.all(np.isfinite(affine)):
        raise ImageFileError("damaged (its affine is not finite); make or copy it again")
    if len(shape) == 4:  # time has an axis and a coordinate of its own
        wide = np.eye(5)
        wide[:3, :3], wide[:3, 4], wide[3, 3] = affine[:3, :3], affine[:3, 3], float(head["pixdim"][4]) or 1
        affine = wide
    elif len(shape) == 2:
        affine = affine[:, [0, 1, 3]]
    units = int(head["xyzt_units"]) & 7
    is_placed = head["sform_code"] > 0 or head["qform_code"] > 0
    return Geometry(
        "NIfTI",
        shape,
        "TZYX"[-len(shape) :],
        in_array_order(affine),
        "RAS" if is_placed else None,
        _UNITS.get(units),
        head.copy(),
    )


def _voxel(head: Any) -> NDArray[np.float64]:
    """The size of a voxel; what is not said is 1."""
    size = np.abs(head["pixdim"][1:4].astype(np.float64))
    return np.where((size > 0) & np.isfinite(size), size, 1)


def _by_quaternion(head: Any) -> NDArray[np.float64]:
    """The affine of a qform: a turn, by three parts of a unit quaternion, of the sizes of a voxel."""
    b, c, d = (float(part) for part in head["quatern"])
    a = math.sqrt(max(0.0, 1 - (b * b + c * c + d * d)))
    turn = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - c * c - b * b],
        ]
    )
    size = _voxel(head)
    size[2] *= -1 if head["pixdim"][0] < 0 else 1
    return np.concatenate([turn * size, head["qoffset"].astype(np.float64)[:, np.newaxis]], axis=1)


def write_nifti(file: BinaryIO, labels: NDArray[Any], like: Geometry) -> None:
    """Write labels as NIfTI packed by gzip, under the header of the image where it has one."""
    most = int(labels.max(initial=0))
    kind = "u1" if most < 2**8 else "i2" if most < 2**15 else "i4"
    head = like.header.copy() if like.format == "NIfTI" else _new_header(like)
    shape = labels.shape[::-1]
    head["dim"] = [len(shape), *shape, *[1] * (7 - len(shape))]
    head["datatype"], head["bitpix"] = _CODES[kind], 8 * np.dtype(kind).itemsize
    head["scl_slope"], head["scl_inter"], head["cal_min"], head["cal_max"] = 1, 0, 0, 0
    head["intent_code"], head["intent_p"], head["intent_name"] = _LABEL, 0, b""
    head["vox_offset"] = int(head["sizeof_hdr"]) + 4
    head["magic"] = _MAGIC[int(head["sizeof_hdr"])]
    with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=4, mtime=0) as packed:
        packed.write(head.tobytes() + bytes(4))  # no extensions
        for plane in labels.astype(head["dim"].dtype.byteorder + kind, copy=False):
            packed.write(np.ascontiguousarray(plane).data)


def _new_header(like: Geometry) -> Any:
    """The header of labels whose image was of another format."""
    n_axes = len(like.shape)
    if n_axes > 3:
        raise ValueError(f"labels of {like.format} have {n_axes} axes; expected 2 or 3 for NIfTI")
    head = np.zeros(1, _FIRST)[0]
    head["sizeof_hdr"], head["xyzt_units"] = (
        348,
        {name: code for code, name in _UNITS.items()}.get(like.unit or "", 0),
    )
    head["pixdim"] = 1
    if like.affine is not None:
        affine = between_patients(like.affine) if like.frame == "LPS" else like.affine
        head["pixdim"][1 : n_axes + 1] = np.sqrt(np.square(affine[:-1, :-1]).sum(axis=0))[::-1]
        head["srow"] = _in_space(in_array_order(affine))[:3]
        head["sform_code"] = 1
    return head


def _in_space(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """An affine of x, y and z: of a plane, with the step across it."""
    if affine.shape == (4, 4):
        return affine
    wide = np.eye(4)
    n_rows = len(affine) - 1
    wide[:n_rows, :2], wide[:n_rows, 3] = affine[:-1, :2], affine[:-1, 2]
    across = np.cross(wide[:3, 0], wide[:3, 1])
    length = math.sqrt(float(across @ across))
    wide[:3, 2] = across / length if length else (0, 0, 1)
    return wide

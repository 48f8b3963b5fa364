"""OME-Zarr 0.5: an image and its labels as a folder of chunks, in levels of half the resolution each."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import classicseg
from classicseg._core.image import as_image, as_labels, as_spacing
from classicseg.extras.exports.packages import needed
from classicseg.extras.exports.segments import color_of
from classicseg.extras.files.manifest import beside
from classicseg.types import ChannelAxis, Spacing

_SMALLEST = 256
"""Levels are added until no axis is longer."""
_CHUNK = 256
_MOST_NAMED = 10_000
"""Colors of so many labels stand in the metadata; viewers color others themselves."""
_OWN = re.compile(r"((labels(/segments)?/)?(zarr\.json|[0-9]+(/zarr\.json|/c|/c(/[0-9]+)*)?))|labels(/segments)?")
"""What is written in such a folder."""
_MARK = "classicseg"


def write_ome_zarr(
    path: str | os.PathLike[str],
    labels: ArrayLike,
    image: ArrayLike | None = None,
    *,
    channel_axis: ChannelAxis = "auto",
    spacing: Spacing = None,
    unit: str | None = None,
) -> None:
    """Write labels, and the image that they are of, as OME-Zarr 0.5.

    Parameters
    ----------
    path : path-like
        Where to write: a folder, by custom with a name that ends in .ome.zarr.
    labels : array_like of int or bool, shape (M, N) or (P, M, N)
        Segments; 0 belongs to none.
    image : array_like, shape (M, N[, P][, C]), optional
        The image: the labels are in its group ``labels/segments``. By default they are the only image.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels of `image`. None: there is none, every axis is spatial. "auto": of three or more
        axes it is the last one, which must have a length of 1 to 4.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.
    unit : str, optional
        The unit of the spacing, as OME-Zarr names it, such as "micrometer". By default none is said.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, or `image` does not hold real numbers.
    ValueError
        If `labels` has one axis or more than three, is empty or holds numbers outside 0 … 2147483647, or `image`
        has another shape.
    ModuleNotFoundError
        If zarr is not installed.
    OSError
        If it cannot be written, or something else is in its place.

    See Also
    --------
    write_imagej_rois : Outlines for ImageJ.

    Notes
    -----
    Each level holds every second pixel of the one before, along the axes of planes. The folder is written beside
    its place and renamed; one that classicseg made before, and that holds nothing else, is replaced.

    Examples
    --------
    >>> from classicseg.extras.exports import write_ome_zarr
    >>> write_ome_zarr("nuclei.ome.zarr", labels, image, spacing=0.25, unit="micrometer")  # doctest: +SKIP
    """
    segments = as_labels(labels)
    if segments.ndim not in (2, 3):
        raise ValueError(f"labels have shape {segments.shape}; expected a plane or a volume, of two or three axes")
    steps = as_spacing(spacing, segments.ndim)
    values = None if image is None else _channels_first(image, channel_axis, segments.shape)
    needed("zarr", "dask")
    target = Path(os.path.realpath(path))
    check_folder(target)
    draft, former = beside(target, "part"), beside(target, "former")
    for left in (draft, former):
        _clear(left)
    try:
        if values is None:
            _write_levels(draft, segments, steps, unit, _about_labels(segments))
        else:
            _write_levels(draft, values, steps, unit, {})
            _write_group(draft / "labels", {"labels": ["segments"]})
            about = _about_labels(segments) | {"source": {"image": "../../"}}
            _write_levels(draft / "labels" / "segments", segments, steps, unit, about)
        check_folder(target)
        if target.exists():
            target.replace(former)
        draft.replace(target)
        _clear(former)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def check_folder(target: Path) -> None:
    """See that nothing is at a path, or a folder that was made here and holds nothing else."""
    if not os.path.lexists(target):
        return
    mend = "move or remove it, or write elsewhere"
    if not target.is_dir() or target.is_symlink():
        raise OSError(f"{target}: is no folder, and would be written as one; {mend}")
    try:
        is_ours = f'"{_MARK}"' in (target / "zarr.json").read_text(encoding="utf-8")
    except (OSError, ValueError):
        is_ours = False
    if not is_ours:
        raise OSError(f"{target}: was not made by classicseg; {mend}")
    _check_content(target)


def _check_content(folder: Path) -> None:
    """See that a folder holds nothing else than what is written here."""
    for found in folder.rglob("*"):
        if found.is_symlink() or not _OWN.fullmatch(found.relative_to(folder).as_posix()):
            raise OSError(
                f"{found}: is in a folder that would be replaced, and was not made by classicseg; move it, or "
                "write elsewhere"
            )


def _clear(folder: Path) -> None:
    """Remove what a process that was killed has left."""
    if os.path.lexists(folder):
        _check_content(folder)
        shutil.rmtree(folder)


def _channels_first(image: ArrayLike, channel_axis: ChannelAxis, shape: tuple[int, ...]) -> NDArray[Any]:
    """The values of an image, its channels, if it has any, on the first axis."""
    parsed = as_image(image, channel_axis=channel_axis)
    if parsed.shape != shape:
        raise ValueError(f"image has spatial shape {parsed.shape}; expected the labels' shape {shape}")
    values = np.asarray(image)
    return values if values.ndim == len(shape) else np.moveaxis(values, _axis(values, channel_axis), 0)


def _axis(values: NDArray[Any], channel_axis: ChannelAxis) -> int:
    return channel_axis if isinstance(channel_axis, int) else values.ndim - 1


def _about_labels(segments: NDArray[np.int32]) -> dict[str, Any]:
    """The colors of labels, and their names."""
    present = np.unique(segments)
    present = present[present > 0][:_MOST_NAMED].tolist()
    return {
        "colors": [{"label-value": label, "rgba": [*color_of(label), 255]} for label in present],
        "properties": [{"label-value": label, "name": str(label)} for label in present],
    }


def _write_levels(
    folder: Path, array: NDArray[Any], steps: Sequence[float], unit: str | None, about: Mapping[str, Any]
) -> None:
    """Write an array in all of its levels."""
    import zarr

    levels = [np.ascontiguousarray(array)]
    while max(levels[-1].shape[-2:]) > _SMALLEST:
        levels.append(np.ascontiguousarray(levels[-1][..., ::2, ::2]))
    datasets = []
    for number, level in enumerate(levels):
        zarr.create_array(
            str(folder / str(number)),
            data=level,
            chunks=tuple(
                min(length, _CHUNK) if axis >= level.ndim - 2 else 1 for axis, length in enumerate(level.shape)
            ),
            zarr_format=3,
            dimension_names=_names(level.ndim, len(steps)),
        )
        scale = [*steps[:-2], *(step * 2**number for step in steps[-2:])]
        scale = [1.0] * (level.ndim - len(steps)) + scale
        datasets.append({"path": str(number), "coordinateTransformations": [{"type": "scale", "scale": scale}]})
    said = {} if unit is None else {"unit": unit}
    axes = [
        {"name": name, "type": "channel"} if name == "c" else {"name": name, "type": "space", **said}
        for name in _names(array.ndim, len(steps))
    ]
    multiscales = [{"name": "segments" if about else "image", "axes": axes, "datasets": datasets}]
    _write_group(folder, {"multiscales": multiscales} | ({"image-label": dict(about)} if about else {}))


def _write_group(folder: Path, content: Mapping[str, Any]) -> None:
    """Write what is said of a group."""
    import zarr

    attributes = {"ome": {"version": "0.5", **content}, _MARK: classicseg.__version__}
    zarr.open_group(str(folder), mode="a", zarr_format=3, attributes=attributes)


def _names(ndim: int, n_steps: int) -> list[str]:
    """The names of axes."""
    return ["c"] * (ndim - n_steps) + ["z", "y", "x"][-n_steps:]

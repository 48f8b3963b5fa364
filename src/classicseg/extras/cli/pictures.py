"""What is kept of one run: the labels as numbers, and pictures of them that a person can look at.

Pictures are planes: of a volume the three middle ones side by side; tiny ones are enlarged by a whole number.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

import classicseg
from classicseg import Labels
from classicseg.extras.cli.chosen import count_segments
from classicseg.extras.files import Geometry, encode_palette, replacing, write_image, write_labels
from classicseg.extras.files.label_files import SUFFIXES
from classicseg.extras.plot.colors import label_colors
from classicseg.extras.plot.overlays import broad_lines, painted
from classicseg.extras.plot.slices import as_bytes, picture

Kind = Literal["labels", "overlay", "colors", "means", "palette", "mask", "binary", "g4", "outline"]
KINDS: tuple[Kind, ...] = get_args(Kind)
BY_DEFAULT: tuple[Kind, ...] = ("labels", "overlay", "colors")
WHAT_FOR = {
    "labels": "numbers for programs",
    "overlay": "the image, tinted",
    "colors": "a color for each segment",
    "means": "each segment in its mean color",
    "palette": "the same with a palette of few colors",
    "mask": "white on black",
    "binary": "ink black on white, 1 bit a pixel",
    "g4": "the same as a fax, G4 TIFF",
    "outline": "the image with lines",
}
"""What a file is for, in a few words."""

_SMALLEST = 256
"""Pictures are enlarged to about so many pixels."""
_GAP = 2
"""Black pixels between planes."""
_LINE = np.array([1.0, 0.85, 0.0])
"""Yellow, which is rare in photographs."""


class Segmented(NamedTuple):
    """An image and its labels."""

    pixels: NDArray[Any]
    channel_axis: int | None
    labels: Labels
    is_class: bool
    """Whether the labels are classes, from dark to bright."""
    place: Geometry | None = None
    """Where the labels are, which their files say again."""


def paths_of(stem: Path, kinds: Sequence[str]) -> list[Path]:
    """The files that results may become; labels and masks have the format of the image, where that has a place."""
    suffixes = {"labels": SUFFIXES, "mask": SUFFIXES, "g4": (".tif",)}
    return [
        stem.with_name(f"{stem.name}_{kind}{suffix}") for kind in kinds for suffix in suffixes.get(kind, (".png",))
    ]


def write_pictures(stem: Path, kinds: Sequence[str], found: Segmented) -> dict[str, str]:
    """Write the results of these kinds, and return the names of their files."""
    if "palette" in kinds:
        _check_palette(found)  # before anything is written
    if ("binary" in kinds or "g4" in kinds) and found.labels.ndim != 2:
        raise ValueError(f"--save binary takes planes; the labels have {found.labels.ndim} axes; take --save mask")
    return {kind: _WRITERS[kind](stem.with_name(f"{stem.name}_{kind}"), found).name for kind in kinds}


def _write_labels(path: Path, found: Segmented) -> Path:
    return write_labels(path, found.labels, like=found.place)


def _write_mask(path: Path, found: Segmented) -> Path:
    """White where a segment is; of classes, where it is not the dark one."""
    return write_labels(path, np.where(found.labels > (1 if found.is_class else 0), 255, 0), like=found.place)


def _write_binary(path: Path, found: Segmented) -> Path:
    return _write_bits(path.with_name(f"{path.name}.png"), found, "PNG", optimize=True)


def _write_g4(path: Path, found: Segmented) -> Path:
    return _write_bits(path.with_name(f"{path.name}.tif"), found, "TIFF", compression="group4")


def _write_bits(target: Path, found: Segmented, form: str, **how: Any) -> Path:
    """Black where the ink is, which is the darkest of several classes, or what is segmented at all."""
    from PIL import Image

    is_blank = found.is_class and count_segments(found.labels) < 2
    ink = (found.labels == 1 if found.is_class else found.labels > 0) & (not is_blank)
    file = io.BytesIO()  # TIFF wants to seek
    Image.fromarray(~ink).save(file, format=form, **how)
    with replacing(target) as out:
        out.write(file.getvalue())
    return target


def _write_overlay(path: Path, found: Segmented) -> Path:
    return _write(path, _drawn(found, painted))


def _write_colors(path: Path, found: Segmented) -> Path:
    def colored(_: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.uint8]:
        return as_bytes(label_colors(labels) * (labels > 0)[..., np.newaxis])

    return _write(path, _drawn(found, colored))


def _write_outline(path: Path, found: Segmented) -> Path:
    def outlined(shown: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.uint8]:
        return as_bytes(np.where(broad_lines(labels)[..., np.newaxis], _LINE, shown))

    return _write(path, _drawn(found, outlined))


def _write_means(path: Path, found: Segmented) -> Path:
    """8 bits as they are, everything else stretched as its image is."""
    means = classicseg.label_means(found.labels, found.pixels, channel_axis=found.channel_axis)
    axis = None if found.channel_axis is None else -1
    if found.pixels.dtype == np.uint8 and found.labels.ndim == 2 and means.shape[2:] in ((), (3,)):
        return _write(path, np.rint(np.nan_to_num(means)).astype(np.uint8))
    shown = found._replace(pixels=means, channel_axis=axis)
    return _write(path, _drawn(shown, lambda plane, _: as_bytes(plane)))


def _write_palette(path: Path, found: Segmented) -> Path:
    """Each segment in its mean color, as a PNG of at most 256 colors."""
    table = classicseg.region_table(found.labels, found.pixels, channel_axis=found.channel_axis)
    compact = np.where(found.labels > 0, np.searchsorted(table.label, found.labels) + 1, 0)
    target = path.with_name(f"{path.name}.png")
    with replacing(target) as file:
        file.write(encode_palette(compact, np.broadcast_to(table.mean, (len(table.label), 3))))
    return target


def _check_palette(found: Segmented) -> None:
    """Refuse what does not go into a palette."""
    n_channels = 1 if found.channel_axis is None else found.pixels.shape[found.channel_axis]
    if found.labels.ndim != 2 or found.pixels.dtype != np.uint8 or n_channels not in (1, 3):
        raise ValueError(
            f"--save palette takes grey or RGB planes of 8 bits; the image is {found.pixels.dtype} of shape "
            f"{found.pixels.shape}; take --save means"
        )
    n_segments = count_segments(found.labels)
    if not 0 < n_segments < 256:
        raise ValueError(f"--save palette takes 1 to 255 segments; there are {n_segments}; take --save means")


_WRITERS: dict[str, Callable[[Path, Segmented], Path]] = {
    "labels": _write_labels,
    "overlay": _write_overlay,
    "colors": _write_colors,
    "means": _write_means,
    "palette": _write_palette,
    "mask": _write_mask,
    "binary": _write_binary,
    "g4": _write_g4,
    "outline": _write_outline,
}


def _write(path: Path, shown: NDArray[np.uint8]) -> Path:
    """Write a picture, and enlarge it where it is tiny."""
    times = max(1, _SMALLEST // max(shown.shape[:2]))
    target = path.with_name(f"{path.name}.png")
    write_image(target, shown.repeat(times, 0).repeat(times, 1))
    return target


def _drawn(found: Segmented, draw: Callable[[NDArray[Any], NDArray[Any]], NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Draw the plane of the image, from 0 to 1, and its labels: of a volume three planes side by side."""
    pixels, labels, axis, ndim = found.pixels, found.labels, found.channel_axis, found.labels.ndim
    if ndim == 2:
        return draw(picture(pixels, labels, "labels", axis), labels)
    if axis is not None:
        pixels = np.moveaxis(pixels, axis, -1)
    planes, segments = _three_planes(pixels, ndim), _three_planes(labels, ndim)
    (rows, columns), depth = planes[0].shape[:2], len(planes[2])
    places = [np.s_[:rows, :columns], np.s_[:rows, columns + _GAP :], np.s_[rows + _GAP :, :columns]]
    size = (rows + _GAP + depth, columns + _GAP + depth)
    together = np.ma.MaskedArray(np.zeros((*size, *pixels.shape[ndim:]), pixels.dtype), True)
    for place, plane in zip(places, planes, strict=True):
        together[place] = plane
    shown = picture(together, np.zeros(size, np.int32), "labels", None if axis is None else -1)  # stretched as one
    canvas = np.zeros((*size, 3), np.uint8)
    for place, segment in zip(places, segments, strict=True):
        canvas[place] = draw(shown[place], segment)
    return canvas


def _three_planes(array: NDArray[Any], ndim: int) -> list[NDArray[Any]]:
    """The planes through the middle: rows and columns, rows and the axis before them, that axis and columns."""
    volume = array[tuple(length // 2 for length in array.shape[: ndim - 3])]
    depth, rows, columns = (length // 2 for length in volume.shape[:3])
    return [volume[depth], np.swapaxes(volume[:, :, columns], 0, 1), volume[:, rows]]

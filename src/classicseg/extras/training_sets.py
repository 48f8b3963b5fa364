"""Photographs with what people drew on them: in the layout of BSDS500, or beside label images.

    images/train/*.jpg, groundTruth/train/*.mat      BSDS500, one cell a person
    x.png, x_labels.png, x_labels_2.png, …           any images, one label image a person

Boundaries are made of the labels alike for both, as those of BSDS500 were made: a pixel is on one where the label
right, below or diagonally below is another, thinned to one pixel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.files import read_image, read_markers

_LABELS = re.compile(r"(.+)_labels(_[0-9]+)?")
_IMAGES = frozenset((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".ppm", ".pgm"))


class Example(NamedTuple):
    """An image, and the files of what people drew on it."""

    image: Path
    truths: tuple[Path, ...]


class Drawn(NamedTuple):
    """An image, and what each person drew on it."""

    image: NDArray[Any]
    segmentations: list[NDArray[np.int32]]
    boundaries: list[NDArray[np.bool_]]
    share: float = 1.0
    """How many samples are drawn of it, beside others."""


def find_examples(folder: Path, splits: Sequence[str]) -> list[Example]:
    """Find the images of a folder, in the order of their names, and what was drawn on each."""
    if not folder.is_dir():
        raise ValueError(f"{folder}: is no folder; expected one of images and what people drew on them")
    is_bsds = (folder / "images").is_dir() and (folder / "groundTruth").is_dir()
    if is_bsds:
        found = [example for split in splits for example in _of_bsds(folder, split)]
    elif [*splits] != ["train"]:
        raise ValueError(
            f"splits is {[*splits]}, which is for folders that have images and groundTruth; leave it out"
        )
    else:
        found = list(_beside_labels(folder))
    if len(found) < 2:
        raise ValueError(
            f"{folder}: has {len(found)} images with labels; expected two or more: images/train and "
            "groundTruth/train as BSDS500 has them, or x.png beside x_labels.png"
        )
    return found


def _of_bsds(folder: Path, split: str) -> Iterable[Example]:
    for image in _images_in(folder / "images" / split):
        truth = folder / "groundTruth" / split / f"{image.stem}.mat"
        if not truth.is_file():
            raise ValueError(f"{image}: has no truth; expected {truth}; add it, or remove the image")
        yield Example(image, (truth,))


def _beside_labels(folder: Path) -> Iterable[Example]:
    files = _images_in(folder)
    labels = {file: match[1] for file in files if (match := _LABELS.fullmatch(file.stem))}
    for image in files:
        if image in labels:
            continue
        truths = tuple(file for file, stem in labels.items() if stem == image.stem)
        if not truths:
            wanted = image.with_name(f"{image.stem}_labels.png")
            raise ValueError(f"{image}: has no labels; expected {wanted}; add it, or remove the image")
        yield Example(image, truths)


def _images_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ValueError(f"{folder}: is no folder; expected one of images")
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in _IMAGES and file.is_file())


def read_example(example: Example) -> Drawn:
    """Read an image and what was drawn on it."""
    image = read_image(example.image).pixels
    segmentations = [labels for truth in example.truths for labels in _labels_in(truth)]
    for labels in segmentations:
        if labels.shape != image.shape[:2]:
            raise ValueError(
                f"{example.truths[0]}: has labels of the shape {labels.shape}; expected that of {example.image}, "
                f"{image.shape[:2]}; draw on the image as it is"
            )
    return Drawn(image, segmentations, [boundaries_of(labels) for labels in segmentations])


def _labels_in(truth: Path) -> list[NDArray[np.int32]]:
    if truth.suffix != ".mat":
        return [np.asarray(read_markers(truth), np.int32)]
    from scipy.io import loadmat

    try:
        people = loadmat(truth)["groundTruth"].ravel()
        return [np.asarray(one["Segmentation"][0, 0]).astype(np.int32) for one in people]
    except OSError:
        raise
    except Exception:  # whatever a damaged file leads the reader to
        raise ValueError(
            f"{truth}: is no truth, or is damaged; expected groundTruth with a Segmentation of each person, as "
            "BSDS500 has it; get a sound copy"
        ) from None


def boundaries_of(labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return where segments touch, one pixel wide."""
    from skimage import morphology

    beyond = np.pad(labels, ((0, 1), (0, 1)), mode="edge")
    differ = [labels != other for other in (beyond[:-1, 1:], beyond[1:, :-1], beyond[1:, 1:])]
    thin: Any = morphology.thin
    thinned: NDArray[np.bool_] = thin(np.logical_or.reduce(differ))
    return thinned

"""The public sets of images with ground truth, as the folder of `--data` holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.io import loadmat

from classicseg.extras.files import read_image


class Humans(NamedTuple):
    """What several people drew on one image."""

    segmentations: list[NDArray[np.int32]]
    boundaries: list[NDArray[np.bool_]]
    """One pixel wide."""


class Samples(NamedTuple):
    """Images with what is true of each."""

    images: list[NDArray[Any]]
    truths: list[Any]


def bsds500(folder: Path, split: str) -> Samples:
    """The Berkeley segmentation data set: photographs, and `Humans` for each."""
    found = Samples([], [])
    for path in _files(folder / "images" / split, "*.jpg"):
        drawn = loadmat(folder / "groundTruth" / split / f"{path.stem}.mat")["groundTruth"][0]
        people = [(one["Segmentation"][0, 0], one["Boundaries"][0, 0]) for one in drawn]
        humans = Humans([s.astype(np.int32) for s, _ in people], [b.astype(bool) for _, b in people])
        found.images.append(np.asarray(Image.open(path)))
        found.truths.append(humans)
    return found


def camvid(folder: Path, split: str) -> Samples:
    """Frames from a car: classes 0 to 10, and 11 where none is given."""
    paths = _files(folder / split, "*.png")
    truths = [np.asarray(Image.open(folder / f"{split}annot" / path.name)) for path in paths]
    return Samples([np.asarray(Image.open(path)) for path in paths], truths)


def nuclei(folder: Path) -> Samples:
    """Cells under different microscopes (DSB 2018): grey, nuclei bright, and the number of each."""
    paths = _files(folder / "images", "*.png")
    greys = [np.asarray(Image.open(path).convert("L")) for path in paths]
    bright = [255 - grey if np.median(grey) > 127 else grey for grey in greys]  # stained tissue is dark on light
    return Samples(bright, [np.asarray(Image.open(folder / "labels" / path.name)) for path in paths])


def membranes(folder: Path) -> Samples:
    """Slices of nerve cells under the electron microscope (ISBI 2012), and which pixels lie within a cell."""
    paths = sorted((folder / "image").glob("*.png"), key=lambda path: int(path.stem))
    truths = [np.asarray(Image.open(folder / "label" / path.name)) > 127 for path in paths]
    return Samples([np.asarray(Image.open(path)) for path in paths], truths)


def pages(folder: Path) -> tuple[Samples, list[str]]:
    """Pages of the document binarization contests (DIBCO), grey, where the ink is, and the year of each."""
    found, years = Samples([], []), []
    for source in _files(folder, "*_source.png"):
        target = source.with_name(source.name.replace("_source", "_target"))
        found.images.append(np.asarray(Image.open(source).convert("L")))
        found.truths.append(np.asarray(Image.open(target).convert("L")) < 128)
        years.append(source.name[5:9])
    return found, years


def photographs(folder: Path) -> list[NDArray[np.uint8]]:
    """Kodak's photographs, or others in PNG."""
    return [np.asarray(Image.open(path).convert("RGB")) for path in _files(folder, "*.png")]


def brain(folder: Path) -> Samples:
    """The mean brain of 152 people (MNI152, T1): 1 is grey matter, 2 white, 3 neither, 0 outside the head."""
    values, grey, white = (
        read_image(folder / f"mni152_{name}.nii.gz").pixels.astype(np.int16) for name in ("t1", "gm", "wm")
    )
    truth = np.argmax([grey, white, 255 - grey - white], axis=0) + 1
    return Samples([values.astype(np.uint8)], [np.where(values > 0, truth, 0).astype(np.int32)])


def _files(folder: Path, pattern: str) -> list[Path]:
    found = sorted(folder.glob(pattern))
    if not found:
        raise FileNotFoundError(f"{folder} holds no {pattern}; --data names the folder that holds the sets")
    return found

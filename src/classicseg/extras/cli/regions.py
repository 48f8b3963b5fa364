"""The command for labels that exist: they are cleaned, drawn and measured as those of a method are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from classicseg import connected_regions
from classicseg.extras.cli.inputs import image_files, is_folder
from classicseg.extras.cli.object_options import CLEANING
from classicseg.extras.cli.options import command_for
from classicseg.extras.cli.places import stem_of
from classicseg.extras.files import read_labels
from classicseg.extras.objects import ObjectSteps
from classicseg.labeling.objects import as_masked_labels
from classicseg.types import Mask, Regions, Spacing


def regions(
    labels: ArrayLike,
    *,
    image: ArrayLike | None = None,
    foreground: int | None = None,
    mask: Mask = None,
    spacing: Spacing = None,
) -> Regions:
    """Clean, draw and measure labels that exist, or the pieces of a mask.

    A file of one value beside 0 is a mask, and each of its connected components a region. Other labels keep their
    numbers, as long as --foreground does not say that they are classes. The table of regions is objects.csv.

    Parameters
    ----------
    labels : array_like of int
        Labels.
    image : array_like, optional
        The image file that the labels belong to: the overlay is drawn on it, and the table has its means.
    foreground : int, optional
        The class whose connected components are the regions. By default labels are regions already.
    mask : array_like of bool, optional
        True where a pixel takes part.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.
    """
    parsed, _, _ = as_masked_labels(labels, mask)
    if foreground is not None:
        if foreground < 1 or not (parsed == foreground).any():
            there = ", ".join(map(str, np.unique(parsed[parsed > 0])[:10]))
            raise ValueError(f"--foreground is {foreground}; expected a label that is there: {there or 'none is'}")
        return connected_regions(parsed == foreground)
    is_set = parsed.max() == parsed.min(initial=parsed.max(), where=parsed > 0)
    return connected_regions(parsed > 0) if is_set else parsed


def label_files(given: Iterable[Path]) -> list[Path]:
    """The files as given, and those in folders; of folders of results the labels, not the pictures of them."""
    found: list[Path] = []
    for path in given:
        files = image_files([path])
        labels = [file for file in files if stem_of(file).endswith("_labels")]
        found += labels if labels and is_folder(path) else files
    return found


command = command_for(
    "regions",
    regions,
    of_objects=CLEANING,
    find=label_files,
    read=read_labels,
    without=("series", "channel", "scheduler"),
    steps=ObjectSteps(),
    images_are="Files of labels or masks, one whole number a pixel (PNG, TIFF, NIfTI, NRRD, MetaImage, .npy, …), "
    "folders of them (of results: the labels), or - for standard input.",
)

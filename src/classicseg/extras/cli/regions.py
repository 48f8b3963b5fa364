"""The command for labels that exist: they are cleaned, drawn and measured as those of a method are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from classicseg import connected_regions
from classicseg.extras.cli.object_options import CLEANING
from classicseg.extras.cli.options import command_for
from classicseg.extras.files import Picture, read_image, read_markers
from classicseg.extras.objects import ObjectSteps
from classicseg.labeling.objects import as_masked_labels
from classicseg.types import Mask, Regions, Spacing


def regions(
    labels: ArrayLike, *, image: ArrayLike | None = None, mask: Mask = None, spacing: Spacing = None
) -> Regions:
    """Clean, draw and measure labels that exist, or the pieces of a mask.

    A file of one value beside 0 is a mask, and each of its connected components a region. Other labels keep their
    numbers. The table of regions is objects.csv.

    Parameters
    ----------
    labels : array_like of int
        Labels.
    image : array_like, optional
        The image file that the labels belong to: the overlay is drawn on it, and the table has its means.
    mask : array_like of bool, optional
        True where a pixel takes part.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.
    """
    parsed, _, _ = as_masked_labels(labels, mask)
    is_set = parsed.max() == parsed.min(initial=parsed.max(), where=parsed > 0)
    return connected_regions(parsed > 0) if is_set else parsed


def read_labels(
    path: Path,
    *,
    nodata: Sequence[float] | None = None,
    series: str | None = None,
    channel: str | None = None,
    **limits: Any,
) -> Picture:
    """Read labels, and where they are, as a method's command reads an image."""
    if series is not None or channel is not None:
        raise ValueError(f"{path}: --series and --channel choose images; expected a file of labels alone")
    labels = read_markers(path, **limits)
    picture = read_image(path, **limits)
    mask = None if nodata is None else ~np.isin(labels, nodata)
    return Picture(labels, None, mask, spacing=picture.spacing, geometry=picture.geometry)


command = command_for(
    "regions",
    regions,
    of_objects=CLEANING,
    read=read_labels,
    steps=ObjectSteps(),
    images_are="Files of labels or masks, one whole number a pixel (PNG, TIFF, NIfTI, NRRD, MetaImage, .npy, …), "
    "folders of them, or - for standard input.",
)

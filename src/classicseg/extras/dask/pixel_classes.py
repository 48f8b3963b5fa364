"""Classifiers of pixels in tiles: each tile sees as much of its neighbors as the features of a pixel look at."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
from numpy.typing import NDArray

import classicseg
from classicseg._core.image import ValueRange, as_spacing
from classicseg._core.numbers import as_flag
from classicseg.classifying.applying import labels_of, probabilities_of
from classicseg.classifying.classifier import PixelClassifier, as_classifier, check_shape
from classicseg.extras.dask.chunks import Chunked, global_range
from classicseg.extras.dask.halos import over_halo
from classicseg.extras.dask.mirror import tiled_version_of
from classicseg.extras.dask.parts import as_part

_NOTE = """\
The result is lazy. Tiles overlap by as many pixels as the features look at: four times the largest scale, and half
as many again for the structure tensor.
"""


@tiled_version_of(classicseg.pixel_classifier_apply, _NOTE)
def pixel_classifier_apply(parsed: Chunked, *, classifier: Any, probabilities: Any, spacing: Any) -> da.Array:
    known = as_classifier(classifier)
    as_shares = as_flag("probabilities", probabilities)
    check_shape(known, parsed.ndim, parsed.n_channels)
    spacings = known.spacing if spacing is None else as_spacing(spacing, parsed.ndim)
    return over_halo(
        parsed,
        known.plan.reach(spacings),
        _shares_of_tile if as_shares else _labels_of_tile,
        lead=len(known.labels) if as_shares else None,
        classifier=known,
        span=global_range(parsed),
        spacing=spacings,
        dtype=np.float32 if as_shares else np.int32,
    )


def _labels_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    *,
    classifier: PixelClassifier,
    span: ValueRange,
    spacing: tuple[float, ...],
) -> NDArray[np.int32]:
    return labels_of(classifier, as_part(values, span, mask=mask), spacing)


def _shares_of_tile(
    values: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    *,
    classifier: PixelClassifier,
    span: ValueRange,
    spacing: tuple[float, ...],
) -> NDArray[np.float32]:
    return probabilities_of(classifier, as_part(values, span, mask=mask), spacing)

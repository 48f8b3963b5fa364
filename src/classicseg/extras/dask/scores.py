"""Scores: the contingency tables of tiles add up, and most scores are made of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dask.array as da
import numpy as np
from numpy.typing import NDArray

from classicseg import metrics
from classicseg.extras.dask.chunks import as_labels, as_layer, merged
from classicseg.extras.dask.mirror import described
from classicseg.metrics import Contingency, merge_contingency_tables
from classicseg.metrics.contingency import count_pairs
from classicseg.metrics.pairs import NOTHING_LEFT, part_of_pair

_NOTE = "The tables of the tiles add up: one pass, when the function is called.\n"


def _contingency_table(
    truth: Any, labels: Any, *, ignore_label: int | None = None, mask: Any = None
) -> Contingency:
    """Count the pairs of labels of all tiles."""
    ours = as_labels("truth", truth)
    if tuple(da.asanyarray(labels).shape) != ours.shape:
        raise ValueError(f"labels have shape {da.asanyarray(labels).shape}; expected that of truth, {ours.shape}")
    theirs = as_layer("labels", labels, ours, kinds="iub")
    inside = None if mask is None else as_layer("mask", mask, ours, kinds="b")
    table = merged(ours._replace(mask=inside).each(_count_tile, theirs, ignore_label=ignore_label), _merge)
    if not table.n:
        raise ValueError(NOTHING_LEFT)
    return table


contingency_table = described(_contingency_table, metrics.contingency_table, _NOTE)


def _score(function: Callable[..., Any]) -> Callable[..., Any]:
    """The twin of a score that is made of a contingency table."""

    def scored(
        truth: Any, labels: Any = None, *, ignore_label: Any = None, mask: Any = None, **options: Any
    ) -> Any:
        if labels is None:
            return function(truth, ignore_label=ignore_label, mask=mask, **options)
        several = isinstance(truth, list | tuple)
        tables = [
            _contingency_table(one, labels, ignore_label=ignore_label, mask=mask)
            for one in (truth if several else [truth])
        ]
        return function(tables if several else tables[0], **options)

    scored.__module__ = __name__
    return described(scored, function, _NOTE)


achievable_accuracy = _score(metrics.achievable_accuracy)
adapted_rand_error = _score(metrics.adapted_rand_error)
adjusted_rand_index = _score(metrics.adjusted_rand_index)
average_precision = _score(metrics.average_precision)
confusion_matrix = _score(metrics.confusion_matrix)
dice = _score(metrics.dice)
iou = _score(metrics.iou)
panoptic_quality = _score(metrics.panoptic_quality)
pixel_accuracy = _score(metrics.pixel_accuracy)
probabilistic_rand_index = _score(metrics.probabilistic_rand_index)
rand_index = _score(metrics.rand_index)
segmentation_covering = _score(metrics.segmentation_covering)
undersegmentation_error = _score(metrics.undersegmentation_error)
variation_of_information = _score(metrics.variation_of_information)


def _count_tile(
    truth: NDArray[Any], mask: NDArray[np.bool_] | None, labels: NDArray[Any], *, ignore_label: int | None
) -> Contingency:
    """Count the pairs of labels of a tile."""
    return count_pairs(part_of_pair(truth[..., 0], labels, ignore_label=ignore_label, mask=mask))


def _merge(tables: list[Contingency]) -> Contingency:
    """Add up the tables of tiles."""
    return merge_contingency_tables(tables)

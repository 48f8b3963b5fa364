"""What labels are scored by: names, overlap, partition, boundaries, objects, classes, ink and paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg import metrics

Score = tuple[str, str, float]
"""What it looks at, its name, and its value."""
Say = Callable[[str], object]
"""Tells a person a sentence."""

_FITTING = 0.005
"""Names fit where others would make no more pixels agree than this share."""
_MOST_CLASSES = 64
"""Of more true labels, which are objects rather than classes, none is scored by itself."""


class Judging(NamedTuple):
    """How labels are scored."""

    foreground: int | None
    """The true value that is looked for, of two."""
    ignored: Sequence[int]
    """True labels whose pixels do not count."""
    nodata: Sequence[int]
    """Values of either whose pixels do not count."""
    tolerance: float
    """Of boundaries, as a share of the diagonal."""


def judge(
    truth: NDArray[Any], labels: NDArray[Any], mask: NDArray[np.bool_] | None, judging: Judging, say: Say
) -> list[Score]:
    """Score labels, and say first what a person wants to know."""
    kept = np.ones(truth.shape, bool) if mask is None else mask
    if kept.shape == truth.shape:  # else the first score says so
        kept = kept & _counts(truth, labels, judging)
    options: dict[str, Any] = {"mask": kept}
    labels, page = _as_page(truth, labels, options, judging.foreground, say)
    scores = [] if page is None else _page_scores(*page, kept)
    if page is not None:
        f, psnr, drd = (value for _, _, value in scores[:3])
        say(f"F-measure {f:.4g}, PSNR {psnr:.4g} dB, DRD {drd:.4g}")
    renamed = metrics.match_labels(truth, labels, **options)
    fits = _say_names(truth, labels, renamed, options, say)
    names = [("labels as numbered", labels), ("labels renamed to fit", renamed)]
    for part, judged in names if fits else names[::-1]:
        scores += _name_scores(part, truth, judged, options)
    scores += _scores(truth, labels, options, judging.tolerance)
    scores += _class_scores(truth, labels if fits else renamed, options)
    return scores


def _scores(
    truth: NDArray[Any], labels: NDArray[Any], options: dict[str, Any], tolerance: float
) -> Iterator[Score]:
    """The scores that no names enter: of what they judge, their name, their value."""
    yield "partition", "covering of the truth", metrics.segmentation_covering(truth, labels, **options)
    yield "partition", "adjusted Rand index", metrics.adjusted_rand_index(truth, labels, **options)
    yield "partition", "adapted Rand error", metrics.adapted_rand_error(truth, labels, **options).error
    information = metrics.variation_of_information(truth, labels, **options)
    yield "partition", "variation of information, split, bits", information.split
    yield "partition", "variation of information, merge, bits", information.merge
    boundary = metrics.boundary_f1(truth, labels, tolerance=tolerance, **options)
    yield from (
        ("boundaries", name, value) for name, value in zip(("F", "precision", "recall"), boundary, strict=True)
    )
    quality = metrics.panoptic_quality(truth, labels, **options)
    yield "objects", "panoptic quality", quality.quality
    yield "objects", "average precision", metrics.average_precision(truth, labels, **options).mean


def _counts(truth: NDArray[Any], labels: NDArray[Any], judging: Judging) -> NDArray[np.bool_]:
    """Where a pixel counts."""
    for name, values in (("ignore_label", judging.ignored), ("nodata", judging.nodata)):
        if any(value < 0 for value in values):
            raise ValueError(f"{name} is {min(values)}; expected a label, a whole number >= 0")
    return ~(np.isin(truth, [*judging.ignored, *judging.nodata]) | np.isin(labels, judging.nodata))


def _say_names(
    truth: NDArray[Any], labels: NDArray[Any], renamed: NDArray[Any], options: dict[str, Any], say: Say
) -> bool:
    """Say whether the labels have the truth's names, and how much agrees; return it."""
    plain, fitted = (metrics.pixel_accuracy(truth, found, **options) for found in (labels, renamed))
    fits = bool(fitted - plain < _FITTING)
    if fits:
        say(f"the labels have the names of the truth: {plain:.1%} of the pixels agree")
    else:
        say(
            f"the labels have other names than the truth: {fitted:.1%} of the pixels agree when each is renamed "
            f"to fit, {plain:.1%} as numbered"
        )
    return fits


def _name_scores(part: str, truth: NDArray[Any], labels: NDArray[Any], options: dict[str, Any]) -> Iterator[Score]:
    """The scores that compare names."""
    yield part, "pixel accuracy", metrics.pixel_accuracy(truth, labels, **options)
    yield part, "mean IoU", metrics.iou(truth, labels, **options).mean
    yield part, "mean Dice", metrics.dice(truth, labels, **options).mean


def _class_scores(truth: NDArray[Any], labels: NDArray[Any], options: dict[str, Any]) -> Iterator[Score]:
    """The scores of each true class, where these are few enough to be classes."""
    named = set(metrics.contingency_table(truth, labels, **options).truth.tolist())
    if len(named) > _MOST_CLASSES:
        return
    iou, dice = metrics.iou(truth, labels, **options), metrics.dice(truth, labels, **options)
    for name, overlap, coefficient in zip(iou.label.tolist(), iou.score, dice.score, strict=True):
        if name in named:
            yield f"class {name}", "IoU", float(overlap)
            yield f"class {name}", "Dice", float(coefficient)


def _page_scores(truth: NDArray[np.bool_], labels: NDArray[np.bool_], mask: NDArray[np.bool_]) -> list[Score]:
    """Those of two sets of pixels."""
    return [
        ("two-valued", "F-measure", metrics.f_measure(truth, labels, mask=mask)),
        ("two-valued", "PSNR, dB", metrics.psnr(truth, labels, mask=mask, channel_axis=None)),
        ("two-valued", "DRD", metrics.drd(truth, labels, mask=mask)),
        ("two-valued", "Hausdorff distance, pixels", metrics.hausdorff(truth, labels, mask=mask)),
        ("two-valued", "Hausdorff distance, 95 %", metrics.hausdorff95(truth, labels, mask=mask)),
        ("two-valued", "mean surface distance", metrics.average_surface_distance(truth, labels, mask=mask)),
    ]


def _as_page(
    truth: NDArray[Any], labels: NDArray[Any], options: dict[str, Any], foreground: int | None, say: Say
) -> tuple[NDArray[Any], tuple[NDArray[np.bool_], NDArray[np.bool_]] | None]:
    """Labels by the truth's names, and what is looked for in both; None where they are not two-valued.

    What was done is said, where it is more than to look for what is not 0.
    """
    table = metrics.contingency_table(truth, labels, **options)
    names, given = table.truth.tolist(), table.labels.tolist()
    highest = max(names)
    are_classes = given == [1, 2] and names == [0, highest]
    if are_classes:
        labels = np.where(labels == 1, 0, highest).astype(np.int32)
        say(f"labels 1 and 2, dark and bright, are taken for the true values 0 and {highest}")
    elif any(len(set(side) - {0}) > 1 for side in (names, given)):
        if foreground is not None:
            raise ValueError(
                f"foreground is {foreground}; truth or labels have more than two values; leave it out"
            )
        return labels, None
    if foreground not in (None, 0, highest):
        raise ValueError(f"foreground is {foreground}, and the true values are {names}; expected one of them")
    is_dark = are_classes if foreground is None else foreground == 0
    if are_classes or foreground is not None:
        say(f"the true value {0 if is_dark else highest} is looked for; --foreground chooses")
    return labels, ((truth != 0) != is_dark, (labels != 0) != is_dark)

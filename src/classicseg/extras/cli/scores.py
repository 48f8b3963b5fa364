"""What labels are scored by: names, overlap, partition, boundaries, objects, classes, ink and paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg import metrics

Score = tuple[str, str, float]
"""What it looks at, its name, and its value."""

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


class Judged(NamedTuple):
    """What there is to say of labels, of one file or of several together."""

    said: list[str]
    """Sentences for a person."""
    plain: metrics.Contingency
    """How the labels meet the truth as they are numbered."""
    fitted: metrics.Contingency
    """How they do when each label of a file is renamed to fit."""
    achievable: float
    """The accuracy if each label took the true name of most of its pixels."""
    page: list[Score]
    """Those of ink and paper."""
    partition: list[Score]
    """Those that no names enter."""

    @property
    def fits(self) -> bool:
        """Whether the labels have the truth's names."""
        return metrics.pixel_accuracy(self.fitted) - metrics.pixel_accuracy(self.plain) < _FITTING

    @property
    def of_parts(self) -> list[Score]:
        """The scores that are taken of each image by itself."""
        return [*self.page, *self.partition]

    @property
    def of_names(self) -> list[Score]:
        """The scores of names, those that fit first, and of each class under them."""
        names = [("labels as numbered", self.plain), ("labels renamed to fit", self.fitted)]
        found = [
            score for part, table in (names if self.fits else names[::-1]) for score in _name_scores(part, table)
        ]
        return [*found, *_class_scores(self.plain if self.fits else self.fitted)]

    @property
    def scores(self) -> list[Score]:
        """All of them, in the order in which they are printed."""
        names = self.of_names
        classes = [score for score in names if score[0].startswith("class ")]
        return [*self.page, *names[: len(names) - len(classes)], *self.partition, *classes]


def judge(truth: NDArray[Any], labels: NDArray[Any], mask: NDArray[np.bool_] | None, judging: Judging) -> Judged:
    """Score labels, and say first what a person wants to know."""
    kept = np.ones(truth.shape, bool) if mask is None else mask
    if kept.shape == truth.shape:  # else the first score says so
        kept = kept & _counts(truth, labels, judging)
    options: dict[str, Any] = {"mask": kept}
    said: list[str] = []
    labels, sides = _as_page(truth, labels, options, judging.foreground, said)
    page = [] if sides is None else _page_scores(*sides, kept)
    if page:
        f, psnr, drd = (value for _, _, value in page[:3])
        said.append(f"F-measure {f:.4g}, PSNR {psnr:.4g} dB, DRD {drd:.4g}")
    renamed = metrics.match_labels(truth, labels, **options)
    plain, fitted = (metrics.contingency_table(truth, found, **options) for found in (labels, renamed))
    partition = list(_scores(truth, labels, options, judging.tolerance))
    judged = Judged(said, plain, fitted, metrics.achievable_accuracy(plain), page, partition)
    return judged._replace(said=[*said, _names_said(judged)])


def total_of(found: Sequence[Judged]) -> Judged:
    """Several files: the scores of names by all pixels together, all others by their means."""
    plain, fitted = (metrics.merge_contingency_tables(tables) for tables in list(zip(*found, strict=True))[1:3])
    achieved = sum(judged.achievable * judged.plain.n for judged in found)
    page, partition = ([*_means(scores)] for scores in list(zip(*found, strict=True))[4:])
    total = Judged([], plain, fitted, achieved / plain.n, page, partition)
    means = {name: value for _, name, value in page}
    first = f"over {len(found)} files, names and classes of all pixels together, all else as means:"
    said = [first, _names_said(total)]
    if page:
        values = (means[name] for name in ("F-measure", "PSNR, dB", "DRD"))
        said.insert(1, "F-measure {:.4g}, PSNR {:.4g} dB, DRD {:.4g}".format(*values))
    return total._replace(said=said)


def _means(scores: Sequence[Sequence[Score]]) -> Iterator[Score]:
    """The mean of each score over the files that have it, in the order of their first."""
    values: dict[tuple[str, str], list[float]] = {}
    for score in scores:
        for part, name, value in score:
            values.setdefault((part, name), []).append(value)
    for (part, name), found in values.items():
        yield part, name, float(np.mean(found))


def _names_said(judged: Judged) -> str:
    """Whether the labels have the truth's names, and how much agrees."""
    plain, fitted = (metrics.pixel_accuracy(table) for table in (judged.plain, judged.fitted))
    if judged.fits:
        return f"the labels have the names of the truth: {plain:.1%} of the pixels agree"
    return (
        f"the labels have other names than the truth: {fitted:.1%} of the pixels agree when each is renamed "
        f"to fit, {plain:.1%} as numbered, {judged.achievable:.1%} if each took the name of most of its pixels"
    )


def _scores(
    truth: NDArray[Any], labels: NDArray[Any], options: dict[str, Any], tolerance: float
) -> Iterator[Score]:
    """The scores that no names enter: of what they judge, their name, their value."""
    yield "partition", "covering of the truth", metrics.segmentation_covering(truth, labels, **options)
    yield "partition", "achievable accuracy", metrics.achievable_accuracy(truth, labels, **options)
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


def _name_scores(part: str, table: metrics.Contingency) -> Iterator[Score]:
    """The scores that compare names."""
    yield part, "pixel accuracy", metrics.pixel_accuracy(table)
    yield part, "mean IoU", metrics.iou(table).mean
    yield part, "mean Dice", metrics.dice(table).mean


def _class_scores(table: metrics.Contingency) -> Iterator[Score]:
    """The scores of each true class, where these are few enough to be classes."""
    named = set(table.truth.tolist())
    if len(named) > _MOST_CLASSES:
        return
    iou, dice = metrics.iou(table), metrics.dice(table)
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
    truth: NDArray[Any], labels: NDArray[Any], options: dict[str, Any], foreground: int | None, said: list[str]
) -> tuple[NDArray[Any], tuple[NDArray[np.bool_], NDArray[np.bool_]] | None]:
    """Labels by the truth's names, and what is looked for in both; None where they are not two-valued.

    What was done is said.
    """
    table = metrics.contingency_table(truth, labels, **options)
    names, given = table.truth.tolist(), table.labels.tolist()
    highest = max(names)
    are_classes = given == [1, 2] and names == [0, highest]
    if are_classes:
        labels = np.where(labels == 1, 0, highest).astype(np.int32)
        said.append(f"labels 1 and 2, dark and bright, are taken for the true values 0 and {highest}")
    elif any(len(set(side) - {0}) > 1 for side in (names, given)):
        if foreground is not None:
            raise ValueError(
                f"foreground is {foreground}; truth or labels have more than two values; leave it out"
            )
        return labels, None
    if foreground not in (None, 0, highest):
        raise ValueError(f"foreground is {foreground}, and the true values are {names}; expected one of them")
    is_dark = are_classes if foreground is None else foreground == 0
    said.append(f"the true value {0 if is_dark else highest} is looked for; --foreground chooses")
    return labels, ((truth != 0) != is_dark, (labels != 0) != is_dark)

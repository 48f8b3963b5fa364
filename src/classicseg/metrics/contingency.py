"""How often each label of a truth meets each label of a segmentation: what most scores are made of.

The image is read once, in bands. Along a row pairs repeat, so that only where one changes is it looked up, in a
hash table of its band.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_array
from classicseg._core.bands import run_bands
from classicseg._core.kernel import kernel
from classicseg._core.numbers import as_instances
from classicseg.metrics.pairs import Pair, as_pair, as_truths
from classicseg.types import Mask

_FIRST_SLOTS = 2**10
_EMPTY = -1


class Contingency(NamedTuple):
    """The pairs of labels that meet, sorted by the label of the truth, then by the other one."""

    truth: NDArray[np.int32]
    """(n_truth,), the labels of the truth, ascending."""
    labels: NDArray[np.int32]
    """(n_labels,), those of the segmentation, ascending."""
    rows: NDArray[np.int64]
    """(n_pairs,), the truth's label, as an index of `truth`."""
    columns: NDArray[np.int64]
    """(n_pairs,), the segmentation's label, as an index of `labels`."""
    counts: NDArray[np.int64]
    """(n_pairs,), the pixels that have both."""

    @property
    def n(self) -> int:
        """The number of pixels."""
        return int(self.counts.sum())

    @property
    def truth_sizes(self) -> NDArray[np.int64]:
        """(n_truth,), the pixels of each label of the truth."""
        return _sums(self.rows, self.counts, len(self.truth))

    @property
    def label_sizes(self) -> NDArray[np.int64]:
        """(n_labels,), the pixels of each label of the segmentation."""
        return _sums(self.columns, self.counts, len(self.labels))

    @property
    def unions(self) -> NDArray[np.int64]:
        """(n_pairs,), the pixels that have the one label, the other or both."""
        return self.truth_sizes[self.rows] + self.label_sizes[self.columns] - self.counts


Truth: TypeAlias = ArrayLike | Contingency
"""A label image, or the table of it and of labels."""

Truths: TypeAlias = Truth | Sequence[ArrayLike] | Sequence[Contingency]
"""One truth or several."""


def contingency_table(
    truth: ArrayLike, labels: ArrayLike, *, ignore_label: int | None = None, mask: Mask = None
) -> Contingency:
    """Count how often each label of a truth meets each label of a segmentation.

    Parameters
    ----------
    truth, labels : array_like of int or bool, shape (M, N[, …])
        The true labels, and the labels to judge; 0 is a label like any other.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    Contingency
        The pairs of labels that meet, and how often: a sparse matrix.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `mask` is not bool, or `ignore_label` is not a
        whole number.
    ValueError
        If labels are outside 0 … 2147483647, shapes differ, or no pixel takes part.

    See Also
    --------
    merge_contingency_tables : Adds up the tables of several images or tiles.
    confusion_matrix : The same as a matrix with zeros.

    Notes
    -----
    Entry (i, j) is the number of pixels that have the label i in `truth` and j in `labels`. Most scores take a
    table in the place of two label images. The cost is linear in the number of pixels; labels of one and two bytes
    are read as they are. Memory grows with the number of pairs that meet, not with the labels.

    Examples
    --------
    >>> from classicseg.metrics import contingency_table
    >>> table = contingency_table([[1, 1, 2]], [[5, 6, 6]])
    >>> table.rows, table.columns, table.counts
    (array([0, 0, 1]), array([0, 1, 1]), array([1, 1, 1]))
    """
    return count_pairs(as_pair(truth, labels, ignore_label=ignore_label, mask=mask))


def merge_contingency_tables(tables: Sequence[Contingency]) -> Contingency:
    """Add up the contingency tables of several images, or those of the tiles of one.

    Parameters
    ----------
    tables : sequence of Contingency
        The tables, at least one. The same label is the same segment in all of them.

    Returns
    -------
    Contingency
        The table of all pixels together.

    Raises
    ------
    TypeError
        If `tables` holds something else than tables.
    ValueError
        If there is no table, or the arrays of one do not fit together.

    See Also
    --------
    contingency_table : The table of one image.

    Notes
    -----
    The cost is O(n log n) for n pairs in all.

    Examples
    --------
    >>> from classicseg.metrics import contingency_table, merge_contingency_tables
    >>> left, right = contingency_table([[1]], [[5]]), contingency_table([[1]], [[5]])
    >>> merge_contingency_tables([left, right]).counts
    array([2])
    """
    given = as_instances("tables", tables, Contingency, "contingency_table")
    parts = [_checked("tables", table) for table in given]
    return _tabulate(
        np.concatenate([table.truth[table.rows] for table in parts]),
        np.concatenate([table.labels[table.columns] for table in parts]),
        np.concatenate([table.counts for table in parts]),
    )


def as_table(truth: Truth, labels: ArrayLike | None, ignore_label: int | None, mask: Mask) -> Contingency:
    """Parse what a score is taken of: a truth and labels, or their table."""
    if not isinstance(truth, Contingency):
        if labels is None:
            raise TypeError("labels are missing; expected a label image of the shape of truth, or a table alone")
        return contingency_table(truth, labels, ignore_label=ignore_label, mask=mask)
    for name, given in {"labels": labels, "ignore_label": ignore_label, "mask": mask}.items():
        if given is not None:
            raise ValueError(f"{name} is given beside a table, which counts pixels already; leave it out")
    if not len(_checked("truth", truth).counts):
        raise ValueError("truth is a table without pixels; expected at least one that takes part")
    return truth


def as_tables(
    truth: Truths,
    labels: ArrayLike | None,
    ignore_label: int | None,
    mask: Mask,
) -> list[Contingency]:
    """Parse what a score of several truths is taken of."""
    given = [truth] if isinstance(truth, Contingency) else truth
    if isinstance(given, list | tuple) and given and all(isinstance(one, Contingency) for one in given):
        truths: list[Any] = list(given)
    else:
        truths = as_truths(cast("ArrayLike", given))
    return [as_table(one, labels, ignore_label, mask) for one in truths]


def _checked(name: str, table: Contingency) -> Contingency:
    """See that a table is one: a caller can make it of anything."""
    parts = [as_array(name, part, "iu", "the whole numbers that contingency_table returns")[0] for part in table]
    truth, labels, rows, columns, counts = parts
    pairs = [(rows, truth), (columns, labels)]
    if any(part.ndim != 1 for part in parts) or any(places.shape != counts.shape for places, _ in pairs):
        shapes = [part.shape for part in parts]
        raise ValueError(f"{name} has arrays of shapes {shapes}; expected what contingency_table returns")
    if (counts < 1).any() or any(((places < 0) | (places >= len(names))).any() for places, names in pairs):
        raise ValueError(f"{name} is no table of pairs that occur; expected what contingency_table returns")
    return table


def count_pairs(pair: Pair) -> Contingency:
    """The contingency table of two parsed label images."""
    truth, labels = pair.truth.reshape(-1), pair.labels.reshape(-1)
    inside = np.empty(0, bool) if pair.inside is None else pair.inside.reshape(-1)
    found = run_bands(_count, truth.size, 1, truth, labels, inside)
    ours, theirs, counts = (np.concatenate(column) for column in zip(*found, strict=True))
    return _tabulate(ours, theirs, counts)


def _tabulate(ours: NDArray[Any], theirs: NDArray[Any], counts: NDArray[np.int64]) -> Contingency:
    """Add up pairs that occur several times."""
    truth, rows = np.unique(ours, return_inverse=True)
    labels, columns = np.unique(theirs, return_inverse=True)
    pairs, place = np.unique(rows.astype(np.int64) * len(labels) + columns, return_inverse=True)
    sums = _sums(place, counts, len(pairs))
    return Contingency(truth.astype(np.int32), labels.astype(np.int32), *np.divmod(pairs, len(labels)), sums)


def _sums(places: NDArray[np.intp], counts: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Add up the counts that belong to each of n pairs."""
    sums = np.zeros(n, np.int64)
    np.add.at(sums, places, counts)
    return sums


def _count_numpy(
    truth: NDArray[Any], labels: NDArray[Any], inside: NDArray[np.bool_], start: int, stop: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    part = slice(start, stop)
    kept = np.ones(stop - start, bool) if len(inside) == 0 else inside[part]
    pairs, counts = np.unique(np.stack([truth[part][kept], labels[part][kept]]), axis=1, return_counts=True)
    return pairs[0].astype(np.int32), pairs[1].astype(np.int32), counts


@kernel(numpy=_count_numpy)
def _count(
    truth: NDArray[Any], labels: NDArray[Any], inside: NDArray[np.bool_], start: int, stop: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Count each pair of labels in a band of pixels; where `inside` is empty, all of them take part."""
    ours, theirs, counts = _slots(_FIRST_SLOTS)
    place, n_pairs = start, 0
    while True:
        place, n_pairs = _scan(truth, labels, inside, place, stop, ours, theirs, counts, n_pairs)
        if place == stop:
            break
        before, also, numbers = ours, theirs, counts
        ours, theirs, counts = _slots(2 * len(before))
        for old in range(len(before)):
            if before[old] != _EMPTY:
                slot = _find(ours, theirs, int(before[old]), int(also[old]))
                ours[slot], theirs[slot], counts[slot] = before[old], also[old], numbers[old]
    used = ours != _EMPTY
    return ours[used], theirs[used], counts[used]


@kernel()
def _scan(
    truth: NDArray[Any],
    labels: NDArray[Any],
    inside: NDArray[np.bool_],
    start: int,
    stop: int,
    ours: NDArray[np.int32],
    theirs: NDArray[np.int32],
    counts: NDArray[np.int64],
    n_pairs: int,
) -> tuple[int, int]:
    """Count until the slots are half full; return where the count stands, and how many pairs there are.

    A function of its own: with slots that may be replaced, a pixel took four times as long.
    """
    has_mask = len(inside) > 0
    i = start
    while i < stop:
        if has_mask and not inside[i]:
            i += 1
            continue
        one, other, first = int(truth[i]), int(labels[i]), i
        while i < stop and truth[i] == one and labels[i] == other and not (has_mask and not inside[i]):
            i += 1
        slot = _find(ours, theirs, one, other)
        if ours[slot] == _EMPTY:
            if 2 * n_pairs >= len(ours):
                return first, n_pairs
            ours[slot], theirs[slot] = one, other
            n_pairs += 1
        counts[slot] += i - first
    return stop, n_pairs


@kernel()
def _find(ours: NDArray[np.int32], theirs: NDArray[np.int32], one: int, other: int) -> int:
    """The slot that holds a pair, or the empty one where it belongs."""
    last = len(ours) - 1
    slot = (one * 40503 + other) & last  # Knuth's multiplier: neighbors in number are not neighbors here
    while ours[slot] != _EMPTY and (ours[slot] != one or theirs[slot] != other):
        slot = (slot + 1) & last
    return slot


@kernel()
def _slots(n: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """A hash table of n slots, all empty: a pair and its count in each."""
    return np.full(n, _EMPTY, np.int32), np.empty(n, np.int32), np.zeros(n, np.int64)

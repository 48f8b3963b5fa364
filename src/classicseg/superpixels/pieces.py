"""Superpixels in several pieces: each keeps its largest one, and the others join what they touch.

No superpixel is lost, whatever its size. Where some have no pixels any more, the largest of the other pieces take
their places; what of a mask touches no superpixel becomes one. All other pieces join, round by round, the neighbor
of the nearest mean color, each decision being on the state before the round.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_bands, run_interruptible
from classicseg._core.kernel import kernel
from classicseg.labeling.components import connected_runs
from classicseg.labeling.run_lengths import RunLengths, expand, labels_at
from classicseg.superpixels.piece_pairs import open_pairs
from classicseg.types import Labels


class Pieces(NamedTuple):
    """Connected pieces of superpixels, numbered from 0 by their first pixel."""

    owners: NDArray[np.int32]
    """(n,), the superpixel."""
    areas: NDArray[np.int64]
    """(n,), in pixels."""
    colors: NDArray[np.float64]
    """(n, channels), the mean."""


def one_piece_each(labels: NDArray[np.int32], values: NDArray[Any], n_wanted: int) -> Labels:
    """Make superpixels 1 … n connected, in place, and number them by their first pixel; 0 takes no part.

    Parameters
    ----------
    labels : ndarray of int32
        The spatial shape.
    values : ndarray, shape (channels, n_lines, length)
        The colors that are compared.
    n_wanted : int
        How many superpixels there are to be, where the pieces allow it.
    """
    runs = connected_runs(labels, 1)
    found = _measured(runs, labels, values)
    islands = None if labels.all() else _islands(runs, labels, len(found.areas))
    settled = _settled(found, islands, n_wanted)
    home = np.where(settled, np.arange(len(settled)), -1)
    least, nearest = np.full(len(home), np.inf), np.full(len(home), -1)
    run_interruptible(_join, open_pairs(runs, labels, settled), found.colors, home, least, nearest)
    first = np.arange(len(home))
    np.minimum.at(first, home, first.copy())  # a superpixel begins where its first piece does
    numbers = np.cumsum(first[home] == np.arange(len(home)), dtype=np.int32)[first[home]]
    return expand(runs, np.append(np.int32(0), numbers), out=labels)


def _measured(runs: RunLengths, labels: NDArray[np.int32], values: NDArray[Any]) -> Pieces:
    n = int(runs.labels.max(initial=0))
    sums: NDArray[Any] = np.zeros((n, len(values)), np.float64 if values.dtype.kind == "f" else np.int64)
    owners, areas = np.zeros(n, np.int32), np.zeros(n, np.int64)
    flat = labels.reshape(-1), values.reshape(len(values), -1)
    in_run = labels.size // len(runs.stops)
    run_bands(_measure, len(runs.stops), in_run, *runs[1:], *flat, owners, areas, sums, sequential=True)
    return Pieces(owners, areas, sums / areas[:, np.newaxis])


def _islands(runs: RunLengths, labels: NDArray[np.int32], n: int) -> NDArray[np.int32]:
    """What each of n pieces is in of all that takes part and touches."""
    islands = np.empty(n + 1, np.int32)
    islands[runs.labels] = labels_at(connected_runs((labels > 0).view(np.uint8), 1), runs.stops - 1)
    return islands[1:]


def _settled(found: Pieces, islands: NDArray[np.int32] | None, n_wanted: int) -> NDArray[np.bool_]:
    """The pieces that stay superpixels; `islands` says what they are in, None where that is one."""
    settled = _largest_of_each(found.owners, found.areas)
    needed = np.zeros(len(settled), bool)
    if islands is not None:  # what of a mask touches nothing else needs one superpixel at least
        has_some = np.zeros(int(islands.max(initial=0)) + 1, bool)
        has_some[islands[settled]] = True
        settled |= _largest_of_each(islands, found.areas) & ~has_some[islands]
        needed = _largest_of_each(islands, np.where(settled, found.areas, 0))
    surplus = np.count_nonzero(settled) - n_wanted
    if surplus > 0:
        others = np.flatnonzero(settled & ~needed)
        settled[others[np.argsort(found.areas[others], kind="stable")[:surplus]]] = False
    elif surplus < 0:
        others = np.flatnonzero(~settled)
        settled[others[np.argsort(-found.areas[others], kind="stable")[:-surplus]]] = True
    return settled


def _largest_of_each(groups: NDArray[Any], areas: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the piece of the largest area of each group, the first one of several."""
    most = np.zeros(int(groups.max(initial=0)) + 1, np.int64)
    np.maximum.at(most, groups, areas)
    candidates = np.flatnonzero(areas == most[groups])[::-1]
    chosen = np.zeros(len(most), np.int64)
    chosen[groups[candidates]] = candidates
    is_chosen = np.zeros(len(areas), bool)
    is_chosen[chosen[most > 0]] = True
    return is_chosen


def _join_numpy(
    pairs: NDArray[np.int64],
    colors: NDArray[np.float64],
    home: NDArray[np.int64],
    _: NDArray[np.float64],
    __: NDArray[np.int64],
) -> None:
    while (pairs := pairs[:, home[pairs[0]] < 0]).size:
        ready = home[pairs[1]] >= 0
        if not ready.any():
            return
        piece, target = pairs[0, ready], home[pairs[1, ready]]
        apart = sum((row[piece] - row[target]) ** 2 for row in colors.T)
        order = np.lexsort((target, apart, piece))
        chosen = order[np.diff(piece[order], prepend=-1) > 0]
        home[piece[chosen]] = target[chosen]


@kernel(numpy=_join_numpy)
def _join(
    pairs: NDArray[np.int64],
    colors: NDArray[np.float64],
    home: NDArray[np.int64],
    least: NDArray[np.float64],
    nearest: NDArray[np.int64],
) -> None:
    """Give each piece without a home the one of a neighbor, the nearest in color, then the first.

    `pairs` (2, n) are such pieces and what they touch; those whose pieces have homes are left out of the next
    round. `least` (inf) and `nearest` (-1) are room for the neighbor that is nearest so far.
    """
    pieces, others, n = pairs[0], pairs[1], pairs.shape[1]
    n_before = n + 1
    while 0 < n < n_before:
        for i in range(n):
            piece, target = pieces[i], home[others[i]]
            if target >= 0:
                apart = 0.0
                for c in range(colors.shape[1]):
                    apart += (colors[piece, c] - colors[target, c]) ** 2
                former = nearest[piece]
                if former < 0 or apart < least[piece] or (apart == least[piece] and target < former):
                    least[piece], nearest[piece] = apart, target
        n_open = 0
        for i in range(n):
            piece = pieces[i]
            if nearest[piece] >= 0:
                home[piece] = nearest[piece]
            else:
                pieces[n_open], others[n_open] = piece, others[i]
                n_open += 1
        n_before, n = n, n_open


def _measure_numpy(
    stops: NDArray[Any],
    pieces: NDArray[np.int32],
    labels: NDArray[np.int32],
    values: NDArray[Any],
    owners: NDArray[np.int32],
    areas: NDArray[np.int64],
    sums: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    begin = int(stops[start - 1]) if start else 0
    of_pixels = np.repeat(pieces[start:stop], np.diff(stops[start:stop], prepend=begin)) - 1
    inside = np.flatnonzero(of_pixels >= 0)
    of_pixels, inside = of_pixels[inside], begin + inside
    owners[of_pixels] = labels[inside]
    np.add.at(areas, of_pixels, 1)
    np.add.at(sums, of_pixels, values[:, inside].T.astype(sums.dtype))


@kernel(numpy=_measure_numpy)
def _measure(
    stops: NDArray[Any],
    pieces: NDArray[np.int32],
    labels: NDArray[np.int32],
    values: NDArray[Any],
    owners: NDArray[np.int32],
    areas: NDArray[np.int64],
    sums: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Count the pixels of each piece, sum their values, and tell whose it is: the runs from `start` to `stop`."""
    begin = int(stops[start - 1]) if start > 0 else 0
    for run in range(start, stop):
        end, piece = int(stops[run]), pieces[run] - 1
        if piece >= 0:
            owners[piece] = labels[begin]
            areas[piece] += end - begin
            _add_values(values, begin, end, sums, piece)
        begin = end


@kernel()
def _add_values(values: NDArray[Any], start: int, stop: int, sums: NDArray[Any], piece: int) -> None:
    """Add the values of a run to those of its piece."""
    if len(values) == 3:  # all channels at once: half the time
        a, b, c = sums[piece, 0], sums[piece, 1], sums[piece, 2]
        for i in range(start, stop):
            a += values[0, i]
            b += values[1, i]
            c += values[2, i]
        sums[piece, 0], sums[piece, 1], sums[piece, 2] = a, b, c
        return
    for channel in range(len(values)):
        total = sums[piece, channel]
        for i in range(start, stop):
            total += values[channel, i]
        sums[piece, channel] = total

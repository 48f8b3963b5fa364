"""COCO's run lengths: pixels column by column, how many are outside, inside, outside, …; as numbers or as text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_BITS, _MORE, _SIGN, _FIRST = 5, 32, 16, 48
"""Each character has so many bits of a number, says whether more follow, and is printable from "0" on."""
_MOST_CHARACTERS = 7


def counts_of(labels: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """The run lengths of each label: the labels, ascending, all lengths, and where those of each begin."""
    flat = np.ascontiguousarray(labels.T).reshape(-1)
    begins = np.append(np.int64(0), 1 + np.flatnonzero(flat[1:] != flat[:-1]))
    stops = np.append(begins[1:], flat.size)
    is_inside = flat[begins] > 0
    begins, stops = begins[is_inside], stops[is_inside]
    order = np.argsort(flat[begins], kind="stable")
    begins, stops = begins[order], stops[order]
    names = flat[begins]
    is_first = np.diff(names, prepend=0) != 0
    is_last = np.append(is_first[1:], len(names) > 0)[: len(names)]
    before = begins - np.where(is_first, 0, np.roll(stops, 1))
    after = np.where(is_last, flat.size - stops, 0)
    lengths = np.stack([before, stops - begins, after], axis=1)
    is_kept = np.stack([np.ones_like(is_last), np.ones_like(is_last), is_last & (after > 0)], axis=1)
    first = np.flatnonzero(is_first)
    starts = np.append(np.int64(0), np.cumsum(is_kept.sum(axis=1)))[np.append(first, len(names))]
    return names[first], lengths[is_kept].astype(np.int64), starts.astype(np.int64)


def as_texts(lengths: NDArray[np.int64], starts: NDArray[np.int64]) -> Iterator[str]:
    """The lengths of each label as text: from the fourth on as differences to the last but one."""
    place = np.arange(len(lengths)) - np.repeat(starts[:-1], np.diff(starts))
    rest = lengths - np.where(place > 2, np.roll(lengths, 2), 0)
    characters = np.zeros((len(lengths), _MOST_CHARACTERS), np.uint8)
    is_there = np.zeros(characters.shape, np.bool_)
    goes_on = np.ones(len(lengths), np.bool_)
    for number in range(_MOST_CHARACTERS):
        bits = rest & (_MORE - 1)
        rest = rest >> _BITS
        is_there[:, number] = goes_on
        ends = np.where(bits & _SIGN, rest == -1, rest == 0)
        characters[:, number] = bits + np.where(ends, 0, _MORE) + _FIRST
        goes_on &= ~ends
    text = characters[is_there].tobytes().decode("ascii")
    ends_at = np.append(np.int64(0), np.cumsum(is_there.sum(axis=1)))[starts].tolist()
    return (text[start:stop] for start, stop in itertools.pairwise(ends_at))

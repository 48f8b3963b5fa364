"""Measures ours and the peers in turn, in one run: medians, their ratio, and what it ranges over."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

Call = Callable[[], object]

_SECONDS = 4.0
"""A call is repeated for about as long as this, 3 to 15 times."""


@dataclass(frozen=True)
class Peer:
    """Another library's way to the same result."""

    name: str
    call: Call
    least: float
    """How many times as fast we mean to be."""


@dataclass(frozen=True)
class Case:
    """One piece of work."""

    work: str
    ours: Call
    peers: list[Peer]
    note: Callable[[], str] = field(default=lambda: "")
    """What else the results must show."""


@dataclass(frozen=True)
class Row:
    """One line of the table: one peer's work beside ours."""

    work: str
    peer: str
    theirs: float
    ours: float
    ratios: list[float]
    least: float
    note: str

    @property
    def ratio(self) -> float:
        return float(np.median(self.ratios))


def measure(case: Case) -> list[Row]:
    """Run ours and each peer in turn, after a call of each to warm up; leave out what is not installed."""
    case.ours()
    try:
        note = case.note()
    except ModuleNotFoundError as error:
        note = f"not compared: {error}"
    rows = []
    for peer in case.peers:
        try:
            times = _in_turn(peer.call, case.ours)
        except ModuleNotFoundError as error:
            print(f"{case.work}: {peer.name} is left out: {error}", file=sys.stderr)
            continue
        ratios = [theirs / ours for theirs, ours in times]
        theirs, ours = (float(np.median(column)) for column in zip(*times, strict=True))
        rows.append(Row(case.work, peer.name, theirs, ours, ratios, peer.least, note))
    return rows


def _in_turn(*calls: Call) -> list[tuple[float, ...]]:
    """The seconds of each call in each round; a first round warms up and says how many there are."""
    longest = sum(_seconds(call) for call in calls)
    repeats = int(np.clip(_SECONDS / longest, 3, 15))
    return [tuple(_seconds(call) for call in calls) for _ in range(repeats)]


def _seconds(call: Call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def table(rows: list[Row]) -> str:
    """The rows in Markdown."""
    lines = [
        "| work | peer | theirs, ms | ours, ms | times as fast (range) | asked | note |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    for row in rows:
        verdict = f"{row.least:g}" if row.ratio >= row.least else f"**{row.least:g}, missed**"
        lines.append(
            f"| {row.work} | {row.peer} | {1000 * row.theirs:.1f} | {1000 * row.ours:.1f} | {row.ratio:.2f} "
            f"({min(row.ratios):.2f} to {max(row.ratios):.2f}) | {verdict} | {row.note} |"
        )
    return "\n".join(lines)


def surroundings(n_threads: int) -> str:
    """The machine and the versions that figures belong to."""
    names = [
        "numpy",
        "scipy",
        "numba",
        "scikit-image",
        "opencv-python-headless",
        "scikit-learn",
        "doxapy",
        "SimpleITK",
        "diplib",
        "connected-components-3d",
    ]
    versions = []
    for name in names:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"no {name}")
    return (
        f"{n_threads} threads for each library that takes a number; {os.cpu_count()} processors, "
        f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}; {', '.join(versions)}."
    )

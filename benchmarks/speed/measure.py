"""Measures ours and the peers in turn, in one run: medians, their ratio and its range, and the peak of memory."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib.metadata
import math
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.tables import markdown
from classicseg import set_workers

Call = Callable[[], object]

_SECONDS = 2.5
"""A call is repeated for about as long as this, 3 to 15 times."""

_SLOW = 30.0
"""A round that takes more seconds than this is measured once."""


@dataclass(frozen=True)
class Peer:
    """Another library's way to the same result."""

    name: str
    call: Call
    least: float
    """How many times as fast we mean to be; 0: it does other work, and nothing is asked."""


@dataclass(frozen=True)
class Case:
    """One piece of work."""

    work: str
    ours: Call
    peers: list[Peer]
    note: Callable[[], str] = field(default=lambda: "")
    """What else the results must show."""
    most: float = math.inf
    """How many megabytes we mean to take beyond the input, the result included."""


@dataclass(frozen=True)
class Spent:
    """What one call took."""

    seconds: float
    megabytes: float = math.nan
    """The peak beyond what was there before it, the result included; NaN where it was not measured."""


@dataclass(frozen=True)
class Row:
    """One line of the table: one peer's work beside ours."""

    work: str
    peer: str
    theirs: Spent
    """Medians of the seconds, and the peak of the first call."""
    ours: Spent
    ratios: list[float]
    least: float
    most: float
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
            theirs, ours, ratios = _in_turn(peer.call, case.ours)
        except ModuleNotFoundError as error:
            print(f"{case.work}: {peer.name} is left out: {error}", file=sys.stderr)
            continue
        rows.append(Row(case.work, peer.name, theirs, ours, ratios, peer.least, case.most, note))
    return rows


def _in_turn(theirs: Call, ours: Call) -> tuple[Spent, Spent, list[float]]:
    """The first round warms up, and shows the peaks and how many rounds there are; a slow one is the only one."""
    peaks = spend(theirs), spend(ours)
    first = tuple(peak.seconds for peak in peaks)
    repeats = int(np.clip(_SECONDS / sum(first), 3, 15))
    times = [first] if sum(first) > _SLOW else [(seconds(theirs), seconds(ours)) for _ in range(repeats)]
    medians = [
        Spent(float(np.median(t)), p.megabytes) for t, p in zip(zip(*times, strict=True), peaks, strict=True)
    ]
    return medians[0], medians[1], [other / own for other, own in times]


def seconds(call: Call) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def spend(call: Call) -> Spent:
    """How long a call takes, and its peak of memory (Linux)."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)  # what was freed before is not there for this call
    try:
        Path("/proc/self/clear_refs").write_text("5")  # start the high-water mark anew
    except OSError:
        return Spent(seconds(call))
    before = _megabytes("VmRSS")
    return Spent(seconds(call), _megabytes("VmHWM") - before)


def _megabytes(field: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return float(next(line for line in lines if line.startswith(field)).split()[1]) / 1024


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown."""
    header = [
        "work",
        "peer",
        "theirs, ms",
        "ours, ms",
        "times as fast (range)",
        "asked",
        "theirs, MB",
        "ours, MB",
        "note",
    ]
    return markdown(header, [_cells(row) for row in rows], 2)


def _cells(row: Row) -> list[str]:
    ratio = f"{row.ratio:.2f} ({min(row.ratios):.2f} to {max(row.ratios):.2f})"
    asked = f"{row.least:g}" if row.ratio >= row.least else f"**{row.least:g}, missed**"
    asked = asked if row.least else "-"
    times = [f"{1000 * spent.seconds:.1f}" for spent in (row.theirs, row.ours)]
    theirs, ours = (
        "" if math.isnan(spent.megabytes) else f"{spent.megabytes:.0f}" for spent in (row.theirs, row.ours)
    )
    if math.isfinite(row.most):
        ours += f" of {row.most:g}" if not row.ours.megabytes > row.most else f" (**{row.most:g}, missed**)"
    return [row.work, row.peer, *times, ratio, asked, theirs, ours, row.note]


def use_threads(n: int) -> None:
    """Give every library as many threads."""
    set_workers(n)
    with contextlib.suppress(ModuleNotFoundError):
        import cv2

        cv2.setNumThreads(n)
    with contextlib.suppress(ModuleNotFoundError):
        import diplib

        diplib.SetNumberOfThreads(n)
    with contextlib.suppress(ModuleNotFoundError):
        import SimpleITK

        SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(n)
    with contextlib.suppress(ModuleNotFoundError):
        import threadpoolctl

        threadpoolctl.threadpool_limits(n)


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

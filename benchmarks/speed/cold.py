"""The first call in a fresh process: with nothing compiled, and with what an earlier process has compiled."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.tables import Section, markdown

_CALLS = [
    "threshold_segment(image)",
    "kmeans_segment(image, n_clusters=8)",
    "canny_edges(image)",
    "watershed_segment(image)",
    "region_growing_segment(image, seeds=(9, 9))",
    "boundary_segment(image)",
]
_SCRIPT = """
import time
import numpy as np
image = (np.add.outer(np.arange(500), np.arange(500)) // 4 % 199).astype(np.uint8)
begin = time.perf_counter()
{imports}
imported = time.perf_counter()
{call}
first = time.perf_counter()
{call}
print(imported - begin, first - imported, time.perf_counter() - first)
"""


class Start(NamedTuple):
    """One call's seconds."""

    call: str
    cold: list[float]
    """Import, first call, second call, with nothing on the disk."""
    cached: list[float]
    """The same, where another process has made the call before."""


def n_starts() -> int:
    """How many calls are tried."""
    return len(_CALLS)


def starts() -> Iterator[Start]:
    """Make each call in fresh processes, with a folder of its own for what is compiled."""
    for call in _CALLS:
        with tempfile.TemporaryDirectory() as folder:
            yield Start(call, _seconds(call, folder), _seconds(call, folder))


def cold(found: list[Start]) -> Section:
    """The table of all calls."""
    rows = [
        [f"`{one.call}`", *(f"{1000 * value:.0f}" for value in (one.cold[1], one.cached[0], *one.cached[1:]))]
        for one in found
    ]
    header = ["call, on 0.25 Mpx", "first call, compiling", "import", "first call, compiled before", "second call"]
    text = "Milliseconds in a fresh process. Compiled code is kept on the disk, for each kernel and dtype."
    return Section("Cold start", f"{text}\n\n{markdown(header, rows)}")


def _seconds(call: str, folder: str) -> list[float]:
    name = call.partition("(")[0]
    script = _SCRIPT.format(imports=f"from classicseg import {name}", call=call)
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"NUMBA_CACHE_DIR": folder},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return [float(number) for number in done.stdout.split()]

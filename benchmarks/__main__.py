"""The command line: ``python -m benchmarks speed``, ``memory`` and ``quality``."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from cyclopts import App
from rich.console import Console
from rich.progress import track

from benchmarks import edges, floods, growing, memory, values
from benchmarks.dibco import dibco, dibco_table
from benchmarks.measure import measure, surroundings, table
from classicseg import set_workers

RESULTS = Path(__file__).parent / "results"

app = App("benchmarks", help="How fast and how good the methods are, beside other libraries.")
progress = Console(stderr=True)


@app.command
def speed(*, only: str = "", threads: int = 2) -> None:
    """Time each method and its peers in turn, on images of 12 megapixels.

    Parameters
    ----------
    only
        Measure only the work whose description has this in it.
    threads
        How many threads each library may use.
    """
    _use_threads(threads)
    rows = []
    cases = [*values.cases(), *edges.cases(), *floods.cases(), *growing.cases()]
    for make in track(cases, "measuring", console=progress):
        case = make()
        if only in case.work:
            rows += measure(case)
    _report("speed", f"{table(rows)}\n\n{surroundings(threads)}")


@app.command(name="memory")
def memory_command() -> None:
    """Measure the most memory that methods take, each in a process of its own (Linux)."""
    _report("memory", memory.table(list(track(memory.peaks(), "measuring", len(memory.CALLS), console=progress))))


@app.command
def quality(*, data: Path) -> None:
    """Score methods on images with ground truth.

    Parameters
    ----------
    data
        The folder that holds the sets: dibco.
    """
    _report("quality", dibco_table(dibco(data / "dibco")))


def _use_threads(n: int) -> None:
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


def _report(name: str, text: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(f"{text}\n", encoding="utf-8")
    print(text)
    print(f"wrote {RESULTS / f'{name}.md'}", file=sys.stderr)


if __name__ == "__main__":
    app()

"""The command line: ``python -m benchmarks speed``, ``tiles`` and ``quality --data FOLDER``."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable
from pathlib import Path

from cyclopts import App
from rich.console import Console
from rich.progress import track

from benchmarks.speed import (
    cleaning,
    cold,
    cuts,
    edges,
    floods,
    graphs,
    growing,
    mean_shift,
    measuring,
    merging,
    outlines,
    pixels,
    scaling,
    scores,
    strokes,
    superpixels,
    trees,
    values,
)
from benchmarks.speed.measure import measure, surroundings, table, use_threads
from benchmarks.tables import Section
from classicseg.extras.files import replacing
from classicseg.extras.files.outputs import check_apart

RESULTS = Path(__file__).parent / "results"

app = App("benchmarks", help="How fast and how good the methods are, beside other libraries.")
progress = Console(stderr=True)


@app.command
def speed(*, only: str = "", threads: int = 2) -> None:
    """Time each method and its peers in turn, on images of 12 megapixels; cold starts; growth with size.

    Parameters
    ----------
    only
        Measure only the work whose description has this in it; no cold starts, no sizes, nothing written.
    threads
        How many threads each library may use.
    """
    use_threads(threads)
    rows = []
    parts = (
        values, edges, floods, graphs, growing, cleaning, mean_shift, superpixels, trees, merging,
        measuring, outlines, cuts, strokes, pixels, scores
    )  # fmt: skip
    cases = itertools.chain.from_iterable(part.cases() for part in parts)
    for make in track(list(cases), "measuring", console=progress):
        case = make()
        if only in case.work:
            rows += measure(case)
    sections = [Section("Speed and memory", f"{_EXPLAINED}\n\n{table(rows)}")]
    if only:
        print(sections[0].text)
        return
    sections.append(cold.cold(list(track(cold.starts(), "starting", cold.n_starts(), console=progress))))
    found = list(track(scaling.times(), "scaling", scaling.n_measured(), console=progress))
    sections.append(scaling.scaling(found))
    _report("speed", sections, surroundings(threads))


@app.command
def tiles(*, threads: int = 2) -> None:
    """Time images in chunks, beside the whole image and dask-image, and by the number of tiles; peaks of memory.

    Parameters
    ----------
    threads
        How many threads each library may use.
    """
    import dask

    from benchmarks.tiles.sections import beside_dask_image, beside_the_whole, by_tiles

    use_threads(threads)
    with dask.config.set(scheduler="threads", num_workers=threads):
        sections = [part() for part in (beside_the_whole, beside_dask_image, by_tiles)]
    _report("tiles", sections, surroundings(threads))


@app.command
def quality(*, data: Path, only: str = "") -> None:
    """Score methods on images with ground truth.

    Parameters
    ----------
    data
        The folder that holds the sets: bsds500, camvid, dibco, dsb2018, isbi_em, kodak, volumes.
    only
        Score only the parts whose name has this in it, and write nothing.
    """
    from benchmarks.quality import PARTS

    check_apart([RESULTS], [data])
    sections = [part(data) for name, part in PARTS.items() if only in name]
    if only:
        print(*(f"## {section.title}\n\n{section.text}\n" for section in sections), sep="\n")
        return
    _report("quality", sections, surroundings(1))


_EXPLAINED = (
    "Medians of one run, ours and a peer's in turn; 12 megapixels unless it says otherwise. Megabytes are the "
    "peak of a call beyond what was there before it, its result included."
)


def _report(name: str, sections: Iterable[Section], around: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    parts = []
    for section in sections:
        parts.append(f"## {section.title}\n\n{section.text}")
        for file, figure in section.figures.items():
            with replacing(RESULTS / f"{file}.png") as picture:
                figure.savefig(picture, format="png")
            parts.append(f"![{section.title}]({file}.png)")
    text = "\n\n".join([f"# {name.capitalize()}", around, *parts])
    with replacing(RESULTS / f"{name}.md") as file:
        file.write(f"{text}\n".encode())
    print(text)
    print(f"wrote {RESULTS / f'{name}.md'}", file=sys.stderr)


if __name__ == "__main__":
    app()

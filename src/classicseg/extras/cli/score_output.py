"""Scores for a person and for a program: a table, and lines of JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence

from classicseg.extras.cli.report import print_table
from classicseg.extras.cli.scores import Judged, Score


def print_scores(scores: Sequence[Score]) -> None:
    """Print a table of scores; the scores of a kind follow its name."""
    from rich.table import Table

    table = Table("of", "score")
    table.add_column("value", justify="right")
    previous = ""
    for part, name, value in scores:
        table.add_row(part if part != previous else "", name, f"{value:.4f}")
        previous = part
    print_table(table)


def as_json(found: Mapping[str, Judged], total: Judged | None) -> Iterator[str]:
    """A line for each file, and one for all together; what is not finite is null."""
    for name, judged in found.items():
        yield _line({"labels": name}, judged)
    if total is not None:
        yield _line({"files": len(found)}, total)


def _line(head: Mapping[str, object], judged: Judged) -> str:
    scores: dict[str, dict[str, float | None]] = {}
    for part, name, value in judged.scores:
        scores.setdefault(part, {})[name] = value if math.isfinite(value) else None
    return json.dumps({**head, "names_fit": judged.fits, "said": judged.said, "scores": scores})

"""Tables in Markdown, and what a part of a benchmark has to show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from matplotlib.figure import Figure


@dataclass(frozen=True)
class Section:
    """A part of a report."""

    title: str
    text: str
    figures: Mapping[str, Figure] = field(default_factory=dict)
    """By the name of their file, without the suffix."""


def markdown(header: Sequence[str], rows: Iterable[Sequence[object]], n_texts: int = 1) -> str:
    """A table whose first `n_texts` columns are texts and whose others are numbers."""
    rule = f"|{'---|' * n_texts}{'---:|' * (len(header) - n_texts)}"
    lines = [f"| {' | '.join(map(str, row))} |" for row in (header, *rows)]
    return "\n".join([lines[0], rule, *lines[1:]])

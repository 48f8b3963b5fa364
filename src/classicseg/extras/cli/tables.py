"""The table of segments: what is measured of those of one image, and the rows of all images in one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

import classicseg
from classicseg import Labels
from classicseg.extras.cli.job import Job
from classicseg.extras.cli.pictures import Segmented
from classicseg.extras.exports.formats import FORMATS
from classicseg.extras.files import write_table

Row = dict[str, object]


def table_of(job: Job, labels: Labels, image: Segmented, spacing: Any) -> Mapping[str, NDArray[Any]]:
    """Measure segments, if a table or an export is to say it; else nothing."""
    if job.table is None and not any(FORMATS[name].has_table for name in job.export):
        return {}
    pixels = image.pixels if job.has_values else None
    return classicseg.region_table(
        labels, pixels, properties="all", channel_axis=image.channel_axis, spacing=spacing
    )


def rows_of(job: Job, path: Path, word: str, table: Mapping[str, NDArray[Any]]) -> list[Row]:
    """One row for each segment of an image; `word` is the value that has this result, where several have one."""
    rows = zip(*(column.tolist() for column in table.values()), strict=True)
    first: Row = {"image": str(path)}
    if word:
        first[job.each.name] = word
    return [first | dict(zip(table, row, strict=True)) for row in rows]


def write_rows(path: Path, rows: Sequence[Row], *, several: bool) -> None:
    """Write the table; images of different dimensions or channels leave cells empty."""
    header = list(dict.fromkeys(name for row in rows for name in row if several or name != "image"))
    write_table(path, header, [[row.get(name, "") for name in header] for row in rows])

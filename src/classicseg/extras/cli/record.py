"""The record of a run: all that it takes to repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import classicseg
from classicseg.extras.cli.job import Job
from classicseg.extras.files import Picture
from classicseg.extras.signatures import typed


def details_of(record: Mapping[str, Any], seconds: float, written: Mapping[str, Any]) -> str:
    """What else there is to say of a run: the image, the time, the settings as typed, the files."""
    size = " x ".join(map(str, record["shape"]))
    files = [name for kind, names in written.items() if kind != "segments" for name in np.ravel(names)]
    lines = [
        f"image of {size}, {record['dtype']}, segmented in {seconds:.2f} s",
        f"written: {', '.join(files)}",
        f"to repeat: {shlex.join(record['command'])}",
    ]
    return "".join(f"\n  {line}" for line in lines)


def record_of(job: Job, path: Path, picture: Picture, channel_axis: int | None) -> dict[str, object]:
    """All that it takes to repeat the run."""
    options = job.resolved()
    if "channel_axis" in options:
        options["channel_axis"] = channel_axis
    limit = [] if job.max_pixels is None else [f"--max-pixels={job.max_pixels}"]
    return {
        "classicseg": classicseg.__version__,
        "command": ["classicseg", job.method, job.source(path), *limit, *typed(options)],
        "method": job.name,
        "image": job.source(path),
        "shape": picture.pixels.shape,
        "dtype": str(picture.pixels.dtype),
        "file_has_mask": picture.mask is not None,
        **_said_of_place(picture),
        "parameters": options,
    }


def _said_of_place(picture: Picture) -> dict[str, object]:
    """What a record says of the size of the pixels, where the file says it."""
    place = picture.geometry
    return {} if place is None else {"file_spacing": picture.spacing, "unit": place.unit, "frame": place.frame}

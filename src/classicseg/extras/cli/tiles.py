"""Running one method on an image that is larger than memory: chunks in, a Zarr array of labels out."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import classicseg
from classicseg.extras.cli.job import Job, check_axis
from classicseg.extras.cli.pictures import BY_DEFAULT
from classicseg.extras.cli.places import spacing_of
from classicseg.extras.cli.report import command_name


def segment_in_chunks(job: Job, images: Sequence[Path]) -> int:
    """Segment one image, or finish the run that was killed, and return the exit code."""
    try:
        from classicseg.extras import dask as tiled
        from classicseg.extras.dask.storing import store_labels
        from classicseg.extras.files.chunked import open_chunked
        from classicseg.extras.files.drafts import check_store
        from classicseg.extras.files.stamps import stamp_of
    except ImportError as error:
        raise ValueError(
            f"--out is {job.out}, which needs Dask and Zarr ({error}); pip install 'classicseg[dask]'"
        ) from None
    segmenter = getattr(tiled, job.name, None)
    if segmenter is None:
        able = (command_name(name) for name in classicseg.segmenters() if hasattr(tiled, name))
        raise ValueError(
            f"{job.method} depends on the image as a whole, and has no exact result in chunks; expected a --out "
            "that is a folder, and an image that fits, cut into parts or made smaller if need be; or, in chunks, "
            f"one of {', '.join(able)}"
        )
    _check(job, images)
    path, read = images[0], [images[0], *job.files()]
    check_store(Path(os.path.realpath(job.out)), read)
    picture = open_chunked(path, **job.reading)
    pixels, channel_axis, *_ = picture
    stamps = {source.resolve(): stamp_of(source) for source in read}
    settings = _settings(job, path, picture)
    n_computed = store_labels(
        job.out,
        lambda: segmenter(pixels, **settings),
        _recipe(job, path, pixels, channel_axis),
        stamps=stamps,
        scheduler=job.scheduler,
        doing=job.method,
    )
    if job.json:
        print(json.dumps({"image": job.source(path), "method": job.name, "labels": str(job.out)}))
    elif not job.quiet:
        print(f"{path}: labels in {job.out}, chunks computed: {n_computed}")
    return 0


def _settings(job: Job, path: Path, picture: Any) -> dict[str, Any]:
    """The arguments of the method, with what the file says of its mask, its channels and its spacing."""
    settings = job.load()
    if picture.mask is not None:
        settings["mask"] = picture.mask if settings.get("mask") is None else settings["mask"] & picture.mask
    check_axis(path, settings.get("channel_axis"), picture)
    if settings.get("channel_axis") == "auto":
        settings["channel_axis"] = picture.channel_axis
    if "spacing" in settings and settings["spacing"] is None:
        settings["spacing"] = spacing_of(picture.geometry)
    return settings


def _check(job: Job, images: Sequence[Path]) -> None:
    """Refuse what does not go with a store."""
    if len(images) > 1 or (job.table is not None and job.steps is None):
        raise ValueError(f"--out is {job.out}; expected one image, and no --table; run the others by themselves")
    if job.steps is not None:
        raise ValueError(f"objects are asked for, and --out is {job.out}; expected classes; take another --out")
    if job.stdin is not None:
        raise ValueError(f"- is given, and --out is {job.out}; expected a file, which can be read again")
    if tuple(job.save) != BY_DEFAULT:
        raise ValueError(
            f"--save is {','.join(job.save)}, and --out is {job.out}; a store holds labels; leave it out"
        )
    if job.export:
        raise ValueError(
            f"--export is {','.join(job.export)}, and --out is {job.out}; a store holds labels; leave it out"
        )
    if job.overwrite:
        raise ValueError(
            f"--overwrite is given, and --out is {job.out}; a store is never replaced; remove it first"
        )


def _recipe(job: Job, path: Path, pixels: Any, channel_axis: int | None) -> dict[str, Any]:
    """All that the labels depend on."""
    options = {
        f"--{command_name(name)}": value
        for name, value in {**job.resolved(), "channel_axis": channel_axis}.items()
    }
    return {
        "classicseg": classicseg.__version__,
        "method": job.name,
        "image": job.source(path),
        "shape": pixels.shape,
        "dtype": str(pixels.dtype),
        "chunks": pixels.chunksize,
        **options,
    }

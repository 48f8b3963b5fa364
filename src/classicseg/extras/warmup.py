"""Compiles ahead what first calls would compile, in several processes, and remembers it beside the kernels.

Each method runs, with its default options, on small images: grey and color, of each dtype. What the processes took
from the kernels' cache or put there is written to a record, whose name covers the source, the versions and the
processor. So a second run finds that every file is there, and does nothing.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import classicseg
from classicseg._core import kernel
from classicseg._core.bands import band_size, n_workers
from classicseg.extras.catalogue import segmenter_names
from classicseg.extras.progress import bar
from classicseg.types import kind_of

DTYPES = ("uint8", "float32")
"""What is compiled for without another word: photographs and measurements."""

_SHAPES = ((512, 640), (48, 64))
"""One of several bands and enough pixels for tables of counts to be worth while, and one of few."""


_BAND_PIXELS = 2**14
"""Pixels of a band: the larger image has seams, as large photographs have."""


class Warmup(NamedTuple):
    """What a warm-up found and did."""

    n_kernels: int
    """Kernels that are ready; one for each signature of its arguments."""
    n_compiled: int
    """Those of them that were compiled now."""
    seconds: float
    n_bytes: int
    """The size of the files of all that are ready."""
    directory: Path
    """Where kernels are kept."""


class _Job(NamedTuple):
    """A method, and the images that it is run on."""

    segmenter: str
    dtype: str
    is_color: bool

    def __str__(self) -> str:
        return f"{self.segmenter} {self.dtype} {'color' if self.is_color else 'grey'}"


class _Record(NamedTuple):
    """What is known to be ready: names of jobs, and the files that they use."""

    jobs: list[str]
    files: list[str]


def warm_up(segmenters: Sequence[str] | None = None, dtypes: Sequence[str] = DTYPES) -> Warmup:
    """Compile what the first calls of segmenters need, and keep it.

    Parameters
    ----------
    segmenters : sequence of str, optional
        Names of the catalogue, such as ``"kmeans_segment"``; by default all.
    dtypes : sequence of str, default ("uint8", "float32")
        The dtypes of the images.

    Returns
    -------
    Warmup
        How many kernels are ready, how many of them were compiled now, and what it took.

    Raises
    ------
    ValueError
        If a name or a dtype is none that segmenters have, if nothing is compiled here, or if no folder for the
        kernels can be written.
    """
    began = time.monotonic()
    variants = [(dtype, color) for dtype in map(_checked_dtype, dtypes) for color in (False, True)]
    names = _checked_names(segmenters)
    jobs = [_Job(name, *variant) for variant in variants for name in names]
    directory = _directory()
    images = hashlib.blake2b(
        Path(__file__).read_bytes(), digest_size=4
    ).hexdigest()  # what is run, as it stands here
    place = directory / f"warmup-{kernel.source_stamp()}-{kernel.machine_stamp()}-{images}.json"
    record = _read(place)
    cold = [job for job in jobs if str(job) not in record.jobs]
    n_compiled = 0
    if cold:
        compiled: set[str] = set()
        files = set(record.files)
        for uses in _run(cold):
            compiled |= {name for name, use in uses.items() if use.is_compiled}
            files |= {str(use.path) for use in uses.values() if use.path is not None}
        n_compiled = len(compiled)
        record = _Record(sorted({*record.jobs, *map(str, cold)}), sorted(files))
        kernel.write_whole(directory, place.name, json.dumps(record._asdict(), indent=1).encode())
        kernel.remove_stale(directory, "warmup-*.json")
    n_bytes = sum(Path(file).stat().st_size for file in record.files)
    return Warmup(len(record.files), n_compiled, time.monotonic() - began, n_bytes, directory)


def _checked_names(segmenters: Sequence[str] | None) -> list[str]:
    """The names of segmenters, which are not imported for that."""
    known = segmenter_names()
    for name in segmenters or ():
        if name not in known:
            raise ValueError(f"there is no method {name!r}; expected some of {', '.join(known)}")
    return known if segmenters is None else list(dict.fromkeys(segmenters))


def _checked_dtype(name: str) -> str:
    """The dtype by its full name."""
    with suppress(TypeError):
        dtype = np.dtype(name)
        if dtype.kind in "buif" and dtype.itemsize <= 8:
            return str(dtype.newbyteorder("="))
    raise ValueError(f"there is no image of dtype {name!r}; expected dtypes such as uint8, uint16 or float32")


def _directory() -> Path:
    """Where kernels are kept."""
    if kernel.engine() == "numpy" or os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        raise ValueError(
            "nothing is compiled here; install numba, and unset CLASSICSEG_ENGINE and NUMBA_DISABLE_JIT"
        )
    directory = kernel.cache_directory()
    if directory is None:
        raise ValueError("no folder for kernels can be written; set NUMBA_CACHE_DIR to a folder of yours")
    return directory


def _read(place: Path) -> _Record:
    """What is ready: nothing, where one of the files has gone."""
    with suppress(OSError, ValueError, TypeError):
        record = _Record(**json.loads(place.read_bytes()))
        if all(map(os.path.isfile, record.files)):
            return record
    return _Record([], [])


def _run(jobs: Sequence[_Job]) -> Iterator[dict[str, kernel.Use]]:
    """Run the jobs in processes, with a bar; yield which kernels each process has by then."""
    with _processes(min(n_workers(), len(jobs))) as pool, bar("compiling for", len(jobs)) as advance:
        advance(0, f"{jobs[0]}")
        running = {pool.submit(_compile, job): job for job in jobs}
        try:
            for n_done, future in enumerate(as_completed(running), start=1):
                yield future.result()
                waiting = [job for other, job in running.items() if not other.done()]
                advance(n_done, str(waiting[0]) if waiting else "")
        except BrokenProcessPool:
            raise OSError("a process that compiled was ended from outside, for want of memory perhaps") from None


@contextmanager
def _processes(number: int) -> Iterator[ProcessPoolExecutor]:
    """New processes, which end with the ``with`` block whatever they do."""
    others = set(multiprocessing.active_children())
    fresh = multiprocessing.get_context("spawn")  # a fork would copy the threads' locks
    pool = ProcessPoolExecutor(number, fresh, _ignore_interrupts)
    try:
        yield pool
        pool.shutdown()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this process


def _compile(job: _Job) -> dict[str, kernel.Use]:
    """Run a method on images, and what the command line makes of its labels."""
    segmenter = getattr(classicseg, job.segmenter)
    channel_axis = 2 if job.is_color else None
    for image in _images(job):
        with band_size(_BAND_PIXELS):
            labels = segmenter(image, **_seeds(segmenter, image.shape[:2]))
            classicseg.region_table(labels, image, properties="all", channel_axis=channel_axis)
        with suppress(ImportError):  # a picture needs packages of its own
            from classicseg.extras.plot import overlay_image

            overlay_image(image, labels, channel_axis=channel_axis)
    if job.segmenter == "contour_segment":
        with suppress(ValueError):  # whole numbers of some dtypes are no photographs
            _draw_lines(next(_images(job)))
    return dict(kernel.uses)


def _draw_lines(image: NDArray[Any]) -> None:
    """Find the lines of a photograph, and cut its tree: what contour_segment is made of does this, too."""
    tree = classicseg.boundary_tree(image)
    contours = classicseg.contour_strengths(tree)
    classicseg.thin_boundaries(classicseg.boundary_probability(image), contours=contours)
    classicseg.cut_tree(tree, height=[0.3, 0.6], min_area=20)


def _seeds(segmenter: Callable[..., Any], shape: tuple[int, ...]) -> dict[str, NDArray[Any]]:
    """Two marked pixels for each option that a segmenter cannot do without."""
    marked = np.zeros(shape, np.int32)
    marked[20, 20], marked[-20, -20] = 1, 2
    options = inspect.signature(segmenter).parameters.values()
    required = [
        option.name for option in options if option.kind is option.KEYWORD_ONLY and option.default is option.empty
    ]
    if kind_of(segmenter) == "seeded" and not required:  # strokes, or something in their place
        required = ["strokes"]
    return dict.fromkeys(required, marked)


def _images(job: _Job) -> Iterator[NDArray[Any]]:
    """A large image and a small one; of floats, one of whole numbers, too, and of signed numbers one around 0."""
    large, small = (_image(shape, job.dtype, is_color=job.is_color) for shape in _SHAPES)
    yield large
    yield small
    if small.dtype.kind == "f":
        yield np.round(255 * small)
    if large.dtype.kind in "fi":
        yield large - large.dtype.type(large.mean())


def _image(shape: tuple[int, int], dtype: str, *, is_color: bool) -> NDArray[Any]:
    """Blobs, steps and noise: whatever a photograph makes a method do."""
    rng = np.random.default_rng(0)
    rows, columns = np.indices(shape)
    waves = 60 * np.sin(rows / 17) * np.cos(columns / 23) + 40 * (columns > shape[1] // 2)
    planes = [np.clip(100 + waves * sign + rng.normal(0, 6, shape), 0, 255) for sign in (1.0, -0.5, 0.3)]
    pixels = np.stack(planes, axis=-1) if is_color else planes[0]
    if dtype == "bool":
        return pixels > 100
    if np.dtype(dtype).kind == "f":
        return (pixels / 255).astype(dtype)
    return (pixels * (100 if np.dtype(dtype).itemsize > 1 else 0.49)).astype(dtype)

"""Runs kernels over bands of rows on a thread pool.

Kernels release the GIL, so threads are enough. The bands depend on the image's shape alone, never on the
number of workers, and their results come back in order: sums over bands are the same on every machine. A band
is some tens of milliseconds of work at most, so that Ctrl-C finds its way between two of them.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

import numpy as np

from classicseg._core.interrupts import end_if_left, result_of
from classicseg._core.kernel import engine

Result = TypeVar("Result")

BAND_PIXELS = 2**18
"""The pixels of a band, or of one row where it has more."""

_band_pixels = BAND_PIXELS

_lock = threading.Lock()
_workers: int | None = None
_pool: ThreadPoolExecutor | None = None
_pool_size = 0
_thread = threading.local()


@contextmanager
def band_size(n_pixels: int) -> Iterator[None]:
    """Bands of so many pixels within a ``with`` block: tests cut small images into many bands."""
    global _band_pixels
    former, _band_pixels = _band_pixels, n_pixels
    try:
        yield
    finally:
        _band_pixels = former


def use_workers(wanted: int | None) -> AbstractContextManager[None]:
    """Compute with so many threads from now on; at the end of a ``with`` block, with as many as before."""
    global _workers
    former, _workers = _workers, wanted
    return _restoring(former)


@contextmanager
def _restoring(former: int | None) -> Iterator[None]:
    global _workers
    try:
        yield
    finally:
        _workers = former


def n_workers() -> int:
    """Return how many threads to compute with."""
    if _workers is not None:
        return _workers
    if said := os.environ.get("CLASSICSEG_WORKERS"):
        if not said.isascii() or not said.isdigit() or int(said) < 1:
            raise ValueError(f"CLASSICSEG_WORKERS is {said!r}; expected a whole number >= 1")
        return int(said)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_bands(
    kernel: Callable[..., Result], n_rows: int, row_size: int, *arguments: Any, sequential: bool = False
) -> list[Result]:
    """Call ``kernel(*arguments, start, stop)`` over bands of rows and return the results in order.

    Parameters
    ----------
    kernel : callable
        Works on rows ``start`` to ``stop`` and writes nowhere else.
    n_rows, row_size : int
        The rows, and the pixels of each.
    *arguments
        Arrays and scalars.
    sequential : bool
        One band after the other in the calling thread, for a kernel whose rows depend on those before.
    """
    height = max(1, _band_pixels // max(1, row_size))
    if sequential and engine() == "numpy":  # definitions of such kernels work on all rows at the cost of one band
        height = max(1, n_rows)
    bands = [(start, min(start + height, n_rows)) for start in range(0, n_rows, height)]
    size = n_workers()  # also for one band: a setting that is wrong is wrong for every image
    if sequential or len(bands) == 1 or size == 1 or _in_worker():
        return [_run_band(kernel, arguments, *band) for band in bands]
    results: dict[int, Result] = {}
    waiting = deque(enumerate(bands))

    def work() -> None:  # one future a worker, not a band: 20 microseconds saved for each band
        _thread.is_worker = True
        while waiting:
            try:
                number, band = waiting.popleft()
            except IndexError:  # another worker was faster
                return
            try:
                results[number] = _run_band(kernel, arguments, *band)
            except BaseException:
                waiting.clear()  # for the other workers, whose futures may be waited for first
                raise

    futures: list[Future[None]] = []
    try:
        _submit(futures, work, [()] * min(size, len(bands)))
        for future in futures:
            result_of(future)
    except BaseException:
        waiting.clear()
        raise
    return [results[number] for number in range(len(bands))]


def _run_band(kernel: Callable[..., Result], arguments: tuple[Any, ...], start: int, stop: int) -> Result:
    """Whole numbers that nobody looks at may pass 64 bits: machine code says nothing then, nor do plain loops.

    A thread that is left ends before the band; threads of the pool never are, and `result_of` looks for them.
    """
    end_if_left()
    with np.errstate(over="ignore", invalid="ignore"):
        return kernel(*arguments, start, stop)


def run_interruptible(
    function: Callable[..., Result], *arguments: Any, meanwhile: Callable[[], object] = lambda: None
) -> Result:
    """Make one long call that releases the GIL (a sort, a filter of scipy) where Ctrl-C need not wait for it.

    What is done meanwhile is done in the calling thread, before the call where there is one worker.
    """
    if _in_worker() or n_workers() == 1:
        meanwhile()
        meanwhile = lambda: None  # noqa: E731
    if _in_worker():
        return function(*arguments)
    futures: list[Future[Result]] = []
    _submit(futures, function, [arguments])
    meanwhile()
    return result_of(futures[0])


@contextmanager
def without_threads() -> Iterator[None]:
    """Run bands in the calling thread, for a caller that has threads of its own."""
    before, _thread.is_worker = _in_worker(), True
    try:
        yield
    finally:
        _thread.is_worker = before


def _in_worker() -> bool:
    """Whether this is a thread of the pool: bands within a band would wait for workers that wait for them."""
    return getattr(_thread, "is_worker", False)


def _submit(futures: list[Future[Result]], function: Callable[..., Result], calls: list[tuple[Any, ...]]) -> None:
    """Add a future for each call to a list, which holds those made so far if Ctrl-C falls in between."""
    global _pool, _pool_size
    with _lock:  # another thread must not replace the pool between two submissions
        size = n_workers()
        if _pool is None or _pool_size != size:
            if _pool is not None:
                _pool.shutdown(wait=False)
            _pool, _pool_size = ThreadPoolExecutor(size, "classicseg"), size
        for arguments in calls:
            futures.append(_pool.submit(function, *arguments))  # noqa: PERF401


def _forget_pool() -> None:
    """A forked child has none of its parent's threads."""
    global _lock, _pool
    _lock, _pool = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)

"""Tells whoever has waited a second for it that kernels are being compiled: once in a process, while it goes on.

It is a record of level INFO of the logger "classicseg", so that nothing is printed unless somebody listens, as the
command line does. The clock starts with the first kernel that is not in the cache on disk. It runs on a thread of
its own, since the one that compiles is busy.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOGGER = logging.getLogger("classicseg")

PATIENCE = 1.0
"""Seconds in which compilation is not spoken of. Many short compilations count together."""

_KEPT = "this is once per machine, and `classicseg warmup` does it ahead"
_UNKEPT = (
    "no folder for them can be written, so every process compiles anew: set NUMBA_CACHE_DIR to a folder of yours"
)

_lock = threading.Lock()
_waited = 0.0
_is_said = False
_thread = threading.local()


@contextmanager
def announced() -> Iterator[None]:
    """Watch the compilations in the ``with`` block, which `compiling` begins."""
    if getattr(_thread, "clock", None) is not None:  # within another one, whose clock goes on
        yield
        return
    clock = _thread.clock = _Clock(threading.current_thread())
    try:
        yield
    finally:
        _thread.clock = None
        clock.stop()


def compiling(name: str, place: Callable[[], object]) -> None:
    """Start the clock for a kernel that is compiled now; `place` says where it will be kept, None if nowhere."""
    clock = getattr(_thread, "clock", None)
    if clock is not None:
        clock.start(name, place)


class _Clock:
    """Runs while a thread compiles."""

    def __init__(self, thread: threading.Thread) -> None:
        self.thread = thread
        self.timer: threading.Timer | None = None
        self.begun = 0.0
        self.name = ""

    def start(self, name: str, place: Callable[[], object]) -> None:
        self.name = name
        if self.timer is None and not _is_said:
            self.begun = time.monotonic()
            self.timer = threading.Timer(max(0.0, PATIENCE - _waited), self._say, (place,))
            self.timer.daemon = True
            self.timer.start()

    def stop(self) -> None:
        global _waited
        if self.timer is not None:
            self.timer.cancel()
            with _lock:
                _waited += time.monotonic() - self.begun

    def _say(self, place: Callable[[], object]) -> None:
        global _is_said
        with _lock:
            if _is_said or getattr(self.thread, "is_left", False):  # after Ctrl-C nobody waits any more
                return
            _is_said = True
        LOGGER.info(
            "compiling kernels for this machine, now %s; %s", self.name, _UNKEPT if place() is None else _KEPT
        )

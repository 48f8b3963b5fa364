"""Ctrl-C around machine code: it waits for a kernel that runs, and leaves behind what takes long.

Python answers a signal between two instructions of the main thread, and numba runs Python within: where it
compiles, which is left half done (a segmentation fault once), and where it wraps the arrays that a kernel returns,
whose exceptions it turns into a SystemError or drops. So the answer to SIGINT is put off while a kernel runs in
the main thread, and numba is imported and compiles on a thread of its own, for which the main thread waits.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import FrameType, TracebackType
from typing import Any, TypeVar

Result = TypeVar("Result")


class Postponed:
    """SIGINT is answered at the end of the ``with`` block, if it runs in the main thread.

    `_signal` has the functions of `signal` without their enums: 1.5 µs in place of 40.
    """

    def __enter__(self) -> None:
        self.has_come = False
        self.answer = _signal.getsignal(_signal.SIGINT) if _in_main_thread() else None
        if callable(self.answer):  # one that C has set cannot be set again
            _signal.signal(_signal.SIGINT, self)

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        self.has_come = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if callable(self.answer):
            _signal.signal(_signal.SIGINT, self.answer)
            if self.has_come:
                _signal.raise_signal(_signal.SIGINT)


class _Errand(threading.Thread):
    """A call on a thread of its own."""

    def __init__(self, function: Callable[[], Any]) -> None:
        super().__init__(name="classicseg-compiler")
        self.function = function
        self.future: Future[Any] = Future()
        self.is_left = False

    def run(self) -> None:
        try:
            self.future.set_result(self.function())
        except BaseException as error:
            self.future.set_exception(error)


class Left(BaseException):
    """Ends an errand that nobody waits for any more.

    A thread of a caller's own is left where the caller sets ``is_left`` on it, as a viewer does: work that runs in
    bands ends at the next one.
    """


def run_errand(function: Callable[[], Result]) -> Result:
    """Make a call that no signal may end halfway; what the main thread waits for it can leave.

    An errand that is left goes on to where it looks at `end_if_left`.
    """
    if not _in_main_thread():
        return function()
    errand, answer = _Errand(function), _signal.getsignal(_signal.SIGINT)
    is_postponed = isinstance(answer, Postponed)
    try:
        if isinstance(answer, Postponed):
            _signal.signal(_signal.SIGINT, answer.answer)
            if answer.has_come:
                _signal.raise_signal(_signal.SIGINT)
        errand.start()
        return result_of(errand.future)
    except BaseException:
        errand.is_left = True
        raise
    finally:
        if is_postponed:
            _signal.signal(_signal.SIGINT, answer)


def result_of(future: Future[Result]) -> Result:
    """Wait for a result; look up ten times a second, since a signal just before a wait begins does not end it, and
    nor does a thread's being left."""
    while True:
        end_if_left()
        try:
            return future.result(timeout=0.1)
        except TimeoutError:
            if future.done():  # just now, or the call itself raised it
                return future.result()


def end_if_left() -> None:
    """Raise `Left` within an errand, or another thread, that is left."""
    if getattr(threading.current_thread(), "is_left", False):
        raise Left


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()

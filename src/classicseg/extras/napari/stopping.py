"""Work that a person can stop: on a thread of its own, it ends at the next band."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from classicseg._core.interrupts import Left, end_if_left

Item = TypeVar("Item")


class Work(Generic[Item]):
    """Goes through an iterator in whatever thread does so, until another one stops it.

    A mistake in what a person asked for is kept, not raised: viewers show a traceback of what a thread raises.
    """

    def __init__(self, function: Callable[[], Iterator[Item]]) -> None:
        self.is_stopped = False
        self.mistake: Exception | None = None
        self._function = function
        self._thread: Any = None
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Item]:
        try:
            with self._left_with_it(), _between_tasks():
                for item in self._function():
                    yield item
                    end_if_left()
        except Left:
            self.is_stopped = True
        except (TypeError, ValueError, OSError, ImportError, MemoryError) as error:
            self.mistake = error

    def stop(self) -> None:
        """End the work at its next band; what it has not made by then is not made."""
        with self._lock:
            self.is_stopped = True
            if self._thread is not None:
                self._thread.is_left = True

    @contextmanager
    def _left_with_it(self) -> Iterator[None]:
        """The thread is left when the work is stopped; it may serve other work after that."""
        with self._lock:
            self._thread = threading.current_thread()
            self._thread.is_left = self.is_stopped
        try:
            end_if_left()
            yield
        finally:
            with self._lock:
                self._thread.is_left = False
                self._thread = None


@contextmanager
def _between_tasks() -> Iterator[None]:
    """Dask looks between two tasks, too: its threads are not the one that is left."""
    try:
        from dask.callbacks import Callback
    except ImportError:
        yield
        return
    with Callback(pretask=lambda *task: end_if_left()):
        yield

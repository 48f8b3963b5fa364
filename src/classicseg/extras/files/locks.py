"""Locks that end with the process that holds them, however it ends."""

from __future__ import annotations

import errno
import importlib
import os
from typing import IO, Any

CAN_LOCK = os.name == "posix"
_fcntl: Any = importlib.import_module("fcntl") if CAN_LOCK else None


def lock(file: IO[Any]) -> None:
    """Lock an open file until it is closed, and do not wait.

    Raises
    ------
    BlockingIOError
        If another holds the lock.
    OSError
        If there are no locks here: some network file systems, Windows.
    """
    if not CAN_LOCK:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
    _fcntl.flock(file.fileno(), _fcntl.LOCK_EX | _fcntl.LOCK_NB)

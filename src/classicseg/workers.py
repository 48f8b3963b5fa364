"""How many threads the package computes with."""

from __future__ import annotations

from contextlib import AbstractContextManager

from classicseg._core.bands import use_workers
from classicseg._core.numbers import as_count


def set_workers(n_workers: int | None) -> AbstractContextManager[None]:
    """Set how many threads the package computes with.

    The labels never depend on it. Without this call it is what the environment variable
    ``CLASSICSEG_WORKERS`` says, or the number of processors that the process may use.

    Parameters
    ----------
    n_workers : int or None
        The number of threads, at least 1; None goes back to the default.

    Returns
    -------
    context manager
        In a ``with`` statement it restores the former setting at the end. The setting holds for the whole process,
        not for one thread.

    Raises
    ------
    TypeError
        If `n_workers` is neither a whole number nor None.
    ValueError
        If `n_workers` is less than 1.

    See Also
    --------
    segmenters : The segmenters, whose labels never depend on the setting.

    Examples
    --------
    >>> from classicseg import kmeans_segment, set_workers
    >>> with set_workers(1):
    ...     labels = kmeans_segment([[0, 0, 9]], n_clusters=2)
    """
    return use_workers(None if n_workers is None else as_count("n_workers", n_workers))

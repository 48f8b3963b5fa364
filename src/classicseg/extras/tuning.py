"""Settings found by search: every setting is scored on every image, in parallel, and the best is a segmenter."""

from __future__ import annotations

import itertools
import math
import multiprocessing
import pickle
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np

from classicseg import set_workers
from classicseg._core.bands import n_workers
from classicseg._core.numbers import as_count
from classicseg.extras.progress import progress
from classicseg.types import Random

Setting = dict[str, Any]

_BATCH = 8
"""An image travels to another process once for so many settings."""


class Trial(NamedTuple):
    """One setting that was tried."""

    setting: Setting
    score: float | None
    """What its figures were combined to; None where the segmenter or the metric refused an image."""
    figures: list[Any]
    """What the metric said of each image; empty where an image was refused."""
    error: str
    """Why there is no score, with the number of the image; empty where there is one."""


class Tuning(NamedTuple):
    """What `tune` found."""

    best: Setting
    score: float
    """That of the best setting."""
    segmenter: Callable[..., Any]
    """The segmenter with the best setting: ``partial(segmenter, **best)``."""
    trials: list[Trial]
    """All settings in the order in which they stand in the grid or were drawn."""


def tune(
    segmenter: Callable[..., Any],
    images: Sequence[Any],
    truths: Sequence[Any],
    *,
    metric: Callable[[Any, Any], Any],
    grid: Mapping[str, Sequence[Any]] | None = None,
    space: Mapping[str, Any] | None = None,
    n_trials: int = 50,
    rng: Random = 0,
    combine: Callable[[list[Any]], float] = fmean,
    maximize: bool = True,
    executor: Executor | None = None,
    show_progress: bool = True,
) -> Tuning:
    """Search for the setting of a segmenter with the best score on images with ground truth.

    Parameters
    ----------
    segmenter : callable
        The segmenter, called as ``segmenter(image, **setting)``; an edge detector, or any other function of an
        image, will do, too.
    images : sequence
        The images, as the segmenter takes them.
    truths : sequence
        The truths, as the metric takes them, one for each image.
    metric : callable
        The score, called as ``metric(truth, labels)`` once for each image and setting: a function of
        `classicseg.metrics`, or any other.
    grid : mapping of str to sequence, optional
        The values of each option; all combinations are tried.
    space : mapping of str to sequence or distribution, optional
        In the place of a `grid`: `n_trials` settings are drawn, each option from its sequence, or from a frozen
        distribution of `scipy.stats`.
    n_trials : int, default 50
        How many settings are drawn, at least 1.
    rng : int, numpy.random.Generator or None, default 0
        The seed or the generator that draws the settings. None draws others at each call.
    combine : callable, default fmean
        Makes the setting's score of the metric's figures for all images, in their order. The mean is right unless
        the metric counts something that is to be added up first.
    maximize : bool, default True
        Whether the greatest score is the best, or else the least.
    executor : Executor, optional
        Where the work is done: any of `concurrent.futures`, or ``client.get_executor()`` of a Dask cluster.
        Without it, as many new processes as `set_workers` says, of one thread each.
    show_progress : bool, default True
        Whether to show a progress bar, where standard error is a terminal and rich is installed.

    Returns
    -------
    Tuning
        The best setting, its score, the segmenter with it, and all that was tried. Of equal scores the first is
        the best.

    Raises
    ------
    TypeError
        If the segmenter, the metric or a setting cannot be sent to other processes: pass
        ``executor=ThreadPoolExecutor()`` for what is defined in a notebook or a lambda.
    ValueError
        If there are no images, not as many truths, not one of `grid` and `space`, an option without values, or no
        setting that works.

    See Also
    --------
    kmeans_fit : Finds its centers without a truth.

    Notes
    -----
    A setting that raises a ValueError for some image, such as a low threshold above the high one, is recorded as
    refused. A script that calls this without an executor needs ``if __name__ == "__main__":`` around the call,
    since new processes import it. Ctrl-C cancels what has not begun. Drawing at random finds good settings with
    fewer trials than a grid where only some of the options matter [1]_.

    References
    ----------
    .. [1] Bergstra J., Bengio Y. Random search for hyper-parameter optimization. Journal of Machine Learning
       Research 13, 2012.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from classicseg import threshold_segment
    >>> from classicseg.extras.tuning import tune
    >>> from classicseg.metrics import pixel_accuracy
    >>> image, truth = [[1, 2, 7, 8]], [[1, 1, 2, 2]]
    >>> grid = {"thresholds": [2, 5, 8]}
    >>> with ThreadPoolExecutor() as threads:
    ...     found = tune(threshold_segment, [image], [truth], metric=pixel_accuracy, grid=grid, executor=threads)
    >>> found.best, found.score
    ({'thresholds': 5}, 1.0)
    """
    if len(images) != len(truths) or not len(images):
        raise ValueError(
            f"there are {len(images)} images and {len(truths)} truths; expected one image or more, a truth of each"
        )
    settings = _settings(grid, space, n_trials, rng)
    outcomes: list[list[_Outcome]] = [[_Outcome()] * len(images) for _ in settings]
    with _pool(executor, (segmenter, metric, settings)) as pool:
        futures: dict[Future[list[_Outcome]], tuple[int, int]] = {}
        try:
            for number, (image, truth) in enumerate(zip(images, truths, strict=True)):
                for first in range(0, len(settings), _BATCH):
                    batch = settings[first : first + _BATCH]
                    futures[pool.submit(_score, segmenter, metric, image, truth, batch)] = number, first
            for future in progress(as_completed(futures), "tuning", len(futures), shown=show_progress):
                number, first = futures[future]
                for k, outcome in enumerate(future.result(), start=first):
                    outcomes[k][number] = outcome
        finally:
            for future in futures:
                future.cancel()
    trials = [_trial(setting, row, combine) for setting, row in zip(settings, outcomes, strict=True)]
    scores = {number: trial.score for number, trial in enumerate(trials) if trial.score is not None}
    if not scores:
        raise ValueError(f"none of {len(trials)} settings works; {trials[0].setting}: {trials[0].error}")
    first_best = (max if maximize else min)(scores, key=lambda number: scores[number])
    best = trials[first_best].setting
    return Tuning(best, scores[first_best], partial(segmenter, **best), trials)


class _Outcome(NamedTuple):
    """What one setting gave on one image."""

    figure: Any = None
    error: str = ""


def _settings(
    grid: Mapping[str, Sequence[Any]] | None, space: Mapping[str, Any] | None, n_trials: int, rng: Random
) -> list[Setting]:
    """All settings of the grid, or those drawn from the space."""
    given = space if grid is None else grid
    if given is None or (grid is not None and space is not None):
        raise ValueError("expected a grid or a space, and not both")
    for name, values in given.items():
        if not hasattr(values, "rvs") and (
            isinstance(values, str) or not hasattr(values, "__len__") or not len(values)
        ):
            raise ValueError(f"option {name} has the values {values!r}; expected a sequence of one value or more")
    if grid is not None:
        return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    draws = np.random.default_rng(rng)
    return [
        {name: _draw(values, draws) for name, values in given.items()}
        for _ in range(as_count("n_trials", n_trials))
    ]


def _draw(values: Any, rng: np.random.Generator) -> Any:
    """Draw a value from a distribution or a sequence."""
    if hasattr(values, "rvs"):
        return values.rvs(random_state=rng).item()
    return values[int(rng.integers(len(values)))]


@contextmanager
def _pool(executor: Executor | None, sent: object) -> Iterator[Executor]:
    """The caller's executor as it is, or processes of our own."""
    if executor is not None:
        yield executor
        return
    try:
        pickle.dumps(sent)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(
            f"the segmenter, the metric or a setting cannot be sent to other processes: {error}; define it in a "
            "module, or pass executor=ThreadPoolExecutor()"
        ) from None
    fresh = multiprocessing.get_context("spawn")  # a fork would copy the threads' locks
    pool = ProcessPoolExecutor(n_workers(), fresh, _start_process)
    try:
        yield pool
        pool.shutdown()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _start_process() -> None:
    """Prepare a worker: one thread, and no answer to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which cancels
    set_workers(1)


def _score(
    segmenter: Callable[..., Any],
    metric: Callable[[Any, Any], Any],
    image: Any,
    truth: Any,
    settings: list[Setting],
) -> list[_Outcome]:
    """Score settings on one image."""
    outcomes = []
    for setting in settings:
        try:
            outcomes.append(_Outcome(metric(truth, segmenter(image, **setting))))
        except ValueError as error:
            outcomes.append(_Outcome(error=str(error)))
    return outcomes


def _trial(setting: Setting, outcomes: list[_Outcome], combine: Callable[[list[Any]], float]) -> Trial:
    """Combine the figures of all images into the score of a setting."""
    errors = [f"image {number}: {outcome.error}" for number, outcome in enumerate(outcomes) if outcome.error]
    if errors:
        return Trial(setting, None, [], errors[0])
    figures = [outcome.figure for outcome in outcomes]
    score = float(combine(figures))
    if math.isnan(score):
        return Trial(setting, None, figures, "the score is NaN")
    return Trial(setting, score, figures, "")

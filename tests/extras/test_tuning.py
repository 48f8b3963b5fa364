"""The search for settings: all are tried, the best is found, refusals are told, processes give what threads do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import fmean
from threading import Event

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import stats

from classicseg import threshold_segment
from classicseg.extras import tuning
from classicseg.extras.tuning import tune

RNG = np.random.default_rng(0)
TRUTHS = [np.repeat([[1, 2]], n, axis=0) for n in (3, 5, 4)]
IMAGES = [truth * 10 + RNG.integers(0, 4, truth.shape) for truth in TRUTHS]


def accuracy(truth, labels):
    return float(np.mean(truth == labels))


def shifted(image, *, low, high):
    if low > high:
        raise ValueError(f"low is {low}; expected at most high, {high}")
    return 1 + (np.asarray(image) >= low) * (np.asarray(image) < high)


@pytest.fixture(name="threads")
def _threads():
    with ThreadPoolExecutor(3) as pool:
        yield pool


def test_every_combination_is_tried_once_on_every_image_and_the_first_of_the_best_wins(threads):
    calls = []

    def metric(truth, labels):
        calls.append(None)
        return accuracy(truth, labels)

    grid = {"low": [5, 18, 12, 17], "high": [40, 10, 50]}
    found = tune(shifted, IMAGES, TRUTHS, metric=metric, grid=grid, executor=threads)
    assert [trial.setting for trial in found.trials] == [
        {"low": low, "high": high} for low in grid["low"] for high in grid["high"]
    ]
    assert found.best == {"low": 18, "high": 40}
    assert found.score == 1.0
    assert_array_equal(found.segmenter(IMAGES[0]), TRUTHS[0])
    assert len(calls) == 3 * 9  # 3 of 12 settings have low above high
    refused = [trial for trial in found.trials if trial.score is None]
    assert [trial.setting["low"] for trial in refused] == [18, 12, 17]
    assert refused[0].error == "image 0: low is 18; expected at most high, 10"
    for trial in found.trials:
        assert trial.score is None or trial.score == fmean(trial.figures)


def test_drawn_settings_are_the_same_for_the_same_seed(threads):
    space = {"low": stats.uniform(8, 14), "high": [40, 50]}
    search = partial(tune, shifted, IMAGES, TRUTHS, metric=accuracy, space=space, n_trials=30, executor=threads)
    first, again, other = search(), search(), search(rng=1)
    assert first.trials == again.trials != other.trials
    assert len(first.trials) == 30
    assert all(
        isinstance(trial.setting["low"], float) and trial.setting["high"] in (40, 50) for trial in first.trials
    )


def test_figures_may_be_added_up_before_they_are_compared_and_the_least_may_be_best(threads):
    def errors(truth, labels):
        return np.array([np.sum(truth != labels), truth.size])

    def share(figures):
        wrong, size = np.sum(figures, axis=0)
        return wrong / size

    options = {"metric": errors, "combine": share, "maximize": False, "executor": threads}
    found = tune(threshold_segment, IMAGES, TRUTHS, grid={"thresholds": [0, 100, 18]}, **options)
    assert found.best == {"thresholds": 18}
    assert [trial.score for trial in found.trials] == [0.5, 0.5, 0.0]


@pytest.mark.jit
def test_processes_find_what_threads_find(threads):
    grid = {"thresholds": list(range(9, 26, 2))}
    search = partial(tune, threshold_segment, IMAGES, TRUTHS, metric=np.array_equal, grid=grid)
    own, other = search(), search(executor=threads)
    assert own.trials == other.trials
    assert own.best == {"thresholds": 15}


def test_the_order_in_which_work_ends_does_not_count(threads, monkeypatch):
    monkeypatch.setattr(tuning, "as_completed", lambda futures: reversed(list(futures)))
    grid = {"thresholds": list(range(5, 30))}
    found = tune(threshold_segment, IMAGES, TRUTHS, metric=accuracy, grid=grid, executor=threads)
    monkeypatch.undo()
    assert (
        found.trials
        == tune(threshold_segment, IMAGES, TRUTHS, metric=accuracy, grid=grid, executor=threads).trials
    )


def test_what_has_not_begun_is_cancelled_when_one_fails():
    def segmenter(image, *, number):
        calls.append(number)
        if len(calls) == 1:
            raise KeyError(number)
        released.wait(10)
        return TRUTHS[0]

    calls, released = [], Event()
    with ThreadPoolExecutor(1) as one:
        with pytest.raises(KeyError):
            tune(segmenter, IMAGES, TRUTHS, metric=accuracy, grid={"number": range(1000)}, executor=one)
        released.set()
    assert len(calls) < 20


def test_scores_that_are_no_number_are_not_chosen(threads):
    search = partial(tune, threshold_segment, IMAGES, TRUTHS, grid={"thresholds": [15]}, executor=threads)
    with pytest.raises(ValueError, match=r"none of 1 settings works; \{'thresholds': 15\}: the score is NaN"):
        search(metric=lambda truth, labels: float("nan"))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"images": []}, ValueError, "there are 0 images and 3 truths; expected one image or more"),
        ({"truths": TRUTHS[1:]}, ValueError, "there are 3 images and 2 truths"),
        ({}, ValueError, "expected a grid or a space, and not both"),
        ({"grid": {"low": [1]}, "space": {"low": [1]}}, ValueError, "expected a grid or a space, and not both"),
        ({"grid": {"low": []}}, ValueError, r"option low has the values \[\]; expected a sequence of one value"),
        ({"grid": {"operator": "sobel"}}, ValueError, "option operator has the values 'sobel'"),
        ({"space": {"low": 3}}, ValueError, "option low has the values 3"),
        ({"space": {"low": [3]}, "n_trials": 0}, ValueError, "n_trials is 0; expected a whole number >= 1"),
        (
            {"grid": {"low": [3]}, "metric": lambda truth, labels: 1},
            TypeError,
            "cannot be sent to other processes",
        ),
        ({"grid": {"low": [30], "high": [20]}}, ValueError, "none of 1 settings works; .*low is 30"),
    ],
)
def test_mistakes_are_told_before_any_work(options, error, message, threads):
    given = {"images": IMAGES, "truths": TRUTHS, "metric": accuracy} | options
    if options.get("grid", {}).get("high"):
        given["executor"] = threads
    with pytest.raises(error, match=message):
        tune(shifted, **given)


def test_dask_does_the_work():
    distributed = pytest.importorskip("distributed")
    with distributed.Client(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as client:
        grid = {"thresholds": [15, 30]}
        pool = client.get_executor()
        found = tune(threshold_segment, IMAGES, TRUTHS, metric=np.array_equal, grid=grid, executor=pool)
    assert found.best == {"thresholds": 15}

"""Bands of rows on threads: their number never shows in a result, and no one waits for them in vain."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import classicseg
from classicseg import set_workers
from classicseg._core import bands
from classicseg._core.bands import n_workers, run_bands
from classicseg._core.kernel import engine

ROWS, ROW_SIZE = 64, bands.BAND_PIXELS // 4  # bands of four rows: sixteen of them

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE_"))} | {
    "PYTHONPATH": str(Path(classicseg.__file__).parents[1])
}


@pytest.fixture(autouse=True)
def default_setting(monkeypatch):
    monkeypatch.delenv("CLASSICSEG_WORKERS", raising=False)
    with set_workers(None):
        yield


def rows(start, stop):
    return start, stop


def test_bands_within_a_band_run_where_they_are():
    def outer(start, stop):
        return sum(b - a for a, b in run_bands(rows, 100, 1)) + bands.run_interruptible(int, "5")

    with set_workers(2), bands.band_size(10):
        assert run_bands(outer, 100, 1) == [105] * 10
    assert run_bands(rows, 100, 1) == [(0, 100)]


def run(code, *arguments):
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_set_workers_holds_after_the_call():
    set_workers(3)
    assert n_workers() == 3
    set_workers(np.int64(2))
    assert n_workers() == 2
    set_workers(None)
    assert n_workers() == (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())


def test_set_workers_as_context_manager_restores_also_after_an_error():
    set_workers(3)
    with set_workers(5):
        assert n_workers() == 5
        with set_workers(1):
            assert n_workers() == 1
        assert n_workers() == 5
    assert n_workers() == 3
    with pytest.raises(KeyError), set_workers(4):
        raise KeyError
    assert n_workers() == 3


@pytest.mark.parametrize("wrong", [0, -1, np.int8(-3)])
def test_set_workers_refuses_fewer_than_one(wrong):
    set_workers(3)
    with pytest.raises(ValueError, match=rf"n_workers is {wrong}; expected a whole number >= 1"):
        set_workers(wrong)
    assert n_workers() == 3


@pytest.mark.parametrize("wrong", [2.0, "2", True, np.bool_(True), [2], np.nan])
def test_set_workers_refuses_what_is_no_whole_number(wrong):
    set_workers(3)
    with pytest.raises(TypeError, match=r"n_workers is .*; expected a whole number >= 1"):
        set_workers(wrong)
    assert n_workers() == 3


def test_environment_variable(monkeypatch):
    monkeypatch.setenv("CLASSICSEG_WORKERS", "7")
    assert n_workers() == 7
    with set_workers(2):
        assert n_workers() == 2
    assert n_workers() == 7
    default = monkeypatch.setenv("CLASSICSEG_WORKERS", "") or n_workers()
    monkeypatch.delenv("CLASSICSEG_WORKERS")
    assert default == n_workers()


@pytest.mark.parametrize("wrong", ["0", "-1", "two", "2.0", " 2", "²", "٣", "1e1"])
def test_bad_environment_variable_is_an_error_for_every_image(monkeypatch, wrong):
    monkeypatch.setenv("CLASSICSEG_WORKERS", wrong)
    expected = rf"CLASSICSEG_WORKERS is {wrong!r}; expected a whole number >= 1"
    with pytest.raises(ValueError, match=expected):
        run_bands(rows, ROWS, ROW_SIZE)
    with pytest.raises(ValueError, match=expected):
        classicseg.threshold_segment([[1, 2]], thresholds=2)
    with set_workers(2):
        assert run_bands(rows, 1, 1) == [(0, 1)]


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_in_order_and_bands_whatever_the_workers(workers, sequential):
    def later_first(start, stop):
        time.sleep((ROWS - start) / 10_000)
        return start, stop

    with set_workers(workers):
        found = run_bands(later_first, ROWS, ROW_SIZE, sequential=sequential)
    one = sequential and engine() == "numpy"  # definitions of such kernels take all rows at once
    assert found == ([(0, ROWS)] if one else [(start, start + 4) for start in range(0, ROWS, 4)])


@pytest.mark.parametrize(
    ("n_rows", "row_size"), [(1, 1), (5, 10**9), (7, 0), (10**6 + 3, 1), (3, bands.BAND_PIXELS), (1000, 999)]
)
def test_bands_cover_every_row_once_and_are_bounded(n_rows, row_size):
    with set_workers(2):
        found = run_bands(rows, n_rows, row_size)
    starts, stops = zip(*found, strict=True)
    assert (starts[0], stops[-1]) == (0, n_rows)
    assert starts[1:] == stops[:-1]
    assert all(stop > start for start, stop in found)
    assert all((stop - start) * row_size <= max(bands.BAND_PIXELS, row_size) for start, stop in found)


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("name", ["numba", "numpy"])
def test_no_rows_no_bands(monkeypatch, name, sequential):
    monkeypatch.setattr(bands, "engine", lambda: name)
    assert run_bands(rows, 0, 5, sequential=sequential) == []


def test_threads_share_the_work():
    meeting = threading.Barrier(2, timeout=30)  # broken unless two bands run at once

    def meet(start, stop):
        meeting.wait()
        return threading.get_ident()

    with set_workers(2):
        threads = set(run_bands(meet, ROWS, ROW_SIZE))
    assert len(threads) == 2
    assert threading.get_ident() not in threads


def test_one_worker_is_the_calling_thread():
    with set_workers(1):
        threads = set(run_bands(lambda start, stop: threading.get_ident(), ROWS, ROW_SIZE))
    assert threads == {threading.get_ident()}


def test_whole_runs_in_the_calling_thread():
    with set_workers(2):
        threads = set(run_bands(lambda start, stop: threading.get_ident(), ROWS, ROW_SIZE, sequential=True))
    assert threads == {threading.get_ident()}


@pytest.mark.parametrize("workers", [1, 2])
def test_exception_in_a_band_propagates_and_the_rest_is_cancelled(workers):
    begun = []

    def fails(start, stop):
        begun.append(start)
        if start == 8:
            raise ZeroDivisionError("band")
        time.sleep(0.02)

    with set_workers(workers):
        with pytest.raises(ZeroDivisionError, match="band"):
            run_bands(fails, ROWS, ROW_SIZE)
        assert run_bands(rows, ROWS, ROW_SIZE)[-1] == (ROWS - 4, ROWS)  # behind what was not cancelled
        assert len(begun) < ROWS // 4


def test_pool_may_be_replaced_while_other_threads_submit():
    expected, wrong = [(start, start + 4) for start in range(0, ROWS, 4)], []
    deadline = time.monotonic() + 0.6

    def caller():
        try:
            while time.monotonic() < deadline:
                if run_bands(rows, ROWS, ROW_SIZE) != expected:
                    wrong.append("order")
        except BaseException as error:
            wrong.append(error)

    callers = [threading.Thread(target=caller) for _ in range(6)]
    for thread in callers:
        thread.start()
    n_pools = 0
    while time.monotonic() < deadline:
        set_workers(2 + n_pools % 3)
        n_pools += 1
        time.sleep(0.001)
    for thread in callers:
        thread.join(30)
    assert not any(thread.is_alive() for thread in callers)
    assert not wrong
    assert n_pools > 20


def test_replaced_pools_leave_no_threads_behind():
    for size in [2, 3, 4, 2, 5, 2]:
        with set_workers(size):
            run_bands(rows, ROWS, ROW_SIZE)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and len(ours()) > 2:
        time.sleep(0.01)
    assert 1 <= len(ours()) <= 2


def ours():
    return [thread for thread in threading.enumerate() if thread.name.startswith("classicseg")]


@pytest.mark.jit
def test_labels_never_depend_on_the_workers():
    image = np.random.default_rng(5).random((700, 800, 3)).astype(np.float32)
    found = []
    for workers in (1, 2, 3):
        with set_workers(workers):
            fit = classicseg.kmeans_fit(image, n_clusters=5, max_iter=4)
            found.append((fit.centers.tobytes(), fit.inertia, classicseg.gradient_magnitude(image).tobytes()))
    assert found[0] == found[1] == found[2]


FORK = """
import os, sys, warnings
import numpy as np
import classicseg
warnings.simplefilter("ignore", DeprecationWarning)  # fork with threads, from Python 3.12 on: what is tried here
classicseg.set_workers(2)
image = np.random.default_rng(0).random((900, 900, 3)).astype(np.float32)
expected = classicseg.kmeans_segment(image, n_clusters=3, max_iter=3)
child = os.fork()
if child == 0:
    same = np.array_equal(classicseg.kmeans_segment(image, n_clusters=3, max_iter=3), expected)
    os._exit(0 if same else 3)
_, status = os.waitpid(child, 0)
same = np.array_equal(classicseg.kmeans_segment(image, n_clusters=3, max_iter=3), expected)
print(os.waitstatus_to_exitcode(status), same)
"""


@pytest.mark.jit
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_forked_child_after_use_gets_the_same_labels():
    assert run(FORK) == ["0", "True"]


FORK_WHILE_SUBMITTING = """
import os, threading, warnings
from classicseg._core import bands
warnings.simplefilter("ignore", DeprecationWarning)
bands.use_workers(2)
rows = lambda start, stop: start
stop = threading.Event()
def call():
    while not stop.is_set():
        bands.run_bands(rows, 64, bands.BAND_PIXELS)
threads = [threading.Thread(target=call) for _ in range(3)]
for thread in threads: thread.start()
codes = set()
for _ in range(20):
    child = os.fork()
    if child == 0:
        os._exit(0 if bands.run_bands(rows, 64, bands.BAND_PIXELS) == list(range(64)) else 3)
    codes.add(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
stop.set()
for thread in threads: thread.join()
print(codes)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork_while_other_threads_submit():
    assert run(FORK_WHILE_SUBMITTING) == ["{0}"]


INTERRUPT = """
import signal, sys, time, traceback
import numpy as np
import classicseg
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background has it ignored
what, workers = sys.argv[1], int(sys.argv[2])
classicseg.set_workers(workers)
random = np.random.default_rng(0)
if what == "kmeans_fit":
    image = random.random((3000, 4000, 3), dtype=np.float32)
    call = lambda image: classicseg.kmeans_fit(image, n_clusters=64)
elif what == "region_growing_segment":
    image = random.integers(0, 256, (3000, 4000), dtype=np.uint8)
    call = classicseg.region_growing_segment
else:
    image = random.random((3000, 4000, 3), dtype=np.float32)
    call = classicseg.gradient_magnitude
call(image[:9, :9].copy())  # compiled before anyone interrupts
print("ready", flush=True)
while True:
    assert sys.stdin.readline() == "go\\n"
    print("begun", flush=True)
    try:
        while True:
            call(image)
    except KeyboardInterrupt as error:
        now = time.monotonic()
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "classicseg" in f.filename]
        print(now, frames[-1].line if frames else "", flush=True)
        if sys.argv[3] == "exit":
            break
        sys.argv[3] = "exit"
"""


@pytest.mark.jit
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to another process here")
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("what", "delays"),
    [("kmeans_fit", (0.9, 0.4)), ("region_growing_segment", (2.5, 0.8)), ("gradient_magnitude", (0.5, 0.2))],
)
def test_interrupt_gives_control_back_at_once(what, delays, workers):
    command = [sys.executable, "-c", INTERRUPT, what, str(workers), "twice"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=ENVIRONMENT, text=True, **pipes) as child:
        try:
            assert child.stdout.readline() == "ready\n", child.stderr.read()
            for delay in delays:
                child.stdin.write("go\n")
                child.stdin.flush()
                assert child.stdout.readline() == "begun\n"
                time.sleep(delay)
                sent = time.monotonic()
                child.send_signal(signal.SIGINT)
                back, _, line = child.stdout.readline().partition(" ")
                waited = float(back) - sent
                print(f"{what}, {workers} workers: control back after {waited:.3f} s, from {line.strip()!r}")
                assert waited < 3.0, line  # 0.2 s on a machine of its own; loaded ones are slower
            assert child.wait(timeout=20) == 0, child.stderr.read()
        finally:
            child.kill()


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_done_meanwhile_is_done_in_the_calling_thread(workers):
    names = []
    with set_workers(workers):
        aside = bands.run_interruptible(
            lambda: threading.current_thread().name,
            meanwhile=lambda: names.append(threading.current_thread().name),
        )
    assert names == [threading.current_thread().name]
    assert aside.startswith("classicseg")

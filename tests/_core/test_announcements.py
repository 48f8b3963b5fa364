"""What is said of compilations: once, while they go on, to those who wait for them, and nothing printed."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time

import pytest

from classicseg._core import announcements
from classicseg._core.announcements import announced, compiling


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """A process that has not waited yet, and whose patience is short."""
    monkeypatch.setattr(announcements, "_waited", 0.0)
    monkeypatch.setattr(announcements, "_is_said", False)
    monkeypatch.setattr(announcements, "PATIENCE", 0.1)


def compile_slowly(seconds, name="filters.slow", place=lambda: "/cache"):
    with announced():
        compiling(name, place)
        time.sleep(seconds)


def said(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "classicseg"]


def test_is_said_once_while_the_compilation_goes_on(caplog, capfd):
    caplog.set_level(logging.INFO, "classicseg")
    with announced():
        compiling("filters.slow", lambda: "/cache")
        assert not said(caplog)
        time.sleep(0.4)
        assert said(caplog) == [
            "compiling kernels for this machine, now filters.slow; this is once per machine, and "
            "`classicseg warmup` does it ahead"
        ]
        assert caplog.records[0].levelno == logging.INFO
    compile_slowly(0.3)
    assert len(said(caplog)) == 1
    assert not "".join(capfd.readouterr())


def test_quick_compilations_are_silent_until_they_add_up(caplog):
    caplog.set_level(logging.INFO, "classicseg")
    compile_slowly(0.02)
    assert not said(caplog)
    for _ in range(5):
        compile_slowly(0.03)
    assert len(said(caplog)) == 1


def test_what_is_read_from_the_cache_starts_no_clock(caplog):
    caplog.set_level(logging.INFO, "classicseg")
    with announced():
        time.sleep(0.3)
    assert not said(caplog)


def test_one_within_another_goes_by_the_outer_clock(caplog):
    caplog.set_level(logging.INFO, "classicseg")
    with announced():
        compiling("outer", lambda: "/cache")
        with announced():
            compiling("inner", lambda: "/cache")
        time.sleep(0.4)
    assert len(said(caplog)) == 1
    assert "now inner" in said(caplog)[0]


def test_where_no_folder_can_be_written_no_promise_is_made(caplog):
    caplog.set_level(logging.INFO, "classicseg")
    compile_slowly(0.4, place=lambda: None)
    assert "once" not in said(caplog)[0]
    assert "NUMBA_CACHE_DIR" in said(caplog)[0]


def test_nothing_is_said_without_a_listener(capfd):
    compile_slowly(0.3)
    assert not "".join(capfd.readouterr())


def test_who_has_left_hears_nothing(caplog):
    """After Ctrl-C the compilation goes on to the end of a pass, on a thread that nobody waits for."""
    caplog.set_level(logging.INFO, "classicseg")
    thread = threading.Thread(target=compile_slowly, args=(0.4,))
    thread.is_left = True
    thread.start()
    thread.join()
    assert not said(caplog)


COLD = """
import sys
from classicseg._core import announcements
from classicseg._core.kernel import kernel
announcements.PATIENCE = 0.0

@kernel()
def sum_of(values):
    total = 0
    for value in values:
        total += value
    return total

def run(arguments):
    import numpy as np
    sum_of(np.arange(3))
    return 0

sys.modules["classicseg.extras.cli.commands"] = sys.modules["__main__"]
"""


@pytest.mark.jit
@pytest.mark.parametrize(
    ("quiet", "call", "lines"),
    [
        ("", "from classicseg.extras.cli import main; main([])", 1),
        ("0", "from classicseg.extras.cli import main; main([])", 1),
        ("1", "from classicseg.extras.cli import main; main([])", 0),
        ("", "run([])", 0),
    ],
)
def test_the_command_line_prints_one_line_of_a_real_compilation(tmp_path, quiet, call, lines):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "CLASSICSEG_QUIET": quiet}
    done = subprocess.run(
        [sys.executable, "-c", COLD + call], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == lines, done.stderr
    assert not lines or "compiling kernels" in done.stderr
    assert not done.stdout

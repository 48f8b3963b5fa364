"""Every segmenter of the catalogue keeps the laws of its kind, in many threads and in a forked child, too."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import threading
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import laws_of, seeds_option

import classicseg

SEGMENTERS = classicseg.segmenters() | classicseg.segmenters("seeded")


SLOW_LOOPS = {"classify_segment", "contour_segment", "mean_shift_segment", "random_walker_segment"}
"""Whose loops take 10 seconds and more for a law as plain Python; their own tests run them so."""


@pytest.mark.parametrize(
    ("law", "name"),
    [
        pytest.param(law, name, marks=[pytest.mark.large] if name in SLOW_LOOPS else [])
        for name in SEGMENTERS
        for law in laws_of(SEGMENTERS[name])
    ],
)
@given(data=st.data())
def test_law(law, name, data):
    laws_of(SEGMENTERS[name])[law](SEGMENTERS[name], data)


def needed(name: str) -> dict[str, list[tuple[int, int]]]:
    """The options without which a segmenter cannot be called: two seeds, or nothing."""
    return {seeds_option(SEGMENTERS[name]): [(0, 0), (2, 1)]} if name in classicseg.segmenters("seeded") else {}


@pytest.mark.parametrize("name", SEGMENTERS)
def test_every_option_refuses_nonsense(name):
    """Not a number, a word that is no choice, a container: a clear error for each option but the image's own."""
    segment = SEGMENTERS[name]
    image = np.arange(12.0).reshape(3, 4)
    for parameter in list(inspect.signature(segment).parameters)[1:]:
        for nonsense in (np.nan, "nonsense", object(), {"a": 1}, 1j):
            with pytest.raises((TypeError, ValueError)) as caught:
                segment(image, **needed(name) | {parameter: nonsense})
            assert str(caught.value), parameter


@pytest.mark.jit
@pytest.mark.parametrize("name", SEGMENTERS)
def test_sixteen_threads_get_one_result(name):
    segment = partial(SEGMENTERS[name], **needed(name))
    image = np.random.default_rng(0).integers(0, 255, (40, 30, 3)).astype(np.uint8)
    expected, found = segment(image), []

    def call():
        found.extend(np.array_equal(segment(image), expected) for _ in range(20))

    threads = [threading.Thread(target=call) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 320
    assert all(found)


@pytest.mark.jit
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.parametrize("name", SEGMENTERS)
def test_a_forked_child_gets_the_same_result(name):
    script = f"""
import os, warnings
import numpy as np
import classicseg
warnings.simplefilter("ignore")  # forking a process with threads is deprecated; it must work all the same
image = np.random.default_rng(0).integers(0, 255, (1200, 900)).astype(np.uint8)
classicseg.set_workers(2)
expected = classicseg.{name}(image, **{needed(name)})
child = os.fork()
if child == 0:
    os._exit(0 if np.array_equal(classicseg.{name}(image, **{needed(name)}), expected) else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)

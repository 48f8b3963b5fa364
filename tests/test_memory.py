"""The most memory that functions take, beside what goes in and comes out, as docs/memory.md has it.

``python tests/test_memory.py`` prints the rows of that page.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

MEASURE = """
import sys
import numpy as np
from skimage import data
import classicseg
from classicseg import metrics

def status(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))

call, kind, length = sys.argv[1], sys.argv[2], int(sys.argv[3])
photo = np.kron(data.astronaut(), np.ones((4, 4, 1), np.uint8))[:length, :length]
noise = np.random.default_rng(0).integers(0, 256, photo.shape, dtype=np.uint8)
color = np.ascontiguousarray(photo if kind == "photo" else noise)
function = eval("lambda color, grey: " + call)
function(color[:60, :60].copy(), color[:60, :60, 1].copy())  # compiled, and imported
grey = color[..., 1].copy()
function_of = status("VmRSS")
open("/proc/self/clear_refs", "w").write("5")  # the peak counts from here on
result = function(color, grey)
taken = status("VmHWM") - function_of
print((taken - getattr(result, "nbytes", 0)) / grey.size)
"""

CALLS = {
    "threshold_segment": "classicseg.threshold_segment(grey)",
    "local_threshold_segment": "classicseg.local_threshold_segment(grey)",
    "kmeans_segment, color": "classicseg.kmeans_segment(color, n_clusters=4)",
    "gradient_magnitude": "classicseg.gradient_magnitude(grey)",
    "connected_regions": "classicseg.connected_regions(grey // 64 + 1)",
    "region_growing_segment": "classicseg.region_growing_segment(grey)",
    "boundary_segment": "classicseg.boundary_segment(grey)",
    "watershed_segment": "classicseg.watershed_segment(grey)",
    'watershed_segment, surface="image"': 'classicseg.watershed_segment(grey, surface="image")',
    "boundary_f1": "metrics.boundary_f1(grey // 64, (grey + 9) // 64)",
}


def bytes_a_pixel(call: str, kind: str, length: int) -> float:
    # glibc keeps freed arrays below a limit that grows with them; a fixed one tells what is in use
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "131072"}
    command = [sys.executable, "-c", MEASURE, call, kind, str(length)]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert found.returncode == 0, found.stderr
    return float(found.stdout)


@pytest.mark.jit
@pytest.mark.large
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize(
    ("name", "kind", "most"),
    [
        ("watershed_segment", "photo", 18),
        ('watershed_segment, surface="image"', "photo", 11),
        ("boundary_f1", "noise", 260),
    ],
)
def test_the_peak_is_what_the_docs_say(name, kind, most):
    """2 bytes a pixel are for what a thread takes."""
    assert bytes_a_pixel(CALLS[name], kind, 1500 if name != "boundary_f1" else 400) < most + 2


if __name__ == "__main__":
    for name, call in CALLS.items():
        print(
            name, *(f"{bytes_a_pixel(call, kind, 2000):.1f}" for kind in ("photo", "noise")), sep=" | ", flush=True
        )

"""What a command costs before it does anything."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import classicseg
from classicseg.extras.catalogue import segmenter_names, segmenter_summary, summary_in_source, summary_of

pytest.importorskip("cyclopts")

from classicseg.extras.cli.commands import _OVERVIEWS

LOADED = """
import json, sys
from classicseg.extras.cli import main
main({arguments})
print(json.dumps(list(sys.modules)))
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_loads_no_method_and_no_heavy_package(arguments: list[str]) -> None:
    code = LOADED.format(arguments=arguments)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert not {"numba", "scipy", "matplotlib", "PIL", "skimage", "dask", "numpy"} & loaded
    assert not [name for name in loaded if name.startswith("classicseg.segmentation.")]


def test_summaries_are_those_of_the_functions() -> None:
    everybody = {**classicseg.segmenters(), **classicseg.segmenters("seeded")}
    assert sorted(segmenter_names()) == sorted(everybody)
    for name, segmenter in everybody.items():
        assert segmenter_summary(name) == summary_of(segmenter) != ""


def test_every_command_has_a_summary_in_its_source() -> None:
    for name in _OVERVIEWS:
        assert summary_in_source(f"classicseg.extras.cli.{name}", name)


def test_a_segmenter_from_elsewhere_has_its_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(classicseg)["_MODULES"], "kmeans_segment", "classicseg.types")
    assert segmenter_summary("kmeans_segment") == summary_of(classicseg.kmeans_segment)

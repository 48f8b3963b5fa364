"""Lists as people type them: several words, or one with commas, before and after the files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import GREY
from numpy.testing import assert_array_equal

pytest.importorskip("cyclopts")
Image = pytest.importorskip("PIL.Image")
tifffile = pytest.importorskip("tifffile")

import classicseg  # noqa: E402
from classicseg.extras.cli import main  # noqa: E402
from classicseg.extras.files import read_markers  # noqa: E402

pytestmark = pytest.mark.usefixtures("folder")


def parameters(typed: list[str], name: str = "grey") -> dict[str, Any]:
    """Run a command, and return the options that its record has."""
    assert main([typed[0], "--overwrite", *typed[1:]]) == 0
    record = json.loads(Path(f"segmented/{name}_{typed[0]}.json").read_text())
    found: dict[str, Any] = record["parameters"]
    return found


@pytest.mark.parametrize(
    "words",
    [
        ["--thresholds", "100", "150"],
        ["--thresholds", "100,150"],
        ["--thresholds=100,150"],
        ["--thresholds", "100,", "150"],
        ["--thresholds=100", "150"],
        ["--thresholds", "100", "--thresholds", "150"],
    ],
)
def test_a_list_of_thresholds_before_and_after_the_file(words: list[str]) -> None:
    expected = classicseg.threshold_segment(GREY, thresholds=[100, 150])
    for typed in (["grey.png", *words], [*words, "grey.png"], [*words, "--", "grey.png"]):
        assert parameters(["threshold", *typed])["thresholds"] == [100, 150]
        assert_array_equal(read_markers("segmented/grey_threshold_labels.png"), expected)


def test_one_word_stays_one() -> None:
    assert parameters(["threshold", "--thresholds", "triangle", "grey.png"])["thresholds"] == "triangle"
    assert parameters(["threshold", "--thresholds", "1e2", "grey.png"])["thresholds"] == 100


@pytest.mark.parametrize("words", [["--spacing", "2", "1", "1"], ["--spacing", "2,1,1"]])
def test_the_spacing_of_a_volume(words: list[str]) -> None:
    tifffile.imwrite("volume.tif", np.stack([GREY, GREY // 2, GREY // 3]), photometric="minisblack")
    for typed in (["volume.tif", *words], [*words, "volume.tif"]):
        assert parameters(["gradient", *typed], "volume")["spacing"] == [2, 1, 1]


def test_an_interval_and_seeds() -> None:
    words = ["--interval", "0", "100", "--seeds", "3,4", "30,20"]
    expected = classicseg.region_growing_segment(GREY, seeds=[(3, 4), (30, 20)], interval=(0, 100))
    for typed in (["grey.png", *words], [*words, "grey.png"]):
        found = parameters(["region-growing", *typed])
        assert (found["interval"], found["seeds"]) == ([0, 100], ["3,4", "30,20"])
        assert_array_equal(read_markers("segmented/grey_region-growing_labels.png"), expected)
    typed = ["region-growing", "grey.png", "--seeds", "3,4", "--interval", "-5", "1e2"]
    assert parameters(typed)["interval"] == [-5, 100]


def test_values_without_data() -> None:
    assert parameters(["threshold", "--nodata", "0", "3", "grey.png"])["nodata"] == ["0.0", "3.0"]
    assert parameters(["threshold", "--nodata", "-9999,nan", "grey.png"])["nodata"] == ["-9999.0", "nan"]


def test_a_number_that_is_the_name_of_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("150").write_bytes(Path("grey.png").read_bytes())
    assert parameters(["threshold", "--thresholds", "100", "150", "grey.png"])["thresholds"] == [100, 150]
    assert "150 is taken for a value of --thresholds; the file of that name is ./150" in capsys.readouterr().err
    assert parameters(["threshold", "--thresholds", "100", "./150"], "150")["thresholds"] == 100


@pytest.mark.parametrize("words", [["--thresholds"], ["--thresholds", "--n-classes", "3"], ["--thresholds="]])
def test_a_list_of_nothing_is_a_mistake(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["threshold", "grey.png", *words]) == 2
    assert "--thresholds" in capsys.readouterr().err


def test_the_help_says_how_lists_are_typed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gradient", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert said.count("1 2 or 1,2") == 2  # --threshold, --spacing

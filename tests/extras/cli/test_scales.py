"""Several values of an option that asks for that: a result for each, of one run."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from command_line import COLOR, mistake
from numpy.testing import assert_array_equal

pytest.importorskip("cyclopts")
pytest.importorskip("PIL.Image")

import classicseg
from classicseg.extras.cli import main
from classicseg.extras.cli.job import Each, each_of
from classicseg.extras.files import read_markers
from classicseg.extras.signatures import options_of

pytestmark = pytest.mark.usefixtures("folder")


def files(folder: str) -> set[str]:
    return {path.name for path in Path(folder).iterdir()}


def test_one_tree_makes_a_label_image_of_each_scale(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["merge", "color.png", "--n-segments", "2,4", "7", "--save", "labels,outline"]
    assert main([*words, "--table", "t.csv", "-v"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("color.png: 2: 2 segments; 4: 4 segments; 7: 7 segments\n")
    assert "written: color_merge_2_labels.png, color_merge_4_labels.png, color_merge_7_labels.png, color" in said
    levels = classicseg.merge_segment(COLOR, n_segments=[2, 4, 7])
    for number, expected in zip((2, 4, 7), levels, strict=True):
        assert_array_equal(read_markers(f"segmented/color_merge_{number}_labels.png"), expected)
    record = json.loads(Path("segmented/color_merge.json").read_text())
    assert record["segments"] == [2, 4, 7]
    assert record["outline"] == [f"color_merge_{number}_outline.png" for number in (2, 4, 7)]
    assert record["parameters"]["n_segments"] == [2, 4, 7]
    with Path("t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["n_segments"] for row in rows] == ["2"] * 2 + ["4"] * 4 + ["7"] * 7

    assert main(["rerun", "segmented/color_merge.json", "-o", "again", "-q"]) == 0
    assert files("again") == files("segmented")
    assert Path("again/color_merge.json").read_bytes() == Path("segmented/color_merge.json").read_bytes()
    said = mistake([*words[:3], "2,4", "--save", "labels"], capsys)
    assert "color_merge_2_labels.png came from other settings (--n-segments 2 4 7, now 2 4)" in said
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["segments"] == [2, 4, 7]


def test_heights_and_a_single_value() -> None:
    assert main(["merge", "color.png", "--height", "1.5,20", "--save", "labels"]) == 0
    assert files("segmented") == {"color_merge_1.5_labels.png", "color_merge_20_labels.png", "color_merge.json"}
    assert main(["merge", "color.png", "--n-segments", "3", "--save", "labels", "--out", "one"]) == 0
    assert files("one") == {"color_merge_labels.png", "color_merge.json"}
    assert json.loads(Path("one/color_merge.json").read_text())["segments"] == 3


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["--n-segments", "2,3", "--height", "1", "2"], "--n-segments and --height have several values each"),
        (["--height", "5", "5.0"], "--height has 5 twice; expected different values"),
        (["--n-segments", "2,3", "--out", "l.zarr"], "merge depends on the image as a whole"),
    ],
)
def test_mistakes_are_named(typed: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in mistake(["merge", "color.png", *typed], capsys)
    assert not Path("segmented").exists()


def test_what_asks_for_several_results() -> None:
    asking = {option.name for option in options_of(classicseg.merge_segment) if option.is_for_each}
    assert asking == {"n_segments", "height"}
    assert not any(option.is_for_each for option in options_of(classicseg.kmeans_segment))
    assert each_of({"n_segments": [7], "height": None}, ["n_segments", "height"]) == Each()
    assert each_of({"height": [1e-9, 0.1 + 0.2]}, ["height"]) == Each("height", ["1e-09", "0.3"])

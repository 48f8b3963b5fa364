"""--objects: from an image to numbered objects, their pictures and their table; and labels that exist."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from command_line import mistake
from numpy.testing import assert_array_equal

pytest.importorskip("cyclopts")
Image = pytest.importorskip("PIL.Image")

import classicseg  # noqa: E402
from classicseg.extras.cli import main  # noqa: E402
from classicseg.extras.files import read_markers  # noqa: E402
from classicseg.extras.objects import ObjectSteps, objects_of  # noqa: E402

ROWS, COLUMNS = np.ogrid[:60, :120]
PAIR = (np.hypot(ROWS - 25, COLUMNS - 30) <= 12) | (np.hypot(ROWS - 25, COLUMNS - 49) <= 12)
CUT = np.hypot(ROWS - 55, COLUMNS - 95) <= 10
HOLE = np.hypot(ROWS - 25, COLUMNS - 30) <= 2
SPECK = (ROWS == 5) & (COLUMNS == 100)
CELLS = np.where((PAIR & ~HOLE) | CUT | SPECK, 200, 20).astype(np.uint8)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(CELLS).save("cells.png")
    Image.fromarray(255 - CELLS).save("stained.png")
    return tmp_path


def labels(stem: str = "cells_threshold") -> np.ndarray:
    return read_markers(f"segmented/{stem}_labels.png")


def table() -> list[dict[str, str]]:
    with Path("segmented/objects.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_objects_are_numbered_drawn_and_measured(capsys):
    assert main(["threshold", "cells.png", "--objects"]) == 0
    said = capsys.readouterr().out
    assert "cells.png: 3 objects (dark < " in said
    assert "of the bright class, which has less of the border" in said
    assert_array_equal(labels(), classicseg.connected_regions(CELLS > 100))
    assert [row["area"] for row in table()] == ["1.0", *(f"{np.sum(one)}.0" for one in (PAIR & ~HOLE, CUT))]
    assert {path.name for path in Path("segmented").glob("*.png")} == {
        f"cells_threshold_{kind}.png" for kind in ("labels", "overlay", "colors")
    }


def test_each_step_is_asked_for():
    typed = ["--fill-holes", "--split", "1", "--min-area", "5", "--refine", "0.5", "--clear-border"]
    assert main(["threshold", "cells.png", *typed]) == 0
    found = labels()
    assert found.max() == 2
    assert_array_equal(found > 0, PAIR)
    record = json.loads(Path("segmented/cells_threshold.json").read_text())
    assert record["parameters"]["split"] == 1
    assert record["segments"] == 2
    assert main(["rerun", "segmented/cells_threshold.json", "-o", "again"]) == 0
    assert_array_equal(read_markers("again/cells_threshold_labels.png"), found)


@pytest.mark.parametrize(
    ("option", "number", "said"),
    [
        ("--min-area", "-5", "min_area is -5.0; expected a finite number >= 0"),
        ("--min-area", "nan", "min_area is nan"),
        ("--split", "-1", "split is -1.0"),
        ("--refine", "2", "refine is 2; expected a level from 0"),
    ],
)
def test_numbers_out_of_range_are_refused_before_any_work(option, number, said, capsys):
    assert said in mistake(["threshold", "cells.png", option, number], capsys)
    assert not Path("segmented").exists()


@pytest.mark.parametrize("method", ["threshold", "kmeans", "local-threshold"])
def test_every_method_that_makes_classes_has_objects(method):
    assert main([method, "cells.png", "--objects", "--foreground", "bright"]) == 0
    assert labels(f"cells_{method}").max() > 0


def test_the_foreground_is_what_touches_the_border_less(capsys):
    assert main(["threshold", "stained.png", "--min-area", "2"]) == 0
    assert "2 objects" in (said := capsys.readouterr().out)
    assert "of the dark class" in said
    assert main(["threshold", "stained.png", "--foreground", "2", "-o", "two", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["segments"] == 2  # the ground, and what is in the hole
    assert "foreground is 3; expected bright, dark, or a class from 1 to 2" in mistake(
        ["threshold", "cells.png", "--foreground", "3", "-o", "three"], capsys
    )


def test_other_settings_are_not_replaced(capsys):
    assert main(["threshold", "cells.png", "--objects"]) == 0
    assert "--split not given, now 1.0" in mistake(["threshold", "cells.png", "--split", "1", "--objects"], capsys)


def test_a_store_holds_classes(capsys):
    assert "objects are asked for" in mistake(["threshold", "cells.png", "--objects", "-o", "x.zarr"], capsys)


def test_labels_that_exist_keep_their_numbers(capsys):
    named = np.select([PAIR & (COLUMNS < 40), PAIR, CUT], [7, 3, 200], 0)
    Image.fromarray(named.astype(np.uint8)).save("named.png")
    assert main(["regions", "named.png", "--image", "cells.png", "--clear-border"]) == 0
    assert "named.png: 2 objects" in capsys.readouterr().out
    assert_array_equal(labels("named_regions"), np.where(named == 200, 0, named))
    assert [row["label"] for row in table()] == ["3", "7"]
    assert all(0 < float(row["mean"]) <= 200 for row in table())
    assert main(["rerun", "segmented/named_regions.json", "-o", "again"]) == 0


def test_a_mask_is_its_pieces():
    Image.fromarray((CELLS > 100).astype(np.uint8) * 255).save("mask.png")
    assert main(["regions", "mask.png", "--min-area", "2", "--spacing", "0.5"]) == 0
    assert labels("mask_regions").max() == 3
    assert [row["label"] for row in table()] == ["2", "3"]
    assert float(table()[1]["area"]) == CUT.sum() / 4
    assert "mean_0" not in table()[0]


def test_of_classes_one_is_made_of_regions(capsys):
    assert main(["kmeans", "cells.png", "--n-clusters", "2"]) == 0
    assert main(["regions", "segmented", "--foreground", "2", "-o", "again"]) == 0, "the pictures are passed over"
    found = read_markers("again/cells_kmeans_labels_regions_labels.png")
    assert_array_equal(found, classicseg.connected_regions(CELLS > 100))
    assert "expected a label that is there: 1, 2" in mistake(["regions", "segmented", "--foreground", "3"], capsys)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["--series", "1"], "series"),
        (["--refine", "0.4"], "--refine needs the image"),
        (["--save", "means"], "--save means needs the image"),
        (["--image", "other.png"], "--image has the shape"),
    ],
)
def test_what_labels_alone_do_not_hold(typed, expected, capsys):
    Image.fromarray(CELLS[:9]).save("other.png")
    assert expected in mistake(["regions", "cells.png", *typed], capsys)


def test_values_that_take_no_part_are_no_labels():
    assert main(["regions", "cells.png", "--nodata", "20"]) == 0
    assert_array_equal(labels("cells_regions"), classicseg.connected_regions(CELLS > 100))


def test_objects_of_composes_public_functions():
    classes = classicseg.threshold_segment(CELLS)
    found = objects_of(classes, CELLS, ObjectSteps(fill_holes=True, split=1.0, min_area=5.0))
    split = classicseg.split_touching(classicseg.fill_holes(classes == 2), min_depth=1.0)
    assert_array_equal(found > 0, classicseg.remove_small_regions(split, min_area=5) > 0)
    assert_array_equal(np.unique(found), np.arange(found.max() + 1))


def test_of_one_class_all_is_foreground():
    assert objects_of(np.ones((3, 4), np.int32), np.zeros((3, 4)), ObjectSteps()).all()


def test_areas_are_in_the_unit_of_the_file_and_depths_in_its_shortest_step():
    nibabel = pytest.importorskip("nibabel")
    planes, rows, columns = np.indices((12, 30, 40))
    balls = [(2 * (planes - 6)) ** 2 + (rows - 14) ** 2 + (columns - column) ** 2 < 64 for column in (12, 25)]
    volume = np.where(balls[0] | balls[1], 100, 0).astype(np.uint8)
    nibabel.save(nibabel.Nifti1Image(volume.T, np.diag([0.5, 0.5, 1, 1])), "balls.nii.gz")
    assert main(["threshold", "balls.nii.gz", "--split", "1", "--min-area", "200"]) == 0
    found = np.asarray(nibabel.load("segmented/balls_threshold_labels.nii.gz").dataobj)
    assert found.max() == 2
    assert [float(row["area"]) for row in table()] == [np.sum(found == name) / 4 for name in (1, 2)]
    assert main(["regions", "segmented/balls_threshold_labels.nii.gz", "--min-area", "1000", "-o", "none"]) == 0
    again = nibabel.load("none/balls_threshold_labels_regions_labels.nii.gz")
    assert not np.asarray(again.dataobj).any()
    assert_array_equal(again.header.get_zooms(), [0.5, 0.5, 1])

"""--nodata on the command line: what takes no part, in whole images and in chunks, in runs that are repeated."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import classicseg
from classicseg.extras.cli import main
from classicseg.extras.files import read_markers

tifffile = pytest.importorskip("tifffile")

IMAGE = np.random.default_rng(0).integers(0, 200, (40, 60)).astype("f4")
IMAGE[:9], IMAGE[20, 20:30] = -9999, 1e6
THERE = (IMAGE != -9999) & (IMAGE != 1e6)
EXPECTED = classicseg.threshold_segment(IMAGE, mask=THERE)


@pytest.mark.parametrize("typed", [["--nodata", "-9999", "--nodata", "1e6"], ["--nodata=-9999", "--nodata=1e6"]])
def test_values_that_take_no_part(tmp_path: Path, typed: list[str]) -> None:
    np.save(tmp_path / "dem.npy", IMAGE)
    assert main(["threshold", f"{tmp_path}/dem.npy", *typed, "--out", f"{tmp_path}/out"]) == 0
    assert_array_equal(read_markers(tmp_path / "out/dem_threshold_labels.png"), EXPECTED)
    record = json.loads((tmp_path / "out/dem_threshold.json").read_text())
    assert record["file_has_mask"]
    again = [*record["command"][1:], "--out", f"{tmp_path}/again"]
    assert main(again) == 0
    assert_array_equal(read_markers(tmp_path / "again/dem_threshold_labels.png"), EXPECTED)


def test_a_no_data_tag_and_a_mask_file_hold_together(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "dem.tif", IMAGE, extratags=[(42113, "s", 0, "-9999", True)])
    mask = np.where(IMAGE == 1e6, 0, 255).astype("u1")
    tifffile.imwrite(tmp_path / "mask.tif", mask, photometric="miniswhite")
    arguments = ["threshold", f"{tmp_path}/dem.tif", "--mask", f"{tmp_path}/mask.tif", "--out", f"{tmp_path}/out"]
    assert main(arguments) == 0
    assert_array_equal(read_markers(tmp_path / "out/dem_threshold_labels.png"), EXPECTED)


def test_values_that_take_no_part_in_chunks(tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr")
    holed = IMAGE.copy()
    holed[30, 30] = np.nan
    tifffile.imwrite(tmp_path / "dem.tif", holed, tile=(16, 16), extratags=[(42113, "s", 0, "-9999", True)])
    for _ in range(2):  # the second time it is the same run, though NaN is no number that equals itself
        arguments = ["threshold", f"{tmp_path}/dem.tif", "--nodata=1e6", "--nodata=nan"]
        assert main([*arguments, "--out", f"{tmp_path}/labels.zarr"]) == 0
    expected = classicseg.threshold_segment(holed, mask=THERE)
    assert_array_equal(zarr.open(f"{tmp_path}/labels.zarr", mode="r")[:], expected)

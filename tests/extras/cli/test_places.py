"""Files with a place on the command line: their spacing goes into the methods, their geometry to the labels."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from command_line import mistake
from numpy.testing import assert_allclose, assert_array_equal

import classicseg
from classicseg.extras.cli import main
from classicseg.extras.files import read_image, read_markers, write_labels
from classicseg.extras.files.geometry import Geometry, along_axes

tifffile = pytest.importorskip("tifffile")

RNG = np.random.default_rng(0)
VOLUME = (RNG.integers(0, 60, (6, 16, 20)) + 120 * (np.arange(20) > 9)).astype(np.uint8)
STEPS = (3.0, 0.75, 0.75)
BRAIN = Path("/work/shared/data/volumes/mni152_t1.nii.gz")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own, with a volume of anisotropic voxels in millimeters."""
    monkeypatch.chdir(tmp_path)
    place = Geometry("DICOM", VOLUME.shape, "ZYX", along_axes(STEPS), "RAS", "mm")
    write_labels("volume", VOLUME, like=place)
    return tmp_path


def test_the_spacing_of_a_file_goes_into_the_method_and_its_units_into_the_table(folder):
    assert main(["watershed", "volume.nii.gz", "--min-depth", "30", "--table", "t.csv", "-o", "out", "-q"]) == 0
    picture = read_image("volume.nii.gz")
    assert picture.spacing == STEPS
    expected = classicseg.watershed_segment(VOLUME, channel_axis=None, spacing=(4, 1, 1), min_depth=30)
    assert_array_equal(read_markers("out/volume_watershed_labels.nii.gz"), expected)
    assert read_image("out/volume_watershed_labels.nii.gz").geometry.affine.tolist() == along_axes(STEPS).tolist()
    with Path("t.csv").open() as file:
        areas = [float(row["area"]) for row in csv.DictReader(file)]
    assert_allclose(areas, np.bincount(expected.ravel())[1:] * np.prod(STEPS))
    record = json.loads(Path("out/volume_watershed.json").read_text())
    assert (record["file_spacing"], record["unit"], record["frame"]) == (list(STEPS), "mm", "RAS")
    assert record["parameters"]["spacing"] is None
    assert main(["rerun", "out/volume_watershed.json", "-o", "again", "-q"]) == 0
    again = Path("again/volume_watershed_labels.nii.gz").read_bytes()
    assert again == Path("out/volume_watershed_labels.nii.gz").read_bytes()


def test_a_spacing_that_is_typed_holds(folder):
    assert main(["watershed", "volume.nii.gz", "--min-depth", "30", "--spacing", "1", "2", "1", "-q"]) == 0
    expected = classicseg.watershed_segment(VOLUME, channel_axis=None, spacing=(1, 2, 1), min_depth=30)
    assert_array_equal(read_markers("segmented/volume_watershed_labels.nii.gz"), expected)


def test_masks_and_markers_come_from_volumes_and_go_to_them(folder):
    write_labels("mask", VOLUME > 20, like=read_image("volume.nii.gz"))
    assert main(["threshold", "volume.nii.gz", "--mask", "mask.nii.gz", "--save", "labels,mask", "-q"]) == 0
    expected = classicseg.threshold_segment(VOLUME, channel_axis=None, mask=VOLUME > 20)
    assert_array_equal(read_markers("segmented/volume_threshold_labels.nii.gz"), expected)
    assert_array_equal(read_markers("segmented/volume_threshold_mask.nii.gz") > 0, expected > 1)


def test_axes_that_are_sheared_are_told_of_and_kept(folder, capsys):
    affine = along_axes(STEPS)
    affine[0, 0] = 1.0
    write_labels("sheared", VOLUME, like=Geometry("DICOM", VOLUME.shape, "ZYX", affine, "RAS", "mm"))
    assert main(["watershed", "sheared.nii.gz", "-q"]) == 0
    assert "its axes are not at right angles: no --spacing holds" in capsys.readouterr().err
    assert read_image("segmented/sheared_watershed_labels.nii.gz").geometry.affine.tolist() == affine.tolist()


def test_modalities_in_a_fourth_axis_are_channels_where_one_says_so(folder):
    nibabel = pytest.importorskip("nibabel")
    modalities = np.stack([VOLUME, 255 - VOLUME])
    nibabel.Nifti1Image(modalities.T, np.diag([0.75, 0.75, 3, 1])).to_filename("two.nii")
    assert main(["kmeans", "two.nii", "--channel-axis", "0", "--n-clusters", "2", "-q"]) == 0
    labels = nibabel.load("segmented/two_kmeans_labels.nii.gz")
    assert labels.shape == VOLUME.T.shape
    assert_array_equal(labels.affine, np.diag([0.75, 0.75, 3, 1]))
    expected = classicseg.kmeans_segment(modalities, channel_axis=0, n_clusters=2)
    assert_array_equal(np.asarray(labels.dataobj).T, expected)


def test_series_and_channels_are_chosen(folder, capsys):
    first, second = np.stack([VOLUME[0], VOLUME[1]]), VOLUME[2, :9]
    with tifffile.TiffWriter("two.ome.tif", ome=True) as file:
        file.write(first, metadata={"axes": "CYX", "Channel": {"Name": ["DAPI", "GFP"]}, "PhysicalSizeX": 0.5})
        file.write(second, metadata={"axes": "YX"})
    assert "choose one by series, 0 to 1" in mistake(["threshold", "two.ome.tif"], capsys)
    assert main(["threshold", "two.ome.tif", "--series", "0", "--channel", "GFP", "-q"]) == 0
    assert_array_equal(
        read_markers("segmented/two_threshold_labels.ome.tif"), classicseg.threshold_segment(VOLUME[1])
    )
    record = json.loads(Path("segmented/two_threshold.json").read_text())
    assert record["command"][-2:] == ["--series=0", "--channel=GFP"]
    assert main([*record["command"][1:], "--out", "again", "-q"]) == 0
    assert "no channel 'RFP'; expected 0 to 1, or DAPI, GFP" in mistake(
        ["threshold", "two.ome.tif", "--series=0", "--channel=RFP", "--out=third"], capsys
    )
    assert "came from other settings (--channel GFP, now DAPI)" in mistake(
        ["threshold", "two.ome.tif", "--series=0", "--channel=DAPI"], capsys
    )


@pytest.mark.large
@pytest.mark.skipif(not BRAIN.exists(), reason="the brain is not here")
def test_three_tissues_of_a_brain_have_its_affine_and_the_volumes_of_nibabel(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    arguments = ["threshold", str(BRAIN), "--n-classes", "3", "--nodata", "0", "--save", "labels", "-q"]
    assert main([*arguments, "--table", f"{tmp_path}/t.csv", "--out", str(tmp_path)]) == 0
    image, labels = nibabel.load(BRAIN), nibabel.load(tmp_path / "mni152_t1_threshold_labels.nii.gz")
    assert_array_equal(labels.affine, image.affine)
    values = np.asarray(image.dataobj)
    thresholds = classicseg.multi_otsu_thresholds(values, n_classes=3, mask=values > 0, channel_axis=None)
    by_hand = np.where(values > 0, np.digitize(values, thresholds) + 1, 0)
    assert_array_equal(np.asarray(labels.dataobj), by_hand)
    milliliters = np.bincount(by_hand.ravel())[1:] * abs(np.linalg.det(image.affine[:3, :3])) / 1000
    with (tmp_path / "t.csv").open() as file:
        assert_allclose([float(row["area"]) / 1000 for row in csv.DictReader(file)], milliliters)

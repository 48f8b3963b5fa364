"""``--export`` writes files for other programs beside the results."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("cyclopts")
Image = pytest.importorskip("PIL.Image")

from command_line import mistake  # noqa: E402

from classicseg.extras.cli import main  # noqa: E402


def test_exports_stand_beside_the_results(folder, capsys):
    command = ["kmeans", "grey.png", "color.png", "--n-clusters=3", "--save=labels", "--out=out"]
    assert main([*command, "--export=geojson,qupath", "--export=coco,yolo,roi"]) == 0
    assert "geojson (polygons for GIS), qupath (objects for QuPath), coco" in capsys.readouterr().out
    names = {
        f"{image}_kmeans{suffix}"
        for image in ("grey", "color")
        for suffix in (".json", "_labels.png", ".geojson", "_qupath.geojson", "_rois.zip")
    }
    assert {path.name for path in (folder / "out").iterdir()} == names | {"kmeans_coco.json", "kmeans_yolo"}
    assert {path.name for path in (folder / "out/kmeans_yolo").iterdir()} == {"grey.txt", "color.txt"}
    coco = json.loads((folder / "out/kmeans_coco.json").read_text(encoding="utf-8"))
    assert [image["file_name"] for image in coco["images"]] == ["grey.png", "color.png"]
    assert {one["name"] for one in coco["categories"]} == {"class 1", "class 2", "class 3"}
    record = json.loads((folder / "out/grey_kmeans.json").read_text(encoding="utf-8"))
    assert (record["geojson"], record["yolo"]) == ("grey_kmeans.geojson", "kmeans_yolo/grey.txt")
    found = json.loads((folder / "out/grey_kmeans.geojson").read_text(encoding="utf-8"))["features"]
    labels = np.asarray(Image.open(folder / "out/grey_kmeans_labels.png"))
    assert [one["properties"]["area"] for one in found] == np.bincount(labels.ravel())[1:].tolist()
    means = [np.asarray(Image.open(folder / "grey.png"))[labels == label].mean() for label in (1, 2, 3)]
    assert [one["properties"]["mean"] for one in found] == pytest.approx(means)
    assert main([*command, "--export=coco"]) == 0  # the same again


def test_what_came_otherwise_is_not_replaced(folder, capsys):
    command = ["kmeans", "grey.png", "--out=out", "--save=labels", "--export=coco"]
    assert main(command) == 0
    capsys.readouterr()
    other = [*command[:1], "color.png", *command[2:]]
    assert "kmeans_coco.json has annotations of grey.png, too" in mistake(other, capsys)
    assert "came from other settings" in mistake([*command, "--n-clusters=2"], capsys)
    assert main([*other, "--overwrite"]) == 0
    (folder / "out/kmeans_coco.json").write_text("{}", encoding="utf-8")
    capsys.readouterr()
    assert "is no file of COCO's annotations" in mistake(command, capsys)


def test_several_values_have_files_each(folder):
    assert main(["merge", "color.png", "--n-segments=2,4", "--out=out", "--export=coco,yolo"]) == 0
    for number in (2, 4):
        assert (folder / f"out/merge_{number}_yolo/color.txt").exists()
        coco = json.loads((folder / f"out/merge_{number}_coco.json").read_text(encoding="utf-8"))
        assert len(coco["annotations"]) == number
    assert main(["rerun", "out/color_merge.json", "--out=again"]) == 0
    assert (folder / "again/merge_4_yolo/color.txt").exists()


def test_folders_of_ome_zarr(folder, capsys):
    pytest.importorskip("zarr", reason="zarr is not installed")
    command = ["kmeans", "color.png", "--out=out", "--save=labels", "--export=ome-zarr"]
    assert main(command) == 0
    assert main(command) == 0
    (folder / "out/color_kmeans.ome.zarr/mine.txt").write_text("", encoding="utf-8")
    capsys.readouterr()
    assert "mine.txt" in mistake(command, capsys)


def test_what_does_not_fit_is_said(folder, capsys):
    np.save("volume.npy", np.zeros((5, 6, 7), np.uint8))
    said = mistake(["kmeans", "volume.npy", "--channel-axis=none", "--export=geojson"], capsys)
    assert "geojson holds planes; the labels are 5 x 6 x 7" in said
    assert not list((folder / "segmented").glob("*labels*"))
    assert "geojson" in mistake(["kmeans", "grey.png", "--export=svg"], capsys)


def test_a_store_holds_labels_only(store_folder, capsys):
    np.save("grey.npy", np.zeros((5, 6), np.uint8))
    assert "--export is roi" in mistake(["kmeans", "grey.npy", "--out=a.zarr", "--export=roi"], capsys)


def test_geojson_of_a_map_is_in_map_coordinates(folder):
    rasterio = pytest.importorskip("rasterio", reason="rasterio is not installed")
    from rasterio.features import rasterize

    transform = rasterio.Affine(2.0, 0.5, 400_000.0, 0.25, -3.0, 5_000_000.0)
    bands = np.arange(30 * 40, dtype=np.uint16).reshape(30, 40) // 400 * 300
    with rasterio.open(
        "map.tif",
        "w",
        driver="GTiff",
        width=40,
        height=30,
        count=1,
        dtype="uint16",
        crs=32633,
        transform=transform,
    ) as file:
        file.write(bands, 1)
    assert main(["kmeans", "map.tif", "--n-clusters=3", "--out=out", "--export=geojson"]) == 0
    content = json.loads((folder / "out/map_kmeans.geojson").read_text(encoding="utf-8"))
    assert content["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::32633"
    found = rasterize(
        [(one["geometry"], one["id"]) for one in content["features"]],
        out_shape=bands.shape,
        transform=transform,
        dtype="int32",
    )
    assert np.array_equal(found, bands // 300 + 1)
    assert content["features"][0]["properties"]["area"] == pytest.approx(abs(transform.determinant) * 400)


def test_nifti_and_ome_zarr_keep_the_place(folder):
    nibabel = pytest.importorskip("nibabel", reason="nibabel is not installed")
    zarr = pytest.importorskip("zarr", reason="zarr is not installed")
    affine = np.array([[0, 2, 0, 5], [-0.6, 0, 0.8, 6], [0.8, 0, 0.6, 7], [0, 0, 0, 1.0]])
    image = nibabel.Nifti1Image(np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6), affine)
    image.header.set_xyzt_units("mm")
    image.to_filename("brain.nii")
    assert main(["kmeans", "brain.nii", "--n-clusters=2", "--out=out", "--export=nifti,ome-zarr"]) == 0
    found = nibabel.load("out/brain_kmeans.nii.gz")
    assert np.allclose(found.affine, affine)
    assert found.shape == (4, 5, 6)
    ome = zarr.open_group("out/brain_kmeans.ome.zarr/labels/segments", mode="r").attrs["ome"]
    (scales,) = ome["multiscales"]
    assert scales["datasets"][0]["coordinateTransformations"][0]["scale"] == [1.0, 2.0, 1.0]
    assert scales["axes"][0] == {"name": "z", "type": "space", "unit": "millimeter"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of pydicom and highdicom
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_segmentations_of_dicom_are_of_its_series(folder, scan, capsys):
    highdicom = pytest.importorskip("highdicom", reason="highdicom is not installed")
    command = ["kmeans", str(scan[0].parent), "--n-clusters=3", "--save=labels", "--out=out", "--export=dicom-seg"]
    assert main(command) == 0
    (path,) = (folder / "out").glob("*_seg.dcm")
    found = highdicom.seg.segread(path)
    volume = found.get_volume(combine_segments=True)
    values = volume.array[:, 0, 0].tolist()
    towards_head = volume.affine[2, 0] > 0
    assert values == ([1, 2, 3] if towards_head else [3, 2, 1])
    capsys.readouterr()
    said = mistake(["kmeans", "grey.png", "--out=other", "--export=dicom-seg"], capsys)
    assert "grey.png: dicom-seg takes DICOM images" in said

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
        for suffix in (".json", "_labels.png", ".geojson", "_qupath.geojson", "_yolo.txt", "_rois.zip")
    }
    assert {path.name for path in (folder / "out").iterdir()} == names | {"kmeans_coco.json"}
    coco = json.loads((folder / "out/kmeans_coco.json").read_text(encoding="utf-8"))
    assert [image["file_name"] for image in coco["images"]] == ["grey.png", "color.png"]
    assert {one["name"] for one in coco["categories"]} == {"class 1", "class 2", "class 3"}
    record = json.loads((folder / "out/grey_kmeans.json").read_text(encoding="utf-8"))
    assert record["geojson"] == "grey_kmeans.geojson"
    found = json.loads((folder / "out/grey_kmeans.geojson").read_text(encoding="utf-8"))["features"]
    labels = np.asarray(Image.open(folder / "out/grey_kmeans_labels.png"))
    assert [one["properties"]["area"] for one in found] == np.bincount(labels.ravel())[1:].tolist()
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
        assert (folder / f"out/color_merge_{number}_yolo.txt").exists()
        coco = json.loads((folder / f"out/merge_{number}_coco.json").read_text(encoding="utf-8"))
        assert len(coco["annotations"]) == number
    assert main(["rerun", "out/color_merge.json", "--out=again"]) == 0
    assert (folder / "again/color_merge_4_yolo.txt").exists()


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

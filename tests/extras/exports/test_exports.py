"""Each format, opened by its reference reader, holds the labels again."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from strategies import shapes

from classicseg import region_outlines, region_table
from classicseg.extras.exports import (
    write_coco,
    write_geojson,
    write_imagej_rois,
    write_nifti,
    write_ome_zarr,
    write_qupath,
    write_yolo,
)
from classicseg.extras.exports.run_lengths import as_texts, counts_of
from classicseg.extras.exports.segments import cut_open

LABELS = np.array(
    [
        [3, 3, 3, 3, 0, 0],
        [3, 0, 3, 3, 0, 7],
        [3, 3, 3, 0, 0, 7],
        [0, 0, 0, 9, 9, 9],
        [3, 0, 9, 0, 0, 9],
        [0, 0, 9, 9, 9, 9],
    ]
)
"""A hole that touches a border at a corner, a label in two pieces, labels with gaps, a hole of two pixels."""


def blobs(seed, shape=(30, 40)):
    ndimage = pytest.importorskip("scipy.ndimage")
    noise = ndimage.uniform_filter(np.random.default_rng(seed).random(shape), 3)
    return np.digitize(noise, np.quantile(noise, [0.3, 0.6, 0.8])) * 2


@st.composite
def label_images(draw):
    shape = draw(shapes(2, 1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.integers(0, draw(st.integers(1, 4)), shape) * draw(st.sampled_from([1, 5]))


def features(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["type"] == "FeatureCollection"
    return content, content["features"]


@pytest.mark.parametrize("labels", [LABELS, blobs(0), np.zeros((2, 3), int)], ids=["hand", "blobs", "nothing"])
def test_geojson_by_shapely(labels, tmp_path):
    shapely = pytest.importorskip("shapely.geometry", reason="shapely is not installed")
    path = tmp_path / "regions.geojson"
    write_geojson(path, labels, transform=(2, 0, 100, 0, -3, 50), crs="EPSG:32633")
    content, found = features(path)
    assert content["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::32633"
    assert [one["id"] for one in found] == [label for label in np.unique(labels) if label]
    for one in found:
        polygon, rows, columns = shapely.shape(one["geometry"]), *np.nonzero(labels == one["id"])
        assert polygon.is_valid
        assert all(part.exterior.is_ccw for part in getattr(polygon, "geoms", [polygon]))
        assert polygon.area == one["properties"]["area"] == 6 * len(rows)
        center = (100 + 2 * (columns.mean() + 0.5), 50 - 3 * (rows.mean() + 0.5))
        assert_allclose(polygon.centroid.coords[0], center)
        assert_allclose(one["properties"]["centroid"], center)


def test_geojson_in_pixels_is_rasterized_by_rasterio(tmp_path):
    rasterio = pytest.importorskip("rasterio.features", reason="rasterio is not installed")
    for labels in (LABELS, blobs(1)):
        write_geojson(tmp_path / "regions.geojson", labels)
        _, found = features(tmp_path / "regions.geojson")
        painted = rasterio.rasterize(
            [(one["geometry"], one["id"]) for one in found], out_shape=labels.shape, dtype="int32"
        )
        assert_array_equal(painted, labels)


def test_qupath_has_its_properties(tmp_path):
    write_qupath(tmp_path / "regions.geojson", LABELS)
    _, found = features(tmp_path / "regions.geojson")
    assert [one["properties"]["objectType"] for one in found] == ["detection"] * 3
    assert found[1]["properties"]["name"] == "7"
    assert found[1]["properties"]["classification"] == {"name": "region", "color": [230, 25, 75]}
    assert found[1]["properties"]["measurements"] == {"Area px^2": 2, "Centroid X px": 5.5, "Centroid Y px": 2}
    assert [one["geometry"]["type"] for one in found] == ["MultiPolygon", "Polygon", "Polygon"]
    write_qupath(tmp_path / "classes.geojson", [[1, 2]], is_class=True)
    _, found = features(tmp_path / "classes.geojson")
    assert [one["properties"]["classification"]["name"] for one in found] == ["class 1", "class 2"]
    assert found[0]["properties"]["objectType"] == "annotation"


def test_a_table_becomes_properties(tmp_path):
    table = region_table(LABELS, np.arange(LABELS.size).reshape(LABELS.shape), properties="all")
    table["elongation"] = np.full(len(table.label), np.nan)
    for write, place in ((write_geojson, "properties"), (write_qupath, "measurements")):
        write(tmp_path / "regions.geojson", LABELS, properties=table)
        features = json.loads((tmp_path / "regions.geojson").read_text(), parse_constant=pytest.fail)["features"]
        for number, feature in enumerate(features):
            said = feature["properties"] if place == "properties" else feature["properties"][place]
            assert said["mean"] == table["mean"][number]
            assert "elongation" not in said
        with pytest.raises(ValueError, match="one named label"):
            write(tmp_path / "regions.geojson", LABELS, properties={"area": [1.0]})
        with pytest.raises(ValueError, match="one number for each label"):
            write(tmp_path / "regions.geojson", LABELS, properties={"label": [1, 2], "area": [1.0]})


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in pycocotools
@pytest.mark.parametrize("segmentation", ["rle", "counts", "polygons"])
def test_coco_by_pycocotools(segmentation, tmp_path):
    reader = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")
    images = {"one.png": LABELS, "two.png": blobs(2).T, "none.png": np.zeros((3, 4), int)}
    write_coco(tmp_path / "coco.json", images, segmentation=segmentation)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = reader.COCO(str(tmp_path / "coco.json"))
    assert [image["file_name"] for image in coco.loadImgs(coco.getImgIds())] == list(images)
    for image, labels in zip(coco.loadImgs(coco.getImgIds()), images.values(), strict=True):
        found = np.zeros(labels.shape, int)
        for one in coco.loadAnns(coco.getAnnIds(image["id"])):
            mask = coco.annToMask(one).astype(bool)
            rows, columns = np.nonzero(mask)
            box = [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
            assert (one["area"], one["bbox"], one["iscrowd"]) == (mask.sum(), box, 0)
            assert not found[mask].any()
            found[mask] = one["label"]
        assert_array_equal(found, labels)
    assert [one["name"] for one in coco.loadCats(coco.getCatIds())] == ["region"]


def test_categories_of_coco_are_classes(tmp_path):
    write_coco(tmp_path / "coco.json", {"a.png": [[1, 2], [2, 4]]}, is_class=True)
    content = json.loads((tmp_path / "coco.json").read_text(encoding="utf-8"))
    assert [(one["id"], one["name"]) for one in content["categories"]] == [
        (1, "class 1"), (2, "class 2"), (4, "class 4")
    ]  # fmt: skip
    assert [one["category_id"] for one in content["annotations"]] == [1, 2, 4]


@given(label_images())
def test_run_lengths_are_the_labels(labels):
    names, lengths, starts = counts_of(labels.astype(np.int32))
    found = np.zeros(labels.size, int)
    for name, start, stop in zip(names, starts[:-1], starts[1:], strict=True):
        counts = lengths[start:stop]
        assert counts.sum() == labels.size
        assert counts[1:].all()
        found += name * np.repeat(np.arange(len(counts)) % 2, counts)
    assert_array_equal(found.reshape(labels.T.shape).T, labels)


@given(st.lists(st.lists(st.integers(0, 2**28), min_size=1, max_size=9), min_size=1, max_size=4))
def test_texts_of_run_lengths_are_read_by_pycocotools(lists):
    reader = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")
    starts = np.append(0, np.cumsum([len(counts) for counts in lists]))
    texts = list(as_texts(np.concatenate(lists).astype(np.int64), starts))
    for counts, text in zip(lists, texts, strict=True):
        said = {"size": [2**31 - 1, 1], "counts": text.encode()}
        assert reader.area(said) == sum(counts[1::2]) % 2**32


@given(label_images())
def test_rings_that_lead_into_holes_fill_the_same_pixels(labels):
    for piece in region_outlines(labels).polygons():
        ring = cut_open(piece).tolist()
        inside = np.zeros(labels.shape, int)
        for (row, column), (below, beside) in zip(ring, [*ring[1:], ring[0]], strict=True):
            assert row == below or column == beside
            if column == beside:
                inside[min(row, below) : max(row, below), column:] += 1 if below < row else -1
        assert set(np.unique(inside)) <= {0, 1}
        whole = np.zeros(labels.shape, int)
        for points in [piece.exterior, *piece.holes]:
            for (row, column), (below, _) in zip(
                points.tolist(), np.roll(points, -1, axis=0).tolist(), strict=True
            ):
                whole[min(row, below) : max(row, below), column:] += 1 if below < row else -1
        assert_array_equal(inside, whole)


def test_yolo_says_shares(tmp_path):
    write_yolo(tmp_path / "image.txt", [[1, 1, 0, 2], [1, 1, 0, 0]], is_class=True)
    lines = (tmp_path / "image.txt").read_text(encoding="ascii").splitlines()
    assert lines == ["0 0 0 0.5 0 0.5 1 0 1", "1 0.75 0 1 0 1 0.5 0.75 0.5"]
    write_yolo(tmp_path / "image.txt", LABELS)
    lines = (tmp_path / "image.txt").read_text(encoding="ascii").splitlines()
    assert [line.split()[0] for line in lines] == ["0"] * 4  # a piece each


def test_imagej_rois_by_roifile(tmp_path):
    roifile = pytest.importorskip("roifile", reason="roifile is not installed")
    labels = blobs(3)
    for given_labels in (LABELS, labels):
        write_imagej_rois(tmp_path / "rois.zip", given_labels)
        rois = roifile.roiread(tmp_path / "rois.zip")
        assert [int(roi.name) for roi in rois] == [label for label in np.unique(given_labels) if label]
        for roi in rois:
            rings = roi.coordinates(multi=True)
            rings = rings if isinstance(rings, list) else [rings]
            areas = [
                np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2
                for x, y in (ring.astype(float).T for ring in rings)
            ]
            rows, columns = np.nonzero(given_labels == int(roi.name))
            assert sum(areas) == len(rows)
            box = (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
            assert (roi.top, roi.left, roi.bottom, roi.right) == box


def test_imagej_rois_of_a_stack_are_on_its_slices(tmp_path):
    roifile = pytest.importorskip("roifile", reason="roifile is not installed")
    write_imagej_rois(tmp_path / "rois.zip", [[[1, 0]], [[1, 5]]])
    rois = roifile.roiread(tmp_path / "rois.zip")
    assert [(roi.name, roi.position) for roi in rois] == [("0001-00001", 1), ("0002-00001", 2), ("0002-00005", 2)]
    write_imagej_rois(tmp_path / "wide.zip", np.arange(40_000)[np.newaxis] // 39_000)
    (wide,) = roifile.roiread(tmp_path / "wide.zip")
    assert wide.coordinates(multi=True)[0].max() == 40_000
    first = (tmp_path / "rois.zip").read_bytes()
    write_imagej_rois(tmp_path / "rois.zip", [[[1, 0]], [[1, 5]]])
    assert (tmp_path / "rois.zip").read_bytes() == first


def test_nifti_by_nibabel(tmp_path):
    nibabel = pytest.importorskip("nibabel", reason="nibabel is not installed")
    volume = np.arange(24).reshape(2, 3, 4)
    write_nifti(tmp_path / "labels.nii.gz", volume, spacing=(3, 2, 0.5))
    found = nibabel.load(tmp_path / "labels.nii.gz")
    assert_array_equal(np.asarray(found.dataobj).T, volume)
    assert_allclose(found.header.get_zooms(), (0.5, 2, 3))
    assert found.header.get_intent()[0] == "label"
    affine = np.array([[0, -2, 0, 9], [1, 0.1, 0, 8], [0, 0, 3, 7], [0, 0, 0, 1.0]])
    write_nifti(tmp_path / "labels.nii.gz", volume * 10**6, affine=affine)
    found = nibabel.load(tmp_path / "labels.nii.gz")
    assert_allclose(found.affine, affine)
    assert found.get_data_dtype() == np.int32
    with pytest.raises(ValueError, match="affine"):
        write_nifti(tmp_path / "labels.nii.gz", volume, affine=np.zeros((4, 4)))


def test_ome_zarr_by_its_models(tmp_path):
    zarr = pytest.importorskip("zarr", reason="zarr is not installed")
    models = pytest.importorskip("ome_zarr_models", reason="ome-zarr-models is not installed")
    labels = np.zeros((300, 600), int)
    labels[20:250, 5:7], labels[280:, 590:] = 70_000, 2
    image = np.stack([labels % 251, labels % 13, labels % 7], axis=-1).astype(np.uint8)
    path = tmp_path / "a.ome.zarr"
    write_ome_zarr(path, labels, image, spacing=(0.5, 0.25), unit="micrometer")
    group = zarr.open_group(str(path), mode="r")
    whole, inner = models.open_ome_zarr(group), models.open_ome_zarr(group["labels/segments"])
    assert [type(found).__name__ for found in (whole, inner)] == ["Image", "ImageLabel"]
    scales = [one.datasets for one in (whole.attributes.ome.multiscales[0], inner.attributes.ome.multiscales[0])]
    assert [len(levels) for levels in scales] == [3, 3]
    assert list(scales[0][1].coordinateTransformations[0].scale) == [1, 1, 0.5]
    assert_array_equal(group["labels/segments/0"][:], labels)
    assert_array_equal(group["0"][:], np.moveaxis(image, -1, 0))
    assert_array_equal(group["labels/segments/2"][:], labels[::4, ::4])
    assert list(inner.attributes.ome.multiscales[0].axes[0])[2] == ("unit", "micrometer")
    write_ome_zarr(path, labels[:40], spacing=(0.5, 0.25))  # its own is replaced
    assert zarr.open_group(str(path), mode="r")["0"].shape == (40, 600)
    assert [found.name for found in tmp_path.iterdir()] == ["a.ome.zarr"]


def test_no_folder_of_others_is_replaced(tmp_path):
    pytest.importorskip("zarr", reason="zarr is not installed")
    other = tmp_path / "a.ome.zarr"
    other.mkdir()
    with pytest.raises(OSError, match="was not made by classicseg"):
        write_ome_zarr(other, [[1]])
    other.rmdir()
    write_ome_zarr(other, [[1]])
    (other / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OSError, match=r"notes\.txt"):
        write_ome_zarr(other, [[2]])
    (tmp_path / "b.ome.zarr").write_text("", encoding="utf-8")
    with pytest.raises(OSError, match="is no folder"):
        write_ome_zarr(tmp_path / "b.ome.zarr", [[1]])


def test_mistakes_are_named_and_nothing_is_left(tmp_path, monkeypatch):
    volume, path = np.ones((2, 3, 4), int), tmp_path / "file"
    for write in (write_geojson, write_qupath, write_yolo):
        with pytest.raises(ValueError, match="expected a plane"):
            write(path, volume)
        with pytest.raises(ValueError, match="labels holds values from -1"):
            write(path, [[-1]])
    with pytest.raises(ValueError, match="segmentation is 'mask'"):
        write_coco(path, {"a": [[1]]}, segmentation="mask")
    with pytest.raises(TypeError, match="images is a list"):
        write_coco(path, [[[1]]])
    for write in (write_qupath, write_yolo):
        with pytest.raises(TypeError, match="is_class is 1"):
            write(path, [[1]], is_class=1)
    with pytest.raises(ValueError, match="transform has 5 numbers"):
        write_geojson(path, [[1]], transform=(1, 2, 3, 4, 5))
    with pytest.raises(ValueError, match="onto one line"):
        write_geojson(path, [[1]], transform=(1, 1, 0, 1, 1, 0))
    for write in (write_imagej_rois, write_nifti, write_ome_zarr):
        with pytest.raises(ValueError, match="labels have shape"):
            write(path, np.ones((1, 1, 1, 1), int))
    with pytest.raises(ValueError, match="spatial shape"):
        write_ome_zarr(path, [[1]], [[1, 2]])
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(ModuleNotFoundError, match=r"zarr is not installed; pip install zarr, or 'classicseg\["):
        write_ome_zarr(path, volume)
    assert list(tmp_path.iterdir()) == []


def test_files_are_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "rois.zip"
    write_imagej_rois(path, [[1, 2]])
    before = path.read_bytes()

    def fail(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail)
    with pytest.raises(OSError, match="no space left"):
        write_imagej_rois(path, [[1, 3]])
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["rois.zip"]


def test_labels_of_a_geotiff_are_on_its_map(tmp_path, monkeypatch):
    tifffile = pytest.importorskip("tifffile", reason="tifffile is not installed")
    pytest.importorskip("cyclopts", reason="cyclopts is not installed")
    from classicseg.extras.cli import main

    monkeypatch.chdir(tmp_path)
    image = np.zeros((4, 6), np.uint8)
    image[1:3, 2:4] = 200
    tags = [
        (33550, "d", 3, (30.0, 30.0, 0.0), True),
        (33922, "d", 6, (0.0, 0.0, 0.0, 500000.0, 4000000.0, 0.0), True),
        (34735, "H", 16, (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633), True),
    ]
    tifffile.imwrite("map.tif", image, extratags=tags)
    assert main(["threshold", "map.tif", "--export", "geojson,nifti"]) == 0
    found = json.loads((tmp_path / "segmented" / "map_threshold.geojson").read_text())
    assert "32633" in found["crs"]["properties"]["name"]
    bright = np.array(found["features"][1]["geometry"]["coordinates"][0])
    assert_array_equal(bright.min(axis=0), [500060, 4000000 - 90])
    assert_array_equal(bright.max(axis=0), [500120, 4000000 - 30])

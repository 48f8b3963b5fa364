"""GeoTIFF, OME-TIFF and ImageJ: the size and the place of pixels, and the same of their labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

tifffile = pytest.importorskip("tifffile")

from classicseg.extras.files import ImageFileError, read_image, read_markers, write_labels  # noqa: E402

RNG = np.random.default_rng(0)
BANDS = RNG.integers(1, 9000, (3, 20, 30)).astype(np.uint16)
LABELS = np.repeat(np.arange(6, dtype=np.int32), 100).reshape(20, 30)
LANDSAT = Path("/work/shared/data/remote_sensing/landsat7_6bands.tif")
TURNED = (20.0, 8.0, 500000.0, 6.0, -15.0, 4100000.0)


def geotiff(
    path: Path, bands: np.ndarray, transform=(10.0, 0, 500000, 0, -10, 4100000), crs="EPSG:32618", **profile
):
    """Bands, rows and columns as GDAL writes them."""
    rasterio = pytest.importorskip("rasterio")
    n_bands, height, width = bands.shape
    with rasterio.open(
        path, "w", driver="GTiff", count=n_bands, height=height, width=width, dtype=bands.dtype, crs=crs,
        transform=rasterio.Affine(*transform), **profile,
    ) as file:  # fmt: skip
        file.write(bands)
    return path


@pytest.mark.parametrize(
    ("crs", "transform", "frame", "spacing"),
    [
        ("EPSG:32618", (10.0, 0, 500000, 0, -10, 4100000), "EPSG:32618", (10, 10)),
        ("EPSG:32618", (10.0, 0, 500000, 0, -20, 4100000), "EPSG:32618", (20, 10)),
        ("EPSG:4326", (0.001, 0, 12, 0, -0.001, 48), "EPSG:4326", None),
        ("EPSG:32618", TURNED, "EPSG:32618", (17, 20.8806)),
        ("EPSG:32618", (20.0, 8.0, 500000.0, 0.0, -15.0, 4100000.0), "EPSG:32618", None),
        ("+proj=laea +lat_0=52 +lon_0=10 +units=m", (10.0, 0, 5, 0, -10, 7), None, (10, 10)),
    ],
)
@pytest.mark.parametrize("interleave", ["pixel", "band"])
def test_labels_of_a_geotiff_have_its_reference_system_and_transform(
    tmp_path, crs, transform, frame, spacing, interleave
):
    rasterio = pytest.importorskip("rasterio")
    turned = (20.0, -15.0 * 8 / 20, 5e5, 6.0, 20.0, 4.1e6) if transform == TURNED else transform
    source = geotiff(tmp_path / "a.tif", BANDS, turned, crs, interleave=interleave)
    picture = read_image(source)
    assert picture.geometry.frame == frame
    if transform == TURNED:
        spacing = None if picture.geometry.is_sheared else picture.spacing
    assert picture.spacing == spacing
    x, y, _ = picture.geometry.affine @ [4, 7, 1]
    path = write_labels(tmp_path / "labels", LABELS, like=picture)
    with rasterio.open(source) as image, rasterio.open(path) as labels:
        assert_allclose(image.xy(4, 7), (x, y))
        assert labels.crs == image.crs
        assert labels.transform == image.transform
        assert labels.nodata == 0
        assert_array_equal(labels.read(1), LABELS)
    assert_array_equal(read_markers(path), LABELS)


@pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
def test_pixels_that_are_points_and_control_points_go_the_same_way(tmp_path):
    rasterio = pytest.importorskip("rasterio")
    source = geotiff(tmp_path / "a.tif", BANDS, AREA_OR_POINT="POINT")
    with rasterio.open(source, "r+") as file:
        file.update_tags(AREA_OR_POINT="Point")
    picture = read_image(source)
    path = write_labels(tmp_path / "labels", LABELS, like=picture)
    with rasterio.open(source) as image, rasterio.open(path) as labels:
        assert labels.transform == image.transform
        assert_allclose(image.xy(4, 7), (picture.geometry.affine @ [4, 7, 1])[:2])
    points = [
        rasterio.control.GroundControlPoint(r, c, 500000 + 9 * c + r, 4e6 - 9 * r) for r in (0, 9) for c in (0, 9)
    ]
    source = tmp_path / "points.tif"
    profile = {"driver": "GTiff", "count": 1, "height": 20, "width": 30, "dtype": "uint16", "crs": "EPSG:32618"}
    with rasterio.open(source, "w", gcps=points, **profile) as file:
        file.write(BANDS[:1])
    picture = read_image(source)
    assert (picture.spacing, picture.geometry.affine) == (None, None)
    path = write_labels(tmp_path / "labels", LABELS, like=picture)
    with rasterio.open(source) as image, rasterio.open(path) as labels:
        assert labels.gcps[1] == image.gcps[1]
        assert [(p.row, p.col, p.x, p.y) for p in labels.gcps[0]] == [
            (p.row, p.col, p.x, p.y) for p in image.gcps[0]
        ]


@pytest.mark.parametrize("kind", ["nodata", "mask"])
def test_no_data_and_masks_of_gdal_are_the_mask(tmp_path, kind):
    rasterio = pytest.importorskip("rasterio")
    bands = BANDS.copy()
    bands[:, :3] = 7
    source = tmp_path / "a.tif"
    if kind == "nodata":
        geotiff(source, bands, nodata=7)
    else:
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
            geotiff(source, bands)
            with rasterio.open(source, "r+") as file:
                file.write_mask(bands[0] != 7)
    with rasterio.open(source) as image:
        expected = image.dataset_mask() > 0
    picture = read_image(source)
    assert_array_equal(picture.mask, expected)
    assert picture.geometry.frame == "EPSG:32618"


@pytest.mark.skipif(not LANDSAT.exists(), reason="the Landsat scene is not here")
def test_classes_of_landsat_are_where_it_is(tmp_path):
    rasterio = pytest.importorskip("rasterio")
    from classicseg.extras.cli import main

    assert main(["kmeans", str(LANDSAT), "--n-clusters", "5", "--save", "labels", "--out", str(tmp_path)]) == 0
    with rasterio.open(LANDSAT) as image, rasterio.open(tmp_path / "landsat7_6bands_kmeans_labels.tif") as labels:
        assert (labels.crs, labels.transform, labels.bounds) == (image.crs, image.transform, image.bounds)
        assert set(np.unique(labels.read(1))) == set(range(1, 6))


def imagej(path: Path, image: np.ndarray, axes: str) -> Path:
    tifffile.imwrite(
        path, image, imagej=True, resolution=(1 / 0.25, 1 / 0.5),
        metadata={"axes": axes, "unit": "um", "spacing": 2.0, "finterval": 0.1},
    )  # fmt: skip
    return path


@pytest.mark.parametrize("axes", ["ZYX", "YX", "ZCYX", "TZYX"])
def test_imagej_in_imagej_out(tmp_path, axes):
    shape = {"Z": 4, "Y": 20, "X": 30, "C": 2, "T": 3}
    image = RNG.integers(0, 255, [shape[name] for name in axes]).astype(np.uint16)
    picture = read_image(imagej(tmp_path / "a.tif", image, axes))
    steps = {"T": 0.1, "Z": 2.0, "Y": 0.5, "X": 0.25}
    spatial = axes.replace("C", "")
    assert picture.spacing == tuple(steps[name] for name in spatial)
    assert (picture.geometry.axes, picture.geometry.unit) == (spatial, "µm")
    labels = np.ones(picture.geometry.shape, int)
    path = write_labels(tmp_path / "labels", labels, like=picture)
    assert path.name == "labels.tif"
    with tifffile.TiffFile(path) as file:
        assert file.is_imagej
        assert file.series[0].axes == spatial
        assert file.imagej_metadata["unit"] == "um"
    again = read_image(path)
    assert (again.spacing, again.geometry.unit) == (picture.spacing, "µm")
    assert_array_equal(again.pixels, labels)
    labels.flat[0] = 70_000
    path = write_labels(tmp_path / "labels", labels, like=picture)  # more than ImageJ's 16 bits
    assert path.name == "labels.ome.tif"
    assert_array_equal(read_markers(path), labels)
    assert read_image(path).spacing[-2:] == (0.5, 0.25)


def test_imagej_without_a_unit_and_photographs_have_no_place(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", BANDS, imagej=True, metadata={"axes": "ZYX"})
    assert read_image(tmp_path / "a.tif").geometry is None
    tifffile.imwrite(tmp_path / "b.tif", BANDS[0], resolution=(300, 300), resolutionunit=2)  # dots an inch
    assert read_image(tmp_path / "b.tif").geometry is None
    assert write_labels(tmp_path / "c", LABELS, like=read_image(tmp_path / "b.tif")).name == "c.png"


def test_ome_in_ome_out_with_channels_by_name_and_series(tmp_path):
    path = tmp_path / "a.ome.tif"
    first = RNG.integers(0, 255, (2, 4, 20, 30)).astype(np.uint8)
    second = RNG.integers(0, 255, (10, 12)).astype(np.uint8)
    with tifffile.TiffWriter(path, ome=True) as file:
        sizes = {"PhysicalSizeX": 0.1, "PhysicalSizeY": 0.2, "PhysicalSizeZ": 0.5}
        file.write(first, metadata={"axes": "CZYX", "Channel": {"Name": ["DAPI", "GFP"]}, **sizes})
        file.write(second, metadata={"axes": "YX", "PhysicalSizeX": 3, "PhysicalSizeY": 3})
    with pytest.raises(ImageFileError, match=r"or choose one by series, 0 to 1 \(--series on the command line\)"):
        read_image(path)
    with pytest.raises(ImageFileError, match="has no series 2; expected 0 to 1"):
        read_image(path, series=2)
    picture = read_image(path, series=0)
    assert (picture.channel_axis, picture.spacing, picture.channels) == (0, (0.5, 0.2, 0.1), ("DAPI", "GFP"))
    assert_array_equal(picture.pixels, first)
    assert_array_equal(read_image(path, series=0, channel="GFP").pixels, first[1])
    assert_array_equal(read_image(path, series=0, channel="1").pixels, first[1])
    with pytest.raises(ImageFileError, match="has no channel 'RFP'; expected 0 to 1, or DAPI, GFP"):
        read_image(path, series=0, channel="RFP")
    small = read_image(path, series=1)
    assert (small.spacing, small.geometry.shape) == ((3, 3), (10, 12))
    labels = (first[0] > 99).astype(int)
    found = write_labels(tmp_path / "labels", labels, like=picture)
    assert found.name == "labels.ome.tif"
    again = read_image(found)
    assert (again.spacing, again.geometry.unit, again.geometry.axes) == ((0.5, 0.2, 0.1), "µm", "ZYX")
    assert_array_equal(again.pixels, labels)


def test_one_channel_of_a_photograph_and_of_a_grey_image(tmp_path):
    Image = pytest.importorskip("PIL.Image")
    colors = RNG.integers(0, 255, (5, 6, 4)).astype(np.uint8)
    colors[0, 0, 3] = 0
    Image.fromarray(colors).save(tmp_path / "a.png")
    picture = read_image(tmp_path / "a.png", channel=1)
    assert_array_equal(picture.pixels, colors[..., 1])
    assert_array_equal(picture.mask, colors[..., 3] > 0)
    Image.fromarray(colors[..., 0]).save(tmp_path / "b.png")
    with pytest.raises(ImageFileError, match="has no channels of its own"):
        read_image(tmp_path / "b.png", channel=0)
    with pytest.raises(ImageFileError, match="holds one image; there is no series 1"):
        read_image(tmp_path / "b.png", series=1)


def test_damaged_places_are_refused(tmp_path):
    tags = [(33550, "d", 3, (np.nan, 1.0, 0.0), True), (33922, "d", 6, (0.0,) * 6, True)]
    tifffile.imwrite(tmp_path / "a.tif", BANDS[0], extratags=tags, metadata=None)
    with pytest.raises(ImageFileError, match="its transform is not finite"):
        read_image(tmp_path / "a.tif")

"""What is not there is the mask: mask pages, no-data values, alpha that colors are multiplied by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

pytest.importorskip("imagecodecs")
tifffile = pytest.importorskip("tifffile")
Image = pytest.importorskip("PIL.Image")

from raw_images import GREY, LABELS, RGB, RNG, TABLE, tiff  # noqa: E402

from classicseg.extras.files import ImageFileError, read_image, read_markers, read_mask  # noqa: E402


def gdal_mask(path: Path, image: np.ndarray, valid: np.ndarray, subfile: int = 4, **options: object) -> Path:
    with tifffile.TiffWriter(path) as file:
        file.write(image, metadata=None, **options)
        file.write(image[::2, ::2], subfiletype=1, metadata=None, **options)
        file.write(valid, photometric=4, subfiletype=subfile, metadata=None, compression="zlib")
        file.write(np.ascontiguousarray(valid[::2, ::2]), photometric=4, subfiletype=5, metadata=None)
    return path


def test_gdals_mask_page_is_the_mask_and_overviews_are_no_pages(tmp_path: Path) -> None:
    valid = np.arange(60) * np.ones((40, 1)) > 10
    for name, image in [("rgb", RGB), ("grey", GREY)]:
        path = gdal_mask(tmp_path / name, image, valid)
        picture = read_image(path)
        assert_array_equal(picture.pixels, image)
        assert_array_equal(picture.mask, valid)
    assert_array_equal(read_mask(tmp_path / "grey"), valid & (GREY > 0))
    assert_array_equal(read_markers(tmp_path / "grey"), GREY)
    with tifffile.TiffWriter(tmp_path / "bytes") as file:
        file.write(GREY, metadata=None)
        file.write(np.where(valid, np.uint8(255), np.uint8(0)), metadata=None, contiguous=False, subfiletype=1)
    with tifffile.TiffFile(tmp_path / "bytes", mode="r+") as file:
        file.pages[1].tags[254].overwrite(4)
    picture = read_image(tmp_path / "bytes")
    assert_array_equal(picture.pixels, GREY)
    assert_array_equal(picture.mask, valid)
    path = gdal_mask(tmp_path / "shape", GREY, valid[:, :59])
    with pytest.raises(ImageFileError, match=r"a mask of shape \(40, 59\)"):
        read_image(path)


def test_a_black_and_white_image_and_its_mask_are_no_volume(tmp_path: Path) -> None:
    path, valid = tmp_path / "ink.tif", np.arange(64) * np.ones((40, 1)) > 10
    with tifffile.TiffWriter(path) as file:
        file.write(LABELS > 0, photometric="minisblack", metadata=None)
        file.write(valid[:, :60], photometric="minisblack", subfiletype=4, metadata=None)
    picture = read_image(path)
    assert_array_equal(picture.pixels, LABELS > 0)
    assert_array_equal(picture.mask, valid[:, :60])


@pytest.mark.parametrize(
    ("dtype", "text", "value"),
    [
        ("f4", "-9999", -9999),
        ("f4", "-3.4028234663852886e+38", np.finfo("f4").min),
        ("f4", "-3.40282346638529e+38 ", np.finfo("f4").min),
        ("f4", "nan", np.nan),
        ("f8", "1e20", 1e20),
        ("i2", "-32768", -32768),
        ("u1", "255", 255),
        ("u2", "0", 0),
        ("i4", "-2147483648.0", -(2**31)),
    ],
)
def test_gdals_no_data_tag(tmp_path: Path, dtype: str, text: str, value: float) -> None:
    image = RNG.integers(1, 100, (40, 60)).astype(dtype)
    image[:15] = value
    path = tiff(tmp_path / "dem.tif", image, extratags=[(42113, "s", 0, text, True)])
    picture = read_image(path)
    assert_array_equal(picture.pixels, image)
    assert_array_equal(picture.mask, np.arange(40)[:, None] * np.ones((1, 60)) >= 15)
    assert_array_equal(read_image(tiff(path, image, metadata=None), nodata=value).mask, picture.mask)


@pytest.mark.parametrize("text", ["-9999", "300", "0.5", "1e300", "nan"])
def test_a_no_data_value_that_no_pixel_can_have(tmp_path: Path, text: str) -> None:
    path = tiff(tmp_path / "bytes.tif", GREY, extratags=[(42113, "s", 0, text, True)])
    assert read_image(path).mask is None
    assert read_image(path, nodata=float(text)).mask is None


def test_a_no_data_tag_that_is_no_number_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageFileError, match="no-data tag says 'none'"):
        read_image(tiff(tmp_path / "bytes.tif", GREY, extratags=[(42113, "s", 0, "none", True)]))


def test_no_data_of_colors_is_where_all_channels_have_it(tmp_path: Path) -> None:
    image = RGB.copy()
    image[0, 0], image[0, 1] = (0, 0, 0), (0, 0, 9)
    Image.fromarray(image).save(tmp_path / "rgb.png")
    missing = np.argwhere(~read_image(tmp_path / "rgb.png", nodata=0).mask)
    assert missing.tolist() == np.argwhere(np.all(image == 0, -1)).tolist()
    several = read_image(tiff(tmp_path / "grey.tif", GREY), nodata=[0, 7, np.nan])
    assert_array_equal(several.mask, (GREY != 0) & (GREY != 7))
    assert_array_equal(read_mask(tmp_path / "grey.tif", nodata=7), (GREY != 0) & (GREY != 7))


def test_no_data_is_a_number_stored(tmp_path: Path) -> None:
    tag = [(42113, "s", 0, "0", True)]
    white = tiff(tmp_path / "white.tif", GREY, photometric="miniswhite", extratags=tag)
    assert_array_equal(read_image(white).mask, GREY != 0)
    table = TABLE.T.astype("u2") * 257
    palette = tiff(tmp_path / "palette.tif", GREY, photometric="palette", colormap=table, extratags=tag)
    assert_array_equal(read_image(palette).mask, GREY != 0)
    labels = tiff(tmp_path / "labels.tif", LABELS, extratags=[(42113, "s", 0, "2", True)])
    assert_array_equal(read_markers(labels), LABELS)
    assert_array_equal(read_mask(labels), LABELS == 1)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_colors_that_are_multiplied_by_alpha_are_divided(tmp_path: Path, dtype: str) -> None:
    top = 1 if dtype == "f4" else np.iinfo(dtype).max
    colors = (RGB / 255 * top).astype(dtype)
    alpha = np.where(GREY % 7 == 0, 0, np.maximum(GREY, 40) / 255 * top).astype(dtype)
    stored = (colors.astype(float) * alpha[..., None] / top + (0 if dtype == "f4" else 0.5)).astype(dtype)
    for name, planar in [("contig", "contig"), ("separate", "separate")]:
        array = np.dstack([stored, alpha])
        array = array if planar == "contig" else np.ascontiguousarray(np.moveaxis(array, -1, 0))
        path = tiff(tmp_path / name, array, photometric="rgb", planarconfig=planar, extrasamples=["assocalpha"])
        picture = read_image(path)
        assert_array_equal(picture.mask, alpha != 0)
        off = np.abs(picture.pixels.astype(float) - colors)[picture.mask]
        assert off.max() <= 0.5 * top / alpha[alpha > 0].min() + (1e-6 if dtype == "f4" else 0.5)
        assert np.all(picture.pixels[~picture.mask] == 0)
    grey = np.dstack([stored[..., 0], alpha])
    path = tiff(
        tmp_path / "grey", grey, photometric="minisblack", planarconfig="contig", extrasamples=["assocalpha"]
    )
    assert_array_equal(read_image(path).pixels, picture.pixels[..., 0])

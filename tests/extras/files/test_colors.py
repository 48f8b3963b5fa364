"""What numbers stand for: colors become RGB, labels are the numbers stored, what is not there is the mask."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

imagecodecs = pytest.importorskip("imagecodecs")
tifffile = pytest.importorskip("tifffile")
Image = pytest.importorskip("PIL.Image")

from classicseg.extras.files import ImageFileError, read_image, read_markers, read_mask  # noqa: E402
from classicseg.extras.files.colors import from_ycbcr  # noqa: E402

RNG = np.random.default_rng(3)
LABELS = np.zeros((40, 60), np.uint16)
LABELS[5:15, 5:20], LABELS[20:35, 30:50] = 1, 2
GREY = np.add.outer(np.arange(40), np.arange(60)).astype(np.uint8)
RGB = np.stack([GREY, GREY[::-1], 255 - GREY], -1)
TABLE = RNG.integers(0, 256, (256, 3), np.uint8)


def tiff(path: Path, array: np.ndarray, **options: object) -> Path:
    tifffile.imwrite(path, array, **options)
    return path


def tiff_by_hand(path: Path, tags: dict[int, tuple[int, bytes]], pixels: bytes) -> Path:
    """A TIFF of one strip: tags as type and packed values."""
    sizes = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8}
    tags = {**tags, 273: (4, b"\0" * 4), 279: (4, struct.pack("<I", len(pixels)))}
    start = 8 + 2 + 12 * len(tags) + 4
    extra, rows = b"", b""
    for tag in sorted(tags):
        kind, values = tags[tag]
        held = values
        if tag == 273:
            held = struct.pack("<I", start)
        elif len(values) > 4:
            extra += b"\0" * (len(pixels + extra) % 2)
            held = struct.pack("<I", start + len(pixels) + len(extra))
            extra += values
        rows += struct.pack("<HHI", tag, kind, len(values) // sizes[kind]) + held.ljust(4, b"\0")
    path.write_bytes(b"II*\0" + struct.pack("<IH", 8, len(tags)) + rows + b"\0" * 4 + pixels + extra)
    return path


def shorts(*values: int) -> tuple[int, bytes]:
    return 3, struct.pack(f"<{len(values)}H", *values)


def plain(shape: tuple[int, int], photometric: int, bits: tuple[int, ...], **more: tuple[int, bytes]) -> dict:
    rows, columns = shape
    return {
        256: shorts(columns), 257: shorts(rows), 258: shorts(*bits), 259: shorts(1), 262: shorts(photometric),
        277: shorts(len(bits)), 278: shorts(rows), **{int(name[1:]): value for name, value in more.items()},
    }  # fmt: skip


def png(shape: tuple[int, int], depth: int, color: int, rows: bytes, **chunks: bytes) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", shape[1], shape[0], depth, color, 0, 0, 0)
    extra = b"".join(chunk(name.encode(), content) for name, content in chunks.items())
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


# 0 is white


@pytest.mark.parametrize("dtype", ["u1", "u2", "i1", "i2", "i4", "f4", "f8"])
def test_zero_for_white_is_turned_round_in_images_and_never_in_labels(tmp_path: Path, dtype: str) -> None:
    path = tiff(tmp_path / "labels.tif", LABELS.astype(dtype), photometric="miniswhite")
    assert_array_equal(read_markers(path), LABELS)
    assert_array_equal(read_mask(path), LABELS > 0)
    pixels = read_image(path).pixels
    high = {"u1": 255, "u2": 65535}.get(dtype, 0 if dtype.startswith("f") else -1)
    assert pixels.dtype == np.dtype(dtype)
    assert_array_equal(pixels, high - LABELS.astype(float))


def test_an_inverting_table_of_imagej_leaves_a_mask_as_it_is(tmp_path: Path) -> None:
    mask = np.where(LABELS > 0, 255, 0).astype("u1")
    path = tiff(tmp_path / "mask.tif", mask, imagej=True, photometric="miniswhite")
    assert read_mask(path).sum() == 450
    assert_array_equal(read_image(path).pixels, 255 - mask)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_zero_for_white_of_few_bits(tmp_path: Path, bits: int) -> None:
    path = tiff_by_hand(tmp_path / "few.tif", plain((2, 8), 0, (bits,)), bytes([0b00011011] * 2 * bits))
    with Image.open(path) as peer:
        shown = np.array(peer.convert("L"))
    most = (1 << bits) - 1
    pixels, numbers = read_image(path).pixels, read_markers(path)
    assert_array_equal(pixels.astype(int) * (255 // most), shown)
    assert_array_equal(numbers, most - pixels.astype(int))


def test_ink_of_pbm_is_dark_in_an_image_and_one_in_a_mask(tmp_path: Path) -> None:
    ink = LABELS > 0
    (tmp_path / "raw.pbm").write_bytes(b"P4\n60 40\n" + np.packbits(ink, axis=1).tobytes())
    (tmp_path / "plain.pbm").write_bytes(
        b"P1 # ink\n60 40\n" + b"\n".join(bytes(row + 48) for row in ink.astype("u1"))
    )
    for path in tmp_path.iterdir():
        with Image.open(path) as peer:
            assert_array_equal(read_image(path).pixels, np.array(peer))
        assert_array_equal(read_mask(path), ink)
        assert_array_equal(read_markers(path), ink)


# colors


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_ycbcr_becomes_rgb(tmp_path: Path, compression: str | None, planar: str) -> None:
    stored = np.array(Image.fromarray(RGB).convert("YCbCr"))
    expected = np.array(Image.fromarray(stored, "YCbCr").convert("RGB"))
    array = stored if planar == "contig" else np.ascontiguousarray(np.moveaxis(stored, -1, 0))
    path = tiff(tmp_path / "y.tif", array, photometric="ycbcr", planarconfig=planar, compression=compression)
    picture = read_image(path)
    assert picture.channel_axis == 2
    assert_array_equal(picture.pixels, expected)


@pytest.mark.parametrize(
    ("steps", "compression"),
    [*((steps, by) for steps in [(1, 1), (2, 1), (2, 2), (4, 2), (4, 4)] for by in (1, 5, 8)), (None, 1)],
)
def test_chroma_that_is_stored_for_several_pixels(
    tmp_path: Path, steps: tuple[int, int] | None, compression: int
) -> None:
    across, down = steps or (2, 2)
    rows, columns = 10, 13
    luma = RNG.integers(0, 256, (-(-rows // down) * down, -(-columns // across) * across), np.uint8)
    chroma = RNG.integers(0, 256, (2, luma.shape[0] // down, luma.shape[1] // across), np.uint8)
    units = luma.reshape(luma.shape[0] // down, down, -1, across).swapaxes(1, 2).reshape(*chroma.shape[1:], -1)
    data = np.concatenate([units, np.moveaxis(chroma, 0, -1)], -1).tobytes()
    data = {1: bytes, 5: imagecodecs.lzw_encode, 8: zlib.compress}[compression](data)
    more = {} if steps is None else {"t530": shorts(*steps)}
    tags = plain((rows, columns), 6, (8, 8, 8), **more) | {259: shorts(compression)}
    path = tiff_by_hand(tmp_path / "y.tif", tags, data)
    whole = np.stack([luma, *chroma.repeat(down, 1).repeat(across, 2)], -1)[:rows, :columns]
    expected = np.array(Image.fromarray(np.ascontiguousarray(whole), "YCbCr").convert("RGB"))
    assert_array_equal(read_image(path).pixels, expected)


def test_ycbcr_of_other_ranges_and_coefficients() -> None:
    y, cb, cr = np.array([[[16, 128, 128], [235, 128, 128], [81, 90, 240]]], np.uint8)[0].T
    stored = np.stack([y, cb, cr], -1)[None]
    video = from_ycbcr(stored, black_white=(16, 235, 128, 240, 128, 240))
    assert_array_equal(video[0, :2], [[0, 0, 0], [255, 255, 255]])
    assert video[0, 2, 0] > 250 and video[0, 2, 1:].max() < 5  # red of BT.601
    exact = from_ycbcr(stored.astype(np.uint16), top=255)
    assert np.abs(exact.astype(int) - from_ycbcr(stored)).max() <= 1


def test_ycbcr_by_jpeg_is_converted_once(tmp_path: Path) -> None:
    path = tiff(tmp_path / "j.tif", RGB, photometric="ycbcr", compression="jpeg", compressionargs={"level": 99})
    with Image.open(path) as peer:
        assert np.abs(read_image(path).pixels.astype(int) - np.array(peer.convert("RGB"))).max() <= 3


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_cmyk_becomes_rgb(tmp_path: Path, dtype: type) -> None:
    inks = RNG.integers(0, 256, (40, 60, 4), np.uint8)
    expected = np.array(Image.fromarray(inks, "CMYK").convert("RGB"))
    factor = np.iinfo(dtype).max // 255
    path = tiff(tmp_path / "c.tif", inks.astype(dtype) * dtype(factor), photometric="separated")
    picture = read_image(path)
    assert picture.pixels.dtype == dtype
    assert_array_equal(np.rint(picture.pixels / factor), expected)
    Image.fromarray(inks, "CMYK").save(tmp_path / "c.jpg", quality=95)
    assert read_image(tmp_path / "c.jpg").pixels.shape == (40, 60, 3)


def test_inks_that_are_not_cmyk_are_refused_by_name(tmp_path: Path) -> None:
    path = tiff(
        tmp_path / "c.tif", np.zeros((8, 9, 4), "u1"), photometric="separated", extratags=[(332, 3, 1, 2, True)]
    )
    with pytest.raises(ImageFileError, match=r"inks that are not CMYK.*not supported"):
        read_image(path)


def test_cielab_becomes_rgb(tmp_path: Path) -> None:
    dull = RNG.integers(60, 190, (40, 60, 3), np.uint8)
    Image.fromarray(dull).convert("LAB").save(tmp_path / "l.tif")
    with Image.open(tmp_path / "l.tif") as peer:
        assert_array_equal(read_image(tmp_path / "l.tif").pixels, np.array(peer.convert("RGB")))
    assert np.abs(read_image(tmp_path / "l.tif").pixels.astype(int) - dull).mean() < 2
    lab = np.array([[[255, 0, 0], [0, 0, 0], [128, 0, 0]]], np.uint8)  # white, black, a grey; a and b signed
    path = tiff(tmp_path / "g.tif", lab, photometric="cielab")
    white, black, grey = read_image(path).pixels[0].astype(int)
    assert white.min() >= 254 and black.max() <= 1 and np.ptp(grey) <= 1
    path = tiff(tmp_path / "i.tif", lab ^ np.array([0, 128, 128], np.uint8), photometric="icclab")
    assert_array_equal(read_image(path).pixels[0], [white, black, grey])
    path = tiff(tmp_path / "d.tif", lab.astype("u2"), photometric="cielab")
    with pytest.raises(ImageFileError, match="CIELAB of 16 bits, which is not supported"):
        read_image(path)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_palettes_of_every_depth_in_tiff(tmp_path: Path, bits: int) -> None:
    shape = (3, 16)
    indices = RNG.integers(0, 1 << bits, shape, np.uint8)
    table = TABLE[: 1 << bits]
    packed = np.packbits(np.unpackbits(indices[..., None], axis=-1)[..., -bits:].reshape(3, -1), axis=-1)
    colors = {"t320": shorts(*(table.T.astype(int) * 257).ravel())}
    path = tiff_by_hand(tmp_path / "p.tif", plain(shape, 3, (bits,), **colors), packed.tobytes())
    with Image.open(path) as peer:
        shown = np.array(peer.convert("RGB"))
    assert_array_equal(shown, table[indices])
    assert_array_equal(read_image(path).pixels, shown)
    assert_array_equal(read_markers(path), indices)
    assert_array_equal(read_mask(path), indices > 0)


def test_deep_palettes_keep_their_depth(tmp_path: Path) -> None:
    table = RNG.integers(0, 65536, (3, 256)).astype("u2")
    picture = read_image(tiff(tmp_path / "p.tif", GREY, photometric="palette", colormap=table))
    assert picture.pixels.dtype == np.uint16
    assert_array_equal(picture.pixels, table.T[GREY])


@pytest.mark.parametrize(("kind", "bits"), [*(("PNG", bits) for bits in (1, 2, 4, 8)), ("BMP", 1), ("BMP", 8)])
def test_palettes_of_every_depth_in_other_formats(tmp_path: Path, kind: str, bits: int) -> None:
    indices = RNG.integers(0, 1 << bits, (7, 11), np.uint8)
    image = Image.fromarray(indices)
    image.putpalette(TABLE[: 1 << bits].tobytes())
    image.save(tmp_path / "p", kind, **({"bits": bits} if kind == "PNG" else {}))
    assert_array_equal(read_image(tmp_path / "p").pixels, TABLE[indices])
    assert_array_equal(read_markers(tmp_path / "p"), indices)


def test_colors_of_several_depths_are_no_cut_file(tmp_path: Path) -> None:
    packed = np.array([[0xF800, 0x07E0], [0x001F, 0xFFFF]], "<u2")  # 5 bits of red, 6 of green, 5 of blue
    path = tiff_by_hand(tmp_path / "565.tif", plain((2, 2), 2, (5, 6, 5)), packed.tobytes())
    assert read_image(path).pixels.shape == (2, 2, 3)


# what is not there


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


TRANSPARENT = {
    "grey 1": (png((1, 8), 1, 0, b"\0\xb3", tRNS=b"\0\1"), [0, 1, 0, 0, 1, 1, 0, 0], [1, 0, 1, 1, 0, 0, 1, 1]),
    "grey 2": (png((1, 4), 2, 0, b"\0\x1b", tRNS=b"\0\1"), [1, 0, 1, 1], [0, 1, 2, 3]),
    "grey 4": (png((1, 4), 4, 0, b"\0\x01\x5f", tRNS=b"\0\5"), [1, 1, 0, 1], [0, 1, 5, 15]),
    "grey 8": (png((1, 3), 8, 0, b"\0\1\2\3", tRNS=b"\0\2"), [1, 0, 1], [1, 2, 3]),
    "grey 16": (png((1, 2), 16, 0, b"\0\0\1\1\1", tRNS=b"\0\1"), [0, 1], [1, 257]),
    "palette": (
        png((1, 4), 2, 3, b"\0\x1b", PLTE=bytes(range(12)), tRNS=b"\xff\0\x80"),
        [1, 0, 1, 1],
        [0, 1, 2, 3],
    ),
}


@pytest.mark.parametrize("name", TRANSPARENT)
def test_transparent_numbers_of_png(tmp_path: Path, name: str) -> None:
    data, there, numbers = TRANSPARENT[name]
    (tmp_path / "t.png").write_bytes(data)
    picture = read_image(tmp_path / "t.png")
    peer = imagecodecs.png_decode(data)  # libpng makes alpha of it
    assert_array_equal(picture.mask[0], peer[0, :, -1] != 0)
    assert_array_equal(picture.mask[0], np.array(there, bool))
    shown = picture.pixels * np.uint8(255) if picture.pixels.dtype == bool else picture.pixels
    assert_array_equal(shown[0], peer[0, :, 0] if peer.shape[-1] == 2 else peer[0, :, :3])
    assert_array_equal(read_markers(tmp_path / "t.png")[0], numbers)
    assert_array_equal(read_mask(tmp_path / "t.png")[0], (np.array(numbers) > 0) & np.array(there, bool))


@pytest.mark.parametrize(("depth", "step"), [(8, 1), (16, 2)])
def test_a_transparent_color_of_png_is_missing_whole(tmp_path: Path, depth: int, step: int) -> None:
    colors = np.array([[1, 2, 3], [1, 2, 4], [1, 2, 3]], f">u{step}")
    key = np.array([1, 2, 3], ">u2").tobytes()
    (tmp_path / "t.png").write_bytes(png((1, 3), depth, 2, b"\0" + colors.tobytes(), tRNS=key))
    picture = read_image(tmp_path / "t.png")
    assert_array_equal(picture.mask, [[False, True, False]])
    assert_array_equal(picture.pixels[0], colors)


def test_interlaced_png_of_every_depth(tmp_path: Path) -> None:
    for size in [(1, 1), (5, 3), (17, 33)]:
        grey = RNG.integers(0, 256, size, np.uint8)
        for image in (grey, grey > 99, np.dstack([grey] * 3)):
            data = io.BytesIO()
            Image.fromarray(image).save(data, "PNG")
            (tmp_path / "a.png").write_bytes(data.getvalue())
            assert_array_equal(read_image(tmp_path / "a.png").pixels, image)
    # Adam7 by hand: a pixel of each of the seven passes of a 5 × 5 image
    grey = np.arange(25, dtype=np.uint8).reshape(5, 5) * 9
    passes = [(0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2), (1, 2, 0, 1)]
    rows = b"".join(b"\0" + row.tobytes() for r, dr, c, dc in passes for row in grey[r::dr, c::dc] if row.size)
    data = bytearray(png((5, 5), 8, 0, rows))
    data[28] = 1
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    (tmp_path / "i.png").write_bytes(data)
    assert_array_equal(read_image(tmp_path / "i.png").pixels, grey)


def test_transparent_gif(tmp_path: Path) -> None:
    indices = RNG.integers(0, 4, (9, 11), np.uint8)
    image = Image.fromarray(indices)
    image.putpalette(TABLE[:4].tobytes())
    image.save(tmp_path / "t.gif", transparency=2, optimize=False)
    picture = read_image(tmp_path / "t.gif")
    with Image.open(tmp_path / "t.gif") as peer:
        alpha = np.array(peer.convert("RGBA"))
    assert_array_equal(picture.mask, alpha[..., 3] != 0)
    assert_array_equal(picture.pixels[picture.mask], alpha[..., :3][picture.mask])


def test_webp(tmp_path: Path) -> None:
    alpha = np.where(GREY % 5 == 0, 0, 255).astype(np.uint8)
    for image in (RGB, np.dstack([RGB, alpha])):
        Image.fromarray(image).save(tmp_path / "w.webp", lossless=True, exact=True)
        picture = read_image(tmp_path / "w.webp")
        assert_array_equal(picture.pixels, RGB)
    assert_array_equal(picture.mask, alpha != 0)
    Image.fromarray(RGB).save(tmp_path / "lossy.webp")
    with Image.open(tmp_path / "lossy.webp") as peer:
        assert_array_equal(read_image(tmp_path / "lossy.webp").pixels, np.array(peer))
    Image.fromarray(RGB).save(tmp_path / "m.webp", save_all=True, append_images=[Image.fromarray(255 - RGB)])
    with pytest.raises(ImageFileError, match="2 frames"):
        read_image(tmp_path / "m.webp")


# JPEG 2000


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def jp2(array: np.ndarray, space: int, *more: bytes) -> bytes:
    whole = imagecodecs.jpeg2k_encode(np.ascontiguousarray(array), level=0, reversible=True, mct=False)
    stream = whole[whole.find(b"\xff\x4f\xff\x51") :]
    n_channels = array.shape[2] if array.ndim == 3 else 1
    header = box(b"ihdr", struct.pack(">IIHBBBB", *array.shape[:2], n_channels, 8 * array.itemsize - 1, 7, 0, 0))
    header += box(b"colr", struct.pack(">BBBI", 1, 0, 0, space))
    start = b"\0\0\0\x0cjP  \r\n\x87\n" + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    return start + box(b"jp2h", header + b"".join(more)) + box(b"jp2c", stream)


def definitions(*channels: tuple[int, int, int]) -> bytes:
    return box(b"cdef", struct.pack(">H", len(channels)) + b"".join(struct.pack(">HHH", *one) for one in channels))


def test_jpeg2000_of_a_palette(tmp_path: Path) -> None:
    indices = GREY % 16
    palette = box(b"pclr", struct.pack(">HB3B", 16, 3, 7, 7, 7) + TABLE[:16].tobytes())
    mapped = box(b"cmap", b"".join(struct.pack(">HBB", 0, 1, column) for column in range(3)))
    (tmp_path / "p.jp2").write_bytes(jp2(indices, 16, palette, mapped))
    assert_array_equal(read_image(tmp_path / "p.jp2").pixels, TABLE[indices])
    assert_array_equal(
        read_image(tmp_path / "p.jp2").pixels, imagecodecs.jpeg2k_decode((tmp_path / "p.jp2").read_bytes())
    )
    assert_array_equal(read_markers(tmp_path / "p.jp2"), indices)
    table = np.concatenate([TABLE[:16], np.where(np.arange(16) == 3, 0, 255)[:, None]], 1).astype("u1")
    palette = box(b"pclr", struct.pack(">HB4B", 16, 4, 7, 7, 7, 7) + table.tobytes())
    mapped = box(b"cmap", b"".join(struct.pack(">HBB", 0, 1, column) for column in range(4)))
    alpha = definitions((0, 0, 1), (1, 0, 2), (2, 0, 3), (3, 1, 0))
    (tmp_path / "t.jp2").write_bytes(jp2(indices, 16, palette, mapped, alpha))
    assert_array_equal(read_image(tmp_path / "t.jp2").pixels, TABLE[indices])
    assert_array_equal(read_image(tmp_path / "t.jp2").mask, indices != 3)


def test_jpeg2000_of_alpha_in_any_place_straight_or_multiplied(tmp_path: Path) -> None:
    alpha = np.where(GREY % 7 == 0, 0, np.maximum(GREY, 100)).astype("u1")
    straight = np.dstack([alpha, RGB[..., ::-1]])  # alpha first, blue before red
    places = definitions((0, 1, 0), (1, 0, 3), (2, 0, 2), (3, 0, 1))
    (tmp_path / "s.jp2").write_bytes(jp2(straight, 16, places))
    picture = read_image(tmp_path / "s.jp2")
    assert_array_equal(picture.pixels, RGB)
    assert_array_equal(picture.mask, alpha != 0)
    multiplied = np.dstack([np.rint(RGB * (alpha[..., None] / 255)).astype("u1"), alpha])
    (tmp_path / "m.jp2").write_bytes(jp2(multiplied, 16, definitions((0, 0, 1), (1, 0, 2), (2, 0, 3), (3, 2, 0))))
    picture = read_image(tmp_path / "m.jp2")
    assert_array_equal(picture.mask, alpha != 0)
    assert np.abs(picture.pixels.astype(int) - RGB)[picture.mask].max() <= 2


def test_jpeg2000_of_other_color_spaces(tmp_path: Path) -> None:
    ycc = np.array(Image.fromarray(RGB).convert("YCbCr"))
    (tmp_path / "y.jp2").write_bytes(jp2(ycc, 18))
    assert_array_equal(
        read_image(tmp_path / "y.jp2").pixels, np.array(Image.fromarray(ycc, "YCbCr").convert("RGB"))
    )
    inks = RNG.integers(0, 256, (40, 60, 4), np.uint8)
    (tmp_path / "c.jp2").write_bytes(jp2(inks, 12, definitions((0, 0, 1), (1, 0, 2), (2, 0, 3), (3, 0, 4))))
    assert_array_equal(
        read_image(tmp_path / "c.jp2").pixels, np.array(Image.fromarray(inks, "CMYK").convert("RGB"))
    )
    (tmp_path / "l.jp2").write_bytes(jp2(RGB, 14))
    with pytest.raises(ImageFileError, match="CIELAB, which is not supported"):
        read_image(tmp_path / "l.jp2")


# whole numbers


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_whole_floats_are_labels(tmp_path: Path, dtype: str) -> None:
    path = tiff(tmp_path / "l.tif", LABELS.astype(dtype))
    found = read_markers(path)
    assert found.dtype == np.int32
    assert_array_equal(found, LABELS)
    np.save(tmp_path / "l.npy", LABELS.astype(dtype))
    assert_array_equal(read_markers(tmp_path / "l.npy"), LABELS)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0.5, "fractions .0.5."), (np.nan, "NaN"), (np.inf, "infinite"), (-2.0, "holds -2"), (1e19, "below 2..63"),
    ],
)  # fmt: skip
def test_floats_that_are_no_labels_are_named(tmp_path: Path, value: float, message: str) -> None:
    labels = LABELS.astype(float)
    labels[3, 4] = value
    np.save(tmp_path / "l.npy", labels)
    with pytest.raises(ImageFileError, match=message):
        read_markers(tmp_path / "l.npy")
    labels[3, 4] = 2.0**40
    np.save(tmp_path / "l.npy", labels)
    assert read_markers(tmp_path / "l.npy").max() == 2**40


def test_labels_with_alpha_are_read_where_it_hides_none(tmp_path: Path) -> None:
    labels = LABELS.astype("u1")
    Image.fromarray(np.dstack([labels, np.where(labels > 0, 255, 0).astype("u1")])).save(tmp_path / "la.png")
    assert_array_equal(read_markers(tmp_path / "la.png"), labels)
    Image.fromarray(np.dstack([labels, np.where(labels == 1, 255, 0).astype("u1")])).save(tmp_path / "la.png")
    with pytest.raises(ImageFileError, match="labels that alpha hides"):
        read_markers(tmp_path / "la.png")


@pytest.mark.parametrize(("most", "dtype"), [(1, "u1"), (15, "u1"), (255, "u1"), (4095, "u2"), (65535, "u2")])
def test_pgm_and_ppm_keep_their_numbers(tmp_path: Path, most: int, dtype: str) -> None:
    for kind, shape in [(2, (5, 7)), (3, (5, 7, 3))]:
        values = RNG.integers(0, most + 1, shape).astype(dtype)
        text = b"P%d # text\n7 5\n%d\n" % (kind, most)
        (tmp_path / "plain").write_bytes(text + b" ".join(b"%d" % value for value in values.ravel()))
        raw = values.astype("u1" if most < 256 else ">u2").tobytes()
        (tmp_path / "raw").write_bytes(text.replace(b"P%d" % kind, b"P%d" % (kind + 3)) + raw)
        for name in ("plain", "raw"):
            pixels = read_image(tmp_path / name).pixels
            assert pixels.dtype == dtype
            assert_array_equal(pixels, values)
    (tmp_path / "raw").write_bytes(b"P5 2 1 9\n\x04\x0a")
    with pytest.raises(ImageFileError, match="a value of 10 where 9 is the most"):
        read_image(tmp_path / "raw")


def test_pfm(tmp_path: Path) -> None:
    values = RNG.normal(size=(5, 7, 3)).astype("f4")
    for sign, order in [(b"-1.0", "<"), (b"1.0", ">")]:
        (tmp_path / "c.pfm").write_bytes(b"PF\n7 5\n" + sign + b"\n" + values[::-1].astype(f"{order}f4").tobytes())
        assert_array_equal(read_image(tmp_path / "c.pfm").pixels, values)
        grey = values[..., 0]
        (tmp_path / "g.pfm").write_bytes(b"Pf\n7 5\n" + sign + b"\n" + grey[::-1].astype(f"{order}f4").tobytes())
        assert_array_equal(read_image(tmp_path / "g.pfm").pixels, grey)

"""What numbers stand for: colors become RGB, and labels are the numbers stored."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

imagecodecs = pytest.importorskip("imagecodecs")
pytest.importorskip("tifffile")
Image = pytest.importorskip("PIL.Image")

from raw_images import GREY, LABELS, RGB, RNG, TABLE, plain, shorts, tiff, tiff_by_hand  # noqa: E402

from classicseg.extras.files import ImageFileError, read_image, read_markers, read_mask  # noqa: E402
from classicseg.extras.files.colors import from_ycbcr  # noqa: E402

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

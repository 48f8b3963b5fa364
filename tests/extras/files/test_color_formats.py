"""Colors and transparency of PNG, GIF, WebP and JPEG 2000."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

imagecodecs = pytest.importorskip("imagecodecs")
pytest.importorskip("tifffile")
Image = pytest.importorskip("PIL.Image")

from raw_images import GREY, RGB, RNG, TABLE, png  # noqa: E402

from classicseg.extras.files import ImageFileError, read_image, read_markers, read_mask  # noqa: E402

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

"""Files that are intact but not read are named; hostile ones are refused at once; threads do not meet."""

from __future__ import annotations

import gzip
import io
import logging
import os
import struct
import threading
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

imagecodecs = pytest.importorskip("imagecodecs")
tifffile = pytest.importorskip("tifffile")
Image = pytest.importorskip("PIL.Image")

from classicseg.extras.files import ImageFileError, read_image, read_markers, read_mask, write_image  # noqa: E402

READERS = (read_image, read_markers, read_mask)
GREY = np.add.outer(np.arange(40), np.arange(60)).astype(np.uint8)

NIFTI = struct.pack("<i", 348) + bytes(340) + b"ni1\0" + bytes(100)
OTHERS = {
    "NIfTI in two files": NIFTI,
    "compressed by gzip": gzip.compress(NIFTI),
    "Analyze 7.5": struct.pack("<i", 348) + bytes(344),
    "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(100),
    "MATLAB": b"MATLAB 5.0 MAT-file, Platform" + bytes(200),
    "FITS": b"SIMPLE  =                    T" + b" " * 200,
    "SVG": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "PDF": b"%PDF-1.7\n",
    "HEIC": b"\0\0\0\x18ftypheic" + bytes(20),
    "AVIF": b"\0\0\0\x18ftypavif" + bytes(20),
    "OpenEXR": b"v/1\x01" + bytes(100),
    "PSD": b"8BPS" + bytes(100),
    "JPEG XL": b"\xff\n" + bytes(100),
    "HDR": b"#?RADIANCE\n",
    "MRC": bytes(208) + b"MAP " + bytes(900),
    "ZIP": b"PK\x03\x04" + bytes(100),
    "HTML": b"<!DOCTYPE html><html>",
    "12-bit JPEG": b"\xff\xd8\xff\xc1\0\x0b\x0c\0\x08\0\x08\x01\x01\x11\0\xff\xd9",
    "lossless JPEG": b"\xff\xd8\xff\xc3\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0\xff\xd9",
}


@pytest.mark.parametrize("name", OTHERS)
def test_whole_files_of_other_formats_are_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(OTHERS[name])
    for read in READERS:
        with pytest.raises(ImageFileError, match=name) as raised:
            read(tmp_path / "file")
        assert "damaged" not in str(raised.value)
        assert "expected" in str(raised.value) or "not supported" in str(raised.value)


def test_a_zarr_store_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "zarr.json").write_text("{}")
    with pytest.raises(ImageFileError, match="a Zarr store, which is an image"):
        read_markers(tmp_path)


def test_arrays_of_other_things_are_named(tmp_path: Path) -> None:
    path = tmp_path / "array.npy"
    for array, message in [
        (np.array([[None, 1]]), "holds Python objects"),
        (np.array([["a", "b"]]), "has dtype <U1"),
        (np.zeros((2, 2), complex), "has dtype complex128"),
        (np.zeros((2, 2), [("a", "u1")]), "has dtype"),
        (np.zeros((0, 2)), r"has shape \(0, 2\)"),
        (np.zeros(4), r"has shape \(4,\)"),
    ]:
        np.save(path, array, allow_pickle=True)
        with pytest.raises(ImageFileError, match=message):
            read_image(path)
    fortran = np.asfortranarray(GREY.astype(">f4"))
    np.save(path, fortran)
    np.testing.assert_array_equal(read_image(path).pixels, GREY)
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (" + b"1," * 200_000 + b")}"
    path.write_bytes(b"\x93NUMPY\x02\0" + struct.pack("<I", len(header)) + header)
    with pytest.raises(ImageFileError, match="damaged"):
        read_image(path)
    np.savez(tmp_path / "several.npz", a=GREY)
    with pytest.raises(ImageFileError, match=r"\.npz"):
        read_image(tmp_path / "several.npz")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_pipes_and_devices_are_refused_and_not_waited_for(tmp_path: Path) -> None:
    from classicseg.extras.files.chunked import open_chunked

    os.mkfifo(tmp_path / "pipe.tif")
    (tmp_path / "zero.npy").symlink_to("/dev/zero")
    (tmp_path / "loop.png").symlink_to("loop.png")
    for path in tmp_path.iterdir():
        for read in (*READERS, open_chunked):
            with pytest.raises(ImageFileError, match=r"a pipe|no such file|leads to itself"):
                read(path)


# TIFF


def changed(data: bytes, values: dict[int, int], *, page: int = 0) -> bytes:
    """A little-endian TIFF of classic or big layout with other first values of tags."""
    big = data[2] == 43
    offset = int.from_bytes(data[8:16] if big else data[4:8], "little")
    head, step, at = (8, 20, 12) if big else (2, 12, 8)
    found = bytearray(data)
    for number in range(int.from_bytes(data[offset : offset + head], "little")):
        place = offset + head + step * number
        tag, kind = struct.unpack_from("<HH", data, place)
        if tag in values:
            size = {3: 2, 4: 4, 16: 8}[kind]
            found[place + at : place + at + size] = (values[tag] % 256**size).to_bytes(size, "little")
    return bytes(found)


@pytest.mark.parametrize(
    "values",
    [
        {256: 2**22},  # 16 million pixels in tiles of which 12 are there
        {256: 2**16, 257: 2**12},
        {257: 2**22},
        {322: 1},
        {322: 2**15, 323: 2**15},
        {322: 0},
        {256: 0},
        {277: 2**15},
        {258: 64},
        {339: 77},
    ],
    ids=str,
)
@pytest.mark.parametrize("big", [False, True])
def test_headers_that_the_file_cannot_keep_are_refused_at_once(
    tmp_path: Path, values: dict[int, int], big: bool
) -> None:
    data = io.BytesIO()
    tifffile.imwrite(data, GREY.astype("i1"), bigtiff=big, tile=(16, 16), compression="zlib")
    (tmp_path / "t.tif").write_bytes(changed(data.getvalue(), values))
    start = time.perf_counter()
    with pytest.raises(ImageFileError):
        read_image(tmp_path / "t.tif")
    assert time.perf_counter() - start < 1


def test_more_pixels_than_the_bytes_can_hold(tmp_path: Path) -> None:
    for compression in (None, "zlib", "lzw", "packbits"):
        data = io.BytesIO()
        tifffile.imwrite(data, GREY, compression=compression, metadata=None)
        (tmp_path / "t.tif").write_bytes(changed(data.getvalue(), {256: 20_000, 257: 20_000, 278: 20_000}))
        with pytest.raises(ImageFileError, match=r"\d+ bytes of pixels are declared"):
            read_image(tmp_path / "t.tif")


@pytest.mark.parametrize("alpha", [False, True])
def test_unknown_sample_formats_are_named(tmp_path: Path, alpha: bool) -> None:
    image = (np.dstack([GREY] * 4) if alpha else GREY).astype("i1")
    options = {"photometric": "rgb", "extrasamples": ["unassalpha"]} if alpha else {}
    tifffile.imwrite(tmp_path / "t.tif", image, metadata=None, **options)
    with tifffile.TiffFile(tmp_path / "t.tif", mode="r+") as file:
        file.pages[0].tags[339].overwrite((77,) * 4 if alpha else 77)
    with pytest.raises(ImageFileError, match="sample format 77 and 8 bits, which is not supported"):
        read_image(tmp_path / "t.tif")


def test_complex_numbers_are_named(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "t.tif", GREY.astype(np.complex64))
    with pytest.raises(ImageFileError, match="sample format 6 and 64 bits"):
        read_image(tmp_path / "t.tif")


@pytest.mark.parametrize(("number", "name"), [(6, "old-style JPEG"), (34661, "JBIG"), (65123, "number 65123")])
def test_compressions_that_are_not_read_are_named(tmp_path: Path, number: int, name: str) -> None:
    data = io.BytesIO()
    tifffile.imwrite(data, GREY, metadata=None)
    (tmp_path / "t.tif").write_bytes(changed(data.getvalue(), {259: number}))
    with pytest.raises(ImageFileError, match=f"compressed by {name}.*not supported") as raised:
        read_image(tmp_path / "t.tif")
    assert "damaged" not in str(raised.value)


def test_pages_of_one_shape_in_several_compressions_are_a_volume(tmp_path: Path) -> None:
    volume = np.stack([GREY, GREY.T.reshape(40, 60), 255 - GREY])
    with tifffile.TiffWriter(tmp_path / "t.tif") as file:
        for page, compression in zip(volume, [None, "zlib", "lzw"], strict=True):
            file.write(page, compression=compression, contiguous=False, metadata=None)
    picture = read_image(tmp_path / "t.tif")
    np.testing.assert_array_equal(picture.pixels, volume)
    assert picture.channel_axis is None
    colors = np.stack([np.dstack([page] * 3) for page in volume])
    with tifffile.TiffWriter(tmp_path / "c.tif") as file:
        for page, compression in zip(colors, [None, "zlib", "lzw"], strict=True):
            file.write(page, compression=compression, photometric="rgb", contiguous=False, metadata=None)
    assert read_image(tmp_path / "c.tif").channel_axis == 3
    np.testing.assert_array_equal(read_image(tmp_path / "c.tif").pixels, colors)


@pytest.mark.parametrize(
    ("compression", "name"), [(7, "jpeg"), (34712, "jpeg2k"), (34933, "png"), (50001, "webp")]
)
def test_a_strip_that_holds_a_far_larger_picture(tmp_path: Path, compression: int, name: str) -> None:
    large = np.zeros((5000, 5000, 3) if name == "webp" else (5000, 5000), np.uint8)
    inner = getattr(imagecodecs, f"{name}_encode")(large)
    data = io.BytesIO()
    tifffile.imwrite(data, GREY, metadata=None, photometric="minisblack", compression="zlib")
    whole = changed(data.getvalue(), {259: compression, 273: len(data.getvalue()), 279: len(inner)})
    (tmp_path / "t.tif").write_bytes(whole + inner)
    with pytest.raises(ImageFileError, match="25000000 pixels"):
        read_image(tmp_path / "t.tif")


def test_pages_that_run_in_a_circle(tmp_path: Path) -> None:
    data = io.BytesIO()
    tifffile.imwrite(data, GREY, metadata=None)
    found = bytearray(data.getvalue())
    offset = int.from_bytes(found[4:8], "little")
    end = offset + 2 + 12 * int.from_bytes(found[offset : offset + 2], "little")
    found[end : end + 4] = found[4:8]
    (tmp_path / "t.tif").write_bytes(found)
    with pytest.raises(ImageFileError, match="run in a circle"):
        read_image(tmp_path / "t.tif")


def test_pages_that_are_all_masks_or_smaller_copies_are_the_image(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "m.tif", GREY > 9, photometric=4, subfiletype=4, metadata=None)
    np.testing.assert_array_equal(read_mask(tmp_path / "m.tif"), GREY > 9)
    assert read_image(tmp_path / "m.tif").mask is None
    tifffile.imwrite(tmp_path / "r.tif", GREY, subfiletype=1, metadata=None)
    np.testing.assert_array_equal(read_image(tmp_path / "r.tif").pixels, GREY)
    with tifffile.TiffWriter(tmp_path / "raw.dng") as file:
        file.write(GREY[::2, ::2], subfiletype=1, subifds=1, metadata=None)
        file.write(GREY, metadata=None)
    with pytest.raises(ImageFileError, match="holds previews only"):
        read_image(tmp_path / "raw.dng")


# other formats


def test_small_files_that_claim_large_images_are_refused_at_once(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    for suffix in ("jpg", "bmp", "gif"):
        Image.fromarray(GREY).save(tmp_path / f"i.{suffix}")
        data = (tmp_path / f"i.{suffix}").read_bytes()
        place = {"jpg": data.find(b"\xff\xc0") + 5, "bmp": 18, "gif": data.find(b",", 13 + 3 * 128) + 5}[suffix]
        size = {"jpg": struct.pack(">2H", 20_000, 20_000), "bmp": struct.pack("<2i", 20_000, 20_000)}
        claimed = size.get(suffix, struct.pack("<2H", 20_000, 20_000))
        (tmp_path / f"i.{suffix}").write_bytes(data[:place] + claimed + data[place + len(claimed) :])
        before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
        with pytest.raises(ImageFileError, match="pixels or bytes are declared"):
            read_image(tmp_path / f"i.{suffix}")
        assert time.perf_counter() - start < 1
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


# PNG


def test_every_bit_of_a_png_is_under_a_checksum(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    for image in (Image.fromarray(GREY[:6, :9]).quantize(8), Image.fromarray(GREY[:6, :9] > 7)):
        image.save(path)
        data = path.read_bytes()
        for bit in range(8 * 8, 8 * len(data)):
            damaged = bytearray(data)
            damaged[bit // 8] ^= 1 << bit % 8
            path.write_bytes(damaged)
            with pytest.raises(ImageFileError):
                read_image(path)


def test_png_whose_stream_is_wrong_under_right_checksums(tmp_path: Path) -> None:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    def png(stream: bytes) -> bytes:
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60, 40, 8, 0, 0, 0, 0))
        return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", stream) + chunk(b"IEND", b"")

    rows = b"".join(b"\0" + row.tobytes() for row in GREY)
    whole = zlib.compress(rows)
    (tmp_path / "p.png").write_bytes(png(whole))
    np.testing.assert_array_equal(read_image(tmp_path / "p.png").pixels, GREY)
    for stream in (
        whole[:-1] + b"\0",
        zlib.compress(rows[:-61]),
        zlib.compress(rows + rows),
        zlib.compress(bytes(10**8)),
    ):
        (tmp_path / "p.png").write_bytes(png(stream))
        start = time.perf_counter()
        with pytest.raises(ImageFileError, match="damaged"):
            read_image(tmp_path / "p.png")
        assert time.perf_counter() - start < 1


# threads


def test_threads_that_read_at_once_do_not_meet(tmp_path: Path) -> None:
    for number in range(4):
        write_image(tmp_path / f"{number}.png", GREY)
    tifffile.imwrite(tmp_path / "good.tif", np.stack([GREY] * 60), compression="zlib", photometric="minisblack")
    good = tmp_path / "good.tif"
    tifffile.imwrite(tmp_path / "bad.tif", GREY, metadata=None)
    data = bytearray((tmp_path / "bad.tif").read_bytes())
    (tmp_path / "bad.tif").write_bytes(data[:-1000])
    tifffile.imwrite(tmp_path / "odd.tif", GREY, metadata=None, extratags=[(270, "s", 0, "a", True)])
    stop = threading.Event()

    def spoil() -> None:
        while not stop.is_set():
            with pytest.raises(ImageFileError):
                read_image(tmp_path / "bad.tif")
            logging.getLogger("tifffile").error("a complaint of another thread")

    limit, handlers = Image.MAX_IMAGE_PIXELS, list(logging.getLogger("tifffile").handlers)
    quiet = logging.NullHandler()
    logging.getLogger("tifffile").addHandler(quiet)
    other = threading.Thread(target=spoil)
    other.start()
    try:
        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(lambda n: read_image(good if n % 2 else tmp_path / f"{n % 4}.png"), range(80)))
    finally:
        stop.set()
        other.join()
        logging.getLogger("tifffile").removeHandler(quiet)
    assert {picture.pixels.shape for picture in found} == {(40, 60), (60, 40, 60)}
    assert limit == Image.MAX_IMAGE_PIXELS
    assert handlers == logging.getLogger("tifffile").handlers


def test_pillows_limit_is_not_touched_and_does_not_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for suffix in ("png", "jpg", "bmp", "gif", "webp"):
        Image.fromarray(GREY).save(tmp_path / f"i.{suffix}")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in tmp_path.iterdir():
            assert read_image(path).pixels.shape[:2] == (40, 60)
            with pytest.raises(ImageFileError, match="40 x 60 = 2400 pixels"):
                read_image(path, max_pixels=2399)
    assert Image.MAX_IMAGE_PIXELS == 100

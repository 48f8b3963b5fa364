"""Damaged files of every format: what they hold or one clear error, in bounded time and memory."""

from __future__ import annotations

import io
import resource
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

imagecodecs = pytest.importorskip("imagecodecs")
tifffile = pytest.importorskip("tifffile")
Image = pytest.importorskip("PIL.Image")

from classicseg.extras.files import ImageFileError, read_image, read_markers  # noqa: E402

N_MUTATIONS = 300
RNG = np.random.default_rng(7)
GREY = RNG.integers(0, 256, (20, 24), np.uint8)
COLOR = RNG.integers(0, 256, (20, 24, 3), np.uint8)
SMOOTH = np.add.outer(np.arange(20), np.arange(24)).astype(np.uint8)


def by_pillow(array: np.ndarray, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(array)
    (image.quantize(16) if options.pop("quantized", False) else image).save(file, kind, **options)
    return file.getvalue()


def by_tifffile(array: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, array, **options)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


CHECKED: dict[str, Callable[[], bytes]] = {
    "PNG 8": lambda: by_pillow(SMOOTH, "PNG"),
    "PNG 16": lambda: imagecodecs.png_encode(GREY.astype(np.uint16) * 257),
    "PNG color": lambda: by_pillow(COLOR, "PNG"),
    "PNG palette": lambda: by_pillow(COLOR, "PNG", quantized=True, transparency=3),
    "PNG 1": lambda: by_pillow(GREY > 99, "PNG"),
}
"""Formats in which each byte of the image is under a checksum."""
UNCHECKED: dict[str, Callable[[], bytes]] = {
    "TIFF": lambda: by_tifffile(COLOR),
    "TIFF zlib": lambda: by_tifffile(np.stack([GREY] * 3), compression="zlib", photometric="minisblack"),
    "TIFF lzw": lambda: by_tifffile(SMOOTH, compression="lzw", predictor=True),
    "TIFF jpeg": lambda: by_tifffile(COLOR, compression="jpeg", photometric="ycbcr"),
    "TIFF palette": lambda: by_tifffile(
        GREY, photometric="palette", colormap=RNG.integers(0, 65536, (3, 256)).astype("u2")
    ),
    "TIFF tiles": lambda: by_tifffile(GREY, tile=(16, 16), extratags=[(42113, "s", 0, "7", True)]),
    "BigTIFF": lambda: by_tifffile(GREY, bigtiff=True, tile=(16, 16), compression="zlib"),
    "TIFF ycbcr": lambda: by_tifffile(COLOR, photometric="ycbcr", metadata=None),
    "TIFF alpha": lambda: by_tifffile(np.dstack([COLOR, GREY]), photometric="rgb", extrasamples=["assocalpha"]),
    "JPEG": lambda: by_pillow(COLOR, "JPEG"),
    "JPEG 2000": lambda: by_pillow(COLOR, "JPEG2000"),
    "GIF": lambda: by_pillow(SMOOTH, "GIF"),
    "BMP": lambda: by_pillow(COLOR, "BMP"),
    "BMP palette": lambda: by_pillow(COLOR, "BMP", quantized=True),
    "WebP": lambda: by_pillow(COLOR, "WEBP", lossless=True),
    "PGM": lambda: b"P5\n24 20\n255\n" + GREY.tobytes(),
    "PPM plain": lambda: b"P3\n# plain\n24 20\n255\n" + b" ".join(b"%d" % value for value in COLOR.ravel()),
    "PFM": lambda: b"Pf\n24 20\n-1.0\n" + GREY.astype("<f4").tobytes(),
    "NPY": lambda: npy(COLOR),
}


def mutations(data: bytes, seed: int) -> Iterator[bytes]:
    """Bits turned, bytes drawn, extremes written, pieces cut out, doubled and cut off; the head most of all."""
    rng = np.random.default_rng(seed)
    for number in range(N_MUTATIONS):
        damaged = bytearray(data)
        head = min(len(data), 250)
        for _ in range(int(rng.integers(1, 4))):
            place = int(rng.integers(0, head if rng.random() < 0.6 else len(data)))
            kind = number % 6
            if kind == 0:
                damaged[place % len(damaged)] ^= 1 << int(rng.integers(0, 8))
            elif kind == 1:
                damaged[place % len(damaged)] = int(rng.integers(0, 256))
            elif kind == 2:
                extreme = rng.choice([0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1])
                damaged[place : place + 4] = struct.pack(rng.choice(["<I", ">I"]), int(extreme))
            elif kind == 3:
                del damaged[place : place + int(rng.integers(1, 9))]
            elif kind == 4:
                damaged[place:place] = damaged[place : place + int(rng.integers(1, 9))]
            else:
                del damaged[max(1, place) :]
            damaged = damaged or bytearray(b"\0")
        yield bytes(damaged)


def peak() -> float:
    """Of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.sweep
@pytest.mark.parametrize("kind", [*CHECKED, *UNCHECKED])
def test_damaged_files_are_read_right_or_refused(tmp_path: Path, kind: str) -> None:
    data = {**CHECKED, **UNCHECKED}[kind]()
    path = tmp_path / "file"
    path.write_bytes(data)
    whole = read_image(path)
    before, slowest, refused = peak(), 0.0, 0
    for number, damaged in enumerate(mutations(data, seed=len(kind))):
        path.write_bytes(damaged)
        start = time.perf_counter()
        try:
            found = read_image(path) if number % 4 else None
            if found is None:
                read_markers(path)
        except ImageFileError as error:
            assert str(path) in str(error)
            refused += 1
        else:
            if found is not None and kind in CHECKED:
                np.testing.assert_array_equal(found.pixels, whole.pixels)
        slowest = max(slowest, time.perf_counter() - start)
    assert slowest < 2
    assert peak() - before < 200
    assert refused > N_MUTATIONS // 20

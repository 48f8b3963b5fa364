"""Zarr stores that come from anywhere: read right, or refused at once and in little memory."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import json
import lzma
import os
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from classicseg.extras.cli import main
from classicseg.extras.files import ImageFileError

zarr = pytest.importorskip("zarr")
numcodecs = pytest.importorskip("numcodecs")
resource = pytest.importorskip("resource")

from classicseg.extras.files.chunked import open_chunked  # noqa: E402
from classicseg.extras.files.unpacking import check_unpacked  # noqa: E402

BYTES = [{"name": "bytes", "configuration": {"endian": "little"}}]
ZSTD = {"name": "zstd", "configuration": {"level": 3, "checksum": False}}
GZIP = {"name": "gzip", "configuration": {"level": 9}}


def v3(path: Path, shape: list[int], chunks: list[int], dtype: str = "uint8", **more: Any) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    grid = {"name": "regular", "configuration": {"chunk_shape": chunks}}
    keys = {"name": "default", "configuration": {"separator": "/"}}
    held = {
        "zarr_format": 3, "node_type": "array", "shape": shape, "data_type": dtype, "chunk_grid": grid,
        "chunk_key_encoding": keys, "fill_value": 0, "codecs": BYTES, "attributes": {},
    }  # fmt: skip
    (path / "zarr.json").write_text(json.dumps(held | more))
    return path


def v2(path: Path, shape: list[int], chunks: list[int], dtype: str = "|u1", **more: Any) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    held = {"zarr_format": 2, "shape": shape, "chunks": chunks, "dtype": dtype, "fill_value": 0, "order": "C"}
    (path / ".zarray").write_text(json.dumps(held | {"compressor": None, "filters": None} | more))
    return path


def group(path: Path, attributes: object) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    (path / "zarr.json").write_text(json.dumps({"zarr_format": 3, "node_type": "group", "attributes": attributes}))
    return path


def level(path: object) -> dict[str, Any]:
    return {"ome": {"multiscales": [{"datasets": [{"path": path}], "axes": []}]}}


def chunk(path: Path, data: bytes, at: str = "c/0/0") -> None:
    (path / at).parent.mkdir(parents=True, exist_ok=True)
    (path / at).write_bytes(data)


def zeros_by_zstd(n: int) -> bytes:
    """Frames of run-length blocks, which say nothing of the size: a few bytes for each 128 kB."""
    block = (2**17 << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
    last = (2**17 << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"\0"
    return struct.pack("<IBB", 0xFD2FB528, 0, 0x58) + block * (n // 2**17 - 1) + last


def packed(path: Path, codec: dict[str, Any]) -> Path:
    return v3(path, [512, 512], [512, 512], codecs=[*BYTES, codec])


def secret(path: Path) -> Path:
    return v3(path.parent / "secret", [4, 4], [4, 4])


def junk(path: Path, text: str) -> None:
    path.mkdir()
    (path / "zarr.json").write_text(text)


def shard_of_bomb(path: Path) -> None:
    inner = {"chunk_shape": [64, 64], "codecs": [*BYTES, ZSTD], "index_codecs": BYTES, "index_location": "end"}
    v3(path, [128, 128], [128, 128], codecs=[{"name": "sharding_indexed", "configuration": inner}])
    bomb = numcodecs.Zstd(3).encode(bytes(2**26))
    chunk(path, bomb + np.array([[0, len(bomb)], *[[2**64 - 1] * 2] * 3], "<u8").tobytes())


def link(path: Path, target: str | Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def pipe(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)


HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "zstd": (lambda p: chunk(packed(p, ZSTD), numcodecs.Zstd(3).encode(bytes(2**28))), "unpacks to more"),
    "zstd that says nothing": (lambda p: chunk(packed(p, ZSTD), zeros_by_zstd(2**32)), "unpacks to more"),
    "gzip": (lambda p: chunk(packed(p, GZIP), gzip.compress(bytes(2**27))), "unpacks to more"),
    "shard": (shard_of_bomb, "unpacks to more"),
    "v2 zlib": (
        lambda p: chunk(
            v2(p, [512, 512], [512, 512], compressor={"id": "zlib", "level": 1}),
            zlib.compress(bytes(2**27)),
            "0.0",
        ),
        "unpacks to more",
    ),
    "v2 blosc": (
        lambda p: chunk(
            v2(p, [64, 64], [64, 64], compressor={"id": "blosc"}), numcodecs.Blosc().encode(bytes(2**27)), "0.0"
        ),
        "unpacks to more|has .* bytes, a chunk at most",
    ),
    "a file that is too large": (
        lambda p: chunk(v3(p, [64, 64], [64, 64], codecs=[*BYTES, GZIP]), bytes(10**6)),
        "a chunk at most",
    ),
    "a chunk that is too large": (lambda p: v3(p, [64, 64], [200_000, 200_000]), "has chunks of"),
    "chunks of one pixel": (lambda p: v3(p, [10**6, 10**6], [1, 1]), "1000000000000 chunks"),
    "pixels": (lambda p: v3(p, [10**9, 10**9], [10**6, 10**6]), "pixels; expected at most|has chunks of"),
    "pixels in few chunks": (lambda p: v3(p, [10**8, 10**8], [40_000, 40_000]), "pixels; expected at most"),
    "no pixels": (lambda p: v3(p, [0, 5], [1, 5]), r"has shape \(0, 5\)"),
    "chunks of nothing": (lambda p: v3(p, [4, 5], [0, 5]), "damaged"),
    "a negative shape": (lambda p: v3(p, [-4, -5], [2, 5]), "damaged"),
    "a shape of words": (lambda p: v3(p, ["4", 5], [2, 5]), "damaged"),
    "a shape of fractions": (lambda p: v3(p, [4.5, 5], [2, 5]), "damaged"),
    "axes that differ": (lambda p: v3(p, [4, 5], [2, 5, 1]), "damaged"),
    "a short chunk": (lambda p: chunk(v3(p, [64, 64], [64, 64]), b"abc"), "cut short"),
    "complex": (lambda p: v3(p, [4, 4], [4, 4], "complex64"), "has dtype complex64"),
    "words": (lambda p: v3(p, [4, 4], [4, 4], "string", fill_value=""), "has dtype string"),
    "objects": (lambda p: v2(p, [4, 4], [4, 4], "|O", filters=[{"id": "pickle"}]), "pickle|has dtype"),
    "a filter to objects": (
        lambda p: v2(p, [4, 4], [4, 4], filters=[{"id": "delta", "dtype": "|O"}]),
        "has dtype",
    ),
    "astype": (
        lambda p: v2(p, [4, 4], [4, 4], filters=[{"id": "astype", "encode_dtype": "|O", "decode_dtype": "|u1"}]),
        "coded by 'astype'",
    ),
    "an unknown codec": (lambda p: v3(p, [4, 4], [4, 4], codecs=[*BYTES, {"name": "evil"}]), "coded by 'evil'"),
    "compressed twice": (
        lambda p: v3(p, [4, 4], [4, 4], codecs=[*BYTES, GZIP, ZSTD]),
        "compressed more than once",
    ),
    "a path out": (lambda p: (secret(p), group(p, level("../secret"))), "outside of it"),
    "an absolute path": (lambda p: group(p, level(str(secret(p)))), "outside of it"),
    "a link out": (lambda p: (group(p, level("in")), link(p / "in", secret(p))), "outside of it"),
    "a path to itself": (lambda p: group(p, level("")), "outside of it"),
    "a path to nothing": (lambda p: group(p, level("0")), "where no array is"),
    "a path of numbers": (lambda p: group(p, level(5)), "damaged"),
    "multiscales of junk": (lambda p: group(p, {"multiscales": 5}), "damaged"),
    "multiscales of nothing": (lambda p: group(p, {"multiscales": [{}]}), "damaged"),
    "attributes of junk": (lambda p: group(p, {"ome": [1, 2]}), "damaged"),
    "brackets": (lambda p: junk(p, "[" * 100_000), "damaged"),
    "a list": (lambda p: junk(p, "[]"), "damaged"),
    "long metadata": (lambda p: junk(p, " " * 10**7), "bytes; expected at most"),
    "a chunk that is a pipe": (lambda p: pipe(v3(p, [64, 64], [64, 64]) / "c/0/0"), "is no file"),
    "a chunk that is a device": (lambda p: link(v3(p, [64, 64], [64, 64]) / "c/0/0", "/dev/zero"), "is no file"),
    "metadata that are a pipe": (lambda p: pipe(p / "zarr.json"), "is a pipe"),
    "metadata that are a device": (
        lambda p: link(p / "zarr.json", "/dev/zero"),
        "is a pipe, a socket or a device",
    ),
    "attributes that are a pipe": (lambda p: (v2(p, [4, 4], [4, 4]), pipe(p / ".zattrs")), "is no file"),
    "a link to itself": (lambda p: link(p / "zarr.json", "zarr.json"), "leads to itself"),
    "a manifest that is a device": (
        lambda p: link(v3(p, [4, 4], [4, 4]) / "classicseg.json", "/dev/zero"),
        "is a pipe",
    ),
}


@pytest.fixture(autouse=True, scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    open_chunked(v3(tmp_path_factory.mktemp("warm") / "i", [4, 4], [4, 4])).pixels.compute()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_stores_are_refused_at_once(tmp_path: Path, name: str) -> None:
    make, message = HOSTILE[name]
    make(tmp_path / "i")
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    with pytest.raises(ImageFileError, match=message):
        open_chunked(tmp_path / "i").pixels.compute()
    assert time.perf_counter() - start < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


@pytest.mark.parametrize("name", ["zstd", "a path out", "a chunk that is a device", "a list"])
def test_the_command_line_says_it_on_one_line(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    HOSTILE[name][0](tmp_path / "i")
    assert main(["threshold", f"{tmp_path}/i", "--thresholds=3", "--out", f"{tmp_path}/o.zarr"]) == 2
    said = capsys.readouterr().err.lstrip("\n")  # old versions of rich end a bar with an empty line
    assert said.startswith(f"classicseg: error: {tmp_path}/i: ")
    assert len(said.splitlines()) == 1


def test_the_limit_of_pixels_holds_for_chunks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    v3(tmp_path / "i", [64, 64, 3], [64, 64, 3])
    assert open_chunked(tmp_path / "i", max_pixels=4096).pixels.shape == (64, 64, 3)
    with pytest.raises(ImageFileError, match="64 x 64 = 4096 pixels"):
        open_chunked(tmp_path / "i", max_pixels=4095)
    arguments = ["kmeans", f"{tmp_path}/i", "--max-pixels=4095", "--out", f"{tmp_path}/o.zarr"]
    assert main(arguments) == 2
    assert "4096 pixels" in capsys.readouterr().err


IMAGE = np.random.default_rng(0).integers(0, 50, (70, 90)).astype("u2")


@pytest.mark.parametrize("codec", [None, "zstd", "gzip", "blosc", "zlib", "bz2", "lzma", "lz4"])
@pytest.mark.parametrize("version", [2, 3])
def test_every_compressor_is_read(tmp_path: Path, codec: str | None, version: int) -> None:
    if version == 2:
        found = None if codec is None else numcodecs.get_codec({"id": codec})
        stored = zarr.create_array(
            tmp_path / "i", shape=IMAGE.shape, chunks=(32, 40), dtype="u2", compressors=found, zarr_format=2,
            filters=[numcodecs.Delta("<u2")] if codec == "zlib" else None,
        )  # fmt: skip
        stored[:] = IMAGE
    else:
        names = {"zstd": ZSTD, "gzip": GZIP}
        blosc = {"typesize": 2, "cname": "lz4", "clevel": 5, "shuffle": "shuffle", "blocksize": 0}
        if codec not in (None, "zstd", "gzip", "blosc"):
            return  # as extensions, under other names
        codecs = [*BYTES, *([names.get(codec, {"name": "blosc", "configuration": blosc})] if codec else [])]
        zarr.open_array(v3(tmp_path / "i", [70, 90], [32, 40], "uint16", codecs=codecs), mode="r+")[:] = IMAGE
    assert_array_equal(open_chunked(tmp_path / "i").pixels.compute(), IMAGE)


def test_shards_of_every_kind_are_read(tmp_path: Path) -> None:
    for location in ("start", "end"):
        shards = {"shape": (64, 64), "index_location": location}
        stored = zarr.create_array(
            tmp_path / location, shape=IMAGE.shape, chunks=(16, 32), shards=shards, dtype="u2"
        )
        stored[:60, :80] = IMAGE[:60, :80]
        expected = np.zeros_like(IMAGE)
        expected[:60, :80] = IMAGE[:60, :80]
        pixels = open_chunked(tmp_path / location).pixels
        assert_array_equal(pixels.compute(), expected)
        assert_array_equal(pixels[3:9, 70:].compute(), expected[3:9, 70:])


@pytest.mark.parametrize("name", ["zstd", "gzip", "zlib", "bz2", "lzma", "blosc", "lz4"])
def test_what_a_chunk_unpacks_to_is_known(name: str) -> None:
    whole = np.random.default_rng(1).integers(0, 3, 300_000, np.uint8).tobytes()
    pack = {
        "gzip": gzip.compress, "zlib": zlib.compress, "bz2": bz2.compress, "lzma": lzma.compress,
        "zstd": numcodecs.Zstd().encode, "blosc": numcodecs.Blosc().encode, "lz4": numcodecs.LZ4().encode,
    }[name]  # fmt: skip
    data = memoryview(pack(whole))
    check_unpacked(name, data, 300_000, "c/0")
    with pytest.raises(ImageFileError, match="c/0 unpacks to more than the 299999 bytes"):
        check_unpacked(name, data, 299_999, "c/0")
    for places in (data[:9], data[:0], data[5:]):
        with contextlib.suppress(ImageFileError, zlib.error, OSError, lzma.LZMAError, struct.error):
            check_unpacked(name, places, 300_000, "c/0")


def test_no_data_in_chunks(tmp_path: Path) -> None:
    image = IMAGE.astype("f4")
    image[:9] = -9999
    image[20, 20] = np.nan
    np.save(tmp_path / "i.npy", image)
    assert open_chunked(tmp_path / "i.npy").mask is None
    mask = open_chunked(tmp_path / "i.npy", nodata=[-9999, np.nan]).mask
    assert mask is not None
    assert_array_equal(mask.compute(), (image != -9999) & ~np.isnan(image))
    tifffile = pytest.importorskip("tifffile")
    colors = np.dstack([image] * 3)
    colors[0, 0, 0] = 5
    tag = [(42113, "s", 0, "-9999", True)]
    volume = np.repeat(np.dstack([IMAGE.astype("u1")] * 3)[None, :64, :64], 3, 0)
    by_jpeg = {"compression": "jpeg", "photometric": "ycbcr", "tile": (32, 32)}
    tifffile.imwrite(tmp_path / "v.tif", volume, **by_jpeg)
    assert open_chunked(tmp_path / "v.tif").pixels.shape == volume.shape
    tifffile.imwrite(tmp_path / "i.tif", colors, photometric="rgb", tile=(32, 32), extratags=tag)
    mask = open_chunked(tmp_path / "i.tif").mask
    assert mask is not None
    assert_array_equal(mask.compute(), np.any(colors != -9999, -1))


@pytest.mark.sweep
def test_damaged_stores_are_read_right_or_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    image = IMAGE[:16, :16]
    for version in (2, 3):
        store = tmp_path / str(version)
        crc = {"name": "crc32c"}
        if version == 3:
            zarr.open_array(v3(store, [16, 16], [8, 8], "uint16", codecs=[*BYTES, GZIP, crc]), mode="r+")[:] = (
                image
            )
        else:
            compressor = numcodecs.GZip()
            zarr.create_array(
                store, shape=(16, 16), chunks=(8, 8), dtype="u2", compressors=compressor, zarr_format=2
            )[:] = image
        name = "zarr.json" if version == 3 else ".zarray"
        files = [store / name] * 3 + [path for path in store.rglob("*") if path.is_file() and path.name != name]
        for number in range(150):
            path = files[number % len(files)]
            whole = path.read_bytes()
            damaged = bytearray(whole)
            for _ in range(int(rng.integers(1, 4))):
                place = int(rng.integers(0, len(damaged)))
                if number % 3 == 0:
                    damaged[place] ^= 1 << int(rng.integers(0, 8))
                elif number % 3 == 1:
                    damaged[place] = int(rng.integers(0, 256))
                else:
                    del damaged[max(1, place) :]
            path.write_bytes(damaged)
            start = time.perf_counter()
            try:
                found = open_chunked(store, max_pixels=10**6).pixels[:16, :16].compute(scheduler="synchronous")
            except ImageFileError as error:
                assert str(store) in str(error)
            else:
                if path.name != name:  # chunks are under a checksum
                    assert_array_equal(found, image)
            finally:
                path.write_bytes(whole)
            assert time.perf_counter() - start < 2

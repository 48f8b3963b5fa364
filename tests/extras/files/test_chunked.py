"""Images in chunks, read and written: whatever is killed or fails, no label is lost or taken for finished."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import classicseg
from classicseg.extras.cli import main
from classicseg.extras.files import ImageFileError, read_image

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
zarr = pytest.importorskip("zarr")
tifffile = pytest.importorskip("tifffile")

from classicseg.extras import dask as tiled  # noqa: E402
from classicseg.extras.dask import checkpoints, storing  # noqa: E402
from classicseg.extras.dask.storing import store_labels  # noqa: E402
from classicseg.extras.files import chunked, manifest  # noqa: E402
from classicseg.extras.files.chunked import open_chunked  # noqa: E402


def blobs(shape=(90, 110), seed=0):
    noise = np.random.default_rng(seed).random([-(-n // 8) for n in shape])
    whole = np.kron(noise, np.ones((8,) * len(shape)))[tuple(slice(n) for n in shape)]
    return (255 * whole).astype(np.uint8)


def write_zarr(path, image, chunks=(20, 30), **options):
    stored = zarr.create_array(path, shape=image.shape, chunks=chunks, dtype=image.dtype, **options)
    stored[:] = image
    return path


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(chunked, "_CHUNK_BYTES", 2**10)


def files_of(store: Path) -> dict[str, bytes]:
    return {str(p.relative_to(store)): p.read_bytes() for p in sorted(store.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("kind", ["zarr", "zarr 2", "group", "ome", "npy", "tiff", "bigtiff", "ome.tif", "colors"])
def test_images_are_read_in_chunks(tmp_path, kind):
    image = blobs((90, 110, 3)) if kind == "colors" else blobs((3, 90, 110)) if kind == "ome.tif" else blobs()
    path, axis = tmp_path / "image", 2 if kind == "colors" else None
    if kind in ("zarr", "zarr 2"):
        write_zarr(path, image, zarr_format=2 if kind == "zarr 2" else 3)
    elif kind == "group":
        zarr.open_group(path, mode="w")
        path = write_zarr(path / "raw", image)
    elif kind == "ome":
        group = zarr.open_group(path, mode="w", zarr_format=2)
        axes = [{"name": name, "type": "space"} for name in "yx"]
        group.attrs["multiscales"] = [{"axes": axes, "datasets": [{"path": "0"}, {"path": "1"}]}]
        group.create_array("0", shape=image.shape, chunks=(20, 30), dtype="u1")[:] = image
    elif kind == "npy":
        np.save(path, image)
        path = path.with_suffix(".npy")
    else:
        photometric = "rgb" if kind == "colors" else "minisblack"
        options = {"bigtiff": kind == "bigtiff", "ome": kind == "ome.tif", "photometric": photometric}
        tile = {"rowsperstrip": 8} if kind == "tiff" else {"tile": (32, 32)}
        tile |= {"metadata": {"axes": "ZYX"}} if kind == "ome.tif" else {}
        tifffile.imwrite(path, image, **options, **tile)
    found = open_chunked(path)
    assert found.channel_axis == axis
    assert found.pixels.npartitions > 1
    assert_array_equal(found.pixels.compute(), image)
    whole = read_image(path)
    assert whole.channel_axis == axis
    assert_array_equal(whole.pixels, image)


def test_what_is_no_image_in_chunks_is_refused(tmp_path):
    image = blobs()
    zarr.open_group(tmp_path / "group", mode="w").create_array("raw", shape=(4, 4), dtype="u1")
    write_zarr(tmp_path / "cut", image)
    (tmp_path / "cut/zarr.json").write_text("{")
    write_zarr(tmp_path / "line", image[0], chunks=(7,))
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("hello")
    tifffile.imwrite(tmp_path / "tif", image, tile=(32, 32))
    whole = (tmp_path / "tif").read_bytes()
    (tmp_path / "tif").write_bytes(whole[: len(whole) // 2])
    tifffile.imwrite(tmp_path / "alpha", blobs((32, 32, 4)), photometric="rgb", extrasamples=["unassalpha"])
    for name, message in {
        "none": "no such file",
        "group": r"a group of Zarr arrays \(raw\).*add its name",
        "cut": "damaged or cut short",
        "line": r"has shape \(110,\); expected two axes",
        "empty": "a folder without a Zarr array",
        "text": "is read as a whole only",
        "tif": "cut short",
        "alpha": "an alpha channel, which is not read in chunks",
    }.items():
        with pytest.raises(ImageFileError, match=message):
            open_chunked(tmp_path / name)


def test_the_command_line_works_in_chunks(tmp_path, capsys):
    image = blobs()
    source, out = write_zarr(tmp_path / "image.zarr", image), tmp_path / "labels.zarr"
    mask = image > 20
    write_zarr(tmp_path / "mask.zarr", mask.astype("u1"), chunks=(50, 50))
    for arguments, expected in [
        (["threshold"], classicseg.threshold_segment(image)),
        (["kmeans", "--mask", f"{tmp_path}/mask.zarr"], classicseg.kmeans_segment(image, mask=mask)),
        (
            ["region-growing", "--seeds", "3,4", "--tolerance", "90"],
            classicseg.region_growing_segment(image, seeds=[(3, 4)], tolerance=90),
        ),
    ]:
        assert main([*arguments, str(source), "--out", str(out)]) == 0
        assert "labels in" in capsys.readouterr().out
        assert_array_equal(zarr.open(out)[:], expected)
        assert_array_equal(open_chunked(out).pixels.compute(), expected)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["image.zarr", "labels.zarr", "mask.zarr"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["watershed", "{}/image.zarr", "--out", "{}/o.zarr"], "watershed depends on the image as a whole"),
        (["threshold", "{}/image.zarr"], "is read in chunks, and --out is segmented; expected --out labels.zarr"),
        (["threshold", "{}/none.zarr", "--out", "{}/o.zarr"], "no such file"),
        (["threshold", "{}/image.zarr", "{}/image.zarr", "--out", "{}/o.zarr"], "expected one image"),
        (["threshold", "{}/image.zarr", "--out", "{}/o.zarr", "--table", "t.csv"], "no --table"),
        (["threshold", "{}/a.png", "--out", "{}/o", "--scheduler", "tcp://x:1"], "expected --out labels.zarr"),
        (
            ["kmeans", "{}/image.zarr", "--out", "{}/o.zarr", "--spatial-weight", "1"],
            "spatial_weight is 1.0 for k-means",
        ),
    ],
)
def test_mistakes_on_the_command_line_are_one_line(tmp_path, capsys, arguments, message):
    write_zarr(tmp_path / "image.zarr", blobs())
    assert main([argument.format(tmp_path) for argument in arguments]) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1
    assert not (tmp_path / "o.zarr").exists()


SLOW = """
import os, sys, time
import numpy as np
from classicseg.extras import dask as tiled
from classicseg.extras.dask import storing
from classicseg.extras.files import chunked
chunked._CHUNK_BYTES = 2**10
write = storing._write

def slow(block, path, block_id):
    open(sys.argv[3], "a").write(f"{block_id}\\n")
    time.sleep(0.02)
    return write(block, path, block_id)

storing._write = slow
make = lambda: tiled.connected_regions(chunked.open_chunked(sys.argv[1]).pixels > 128)
print(storing.store_labels(sys.argv[2], make, {"image": "blobs"}))
"""


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SLOW, *map(str, arguments)], stdout=subprocess.PIPE
    )


def test_a_run_that_is_killed_goes_on(tmp_path):
    image = blobs((300, 330))
    source, log = write_zarr(tmp_path / "image.zarr", image, chunks=(30, 30)), tmp_path / "log"
    undisturbed, out = tmp_path / "undisturbed.zarr", tmp_path / "labels.zarr"
    run = start(source, undisturbed, tmp_path / "other")
    n_chunks = int(run.communicate()[0])
    first = start(source, out, log)
    draft = manifest.draft_of(out)
    while len(manifest.marked(draft)) < n_chunks // 4:
        time.sleep(0.01)
        assert first.poll() is None
    first.send_signal(signal.SIGKILL)
    first.communicate()
    done = manifest.marked(draft)
    assert 0 < len(done) < n_chunks
    assert not out.exists()
    for path in (out, draft):
        with pytest.raises(
            ImageFileError, match=f"an unfinished run .{len(done)} of {n_chunks} chunks.; run the same"
        ):
            open_chunked(path)
    with pytest.raises(
        ValueError, match=r"an unfinished run of another kind .image was 'blobs', is 'cells'.; repeat"
    ):
        store_labels(out, lambda: da.zeros((4, 4), chunks=2, dtype="i4"), {"image": "cells"})
    begun = len(log.read_text().splitlines())
    second = start(source, out, log)
    assert int(second.communicate()[0]) == n_chunks - len(done)
    assert len(log.read_text().splitlines()) - begun == n_chunks - len(done), "only what is missing"
    assert files_of(out) == files_of(undisturbed)
    assert_array_equal(open_chunked(out).pixels.compute(), classicseg.connected_regions(image > 128))


def test_what_was_found_before_is_not_found_again(tmp_path, monkeypatch):
    image = da.from_array(blobs(), chunks=25)
    make = lambda: tiled.canny_edges(image)  # noqa: E731
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    out = tmp_path / "edges.zarr"
    store_labels(out, lambda: da.zeros((4, 4), chunks=2, dtype="i4"), {})
    monkeypatch.setattr(storing, "_write", lambda block, path, block_id: (_ for _ in ()).throw(full))
    old = files_of(out)
    whole = pytest.raises(
        OSError, match=r"disk full after 0 of 20 chunks; make room.*; what was at that path is whole"
    )
    with whole, dask.config.set(scheduler="synchronous"):  # no thread goes on when the disk has room again
        store_labels(out, make, {})
    assert files_of(out) == old
    monkeypatch.undo()
    monkeypatch.setattr(checkpoints, "save", lambda path, found: pytest.fail("found again"))
    assert store_labels(out, make, {}) == 20
    assert_array_equal(zarr.open(out)[:], classicseg.canny_edges(blobs()))


def test_a_finished_draft_takes_its_place(tmp_path):
    make = lambda: da.ones((4, 4), chunks=2, dtype="i4")  # noqa: E731
    out = tmp_path / "labels.zarr"
    store_labels(out, make, {})
    out.rename(manifest.draft_of(out))
    assert store_labels(out, make, {}) == 4
    assert sorted(p.name for p in tmp_path.iterdir()) == ["labels.zarr"]


@pytest.mark.large
def test_what_is_refused_leaves_no_draft(tmp_path, capsys):
    write_zarr(tmp_path / "image.zarr", blobs())
    command = ["boundary", str(tmp_path / "image.zarr"), "--out", str(tmp_path / "labels.zarr")]
    assert main([*command, "--low", "9", "--high", "3"]) == 2
    assert "9" in capsys.readouterr().err
    assert main(command) == 0
    assert_array_equal(zarr.open(tmp_path / "labels.zarr")[:], classicseg.boundary_segment(blobs()))


def test_a_store_that_lost_a_chunk_is_refused(tmp_path):
    out = tmp_path / "labels.zarr"
    store_labels(out, lambda: da.zeros((4, 4), chunks=2, dtype="i4"), {})
    (out / "c/1/1").unlink()
    with pytest.raises(ImageFileError, match=r"cut short \(3 of 4 chunks are there\)"):
        open_chunked(out)


def test_irregular_chunks_become_regular(tmp_path):
    labels = np.arange(70, dtype=np.int32).reshape(7, 10)
    store_labels(tmp_path / "l.zarr", lambda: da.from_array(labels, chunks=((2, 3, 2), (4, 6))), {})
    assert_array_equal(zarr.open(tmp_path / "l.zarr")[:], labels)


@pytest.mark.jit
@pytest.mark.filterwarnings("ignore")  # what a killed worker leaves behind
def test_a_cluster_that_loses_a_worker_ends_with_the_right_labels(tmp_path):
    distributed = pytest.importorskip("distributed")
    image = blobs((240, 260))
    source, out = write_zarr(tmp_path / "image.zarr", image, chunks=(30, 30)), tmp_path / "edges.zarr"
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        workers = client.run(os.getpid)
        victim = next(iter(workers.values()))

        def slowly(block):  # by value: the workers do not have this module
            import time

            time.sleep(0.03)
            return block

        def make():
            pixels = open_chunked(source).pixels.map_blocks(slowly, dtype="u1", meta=np.empty((0, 0), "u1"))
            return tiled.canny_edges(pixels, sigma=1, high=20, low=5)

        killer = subprocess.Popen([sys.executable, "-c", f"import os, time; time.sleep(1); os.kill({victim}, 9)"])
        n_written = store_labels(out, make, {}, scheduler=cluster.scheduler_address)
        killer.wait()
        assert n_written == len(list((out / "c").rglob("*"))) - len(list((out / "c").iterdir()))
    assert_array_equal(zarr.open(out)[:], classicseg.canny_edges(image, sigma=1, high=20, low=5))


@pytest.mark.filterwarnings("ignore")
def test_workers_without_the_package_are_named():
    class Client:
        def __init__(self, said):
            self.said = said
            self.scheduler = type("Scheduler", (), {"address": "tcp://s:1"})

        def run(self, function, *arguments, on_error):
            return self.said

        def run_on_scheduler(self, function, *arguments):
            return classicseg.__version__

    for said, message in [
        ({}, "tcp://s:1: the scheduler has no workers"),
        (
            {"tcp://w:1": ModuleNotFoundError("No module")},
            "worker tcp://w:1 has no classicseg .No module.; install",
        ),
        ({"tcp://w:1": "0.0.1"}, "worker tcp://w:1 has classicseg 0.0.1; expected"),
    ]:
        with pytest.raises(OSError, match=message):
            storing._check_workers(Client(said))


@pytest.mark.filterwarnings("ignore")
def test_no_scheduler_no_run(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(storing, "_ANSWER_SECONDS", 0.2)
    with pytest.raises(OSError, match=r"tcp://127.0.0.1:9: no Dask scheduler answers there"):
        store_labels(tmp_path / "l.zarr", lambda: da.zeros(4), {}, scheduler="tcp://127.0.0.1:9")


def test_threads_that_open_a_store_at_once_leave_the_settings_as_they_were(tmp_path):
    store_labels(tmp_path / "l.zarr", lambda: da.zeros((4, 4), chunks=2, dtype="i4"), {})
    was, n_threads, patience = zarr.config.get("array.write_empty_chunks"), 4, sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for first in range(0, 200, n_threads):
            with ThreadPoolExecutor(n_threads) as pool:
                stamps = range(first, first + n_threads)
                list(pool.map(lambda stamp: storing._stored(str(tmp_path / "l.zarr"), stamp), stamps))
    finally:
        sys.setswitchinterval(patience)
    assert zarr.config.get("array.write_empty_chunks") == was

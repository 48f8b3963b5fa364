"""Stores of labels: nothing else is replaced, and nothing of a killed run is lost or stays."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from classicseg.extras.cli import main

da = pytest.importorskip("dask.array")
dask = pytest.importorskip("dask")
zarr = pytest.importorskip("zarr")

from stores import OLD, cut_after, files, ones, posix, refused, write  # noqa: E402

from classicseg.extras.dask import storing  # noqa: E402
from classicseg.extras.dask.storing import store_labels  # noqa: E402
from classicseg.extras.files import drafts, manifest  # noqa: E402

pytestmark = pytest.mark.usefixtures("store_folder")


# What is there already


@pytest.mark.parametrize("out", ["i.zarr", "way.zarr", "i.zarr/labels.zarr", "g.zarr", "m.zarr", "s.zarr"])
def test_no_store_is_written_over_an_input(capsys, out):
    write("i.zarr", OLD)
    Path("way.zarr").symlink_to("i.zarr")
    zarr.open_group("g.zarr", mode="w").create_array("0", shape=OLD.shape, dtype=OLD.dtype)[:] = OLD
    write("m.zarr", (OLD > 9).astype("u1"))
    Path("s.zarr").mkdir()
    np.save("s.zarr/seeds.npy", OLD // 240)
    image = "g.zarr/0" if out == "g.zarr" else "i.zarr"
    command = ["region-growing", image, "--tolerance", 9, "--mask", "m.zarr", "--seeds", "s.zarr/seeds.npy"]
    assert "which is read" in refused(capsys, *command, "--out", out)


@pytest.mark.parametrize("suffix", ["", ".part", ".former"])
@pytest.mark.parametrize("kind", ["folder", "empty", "file", "pipe", "store", "link"])
def test_what_was_not_made_here_is_not_replaced(capsys, kind, suffix):
    np.save("image.npy", OLD)
    there = Path(f"l.zarr{suffix}")
    if kind == "folder":
        there.mkdir()
        (there / "thesis").write_text("ten years")
    elif kind == "empty":
        there.mkdir()
        if suffix:
            assert main(["threshold", "image.npy", "--out", "l.zarr"]) == 0
            return
    elif kind == "file":
        there.write_text("ten years")
    elif kind == "pipe":
        if os.name == "nt":
            pytest.skip("needs POSIX")
        os.mkfifo(there)
    elif kind == "store":
        write(there, OLD)
    else:
        Path("real").mkdir()
        Path("real/thesis").write_text("ten years")
        there.symlink_to("real")
    for _ in range(2):
        said = refused(capsys, "threshold", "image.npy", "--out", "l.zarr")
        assert "made by classicseg" in said or "is not a finished store" in said


@pytest.mark.parametrize("name", ["notes.txt", "c/0/notes.txt", "c/x/0"])
def test_a_store_that_holds_something_else_is_not_replaced(capsys, name):
    np.save("image.npy", OLD)
    command = ["threshold", "image.npy", "--out", "l.zarr"]
    assert main(command) == 0
    Path("l.zarr/c/0/.DS_Store").write_text("a file manager was here")
    assert main(command) == 0
    Path("l.zarr", name).parent.mkdir(exist_ok=True)
    Path("l.zarr", name).write_text("ten years")
    capsys.readouterr()
    assert "was not made by classicseg; move" in refused(capsys, *command)


def test_a_link_to_a_store_stays_a_link(capsys):
    np.save("image.npy", OLD)
    Path("l.zarr").symlink_to("real.zarr")
    for bound in ("30", "60"):
        assert main(["threshold", "image.npy", "--thresholds", bound, "--out", "l.zarr"]) == 0
        assert_array_equal(zarr.open("real.zarr")[:], 1 + (int(bound) <= OLD))
    assert Path("l.zarr").is_symlink()
    assert sorted(path.name for path in Path().iterdir()) == ["image.npy", "l.zarr", "real.zarr"]


def test_what_appears_during_the_work_is_not_replaced():
    def make():
        Path("l.zarr").mkdir()
        Path("l.zarr/thesis").write_text("ten years")
        return ones()

    with pytest.raises(OSError, match="is not a store of labels made by classicseg"):
        store_labels("l.zarr", make, {})
    assert Path("l.zarr/thesis").exists()


@pytest.mark.parametrize("n_renamed", [0, 1, 2])
def test_a_run_that_is_killed_while_it_finishes_is_settled(n_renamed):
    """Before the store is renamed, between the store and the draft, and before the old store is removed."""
    store_labels("l.zarr", ones, {})
    replace, renamed = Path.replace, []

    def killed(path, target):
        if path.name.startswith("l.zarr"):
            if len(renamed) == n_renamed:
                raise KeyboardInterrupt
            renamed.append(path)
        return replace(path, target)

    def removed(path, remove=drafts._remove):
        if path.name == "l.zarr.former":
            raise KeyboardInterrupt
        remove(path)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", killed)
        patch.setattr(drafts, "_remove", removed)
        store_labels("l.zarr", lambda: 2 * ones(), {"twice": True})
    with pytest.raises(ValueError, match="stop"):
        store_labels("l.zarr", lambda: (_ for _ in ()).throw(ValueError("stop")), {"another": True})
    assert_array_equal(zarr.open("l.zarr")[:], np.full((4, 4), 2))
    assert [path.name for path in Path().iterdir()] == ["l.zarr"]


def test_the_old_store_is_taken_back_where_the_draft_is_gone():
    store_labels("l.zarr", ones, {})
    Path("l.zarr").rename("l.zarr.former")
    with pytest.raises(ValueError, match="stop"):
        store_labels("l.zarr", lambda: (_ for _ in ()).throw(ValueError("stop")), {})
    assert_array_equal(zarr.open("l.zarr")[:], np.ones((4, 4)))
    assert [path.name for path in Path().iterdir()] == ["l.zarr"]


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="names are UTF-8 there")
@pytest.mark.parametrize("raw", [b"odd\xff.zarr", "字".encode() * 83 + b".zarr", b"x" * 250 + b".zarr"])
def test_names_of_stores(raw):
    np.save("image.npy", OLD)
    Path("image.npy").rename(os.fsdecode(b"odd\xfe.npy"))
    for _ in range(2):
        assert main(["threshold", os.fsdecode(b"odd\xfe.npy"), "--thresholds=99", "--out", os.fsdecode(raw)]) == 0
    assert_array_equal(zarr.open(os.fsdecode(raw))[:], 1 + (OLD >= 99))
    assert len(list(Path().iterdir())) == 2


# Drafts


@pytest.mark.parametrize("lost", ["chunk", "half a chunk", "another chunk", "no mark", "zarr.json", "empty mark"])
def test_what_is_lost_of_a_draft_is_made_again(lost):
    labels = np.arange(64, dtype=np.int32).reshape(8, 8)
    make = lambda: da.from_array(labels, chunks=4)  # noqa: E731
    with cut_after(3):
        store_labels("l.zarr", make, {})
    draft = Path("l.zarr.part")
    one, other = sorted(draft.glob("c/*/*"))[:2]
    mark = draft / ".finished" / ".".join(one.parts[-2:])
    if lost == "chunk":
        one.unlink()
    elif lost == "half a chunk":
        one.write_bytes(one.read_bytes()[:10])
    elif lost == "another chunk":
        shutil.copy(other, one)
    elif lost == "no mark":
        mark.unlink()
    elif lost == "empty mark":
        mark.write_bytes(b"")
    else:
        said = json.loads((draft / "zarr.json").read_text())
        (draft / "zarr.json").write_text(json.dumps({**said, "data_type": "int16", "fill_value": 7}))
    assert store_labels("l.zarr", make, {}) == (1 if lost == "zarr.json" else 2)
    assert zarr.open("l.zarr").dtype == np.int32
    assert_array_equal(zarr.open("l.zarr")[:], labels)


def test_marks_without_a_store_and_a_store_that_says_it_is_complete_are_made_again():
    draft = Path("l.zarr.part")
    (draft / ".finished").mkdir(parents=True)
    for index in np.ndindex(2, 2):
        (draft / ".finished" / ".".join(map(str, index))).touch()
    (draft / "classicseg.json").write_text(json.dumps({"recipe": {}, "n_chunks": 4, "complete": True}))
    assert store_labels("l.zarr", ones, {}) == 4
    assert_array_equal(zarr.open("l.zarr")[:], np.ones((4, 4)))


def test_no_chunk_of_another_recipe_is_taken():
    with cut_after(3):
        store_labels("l.zarr", ones, {"n": 1})
    path = Path("l.zarr.part/classicseg.json")
    path.write_text(path.read_text().replace('"n": 1', '"n": 2'))
    assert store_labels("l.zarr", lambda: 2 * ones(), {"n": 2}) == 4
    assert_array_equal(zarr.open("l.zarr")[:], np.full((4, 4), 2))


def test_a_task_of_another_run_writes_nothing():
    with cut_after(1):
        store_labels("l.zarr", ones, {"n": 1})
    before = files()
    with pytest.raises(OSError, match=r"l.zarr.part: is now written by another run"):
        storing._write_of_run(np.zeros((2, 2), "i4"), str(Path("l.zarr.part")), b"key", (1, 1))
    assert files() == before


@posix
def test_the_second_writer_is_told_so_and_the_first_one_finishes(capsys):
    np.save("i.npy", OLD)
    started, ended, result = threading.Event(), threading.Event(), []

    def make():
        started.set()
        assert ended.wait(60)
        return ones()

    first = threading.Thread(target=lambda: result.append(store_labels("l.zarr", make, {})))
    first.start()
    assert started.wait(60)
    said = refused(capsys, "threshold", "i.npy", "--out", "l.zarr")
    assert "l.zarr.part: another process is writing it; wait until that is done, or stop it" in said
    ended.set()
    first.join()
    assert result == [4]
    assert_array_equal(zarr.open("l.zarr")[:], np.ones((4, 4)))
    assert sorted(path.name for path in Path().iterdir()) == ["i.npy", "l.zarr"]


# A scheduler that goes away


@posix
@pytest.mark.large
def test_a_scheduler_that_goes_away_is_one_line(capfd):
    pytest.importorskip("distributed")
    start = [sys.executable, "-W", "ignore", "-m", "distributed.cli.dask_scheduler", "--no-dashboard"]
    scheduler = subprocess.Popen([*start, "--port", "0", "--scheduler-file", "where.json"], stderr=-3)
    worker = [sys.executable, "-W", "ignore", "-m", "distributed.cli.dask_worker", "--no-dashboard"]
    worker = subprocess.Popen([*worker, "--nthreads", "1", "--scheduler-file", "where.json"], stderr=-3)
    try:
        deadline = time.monotonic() + 60
        while not Path("where.json").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        address = json.loads(Path("where.json").read_text())["address"]
        from distributed import Client

        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=60)

        def slow(block):
            import time

            time.sleep(0.2)
            return block

        def make():
            threading.Timer(2, scheduler.send_signal, [signal.SIGKILL]).start()
            return da.zeros((20, 20), chunks=2, dtype="i4").map_blocks(
                slow, dtype="i4", meta=np.empty((0, 0), "i4")
            )

        lost = pytest.raises(OSError, match=r"the Dask scheduler at tcp://.* is gone .*which goes on")
        with dask.config.set(scheduler=None), lost:
            store_labels("l.zarr", make, {}, scheduler=address)
        assert "Traceback" not in capfd.readouterr().err
        n_done = len(manifest.marked(Path("l.zarr.part")))
        assert store_labels("l.zarr", lambda: da.zeros((20, 20), chunks=2, dtype="i4"), {}) <= 100 - n_done
        assert_array_equal(zarr.open("l.zarr")[:], np.zeros((20, 20)))
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait()

"""Stores of labels: nothing else is replaced, nothing old is mixed with new, and no file that is read runs."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

import classicseg
from classicseg.extras.cli import main

da = pytest.importorskip("dask.array")
dask = pytest.importorskip("dask")
zarr = pytest.importorskip("zarr")

from classicseg.extras import dask as tiled  # noqa: E402
from classicseg.extras.dask import checkpoints, storing  # noqa: E402
from classicseg.extras.dask.chunks import ValueRange  # noqa: E402
from classicseg.extras.dask.region_sums import NamedSums  # noqa: E402
from classicseg.extras.dask.storing import store_labels  # noqa: E402
from classicseg.extras.files import chunked, drafts, manifest, stamps  # noqa: E402
from classicseg.growing.tolerance import ValueSums  # noqa: E402

OLD = np.random.default_rng(0).integers(0, 250, (40, 60), dtype=np.uint8)
NEW = 249 - OLD
posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chunked, "_CHUNK_BYTES", 2**10)
    with dask.config.set(scheduler="synchronous"):  # no thread goes on writing when a run is cut
        yield


def write(path, pixels, chunks=(20, 20), **options):
    shutil.rmtree(path, ignore_errors=True)
    zarr.create_array(path, shape=pixels.shape, chunks=chunks, dtype=pixels.dtype, **options)[:] = pixels


def ones(n=4):
    return da.ones((n, n), chunks=2, dtype="i4")


@contextmanager
def cut_after(n_chunks):
    """Cut what runs after so many chunks."""
    done = []

    def mark(draft, index):
        manifest.mark(draft, index)
        done.append(index)
        if len(done) == n_chunks:
            raise RuntimeError("cut")

    with pytest.MonkeyPatch.context() as patch, pytest.raises(RuntimeError, match="cut"):
        patch.setattr(storing, "mark", mark)
        yield


def files():
    return {path: path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}


def refused(capsys, *arguments):
    """Run a command that must be refused and leave all as it was; return its line."""
    before = files()
    assert main([*map(str, arguments)]) == 2
    assert files() == before
    said = capsys.readouterr().err.lstrip("\n")  # old versions of rich end a bar with an empty line
    assert said.startswith("classicseg: error: ") and said.count("\n") == 1
    return said


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


# Inputs that change


def in_place(path, pixels):
    zarr.open(path, mode="r+")[:] = pixels


def keep_time(path, pixels):
    status = Path(path).stat()
    np.save(path, pixels)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def ome(path, pixels):
    write(f"{path}/0", pixels)
    group = zarr.open_group(path, mode="a")
    group.attrs["multiscales"] = [{"datasets": [{"path": "0"}]}]


CHANGES = {
    "zarr 3 in place": ("i.zarr", write, in_place, []),
    "zarr 2 in place": ("i.zarr", lambda path, pixels: write(path, pixels, zarr_format=2), in_place, []),
    "zarr made anew": ("i.zarr", write, write, []),
    "ome-zarr in place": ("i.zarr", ome, lambda path, pixels: in_place(f"{path}/0", pixels), []),
    "ome-zarr made anew": ("i.zarr", ome, lambda path, pixels: write(f"{path}/0", pixels), []),
    "npy": ("i.npy", np.save, np.save, []),
    "npy, time kept": ("i.npy", np.save, keep_time, []),
    "mask": ("m.npy", lambda path, a: np.save(path, a > 99), lambda path, a: np.save(path, a > 99), ["--mask"]),
    "mask in zarr": ("m.zarr", write, in_place, ["--mask"]),
}


@pytest.mark.parametrize("most", [2**26, 0], ids=["content", "times"])
@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("thresholds", [["--thresholds=99"], []], ids=["pass", "found"])
def test_a_run_is_not_gone_on_with_on_other_inputs(capsys, monkeypatch, most, name, thresholds):
    monkeypatch.setattr(stamps, "_MOST_DIGESTED", most)
    path, make, change, option = CHANGES[name]
    np.save("other.npy", OLD)
    make(path, OLD)
    command = ["threshold", "other.npy" if option else path, *option, *([path] if option else []), *thresholds]
    command += ["--out", "l.zarr"]
    with cut_after(3):
        main(command)
    change(path, NEW)
    said = refused(capsys, *command)
    assert f"content of {Path(path).resolve()} was '" in said
    assert "repeat that command on what it read to finish it, or remove the draft" in said
    shutil.rmtree("l.zarr.part")
    assert main(command) == 0
    mask = NEW > 99 if name == "mask" else NEW > 0
    pixels, mask = (OLD, mask) if option else (NEW, None)
    expected = classicseg.threshold_segment(pixels, thresholds=99 if thresholds else "otsu", mask=mask)
    assert_array_equal(zarr.open("l.zarr")[:], expected)


@pytest.mark.parametrize("option", ["--seeds", "--init", "image"])
def test_a_run_is_not_gone_on_with_on_other_seeds_or_centers(capsys, option):
    np.save("i.npy", OLD // 128 * 100)
    np.save("o.npy", np.pad([[1, 0], [0, 0]], [(0, 38), (0, 58)]))
    command = ["region-growing", "i.npy", "--tolerance=200", "--seeds", "o.npy", "--criterion=seed"]
    if option == "--init":
        np.save("o.npy", [[0.0], [100.0]])
        command = ["kmeans", "i.npy", "--init", "o.npy"]
    with cut_after(2):
        main([*command, "--out", "l.zarr"])
    changed = "i.npy" if option == "image" else "o.npy"
    np.save(changed, np.load(changed)[::-1])
    assert f"{changed} was '" in refused(capsys, *command, "--out", "l.zarr")


def test_a_run_is_gone_on_with_on_the_same_bytes(capsys):
    np.save("i.npy", OLD)
    command = ["threshold", "i.npy", "--thresholds=99", "--out", "l.zarr"]
    with cut_after(3):
        main(command)
    np.save("i.npy", OLD)
    os.utime("i.npy", (1, 1))
    assert main(command) == 0
    assert_array_equal(zarr.open("l.zarr")[:], 1 + (OLD >= 99))


@pytest.mark.parametrize("most", [2**26, 0], ids=["content", "times"])
def test_labels_of_an_input_that_changes_meanwhile_are_not_kept(capsys, monkeypatch, most):
    monkeypatch.setattr(stamps, "_MOST_DIGESTED", most)
    write("i.zarr", OLD)

    def mark(draft, index):
        manifest.mark(draft, index)
        in_place("i.zarr", NEW)

    monkeypatch.setattr(storing, "mark", mark)
    assert main(["threshold", "i.zarr", "--thresholds=99", "--out", "l.zarr"]) == 2
    assert "i.zarr: has changed while it was read; the labels are not kept" in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["i.zarr"]


@posix
def test_a_stamp_sees_what_a_link_leads_to_and_reads_no_pipe(monkeypatch):
    write("i.zarr", OLD)
    write("j.zarr", OLD)
    shutil.move("i.zarr/c/0/0", "chunk")
    Path("i.zarr/c/0/0").symlink_to(Path("chunk").resolve())
    shutil.rmtree("i.zarr/c/1")
    Path("i.zarr/c/1").symlink_to(Path("j.zarr/c/1").resolve())
    Path("i.zarr/around").symlink_to(Path("i.zarr").resolve())
    os.mkfifo("i.zarr/c/0/9")
    for most in (2**26, 0):
        monkeypatch.setattr(stamps, "_MOST_DIGESTED", most)
        for change in (Path("chunk"), Path("j.zarr/c/1/0")):
            before = stamps.stamp_of("i.zarr")
            assert not stamps.has_changed("i.zarr", before)
            change.write_bytes(change.read_bytes()[::-1] + b"x")
            assert stamps.has_changed("i.zarr", before)
    assert stamps.stamp_of("none") == stamps.stamp_of("none")


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


# Checkpoints


def place(number=0, recipe="recipe"):
    return checkpoints.Place(Path(f"{number}.npz"), recipe)


FOUND = [
    (ValueRange(np.dtype(">u2"), 0, 2**64, 10**30), ValueRange),
    (ValueSums(4, (2**80, 1), (0,)), ValueSums),
    (classicseg.pixel_histogram([[1.5, np.inf]]), classicseg.PixelHistogram),
    (NamedSums(np.arange(2), np.arange(2), np.ones((2, 3)), np.zeros((2, 3)), np.empty(0, np.int64)), NamedSums),
    ([np.array([True]), np.array([], bool)], list[NDArray[np.bool_]]),
    ((3, [None, "x", np.float32(0.1)], float("nan")), tuple[int, list, float]),
]


@pytest.mark.parametrize(("found", "kind"), FOUND)
def test_a_checkpoint_holds_what_was_found(found, kind):
    checkpoints.save(place(), found)
    assert checkpoints.is_kept(place())
    again = checkpoints.load(place(), kind)
    assert type(again) is type(found)
    assert repr(again) == repr(found)


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (5, ValueRange),
        ([1, 2], ValueRange),
        (["u1", 0, 0, 0], ValueRange),
        ([np.arange(2), [1, 2]], classicseg.PixelHistogram),
        ([np.arange(2), np.ones(2)], classicseg.PixelHistogram),
        (True, int),
        (1.5, int),
        ([1], list[NDArray[np.bool_]]),
        ([np.arange(2)], list[NDArray[np.bool_]]),
        ((1, 2, 3), tuple[int, int]),
        ("x", float),
    ],
)
def test_a_checkpoint_of_another_kind_is_one_clear_error(found, kind):
    checkpoints.save(place(), found)
    with pytest.raises(ValueError, match=r"0.npz: damaged .*; remove it, then run the same command again"):
        checkpoints.load(place(), kind)


def test_a_checkpoint_belongs_to_its_place_and_its_recipe():
    checkpoints.save(place(), 5)
    assert not checkpoints.is_kept(place(recipe="other"))
    Path("0.npz").rename("1.npz")
    assert not checkpoints.is_kept(place(1))
    with pytest.raises(TypeError, match="is not kept"):
        checkpoints.save(place(), np.array([{}]))


def hostile():
    """What made the process end, import, or hold gigabytes."""
    objects, bomb, bare = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.savez(objects, np.array([1, None]))
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("arr_0.npy", bytes(10**6))
    with zipfile.ZipFile(bare, "w") as archive:
        header = {"descr": "|u1", "fortran_order": False, "shape": (10**15,)}
        member = io.BytesIO()
        np.lib.format.write_array_header_1_0(member, header)
        archive.writestr("arr_0.npy", member.getvalue())
    return [pickle.dumps(os.getcwd), objects.getvalue(), bomb.getvalue(), bare.getvalue(), b"", b"PK"]


@pytest.mark.parametrize("content", hostile(), ids=["pickle", "objects", "bomb", "bare", "empty", "cut"])
@pytest.mark.parametrize("signed", [True, False])
def test_a_hostile_checkpoint_is_found_again_or_refused(capsys, content, signed):
    np.save("i.npy", OLD)
    command = ["threshold", "i.npy", "--out", "l.zarr"]
    with cut_after(2):
        main(command)
    path = Path("l.zarr.part/.found/0.npz")
    recipe = json.loads(Path("l.zarr.part/classicseg.json").read_text())["recipe"]
    one = checkpoints.Place(path, json.dumps(recipe, sort_keys=True))
    assert checkpoints.is_kept(one)
    digest = checkpoints._digest(one)
    digest.update(content)
    path.write_bytes((digest.digest() if signed else b"") + content)
    if signed:
        assert "0.npz: damaged" in refused(capsys, *command)
        path.unlink()
    assert main(command) == 0
    assert_array_equal(zarr.open("l.zarr")[:], classicseg.threshold_segment(OLD))


def test_no_pickle_is_read():
    for path in Path(classicseg.__file__).parent.rglob("*.py"):
        if path.name != "kernel.py":  # numba's own, from places where no other user may write
            text = path.read_text()
            assert "Unpickler" not in text and "pickle.load" not in text, path
            assert text.count("np.load(") == text.count("allow_pickle=False"), path


OPTIONS = {
    "region_growing_segment": {"seeds": [(3, 4)]},
    "local_threshold_segment": {"method": "isauvola", "window": 5},
}
SEGMENTERS = [name for name in classicseg.segmenters() if hasattr(tiled, name)]


@pytest.mark.large
@pytest.mark.parametrize("dtype", ["u1", "f4"])
@pytest.mark.parametrize("name", [*SEGMENTERS, "canny_edges", "connected_regions"])
def test_whatever_a_method_finds_of_the_whole_image_is_kept(monkeypatch, name, dtype):
    image = np.kron(OLD[:5, :6], np.ones((5, 5), int)).astype("u1" if name[0] in "ck" else dtype)
    make = lambda: getattr(tiled, name)(da.from_array(image, chunks=13), **OPTIONS.get(name, {}))  # noqa: E731
    with cut_after(1):
        store_labels("l.zarr", make, {})
    monkeypatch.setattr(checkpoints, "save", lambda place, found: pytest.fail("found again"))
    store_labels("l.zarr", make, {})
    assert_array_equal(zarr.open("l.zarr")[:], getattr(classicseg, name)(image, **OPTIONS.get(name, {})))


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

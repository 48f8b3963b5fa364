"""A run is gone on with on the same inputs and options alone: nothing old is mixed with new."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import classicseg
from classicseg.extras.cli import main

pytest.importorskip("dask.array")
zarr = pytest.importorskip("zarr")

from stores import NEW, OLD, cut_after, posix, refused, write  # noqa: E402

from classicseg.extras.dask import storing  # noqa: E402
from classicseg.extras.files import manifest, stamps  # noqa: E402

pytestmark = pytest.mark.usefixtures("store_folder")


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

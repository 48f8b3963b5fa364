"""No program writes over what it reads, or over what it did not make; what killed runs left is cleaned."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("cyclopts")
Image = pytest.importorskip("PIL.Image")

from classicseg.extras.cli import main  # noqa: E402
from classicseg.extras.files import check_outputs, read_markers, replacing, write_image, write_json  # noqa: E402
from classicseg.extras.plot import check_figure, save_figure  # noqa: E402

GREY = np.add.outer(np.arange(40) % 20, np.arange(60)).astype(np.uint8) * 3
RUN = [sys.executable, "-c", "import sys; from classicseg.extras.cli import main; sys.exit(main())"]
posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(GREY).save("photo.png")
    return tmp_path


def mistake(arguments, capsys):
    """Run a command that must be refused and leave all as it was; return its line."""
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert main([*map(str, arguments)]) == 2
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before
    said = capsys.readouterr().err
    assert said.startswith("classicseg: error: ") and said.count("\n") == 1
    return said


@posix
@pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to, lambda path, to: to.rename(path)])
@pytest.mark.parametrize("name", ["labels.png", "labels.tif", "overlay.png"])
def test_no_result_is_written_over_an_input(capsys, link, name):
    Path("out").mkdir()
    Image.fromarray(GREY > 30).save("mask.png")
    result = Path(f"out/photo_threshold_{name}")
    link(result, Path("mask.png").absolute())
    mask = "mask.png" if Path("mask.png").exists() else result
    said = mistake(["threshold", "photo.png", "--mask", mask, "--out", "out"], capsys)
    assert f"{result}: would be written, and is {mask}, which is read" in said


def test_no_marker_image_and_no_weights_are_written_over(capsys):
    for option, name in (("--seeds", "photo_region-growing_labels.png"), ("--weights", "photo_kmeans_labels.tif")):
        Image.fromarray((GREY > 30).astype(np.uint8)).save(name, format="PNG")
        method = "kmeans" if option == "--weights" else "region-growing"
        assert "is read" in mistake([method, "photo.png", option, name, "--out", "."], capsys)


def test_no_table_is_written_over_an_input(capsys):
    Path("truth.csv").write_bytes(Path("photo.png").read_bytes())  # the content decides what a file is
    assert "is read" in mistake(["threshold", "truth.csv", "--table", "truth.csv"], capsys)
    assert "is read" in mistake(["evaluate", "photo.png", "truth.csv", "--table", "truth.csv"], capsys)
    assert "is read" in mistake(["evaluate", "photo.png", "photo.png", "--table", "photo.png"], capsys)


def test_no_sheet_is_written_over_an_input(capsys):
    Image.fromarray(GREY // 64).save("photo_comparison.png")
    said = mistake(["compare", "photo.png", "--truth", "photo_comparison.png", "--out", "."], capsys)
    assert "photo_comparison.png: would be written, and is photo_comparison.png" in said


@posix
def test_what_is_no_plain_file_is_not_replaced(capsys):
    for name in ("photo_threshold.json", "photo_comparison.png", "coins_comparison.png"):
        Path("out", name).mkdir(parents=True)
    for command in (["threshold", "photo.png"], ["compare", "photo.png"], ["demo"]):
        assert "is a folder, and would be written as a file" in mistake([*command, "--out", "out"], capsys)
    os.mkfifo("pipe.csv")
    assert "is no plain file" in mistake(["threshold", "photo.png", "--table", "pipe.csv"], capsys)


def test_results_of_an_earlier_run_are_replaced():
    for bound in ("30", "60"):
        assert main(["threshold", "photo.png", "--thresholds", bound, "--out", "out", "--overwrite"]) == 0
        assert np.array_equal(read_markers("out/photo_threshold_labels.png"), 1 + (int(bound) <= GREY))


@posix
def test_outputs_are_told_from_inputs_by_whatever_way_leads_there(folder):
    store = folder / "store"
    (store / "0").mkdir(parents=True)
    (folder / "way").symlink_to(store)
    (folder / "circle").symlink_to("circle")
    check_outputs([folder / "new.png"], [folder / "photo.png", store, folder / "none"])
    for output, source, how in [
        (folder / "way/0/x.png", store, "lies in"),
        (folder / "way", store / "0", "holds"),
        (folder / "a/../photo.png", folder / "photo.png", "is"),
        (folder / "none/x", folder / "none", "lies in"),
    ]:
        with pytest.raises(ValueError, match=f"would be written, and {how} "):
            check_outputs([output], [source])
    with pytest.raises(OSError, match="circle"):
        check_outputs([folder / "circle"])


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="names are UTF-8 there")
def test_long_names_and_names_that_are_no_utf_8():
    for raw in (b"odd\xff.png", "字".encode() * 70 + b".png"):
        name = os.fsdecode(raw)
        Path(name).write_bytes(Path("photo.png").read_bytes())
        assert main(["threshold", name, "--out", "out", "--table", "t.csv"]) == 0
        record = json.loads(Path("out", f"{Path(name).stem}_threshold.json").read_text())
        assert record["image"] == str(Path(name).resolve())
    with replacing("y" * 255) as file:
        file.write(b"long")
    assert Path("y" * 255).read_bytes() == b"long"


def test_a_name_that_is_too_long_is_refused_before_the_work(capsys):
    name = "x" * 240 + ".png"
    Path(name).write_bytes(Path("photo.png").read_bytes())
    assert "a name of 261 bytes is too long" in mistake(["threshold", name, "--out", "out"], capsys)
    assert not Path("out").exists()


KILLED = """
import os, sys
from classicseg.extras.files import replacing
with replacing("old.txt") as file:
    file.write(b"new")
    print(flush=True)
    sys.stdin.read()
"""


@posix
def test_drafts_of_killed_runs_are_removed_and_those_of_others_are_not():
    Path("old.txt").write_text("old")
    Path(".classicseg-0123456789abcdef.tmp.txt").write_text("mine")
    runs = [subprocess.Popen([sys.executable, "-c", KILLED], stdin=-1, stdout=-1) for _ in range(3)]
    for run in runs:
        run.stdout.readline()
    for run in runs[:2]:
        run.kill()
        run.communicate()
    assert len(list(Path().glob(".classicseg-*.tmp"))) == 3
    write_json("other.json", {})
    assert len(list(Path().glob(".classicseg-*.tmp"))) == 1, "the one that is written stays"
    assert Path("old.txt").read_text() == "old"
    runs[2].communicate(b"")
    assert runs[2].returncode == 0
    assert Path("old.txt").read_text() == "new"
    assert [path.name for path in Path().glob(".classicseg-*")] == [".classicseg-0123456789abcdef.tmp.txt"]


@posix
@pytest.mark.large
def test_sigterm_leaves_nothing_and_says_so_by_its_exit_code():
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (2000, 2000, 3), np.uint8)).save("noise.png")
    for number in range(40):
        Path(f"noise_{number}.png").symlink_to("noise.png")
    images = [f"noise_{number}.png" for number in range(40)]
    running = subprocess.Popen([*RUN, "threshold", *images], stdout=-1, stderr=-1, text=True)
    deadline = time.monotonic() + 60
    while not list(Path().glob("segmented/*.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    assert (*running.communicate(timeout=30), running.returncode) == ("", "", 143)
    assert not list(Path("segmented").glob(".*"))


def test_a_process_with_a_handler_of_its_own_keeps_it():
    def handler(*_):
        pass

    before = signal.signal(signal.SIGTERM, handler)
    try:
        assert main(["methods"]) == 0
        assert signal.getsignal(signal.SIGTERM) is handler
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        assert main(["methods"]) == 0
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_figure_replaces_none_but_its_like():
    figure = pytest.importorskip("matplotlib.figure").Figure()
    for _ in range(2):
        save_figure(figure, "figure.png")
    save_figure(figure, "figure.pdf")
    before = Path("photo.png").read_bytes()
    write_image("ours_too.png", GREY)
    Path("text.png").write_text("ten years")
    for name in ("photo.png", "ours_too.png", "text.png", "figure.pdf"):
        with pytest.raises(
            FileExistsError, match="is there, and no figure that was drawn here; expected a new path"
        ):
            save_figure(figure, name)
    with pytest.raises(ValueError, match="which is read"):
        check_figure("figure.png", ["figure.png"])
    assert Path("photo.png").read_bytes() == before

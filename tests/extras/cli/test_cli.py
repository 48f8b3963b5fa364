"""The command line does what the functions do, records it, and ends every mistake in one line."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import COLOR, GREY, METHODS, mistake
from numpy.typing import ArrayLike  # noqa: F401  (in an annotation)

pytest.importorskip("cyclopts")
Image = pytest.importorskip("PIL.Image")
tifffile = pytest.importorskip("tifffile")

import classicseg  # noqa: E402
from classicseg.extras.cli import main  # noqa: E402
from classicseg.extras.cli.report import command_name  # noqa: E402
from classicseg.extras.files import read_markers  # noqa: E402
from classicseg.types import Classes, kind_of  # noqa: E402, F401  (Classes: in an annotation)

pytestmark = pytest.mark.usefixtures("folder")


SLOW_LOOPS = {"contour", "mean-shift"}  # which take 10 seconds and more as plain Python
MARKED = [pytest.param(name, marks=[pytest.mark.large] if name in SLOW_LOOPS else []) for name in METHODS]


@pytest.mark.parametrize("method", MARKED)
@pytest.mark.parametrize("image", ["grey", "color"])
def test_every_method_writes_what_its_function_returns(method: str, image: str) -> None:
    assert main([method, f"{image}.png", "--table", "regions.csv"]) == 0
    pixels = {"grey": GREY, "color": COLOR}[image]
    labels = METHODS[method](pixels)
    np.testing.assert_array_equal(read_markers(f"segmented/{image}_{method}_labels.png"), labels)
    with Image.open(f"segmented/{image}_{method}_overlay.png") as overlay:
        assert (overlay.size, overlay.mode) == ((240, 160), "RGB")  # tiny pictures are enlarged
    with Path("regions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    table = classicseg.region_table(labels, pixels)
    assert [int(row["label"]) for row in rows] == table.label.tolist()
    for name in ("area", "row_min", "perimeter", "mean" if image == "grey" else "mean_red"):
        assert [float(row[name]) for row in rows] == table[name].tolist()
    assert "image" not in rows[0]


@pytest.mark.parametrize("method", MARKED)
def test_the_record_repeats_the_run(method: str) -> None:
    assert main([method, "color.png", "--out", "first"]) == 0
    record = json.loads(Path(f"first/color_{method}.json").read_text())
    assert record["classicseg"] == classicseg.__version__
    assert record["image"] == str(Path("color.png").resolve())
    assert main([*record["command"][1:], "--out", "second"]) == 0
    labels = read_markers(Path("first", record["labels"]))
    np.testing.assert_array_equal(read_markers(Path("second", record["labels"])), labels)
    assert record["segments"] == len(np.unique(labels[labels > 0]))


def test_the_record_repeats_what_was_typed() -> None:
    typed = ["region-growing", "grey.png", "--seeds", "3,4", "--seeds", "30,50", "--tolerance", "25"]
    assert main(typed) == 0
    record = json.loads(Path("segmented/grey_region-growing.json").read_text())
    assert record["parameters"]["seeds"] == ["3,4", "30,50"]
    labels = read_markers("segmented/grey_region-growing_labels.png")
    expected = classicseg.region_growing_segment(GREY, seeds=[(3, 4), (30, 50)], tolerance=25)
    np.testing.assert_array_equal(labels, expected)
    assert main([*record["command"][1:], "--out", "again"]) == 0
    np.testing.assert_array_equal(read_markers("again/grey_region-growing_labels.png"), labels)


def test_options_become_arguments() -> None:
    mask = GREY > 40
    Image.fromarray(mask).save("mask.png")
    np.save("markers.npy", np.where(GREY == 60, 5, 0))
    np.save("centers.npy", [[30.0], [90.0]])
    Image.fromarray(GREY).save("weights.png")
    cases: list[tuple[list[str], dict[str, Any]]] = [
        (["threshold", "--thresholds", "50", "--thresholds", "90"], {"thresholds": [50, 90]}),
        (["threshold", "--thresholds", "50"], {"thresholds": 50}),
        (["threshold", "--thresholds", "otsu", "--n-classes", "3"], {"n_classes": 3}),
        (["gradient", "--threshold", "4", "--threshold", "9"], {"threshold": [4, 9]}),
        (
            ["gradient", "--threshold", "kapur", "--operator", "scharr"],
            {"threshold": "kapur", "operator": "scharr"},
        ),
        (["kmeans", "--init", "k-means++", "--n-init", "2"], {"n_init": 2}),
        (["kmeans", "--init", "centers.npy"], {"init": [[30.0], [90.0]]}),
        (["kmeans", "--weights", "weights.png"], {"weights": GREY}),
        (["kmeans", "--n-clusters", "2", "--mask", "mask.png"], {"n_clusters": 2, "mask": mask}),
        (["gradient", "--spacing", "2", "--spacing", "1"], {"spacing": (2, 1)}),
        (["gradient", "--spacing", "2", "--threshold", "0.5"], {"spacing": 2, "threshold": 0.5}),
        (["region-growing", "--seeds", "markers.npy"], {"seeds": np.where(GREY == 60, 5, 0)}),
        (["region-growing", "--seeds", "3:3,4", "--seeds", "3:30,50"], {"seeds": {3: [(3, 4), (30, 50)]}}),
        (
            ["region-growing", "--seeds", "3,4", "--interval", "0", "--interval", "255"],
            {"seeds": (3, 4), "interval": (0, 255)},
        ),
        (["boundary", "--detector", "sobel", "--sigma", "2"], {"detector": "sobel", "sigma": 2}),
    ]
    for (method, *typed), arguments in cases:
        assert main([method, "grey.png", *typed, "--overwrite"]) == 0
        labels = METHODS[method](GREY, **arguments)
        np.testing.assert_array_equal(read_markers(f"segmented/grey_{method}_labels.png"), labels)


def test_a_segmenter_of_the_future_gets_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def future_segment(image, *, n: int, init=None, exact: bool = True, weight: float | None = None):  # type: ignore[no-untyped-def]
        """Do it."""
        calls.append((n, init, exact, weight))
        return np.ones(np.shape(image), np.int32)

    future_segment.__annotations__ = {
        "n": "int",
        "init": "ArrayLike | None",
        "exact": "bool",
        "weight": "float | None",
        "return": "Classes",
    }
    calls: list[Any] = []
    monkeypatch.setattr(classicseg, "far_future_segment", future_segment, raising=False)
    monkeypatch.setitem(vars(classicseg)["_MODULES"], "far_future_segment", "classicseg.types")
    np.save("start.npy", GREY)
    options = ["--n", "3", "--init", "start.npy", "--no-exact", "--weight", "-2.5"]
    assert main(["far-future", "grey.png", *options]) == 0
    n, init, exact, weight = calls[0]
    assert (n, exact, weight) == (3, False, -2.5)
    np.testing.assert_array_equal(init, GREY)


def test_volumes_are_volumes(capsys: pytest.CaptureFixture[str]) -> None:
    volume = np.stack([GREY, GREY // 2, GREY // 3]).astype(np.uint16) * 200
    tifffile.imwrite("volume.tif", volume, photometric="minisblack")
    np.save("array.npy", volume)
    for name in ("volume.tif", "array.npy"):
        assert main(["kmeans", name]) == 0
        labels = read_markers(f"segmented/{Path(name).stem}_kmeans_labels.tif")
        np.testing.assert_array_equal(labels, classicseg.kmeans_segment(volume, channel_axis=None))
    assert main(["kmeans", "volume.tif", "--channel-axis", "0", "-o", "channels"]) == 0
    labels = read_markers("channels/volume_kmeans_labels.png")
    np.testing.assert_array_equal(labels, classicseg.kmeans_segment(volume, channel_axis=0))
    assert "one axis" in mistake(["kmeans", "grey.png", "--channel-axis", "0"], capsys)


def test_alpha_and_mask_hold_together() -> None:
    alpha, mask = GREY > 40, np.arange(60) < 40
    Image.fromarray(np.dstack([COLOR, alpha * np.uint8(255)])).save("see_through.png")
    Image.fromarray(np.broadcast_to(mask, GREY.shape)).save("mask.png")
    assert main(["kmeans", "see_through.png", "--mask", "mask.png"]) == 0
    labels = read_markers("segmented/see_through_kmeans_labels.png")
    np.testing.assert_array_equal(labels, classicseg.kmeans_segment(COLOR, mask=alpha & mask))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["kmeans"], "IMAGE"),
        (["kmeans", "missing.png"], "no such file"),
        (["kmeans", "other/empty"], "folder"),
        (["kmeans", "text.png"], "not an image"),
        (["kmeans", "cut.png"], "cut short"),
        (["kmeans", "grey.png", "--n-cluster", "3"], "--n-cluster"),
        (["kmeens", "grey.png"], "kmeens"),
        (["--colour"], "--colour"),
        (["kmeans", "grey.png", "--n-clusters", "0"], "n_clusters is 0"),
        (["kmeans", "grey.png", "--n-clusters", "2.5"], "2.5"),
        (["kmeans", "grey.png", "--n-clusters"], "--n-clusters"),
        (["kmeans", "color.png", "--rng", "-1"], "color.png"),
        (["kmeans", "grey.png", "--mask", "missing.png"], "missing.png"),
        (["kmeans", "grey.png", "--mask", "small.png"], "shape"),
        (["kmeans", "grey.png", "--max-pixels", "100"], "--max-pixels"),
        (["kmeans", "grey.png", "--max-pixels", "0"], "--max-pixels"),
        (["kmeans", "grey.png", "--channel-axis", "9"], "9"),
        (["threshold", "grey.png", "--thresholds", "nan"], "thresholds"),
        (["threshold", "grey.png", "--thresholds", "9", "--thresholds", "3"], "ascending"),
        (["region-growing", "grey.png", "--seeds", "400,4"], "400"),
        (["region-growing", "grey.png", "--seeds", "1,2", "--seeds", "here"], "here"),
        (["region-growing", "grey.png", "--seeds", "1,2", "--seeds", "1,2,3"], "1,2,3"),
        (["region-growing", "grey.png", "--seeds", "2:1,2", "--seeds", "1,3"], "a label before each point"),
        (["boundary", "grey.png", "--detector", "prewitt"], "canny"),
        (["kmeans", "grey.png", "--out", "text.png"], "text.png"),
        (["kmeans", "grey.png", "--out", "text.png/deep"], "text.png"),
        (["kmeans", "grey.png", "--out", "/proc/segmented"], "/proc"),
        (["kmeans", "grey.png", "--table", "grey.png"], ".csv"),
        (["kmeans", "grey.png", "--table", "text.png/regions.csv"], "text.png"),
        (["kmeans", "grey.png", "other/grey.png"], "both"),
        (["demo", "--out", "text.png"], "text.png"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("text.png").write_text("no image")
    Path("cut.png").write_bytes(Path("color.png").read_bytes()[:-40])
    Path("other/empty").mkdir(parents=True)
    Image.fromarray(GREY).save("other/grey.png")
    Image.fromarray(GREY[:5]).save("small.png")
    assert said in mistake(arguments, capsys)
    assert not list(Path("segmented").glob("*"))


def test_a_full_disk_is_a_mistake(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "No space left" in mistake(["kmeans", "grey.png"], capsys)
    assert not list(Path("segmented").iterdir())


def test_one_bad_file_of_many_is_reported_and_the_rest_are_done(capsys: pytest.CaptureFixture[str]) -> None:
    whole = Path("color.png").read_bytes()
    Path("bad.png").write_bytes(whole[: len(whole) // 2])
    said = mistake(["kmeans", "grey.png", "bad.png", "color.png", "--table", "t.csv"], capsys, code=1)
    assert "bad.png" in said
    assert {path.name for path in Path("segmented").glob("*.json")} == {"grey_kmeans.json", "color_kmeans.json"}
    with Path("t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == ["grey.png"] * 4 + ["color.png"] * 4
    assert [rows[0]["mean_red"], rows[4]["mean"]] == ["", ""]
    assert rows[0]["mean"] != ""
    assert rows[4]["mean_red"] != ""


def test_catalogue_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods"]) == 0
    lines = capsys.readouterr().out.splitlines()
    by_strokes = {command_name(name): segment for name, segment in classicseg.segmenters("seeded").items()}
    everybody = METHODS | by_strokes
    assert [line.split()[:2] for line in lines] == [[name, kind_of(one)] for name, one in everybody.items()]
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == classicseg.__version__
    assert main(["--help"]) == 0
    overview = capsys.readouterr().out
    for method in everybody:
        assert method in overview
        assert main([method, "--help"]) == 0
        assert "IMAGE" in capsys.readouterr().out


@pytest.mark.large
def test_the_demonstration(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    data = pytest.importorskip("skimage.data")
    for name in ("coins", "camera", "astronaut", "coffee"):
        original = getattr(data, name)
        monkeypatch.setattr(data, name, lambda original=original: original()[100:148, 100:160])
    assert main(["demo", "--out", "pictures"]) == 0
    said = capsys.readouterr().out
    assert "pictures" in said
    pictures = {path.name for path in Path("pictures").iterdir()}
    for name in ("coins", "camera", "astronaut", "coffee"):
        assert f"{name}_comparison.png" in pictures
        assert {f"{name}_{method}_overlay.png" for method in METHODS} <= pictures
    for method in METHODS:
        assert method in said


RUN = """
import signal, sys
from classicseg.extras.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background has it ignored
sys.exit(main())
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", RUN, *arguments]


@pytest.mark.large
@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_interrupted_it_says_so_by_its_exit_code(folder: Path) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (2000, 2000, 3), np.uint8)).save("noise.png")
    for number in range(40):
        Path(f"noise_{number}.png").symlink_to("noise.png")
    images = [f"noise_{number}.png" for number in range(40)]
    running = subprocess.Popen(command("threshold", *images), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 40
    while not list(Path().glob("segmented/*.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=20)
    assert (running.returncode, said) == (130, "")
    assert not list(Path("segmented").glob("*.tmp"))


def test_a_reader_that_leaves_early_is_no_mistake() -> None:
    running = subprocess.Popen(command("methods"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout is not None
    running.stdout.close()
    assert running.stderr is not None
    assert running.stderr.read() == ""
    running.stderr.close()
    running.wait()


def test_the_version_and_a_mistake_load_no_drawing() -> None:
    code = (
        "import sys; from classicseg.extras.cli import main; main(['--version']); "
        "sys.exit(any(name in sys.modules for name in ('matplotlib', 'skimage', 'tifffile')))"
    )
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL).returncode == 0

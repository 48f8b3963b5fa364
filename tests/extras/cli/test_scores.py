"""The commands that score and compare say what the functions say."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("cyclopts")
Image = pytest.importorskip("PIL.Image")

import classicseg  # noqa: E402
from classicseg import connected_regions, metrics  # noqa: E402
from classicseg.extras.cli import main  # noqa: E402

GREY = np.add.outer(np.arange(40) % 20, np.arange(60)).astype(np.uint8) * 3
TRUTH = connected_regions(GREY // 60 + 1).astype(np.uint8)
LABELS = connected_regions(GREY // 50 + 1).astype(np.uint8)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, array in {"grey": GREY, "truth": TRUTH, "labels": LABELS, "mask": TRUTH * 0 + (GREY > 20)}.items():
        Image.fromarray(array).save(f"{name}.png")
    Image.fromarray((TRUTH > 1).astype(np.uint8) * 255).save("ink.png")
    Image.fromarray(np.stack([GREY] * 3, axis=-1)).save("color.png")
    return tmp_path


def scores_in(path: str) -> dict[str, float]:
    with Path(path).open(newline="") as file:
        return {f"{row['of']}: {row['score']}": float(row["value"]) for row in csv.DictReader(file)}


def test_evaluate_says_what_the_metrics_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "labels.png", "truth.png", "--table", "scores.csv"]) == 0
    printed, found = capsys.readouterr().out, scores_in("scores.csv")
    expected = {
        "labels as numbered: mean IoU": metrics.iou(TRUTH, LABELS).mean,
        "labels renamed to fit: mean IoU": metrics.iou(TRUTH, metrics.match_labels(TRUTH, LABELS)).mean,
        "partition: adjusted Rand index": metrics.adjusted_rand_index(TRUTH, LABELS),
        "boundaries: F": metrics.boundary_f1(TRUTH, LABELS).f1,
        "objects: panoptic quality": metrics.panoptic_quality(TRUTH, LABELS).quality,
    }
    assert {name: found[name] for name in expected} == expected
    assert "two-valued: F-measure" not in found
    assert all(f"{value:.4f}" in printed for value in found.values())


def test_evaluate_leaves_out_what_does_not_count() -> None:
    options = ["--mask", "mask.png", "--ignore-label", "2", "--table", "scores.csv"]
    assert main(["evaluate", "labels.png", "truth.png", *options]) == 0
    expected = metrics.pixel_accuracy(TRUTH, LABELS, mask=GREY > 20, ignore_label=2)
    assert scores_in("scores.csv")["labels as numbered: pixel accuracy"] == expected


def test_evaluate_says_first_whether_the_names_fit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "truth.png", "truth.png"]) == 0
    assert capsys.readouterr().out.startswith("the labels have the names of the truth: 100.0% of the pixels agree")
    Image.fromarray(TRUTH.max() + 1 - TRUTH).save("other_names.png")
    assert main(["evaluate", "other_names.png", "truth.png", "--table", "scores.csv"]) == 0
    said = capsys.readouterr().out
    plain = metrics.pixel_accuracy(TRUTH, TRUTH.max() + 1 - TRUTH)
    assert said.startswith(
        "the labels have other names than the truth: 100.0% of the pixels agree when each is renamed to fit, "
        f"{plain:.1%} as numbered, 100.0% if each took the name of most of its pixels"
    )
    assert said.index("renamed to fit", 130) < said.index("labels as numbered")
    assert scores_in("scores.csv")["class 2: IoU"] == 1


def test_evaluate_scores_each_class() -> None:
    assert main(["evaluate", "labels.png", "truth.png", "--table", "scores.csv"]) == 0
    found = scores_in("scores.csv")
    fits = next(iter(found)).partition(":")[0] == "labels as numbered"
    judged = LABELS if fits else metrics.match_labels(TRUTH, LABELS)
    overlap, coefficient = metrics.iou(TRUTH, judged), metrics.dice(TRUTH, judged)
    for name in np.unique(TRUTH).tolist():
        assert found[f"class {name}: IoU"] == overlap.score[overlap.label == name]
        assert found[f"class {name}: Dice"] == coefficient.score[coefficient.label == name]
    many = np.arange(2400, dtype=np.uint16).reshape(40, 60)
    Image.fromarray(many).save("many.png")
    assert main(["evaluate", "many.png", "many.png", "--table", "scores.csv"]) == 0
    assert not any(name.startswith("class") for name in scores_in("scores.csv"))


@pytest.mark.parametrize("typed", [["1", "2"], ["1,2"]])
def test_evaluate_ignores_several_labels(typed: list[str]) -> None:
    for words in (
        ["--ignore-label", *typed, "labels.png", "truth.png"],
        ["labels.png", "truth.png", "--nodata", *typed],
    ):
        assert main(["evaluate", *words, "--table", "scores.csv"]) == 0
        kept = (TRUTH > 2) & ((LABELS > 2) | ("--nodata" not in words))
        expected = metrics.pixel_accuracy(TRUTH, LABELS, mask=kept)
        assert scores_in("scores.csv")["labels as numbered: pixel accuracy"] == expected


def test_evaluate_says_first_how_good_a_page_is(capsys: pytest.CaptureFixture[str]) -> None:
    truth, classes = page_files()
    assert main(["evaluate", "page_labels.png", "page_truth.png"]) == 0
    ink, found = truth == 0, classes == 1
    f, psnr, drd = (score(ink, found) for score in (metrics.f_measure, metrics.psnr, metrics.drd))
    assert f"F-measure {f:.4g}, PSNR {psnr:.4g} dB, DRD {drd:.4g}" in capsys.readouterr().out


def test_evaluate_scores_folders(capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("found", "true"):
        Path(folder).mkdir()
    for name, labels in (("a", LABELS), ("b_kmeans_labels", TRUTH)):
        Image.fromarray(labels).save(f"found/{name}.png")
    for name in "ab":
        Image.fromarray(TRUTH).save(f"true/{name}.png")
    assert main(["evaluate", "found", "true", "--table", "scores.csv"]) == 0
    said = capsys.readouterr().out
    assert "b_kmeans_labels.png: the labels have the names of the truth: 100.0%" in said
    assert "over 2 files, names and classes of all pixels together" in said
    covering = metrics.segmentation_covering(TRUTH, LABELS)
    with Path("scores.csv").open(newline="") as file:
        rows = {(row["labels"], row["score"]): float(row["value"]) for row in csv.DictReader(file)}
    assert rows["a.png", "covering of the truth"] == covering
    assert rows["mean", "covering of the truth"] == pytest.approx((covering + 1) / 2)


def test_names_and_classes_of_folders_are_those_of_all_pixels_together() -> None:
    found = {"a": np.array([[1, 1, 2, 2]]), "b": np.array([[2] * 8, [1] * 8])}
    true = {"a": np.array([[1, 2, 2, 2]]), "b": np.array([[2] * 8, [2] * 8])}
    for folder, images in (("found", found), ("true", true)):
        Path(folder).mkdir()
        for name, labels in images.items():
            Image.fromarray(labels.astype(np.uint8)).save(f"{folder}/{name}.png")
    assert main(["evaluate", "found", "true", "--table", "scores.csv"]) == 0
    with Path("scores.csv").open(newline="") as file:
        rows = {(r["labels"], r["of"], r["score"]): float(r["value"]) for r in csv.DictReader(file)}
    assert rows["total", "labels as numbered", "pixel accuracy"] == 11 / 20  # not the mean of 3/4 and 8/16
    assert rows["total", "class 1", "IoU"] == 1 / 10
    assert rows["total", "class 2", "IoU"] == 10 / 19
    assert rows["mean", "partition", "achievable accuracy"] == (3 / 4 + 1) / 2
    assert ("mean", "class 2", "IoU") not in rows


def test_scores_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "labels.png", "truth.png", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert found["labels"] == "labels.png"
    assert found["scores"]["partition"]["adjusted Rand index"] == metrics.adjusted_rand_index(TRUTH, LABELS)
    assert main(["evaluate", "labels.png", "truth.png", "-q", "--table", "scores.csv"]) == 0
    assert capsys.readouterr() == ("", "")
    assert (
        scores_in("scores.csv")["partition: covering of the truth"]
        == found["scores"]["partition"]["covering of the truth"]
    )
    assert main(["evaluate", "ink.png", "ink.png", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["scores"]["two-valued"]["PSNR, dB"] is None  # infinite
    assert "the true value 255 is looked for; --foreground chooses" in found["said"]
    Path("one").mkdir()
    Image.fromarray(TRUTH).save("one/a.png")
    Image.fromarray(TRUTH).save("one/b.png")
    assert main(["evaluate", "one", "one", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("labels") for line in lines] == ["a.png", "b.png", None]
    assert (lines[2]["files"], lines[2]["names_fit"]) == (2, True)


def test_pages_of_folders(capsys: pytest.CaptureFixture[str]) -> None:
    truth, classes = page_files()
    for folder, image in (("found", classes), ("true", truth)):
        Path(folder).mkdir()
        Image.fromarray(image).save(f"{folder}/a.png")
        Image.fromarray(image[:30]).save(f"{folder}/b.png")
    assert main(["evaluate", "found", "true"]) == 0
    pages = [(truth == 0, classes == 1), (truth[:30] == 0, classes[:30] == 1)]
    f, psnr, drd = (
        np.mean([score(*page) for page in pages]) for score in (metrics.f_measure, metrics.psnr, metrics.drd)
    )
    assert f"\nF-measure {f:.4g}, PSNR {psnr:.4g} dB, DRD {drd:.4g}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "folder without images"),
        (["other.png"], "has 0 files for true/a.png; expected one of its own, a.* or a_METHOD_labels.*"),
        (["a_kmeans_labels.png", "a_threshold_labels.png"], "has 2 files for true/a.png"),
    ],
)
def test_folders_that_do_not_go_together(files: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("found", "true"):
        Path(folder).mkdir()
    for path in ("true/a.png", *(f"found/{file}" for file in files)):
        Image.fromarray(TRUTH).save(path)
    assert main(["evaluate", "found", "true"]) == 2
    assert said in capsys.readouterr().err
    assert main(["evaluate", "found", "truth.png"]) == 2
    assert "are a file and a folder" in capsys.readouterr().err


def test_evaluate_scores_ink_as_ink() -> None:
    assert main(["evaluate", "ink.png", "ink.png", "--table", "scores.csv"]) == 0
    found = scores_in("scores.csv")
    assert found["two-valued: F-measure"] == 1
    assert found["two-valued: Hausdorff distance, pixels"] == 0


def page_files() -> tuple[np.ndarray, np.ndarray]:
    """A page whose truth is 0 for ink and 255 for paper, and the classes 1 and 2 that a threshold makes of it."""
    truth = np.where(GREY < 40, 0, 255).astype(np.uint8)
    classes = classicseg.threshold_segment(GREY, thresholds=50).astype(np.uint8)
    Image.fromarray(truth).save("page_truth.png")
    Image.fromarray(classes).save("page_labels.png")
    return truth, classes


def test_evaluate_knows_the_classes_of_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    truth, classes = page_files()
    assert main(["evaluate", "page_labels.png", "page_truth.png", "--table", "scores.csv"]) == 0
    found, printed = scores_in("scores.csv"), capsys.readouterr().out
    assert found["labels as numbered: pixel accuracy"] == np.mean((truth == 0) == (classes == 1))
    for name, score in {"F-measure": metrics.f_measure, "DRD": metrics.drd, "PSNR, dB": metrics.psnr}.items():
        assert found[f"two-valued: {name}"] == score(truth == 0, classes == 1)
    assert "labels 1 and 2, dark and bright, are taken for the true values 0 and 255" in printed
    assert "the true value 0 is looked for" in printed


def test_evaluate_looks_for_the_value_that_is_said() -> None:
    truth, classes = page_files()
    arguments = ["evaluate", "page_labels.png", "page_truth.png", "--mask", "mask.png", "--table", "scores.csv"]
    assert main([*arguments, "--foreground", "255"]) == 0
    expected = metrics.f_measure(truth == 255, classes == 2, mask=GREY > 20)
    assert scores_in("scores.csv")["two-valued: F-measure"] == expected
    assert main(["evaluate", "ink.png", "ink.png", "--foreground", "0", "--ignore-label", "255"]) == 0


def test_evaluate_scores_sets_of_other_names() -> None:
    Image.fromarray((TRUTH > 2).astype(np.uint8)).save("found.png")
    assert main(["evaluate", "found.png", "ink.png", "--table", "scores.csv"]) == 0
    assert scores_in("scores.csv")["two-valued: F-measure"] == metrics.f_measure(TRUTH > 1, TRUTH > 2)


def test_evaluate_reads_what_was_written_in_tiles() -> None:
    zarr = pytest.importorskip("zarr")
    zarr.save_array("labels.zarr", LABELS)
    assert main(["evaluate", "labels.zarr", "truth.png", "--table", "scores.csv"]) == 0
    assert scores_in("scores.csv")["labels as numbered: mean IoU"] == metrics.iou(TRUTH, LABELS).mean
    assert main(["evaluate", "labels.zarr", "truth.png", "--max-pixels", "100"]) == 2
    zarr.save_array("fractions.zarr", LABELS / 2)
    assert main(["evaluate", "fractions.zarr", "truth.png"]) == 2


@pytest.mark.large
def test_compare_draws_a_sheet_and_prints_the_scores(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "grey.png", "color.png", "--truth", "truth.png", "--truth", "truth.png"]) == 0
    printed = capsys.readouterr().out
    for name in ("grey", "color"):
        with Image.open(f"segmented/{name}_comparison.png") as sheet:
            assert sheet.width > 500
        covering = metrics.segmentation_covering(TRUTH, classicseg.threshold_segment(GREY))
        assert f"{covering:.3f}" in printed
    assert "covering" in printed
    assert main(["compare", "grey.png", "--out", "others"]) == 0
    assert "covering" not in capsys.readouterr().out
    assert Path("others/grey_comparison.png").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "labels.png", "color.png"], "color.png: holds several channels; expected labels"),
        (["evaluate", "labels.png", "none.png"], "none.png: no such file"),
        (["evaluate", "labels.png", "truth.png", "--ignore-label", "-1"], "ignore_label is -1"),
        (["evaluate", "labels.png", "truth.png", "--ignore-label", "2.5"], "--ignore-label"),
        (["evaluate", "labels.png", "truth.png", "--tolerance", "-1"], "tolerance is -1.0"),
        (
            ["evaluate", "labels.png", "truth.png", "--foreground", "1"],
            "truth or labels have more than two values",
        ),
        (["evaluate", "ink.png", "ink.png", "--foreground", "1"], "the true values are [0, 255]"),
        (
            ["compare", "grey.png", "--truth", "truth.png", "--truth", "truth.png"],
            "1 image and 2 truths are given",
        ),
        (["compare", "grey.png", "./grey.png"], "several images have the same name"),
        (["compare", "grey.png", "--out", "truth.png"], "truth.png"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("classicseg: error: ")
    assert error.count("\n") == 1
    assert said in error


@pytest.mark.large
def test_methods_that_take_no_such_image_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    np.save("bands.npy", np.stack([GREY] * 2, axis=-1))
    assert main(["compare", "bands.npy"]) == 1
    said = capsys.readouterr()
    assert "classicseg: error: bands.npy: threshold: image has 2 channels; expected 1, or 3" in said.err
    assert "kmeans" in said.out
    assert Path("segmented/bands_comparison.png").exists()


def test_shapes_that_differ_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(TRUTH[1:]).save("small.png")
    assert main(["evaluate", "labels.png", "small.png"]) == 2
    assert "labels.png has the shape (40, 60), and small.png (39, 60)" in capsys.readouterr().err
    assert main(["compare", "grey.png", "--truth", "small.png"]) == 2
    assert "grey.png has the shape (40, 60), and its truth (39, 60)" in capsys.readouterr().err

"""compare --methods, and folders in the place of files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

pytest.importorskip("cyclopts")
Image = pytest.importorskip("PIL.Image")

from command_line import mistake  # noqa: E402

import classicseg  # noqa: E402
from classicseg.extras.cli import main  # noqa: E402
from classicseg.extras.cli.inputs import image_files  # noqa: E402
from classicseg.extras.cli.variants import chosen_methods  # noqa: E402
from classicseg.extras.files import read_markers  # noqa: E402

GREY = np.random.default_rng(0).integers(0, 256, (40, 60), np.uint8)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("photos/deeper").mkdir(parents=True)
    for name in ("photos/b.PNG", "photos/a.png", "photos/deeper/c.png"):
        Image.fromarray(GREY).save(name)
    Path("photos/notes.txt").write_text("no image")
    return tmp_path


def test_a_word_of_a_method_is_a_method() -> None:
    found = chosen_methods(["kmeans", "wolf", "threshold:kapur", "kmeans"])
    assert list(found) == ["kmeans", "wolf", "threshold:kapur"]
    assert_array_equal(found["kmeans"](GREY), classicseg.kmeans_segment(GREY))
    assert_array_equal(found["wolf"](GREY), classicseg.local_threshold_segment(GREY, method="wolf"))
    assert_array_equal(found["threshold:kapur"](GREY), classicseg.threshold_segment(GREY, thresholds="kapur"))
    assert len(chosen_methods(None)) == len(classicseg.segmenters())


@pytest.mark.parametrize(("name", "said"), [("kmeens", "did you mean kmeans?"), ("xyz", "expected"), ("otsu", "")])
def test_a_method_that_is_not_known(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"--methods has {name}; .*{said}"):  # otsu is a word of two methods
        chosen_methods([name])


@pytest.mark.parametrize(
    "typed",
    [["--methods", "kmeans,wolf"], ["--methods=kmeans,wolf"], ["--methods", "kmeans", "--methods", "wolf"]],
)
def test_the_methods_that_are_compared(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([*typed, "photos/a.png"], ["photos/a.png", *typed]):
        assert main(["compare", *words]) == 0
        said = capsys.readouterr().out
        assert "kmeans" in said
        assert "method=wolf" in said
        assert "boundary" not in said
        assert "1 comparison sheet in segmented" in said


def test_values_that_take_no_part(capsys: pytest.CaptureFixture[str]) -> None:
    np.save("one.npy", np.where(GREY < 100, 0, 9).astype(np.uint8))
    for typed, count in (([], " 2 "), (["--nodata", "0"], " 1 ")):
        assert main(["compare", "one.npy", "--methods", "threshold", "--overwrite", *typed]) == 0
        assert count in capsys.readouterr().out


def test_a_folder_stands_for_its_images(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["threshold", "photos"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in said] == ["photos/a.png", "photos/b.PNG", "results in segmented"]
    assert_array_equal(read_markers("segmented/a_threshold_labels.png"), classicseg.threshold_segment(GREY))
    assert main(["compare", "photos", "--truth", "photos", "--methods", "kmeans"]) == 0
    assert "2 comparison sheets" in capsys.readouterr().out


def test_a_sheet_of_other_methods_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    typed = ["compare", "photos/a.png", "--truth", "photos/b.PNG", "--nodata", "nan", "--methods"]
    assert main([*typed, "kmeans", "-q"]) == 0
    assert capsys.readouterr().out == ""
    assert main([*typed, "kmeans", "--json"]) == 0  # the same again
    (result,) = map(json.loads, capsys.readouterr().out.splitlines())
    expected = classicseg.metrics.segmentation_covering(GREY, classicseg.kmeans_segment(GREY))
    assert (result["method"], result["segments"], result["scores"]["covering"]) == ("kmeans", 4, expected)
    assert "(--methods kmeans, now threshold); add --overwrite" in mistake([*typed, "threshold"], capsys)
    assert main([*typed, "threshold", "--overwrite"]) == 0
    assert main(["rerun", "segmented/a_comparison.json", "-o", "again", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["method"] == "threshold"
    record = json.loads(Path("again/a_comparison.json").read_text())
    assert record["results"][0]["segments"] == 2


def test_a_pattern_stands_for_files_where_no_shell_has_put_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["threshold", "photos/*.png"]) == 0
    assert capsys.readouterr().out.startswith("photos/a.png: 2 segments")
    Path("photos/[x]*.png").write_bytes(Path("photos/a.png").read_bytes())
    assert image_files([Path("photos/[x]*.png")]) == [Path("photos/[x]*.png")]  # a file of that name
    assert image_files([Path("photos/none*.png")]) == [Path("photos/none*.png")]


def test_each_setting_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "photos", "--methods", "kmeans,wolf"]) == 0
    said = capsys.readouterr().out
    assert said.count("n_clusters") + said.count("n_init") == 1
    assert said.count("wolf: method=wolf") == 1

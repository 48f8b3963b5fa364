"""What a method chose by itself is printed and recorded, and is what gives the same labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

pytest.importorskip("cyclopts")
Image = pytest.importorskip("PIL.Image")

import classicseg  # noqa: E402
from classicseg._core.chosen import choices, chose  # noqa: E402
from classicseg.extras.cli import main  # noqa: E402
from classicseg.extras.files import read_markers  # noqa: E402

STEP = np.repeat(np.where(np.arange(50) < 20, 10, 200)[np.newaxis], 40, axis=0).astype(np.uint8)
NOISE = np.random.default_rng(0).normal(np.where(STEP > 100, 160, 60), 25).clip(0, 255).astype(np.uint8)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(STEP).save("step.png")
    Image.fromarray(NOISE).save("noise.png")
    Image.fromarray(np.full((20, 30), 7, np.uint8)).save("flat.png")
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a method, and return the line on the image and what the record has as chosen."""

    def run_method(method: str, image: str, *typed: str) -> tuple[str, dict[str, Any]]:
        assert main([method, f"{image}.png", *typed, "--overwrite"]) == 0
        record = json.loads(Path(f"segmented/{image}_{method}.json").read_text())
        return capsys.readouterr().out.splitlines()[0], record["chosen"]

    return run_method


def test_a_threshold_by_name(run: Any) -> None:
    said, chosen = run("threshold", "step")
    threshold = classicseg.otsu_threshold(STEP)
    assert chosen == {"thresholds": [threshold]}
    assert said == f"step.png: 2 segments (dark < {threshold:g} <= bright; 60 % bright)"
    said, chosen = run("threshold", "noise", "--n-classes", "3")
    low, high = classicseg.multi_otsu_thresholds(NOISE)
    assert chosen == {"thresholds": [low, high]}
    assert f"(1 < {low:g} <= 2 < {high:g} <= 3; " in said


def test_thresholds_in_numbers(run: Any) -> None:
    assert run("threshold", "step", "--thresholds", "50") == (
        "step.png: 2 segments (dark < 50 <= bright; 60 % bright)",
        {},
    )
    said, _ = run("threshold", "step", "--thresholds", "300")
    assert said == "step.png: 1 segment, one class only: all is dark (dark < 300 <= bright)"
    said, _ = run("threshold", "step", "--thresholds", "5")
    assert said == "step.png: 1 segment, one class only: all is bright (dark < 5 <= bright)"


def test_one_class(run: Any) -> None:
    for method in ("threshold", "kmeans", "gradient", "local-threshold"):
        said, _ = run(method, "flat")
        assert said.startswith("flat.png: 1 segment, one class only")


def test_the_share_of_few_is_never_nothing(run: Any) -> None:
    image = STEP.copy()
    image[STEP == 200] = 10
    image[0, 0] = 200
    Image.fromarray(image).save("few.png")
    assert run("threshold", "few", "--thresholds", "50")[0].endswith("< 1 % bright)")
    Image.fromarray(210 - image).save("few.png")
    assert run("threshold", "few", "--thresholds", "50")[0].endswith("> 99 % bright)")


def test_the_thresholds_of_gradients(run: Any) -> None:
    said, chosen = run("gradient", "noise")
    (threshold,) = chosen["threshold"]
    assert f"flat < {threshold:.6g} <= steep" in said
    expected = classicseg.gradient_segment(NOISE, threshold=threshold)
    assert_array_equal(expected, classicseg.gradient_segment(NOISE))
    assert "<=" not in run("gradient", "noise", "--threshold", "4", "9")[0]  # hysteresis makes two classes


def test_what_seeds_grow_by_and_how_they_grow_less(run: Any) -> None:
    said, chosen = run("region-growing", "step", "--seeds", "0,0")
    assert chosen == {"tolerance": pytest.approx(STEP.std() / 2)}
    less = f"if that is too much, --tolerance {STEP.std() / 4:.3g} grows less"
    assert said == f"step.png: 1 segment (40 % of the image; tolerance {STEP.std() / 2:.6g}; {less})"


def test_what_growing_chose_repeats_it(run: Any) -> None:
    said, chosen = run("region-growing", "noise")
    assert chosen["tolerance"] == pytest.approx(NOISE.std())
    assert chosen["min_area"] == NOISE.size // 1000
    found = read_markers("segmented/noise_region-growing_labels.png")
    options = {name: chosen[name] for name in ("tolerance", "min_area")}
    assert_array_equal(classicseg.region_growing_segment(NOISE, **options), found)
    whole = classicseg.region_growing_segment(NOISE, tolerance=chosen["tolerance"], min_area=1)
    assert chosen["joined_regions"] == whole.max() - found.max() > 0
    assert f"{chosen['joined_regions']} regions under 2 pixels joined, --min-area 1 keeps them" in said
    assert "joined" not in run("region-growing", "noise", "--min-area", "1")[0]


def test_what_seeds_cover(run: Any) -> None:
    said, chosen = run("region-growing", "step", "--seeds", "3,4", "--tolerance", "9")
    assert (said, chosen) == ("step.png: 1 segment (40 % of the image)", {})


def test_great_names_of_seeds_cost_no_memory(run: Any) -> None:
    said, _ = run("region-growing", "step", "--seeds", "2000000000:5,5", "--tolerance", "9")
    assert said == "step.png: 1 segment (40 % of the image)"
    assert json.loads(Path("segmented/step_region-growing.json").read_text())["segments"] == 1


@pytest.mark.parametrize("detector", ["canny", "sobel", "log"])
def test_what_boundary_chose_repeats_it(run: Any, detector: str) -> None:
    _, chosen = run("boundary", "noise", "--detector", detector)
    assert ("low" in chosen) == (detector != "sobel")
    found = read_markers("segmented/noise_boundary_labels.png")
    chosen.pop("joined_regions", None)
    assert_array_equal(classicseg.boundary_segment(NOISE, detector=detector, **chosen), found)


def test_what_the_watershed_chose_repeats_it(run: Any) -> None:
    said, chosen = run("watershed", "noise")
    assert set(chosen) == {"sigma", "min_depth"}
    assert f"sigma 2, min_depth {chosen['min_depth']:.6g}" in said
    found = read_markers("segmented/noise_watershed_labels.png")
    assert_array_equal(classicseg.watershed_segment(NOISE, **chosen), found)


@pytest.mark.parametrize(
    ("method", "names"), [("sauvola", {"k", "r"}), ("wolf", {"k"}), ("bernsen", {"contrast"})]
)
def test_what_local_thresholds_chose_repeats_it(run: Any, method: str, names: set[str]) -> None:
    _, chosen = run("local-threshold", "noise", "--method", method)
    assert set(chosen) == names
    found = read_markers("segmented/noise_local-threshold_labels.png")
    assert_array_equal(classicseg.local_threshold_segment(NOISE, method=method, **chosen), found)


def test_nobody_needs_to_listen() -> None:
    chose(sigma=1)
    with choices() as outer:
        chose(sigma=2)
        with choices() as inner:
            chose(sigma=3)
        chose(k=4)
    assert (outer, inner) == ({"sigma": 2, "k": 4}, {"sigma": 3})

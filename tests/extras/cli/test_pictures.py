"""--save: what is kept of a run, and what a person sees of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

pytest.importorskip("cyclopts")
Image = pytest.importorskip("PIL.Image")
tifffile = pytest.importorskip("tifffile")

import classicseg  # noqa: E402
from classicseg.extras.cli import main  # noqa: E402
from classicseg.extras.cli.pictures import KINDS  # noqa: E402
from classicseg.extras.files import read_markers  # noqa: E402
from classicseg.extras.plot.colors import label_colors  # noqa: E402

RNG = np.random.default_rng(0)
COLOR = RNG.integers(0, 40, (300, 400, 3), np.uint8)
COLOR[100:200, 100:300] += np.array([160, 90, 20], np.uint8)
INSIDE = np.zeros((300, 400), bool)
INSIDE[100:200, 100:300] = True


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(COLOR).save("color.png")
    return tmp_path


def saved(kind: str, stem: str = "color_threshold") -> NDArray[np.uint8]:
    """A picture of a run, as it is seen."""
    with Image.open(f"segmented/{stem}_{kind}.png") as picture:
        return np.asarray(picture.convert("RGB"))


def names() -> set[str]:
    return {path.name.removeprefix("color_threshold").lstrip("_") for path in Path("segmented").iterdir()}


def test_what_is_kept_by_default_and_what_is_said_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["threshold", "color.png"]) == 0
    assert names() == {"labels.png", "overlay.png", "colors.png", ".json"}
    said = capsys.readouterr().out
    assert "labels (numbers for programs), overlay (the image, tinted), colors (a color for each segment)" in said


@pytest.mark.parametrize(
    "typed", [["--save", "means,mask"], ["--save", "means", "mask"], ["--save=mask,means,mask"]]
)
def test_only_what_is_asked_for_is_kept(typed: list[str]) -> None:
    assert main(["threshold", *typed, "color.png"]) == 0
    assert names() == {"means.png", "mask.png", ".json"}
    record = json.loads(Path("segmented/color_threshold.json").read_text())
    assert (record["means"], record["mask"]) == ("color_threshold_means.png", "color_threshold_mask.png")


def test_each_picture_shows_what_it_says() -> None:
    assert main(["threshold", "color.png", "--save", *KINDS]) == 0
    labels = read_markers("segmented/color_threshold_labels.png")
    assert_array_equal(labels == 2, INSIDE)
    assert_array_equal(saved("mask"), np.where(INSIDE, 255, 0)[..., np.newaxis].repeat(3, -1))
    assert_array_equal(saved("colors"), np.rint(255 * label_colors(labels)))
    means = np.rint(classicseg.label_means(labels, COLOR))
    assert_array_equal(saved("means"), means)
    assert_array_equal(saved("palette"), means)
    with Image.open("segmented/color_threshold_palette.png") as picture:
        assert picture.mode == "P"
    assert_array_equal(saved("binary")[..., 0], np.where(INSIDE, 255, 0))
    with Image.open("segmented/color_threshold_binary.png") as picture:
        assert picture.mode == "1"
    with Image.open("segmented/color_threshold_g4.tif") as picture:
        assert picture.mode == "1"
        assert picture.info["compression"] == "group4"
        assert_array_equal(np.asarray(picture), INSIDE)
    yellow = (saved("outline") == [255, 217, 0]).all(axis=-1)
    assert yellow[99, 101:299].all()
    assert yellow.sum() <= 2 * (100 + 200) + 4


@pytest.mark.large
def test_the_overlay_keeps_the_colors_of_the_image_and_has_no_line_around_specks() -> None:
    image = np.full((300, 400, 3), (40, 120, 40), np.uint8)
    image[100:200, 100:300] = (200, 60, 60)
    image[20:22, 50:53] = (200, 60, 60)
    Image.fromarray(image).save("color.png")
    assert main(["kmeans", "color.png", "--n-clusters", "2"]) == 0
    shown = saved("overlay", "color_kmeans").astype(int)
    assert shown[150, 200, 0] > shown[150, 200, 1] + 60  # red stays red
    white = shown.min(axis=-1) > 180
    assert white[99, 105:295].all()
    assert not white[15:30, 45:60].any()


def test_a_volume_shows_three_planes_and_tiny_images_are_enlarged() -> None:
    volume = np.zeros((6, 40, 60), np.uint8)
    volume[2:5, 10:30, 20:50] = 200
    tifffile.imwrite("volume.tif", volume, photometric="minisblack")
    assert main(["threshold", "volume.tif", "--save", *(set(KINDS) - {"palette", "binary", "g4"})]) == 0
    blue, orange = np.rint(255 * label_colors([1, 2]))
    shown = saved("colors", "volume_threshold")
    times = 256 // 68
    assert shown.shape == ((40 + 2 + 6) * times, (60 + 2 + 6) * times, 3)
    plain = shown[::times, ::times]
    for plane, found in (
        (volume[3], plain[:40, :60]),
        (volume[:, :, 30].T, plain[:40, 62:]),
        (volume[:, 20], plain[42:, :60]),
    ):
        assert_array_equal(found, np.where(plane[..., np.newaxis] > 0, orange, blue))
    assert not plain[42:, 62:].any()
    assert_array_equal(read_markers("segmented/volume_threshold_mask.tif"), np.where(volume > 0, 255, 0))
    for kind in ("overlay", "outline", "means"):
        picture = saved(kind, "volume_threshold")
        assert picture.shape == shown.shape
        assert not picture[42 * times :, 62 * times :].any()


@pytest.mark.large
def test_channels_first_and_other_dtypes() -> None:
    for dtype in (np.uint16, np.float32):
        np.save("color.npy", np.moveaxis(COLOR, -1, 0).astype(dtype) * 100)
        typed = ["kmeans", "color.npy", "--channel-axis", "0", "--overwrite", "--save"]
        assert main([*typed, *(set(KINDS) - {"palette", "binary", "g4"})]) == 0
        assert saved("means", "color_kmeans").shape == (300, 400, 3)


@pytest.mark.large
def test_what_a_palette_cannot_hold(capsys: pytest.CaptureFixture[str]) -> None:
    np.save("deep.npy", COLOR.astype(np.uint16))
    assert main(["kmeans", "deep.npy", "--save", "labels,palette"]) == 2
    assert "take --save means" in capsys.readouterr().err
    assert main(["watershed", "color.png", "--save", "palette,labels", "--min-depth", "0", "--sigma", "0"]) == 2
    assert "1 to 255 segments" in capsys.readouterr().err
    assert names() == set()
    assert main(["kmeans", "color.png", "--save", "colours"]) == 2
    assert 'Did you mean "colors"' in capsys.readouterr().err


def test_a_store_holds_labels_alone(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("zarr")
    for typed, said in ((["--save", "means"], "leave it out"), (["--overwrite"], "remove it first")):
        assert main(["threshold", "color.png", "--out", "labels.zarr", *typed]) == 2
        assert said in capsys.readouterr().err

"""classicseg compress: files of few colors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

pytest.importorskip("cyclopts")
Image = pytest.importorskip("PIL.Image")

from classicseg import palette_image  # noqa: E402
from classicseg.extras.cli import main  # noqa: E402
from classicseg.extras.compression import most_colors_within, read_photograph  # noqa: E402
from classicseg.metrics import psnr  # noqa: E402

RNG = np.random.default_rng(0)
ROWS, COLUMNS = np.mgrid[:60, :80]
COLOR = np.stack([ROWS * 4, COLUMNS * 3, (ROWS + COLUMNS) % 256], -1).astype(np.uint8)
COLOR += RNG.integers(0, 8, COLOR.shape, np.uint8)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(COLOR).save("color.png")
    return tmp_path


def seen(path: str, mode: str = "RGB"):
    with Image.open(path) as image:
        return np.asarray(image.convert(mode))


@pytest.mark.parametrize("form", ["png", "webp"])
def test_the_file_is_the_image_in_few_colors_and_its_figures_are_right(form, capsys) -> None:
    assert main(["compress", "color.png", "--colors", "12", "--format", form, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    few = palette_image(COLOR, n_colors=12)
    path = Path("compressed", f"color.{form}")
    assert_array_equal(seen(str(path)), few.colors[few.labels - 1])
    assert said["bytes"] == path.stat().st_size
    assert said["bits_per_pixel"] == pytest.approx(8 * said["bytes"] / (60 * 80))
    assert said["psnr"] == pytest.approx(psnr(COLOR, seen(str(path))))
    assert said["colors"] == 12
    assert 0 < said["ssim"] < 1


def test_what_has_lost_nothing_is_json(capsys) -> None:
    assert main(["compress", "color.png", "--colors", "4", "--quiet"]) == 0
    assert main(["compress", "compressed/color.png", "--out", "again", "--json"]) == 0
    said = json.loads(capsys.readouterr().out, parse_constant=lambda name: pytest.fail(name))
    assert said["psnr"] is None
    assert said["ssim"] == 1


@pytest.mark.large
def test_a_quality_is_met(capsys) -> None:
    assert main(["compress", "color.png", "--quality", "30dB", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["psnr"] >= 30
    assert psnr(COLOR, seen("compressed/color.png")) >= 30


@pytest.mark.large
def test_as_many_colors_as_the_bytes_hold() -> None:
    assert main(["compress", "color.png", "--max-bytes", "1.5k"]) == 0
    assert Path("compressed/color.png").stat().st_size <= 1500
    few = len(np.unique(seen("compressed/color.png").reshape(-1, 3), axis=0))
    assert few == most_colors_within(read_photograph(Path("color.png")), "png", 1500, 0.0).n_colors


def test_alpha_is_kept() -> None:
    alpha = np.repeat(np.array([0, 90, 255, 255], np.uint8), 20) * np.ones((60, 1), np.uint8)
    Image.fromarray(np.dstack([COLOR, alpha])).save("clear.png")
    assert main(["compress", "clear.png", "--colors", "40"]) == 0
    found = seen("compressed/clear.png", "RGBA")
    assert_array_equal(found[..., 3], alpha)
    opaque = alpha == 255
    assert psnr(COLOR[opaque][np.newaxis], found[..., :3][opaque][np.newaxis]) > 28


def test_grey_stays_grey() -> None:
    Image.fromarray(COLOR[..., 0]).save("grey.png")
    assert main(["compress", "grey.png", "--colors", "5"]) == 0
    found = seen("compressed/grey.png")
    assert (found == found[..., :1]).all()
    assert len(np.unique(found)) == 5


def test_one_palette_for_all() -> None:
    Image.fromarray(COLOR[::-1, :40, ::-1].copy()).save("other.png")
    Image.fromarray(COLOR[..., 0]).save("grey.png")
    assert main(["compress", "color.png", "other.png", "grey.png", "--colors", "9", "--one-palette"]) == 0
    colors = [seen(f"compressed/{name}.png").reshape(-1, 3) for name in ("color", "other", "grey")]
    assert len(np.unique(np.concatenate(colors), axis=0)) <= 9


def test_nothing_is_replaced_unasked(capsys) -> None:
    assert main(["compress", "color.png", "--colors", "3"]) == 0
    assert main(["compress", "color.png", "--colors", "3"]) == 0, "the same again"
    record = json.loads(Path("compressed/color.json").read_text())
    assert (record["colors"], record["parameters"]["colors"]) == (3, 3)
    assert record["bytes"] == Path("compressed/color.png").stat().st_size
    assert main(["compress", "color.png", "--colors", "4"]) == 2
    assert "--colors 3, now 4" in capsys.readouterr().err
    assert main(["compress", "color.png", "--colors", "4", "--overwrite"]) == 0
    assert main(["compress", "color.png", "--out", "."]) == 2


@pytest.mark.large
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--colors", "0"], "1 to 256"),
        (["--colors", "3", "--quality", "30"], "expected one of them"),
        (["--quality", "good"], "36dB"),
        (["--quality", "99dB"], "--quality is 99dB"),
        (["--max-bytes", "much"], "100k"),
        (["--max-bytes", "10"], "one color alone takes"),
        (["--min-region", "-1"], "--min-region"),
        (["--one-palette", "--quality", "30"], "--one-palette"),
        (["--optimize", "--format", "webp"], "--optimize"),
    ],
)
def test_mistakes_are_named(typed, said, capsys) -> None:
    assert main(["compress", "color.png", *typed]) == 2
    assert said in capsys.readouterr().err
    assert not Path("compressed/color.png").exists()


def test_what_is_no_photograph_of_8_bits_is_refused_and_the_others_are_done(capsys) -> None:
    np.save("deep.npy", COLOR.astype(np.uint16))
    assert main(["compress", "deep.npy", "color.png", "--colors", "2"]) == 1
    assert "8 bits" in capsys.readouterr().err
    assert Path("compressed/color.png").exists()

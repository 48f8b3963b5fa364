"""rerun, --json and standard input."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import GREY
from numpy.testing import assert_array_equal

pytest.importorskip("cyclopts")
Image = pytest.importorskip("PIL.Image")

import classicseg  # noqa: E402
from classicseg.extras.cli import main  # noqa: E402
from classicseg.extras.files import read_markers  # noqa: E402

pytestmark = pytest.mark.usefixtures("folder")


def give(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Put bytes on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.mark.parametrize(
    "typed",
    [
        ["threshold", "grey.png", "--thresholds", "60", "90", "--save", "labels,mask", "--nodata", "0"],
        ["region-growing", "grey.png", "--seeds", "3,4", "30,50", "--tolerance", "25"],
        ["kmeans", "color.png", "--channel-axis", "none", "--n-clusters", "3"],
        ["boundary", "color.png", "--keep-lines"],
        pytest.param(
            ["contour", "color.png", f"--model={Path(classicseg.__file__).parent / 'models' / 'photographs.npz'}"],
            marks=pytest.mark.large,
        ),
    ],
    ids=lambda typed: typed[0],
)
def test_a_record_is_run_again(typed: list[str], tmp_path: Path) -> None:
    assert main(typed) == 0
    stem = f"{Path(typed[1]).stem}_{typed[0]}"
    before = {path.name: path.read_bytes() for path in Path("segmented").iterdir()}
    assert main(["rerun", f"segmented/{stem}.json", "-o", "again", "-q"]) == 0
    after = {path.name: path.read_bytes() for path in Path("again").iterdir()}
    assert after == before
    for path in Path("segmented").glob("*.png"):
        path.unlink()
    assert main(["rerun", f"segmented/{stem}.json"]) == 0
    assert {path.name: path.read_bytes() for path in Path("segmented").iterdir()} == before


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"command": 5}', '{"command": ["classicseg"]}', '{"command": ["classicseg", "rerun", "x"]}'],
)
def test_what_is_no_record(content: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("record.json").write_text(content)
    assert main(["rerun", "record.json"]) == 2
    assert "is no record of a run" in capsys.readouterr().err
    assert main(["rerun", "missing.json"]) == 2
    assert "no such file" in capsys.readouterr().err


def test_records_as_json_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["threshold", "grey.png", "missing.png", "color.png", "--json"]) == 1
    said = capsys.readouterr()
    records = [json.loads(line) for line in said.out.splitlines()]
    assert [Path(record["image"]).name for record in records] == ["grey.png", "color.png"]
    assert records[0] == json.loads(Path("segmented/grey_threshold.json").read_text())
    assert records[0]["chosen"] == {"thresholds": [classicseg.otsu_threshold(GREY)]}
    assert "missing.png: no such file" in said.err


def test_an_image_from_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    give(monkeypatch, Path("grey.png").read_bytes())
    assert main(["threshold", "-", "--thresholds", "60", "90"]) == 0
    assert capsys.readouterr().out.startswith("standard input: 3 segments")
    expected = classicseg.threshold_segment(GREY, thresholds=[60, 90])
    assert_array_equal(read_markers("segmented/stdin_threshold_labels.png"), expected)
    assert json.loads(Path("segmented/stdin_threshold.json").read_text())["image"] == "-"
    assert main(["rerun", "segmented/stdin_threshold.json"]) == 2
    assert "standard input" in capsys.readouterr().err


def test_mistakes_on_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for content in (b"", b"no image"):
        give(monkeypatch, content)
        assert main(["threshold", "-"]) == 2
        said = capsys.readouterr().err
        assert said.startswith("classicseg: error: standard input: ")
        assert "/tmp" not in said
    assert main(["threshold", "-", "-"]) == 2
    assert "expected it once" in capsys.readouterr().err


def test_a_pipe() -> None:
    code = (
        "import sys; from classicseg.extras.cli import main; sys.exit(main(['kmeans', '-', '--json', '--quiet']))"
    )
    ran = subprocess.run([sys.executable, "-c", code], input=Path("color.png").read_bytes(), capture_output=True)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert json.loads(ran.stdout)["segments"] == 4

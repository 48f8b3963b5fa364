"""What people type beside a method's options: -o, -q, -v, --overwrite; what help and tables say to them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import GREY, METHODS, mistake

pytest.importorskip("cyclopts")
Image = pytest.importorskip("PIL.Image")

from classicseg.extras.cli import main  # noqa: E402
from classicseg.extras.signatures import options_of  # noqa: E402

pytestmark = pytest.mark.usefixtures("folder")


@pytest.mark.parametrize(
    ("arguments", "help_of"),
    [
        (["kmeans", "grey.png", "--n-cluster", "3"], "see classicseg kmeans --help"),
        (["kmeans"], "see classicseg kmeans --help"),
        (["boundary", "grey.png", "--detector", "prewitt"], "see classicseg boundary --help"),
        (["kmeens", "grey.png"], 'Did you mean "kmeans"? see classicseg --help'),
        (["--colour"], "see classicseg --help"),
        (["threshold", "grey.png", "--thresholds", "otsus"], "did you mean otsu? see classicseg threshold --help"),
        (
            ["kmeans", "grey.png", "--channel-axis", "nome"],
            "or one of auto, none; did you mean none? see classicseg",
        ),
        (["kmeans", "grey.png", "--n-clusters", "four"], "expected a whole number; see classicseg kmeans --help"),
        (["watershed", "grey.png", "--spacing", "wide"], "expected a number; see classicseg watershed --help"),
    ],
)
def test_a_mistake_in_what_was_typed_names_the_help(
    arguments: list[str], help_of: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = mistake(arguments, capsys)
    assert help_of in said
    assert "Available" not in said


def test_quiet_and_verbose(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kmeans", "grey.png", "-q", "-o", "first"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["kmeans", "grey.png", "-v", "-o", "first"]) == 0
    said = capsys.readouterr().out
    assert "image of 40 x 60, uint8" in said
    assert "to repeat: classicseg kmeans" in said
    assert "missing.png" in mistake(["kmeans", "missing.png", "-q"], capsys)


def test_a_result_of_other_settings_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    typed = ["threshold", "grey.png", "--thresholds", "50"]
    assert main(typed) == 0
    assert main(typed) == 0  # the same settings
    labels = Path("segmented/grey_threshold_labels.png")
    before = labels.read_bytes()
    said = mistake(["threshold", "grey.png", "--thresholds", "60", "70"], capsys)
    assert "came from other settings (--thresholds 50, now 60 70); add --overwrite" in said.replace(".0", "")
    Path("other").mkdir()
    Image.fromarray(GREY // 2).save("other/grey.png")
    assert "another image" in mistake(["threshold", "other/grey.png", "--thresholds", "50"], capsys)
    assert "no such file" in mistake(["threshold", "missing/grey.png"], capsys)
    Path("segmented/grey_threshold.json").write_text("{}")
    assert "no record" in mistake(typed, capsys)
    Path("segmented/grey_threshold.json").unlink()
    assert "no record" in mistake(typed, capsys)
    assert labels.read_bytes() == before
    assert main(["threshold", "other/grey.png", "--thresholds", "40", "--overwrite"]) == 0
    assert labels.read_bytes() != before


def test_the_axis_of_a_record_is_the_one_that_auto_stands_for(capsys: pytest.CaptureFixture[str]) -> None:
    for typed in ([], ["--channel-axis", "2"], ["--channel-axis", "auto"]):
        assert main(["kmeans", "color.png", *typed]) == 0
    for _ in range(2):
        assert main(["kmeans", "grey.png", "--channel-axis", "none"]) == 0
    assert "--channel-axis 2, now" in mistake(["kmeans", "color.png", "--channel-axis", "0"], capsys)


@pytest.mark.large
def test_names_in_tables_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"a_page_with_a_very_long_name_of_which_there_are_several_{number}" for number in range(2)]
    for name in names:
        Image.fromarray(GREY).save(f"{name}.png")
    assert main(["compare", *(f"{name}.png" for name in names), "--truth=grey.png", "--truth=grey.png"]) == 0
    said = capsys.readouterr().out
    assert all(said.count(word) >= 1 for word in (*names, *METHODS))
    assert "2 comparison sheets in segmented" in said


@pytest.mark.parametrize(
    "command", ["demo", "compare", "evaluate", "rerun", "train-boundaries", "warmup", "methods", "kmeans"]
)
def test_ordinary_options_are_the_same_everywhere(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "--json Print the results as JSON, one on a line, and nothing else." in said
    if command != "methods":
        assert "--quiet -q Print nothing but mistakes." in said
    if command in ("demo", "compare", "rerun", "kmeans"):
        assert "--out -o PATH The folder for the" in said
    if command in ("compare", "rerun", "kmeans"):
        assert "--overwrite Replace results that came from other settings; without it they are kept." in said


def test_methods_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["method"]: row["kind"] for row in rows}["kmeans"] == "classes"


@pytest.mark.parametrize(
    ("given", "said"), [("0", "is 0, and the channels of the file are on axis 2"), ("-1", "")]
)
def test_an_axis_that_contradicts_the_file(given: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    tifffile = pytest.importorskip("tifffile")
    bands = np.repeat(GREY[..., np.newaxis], 6, axis=2)
    tifffile.imwrite("bands.tif", bands, photometric="minisblack", planarconfig="contig")
    np.save("bands.npy", np.moveaxis(bands[..., :4], -1, 0))
    typed = ["kmeans", "bands.tif", "--channel-axis", given]
    if said:
        assert f"{said} of its 40 x 60 x 6 numbers" in mistake(typed, capsys)
        assert main(["kmeans", "bands.npy", "--channel-axis", given, "-o", "npy"]) == 0  # an array does not say
    else:
        assert main(typed) == 0


@pytest.mark.parametrize("method", METHODS)
def test_the_help_stands_by_itself(method: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([method, "--help"]) == 0
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert not [word for word in ("the notes", "]_", "[2]", "A function", "['labels'") if word in said]
    assert all(option.help for option in options_of(METHODS[method]))


@pytest.mark.parametrize("arguments", [["--help"], ["kmeans", "grey.png"], []])
def test_without_its_packages_it_names_the_mend(arguments: list[str]) -> None:
    """A plain ``pip install .`` has the command, and not what it is made of."""
    code = (
        "import sys; sys.modules['cyclopts'] = None; from classicseg.extras.cli import main; "
        f"sys.exit(main({arguments}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 2
    assert ran.stderr == (
        "classicseg: error: the command line needs cyclopts, which is not installed; "
        "pip install 'classicseg[cli]'\n"
    )

"""classicseg doctor, completion and man: what is installed, what the Tab key knows, and the manual page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib import metadata

import pytest

pytest.importorskip("cyclopts")

import classicseg
from classicseg.extras import doctor as diagnosing
from classicseg.extras.catalogue import segmenter_names
from classicseg.extras.cli import main
from classicseg.extras.cli.man import man_page


def test_what_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["versions"]["classicseg"] == classicseg.__version__
    assert found["versions"]["numpy"] == metadata.version("numpy")
    assert found["engine"] in ("numba", "numpy")
    assert found["workers"] >= 1
    assert not {"test", "bench"} & set(found["missing"])
    assert main(["doctor"]) == 0
    assert f"classicseg {classicseg.__version__}\n" in capsys.readouterr().out


def test_what_an_extra_lacks_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    needs = [
        "numpy>=1.26",
        "rich>=13; extra == 'cli'",
        'no-such-package[all]>=2; extra == "cli"',
        "x; extra == 'test'",
    ]
    monkeypatch.setattr(metadata, "requires", lambda _: needs)
    monkeypatch.setattr(diagnosing.kernel, "cache_directory", lambda: None)
    assert diagnosing.diagnosis()["missing"] == {"cli": ["no-such-package"]}
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "no-such-package is missing: pip install 'classicseg[cli]'" in said
    assert "kept nowhere" in said


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_know_the_commands(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(word in script for word in ("kmeans", "region-growing", "n-clusters", "overlay"))
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(("typed", "found"), [("kme", {"kmeans"}), ("kmeans --n-clu", {"--n-clusters"})])
def test_bash_completes_a_word(typed: str, found: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    words = ["classicseg", *typed.split()]
    ask = f"\nCOMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _classicseg; echo ${{COMPREPLY[@]}}"
    script = capsys.readouterr().out + ask
    done = subprocess.run(["bash"], input=script, text=True, capture_output=True, check=True)
    assert set(done.stdout.split()) == found


def test_the_manual_page_has_every_command_and_no_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["man"]) == 0
    page = capsys.readouterr().out
    assert page.isascii()
    commands = set(re.findall(r'^\.SH "CLASSICSEG (.*)"$', page, re.MULTILINE))
    assert {name.removesuffix("_segment").replace("_", "\\-").upper() for name in segmenter_names()} < commands
    assert ".B \\-\\-n\\-clusters INTEGER\nThe number of clusters" in page
    assert not re.search(r"`|\*\*\[|^\.(?!TH|SH|SS|TP|PP|B |I )", page, re.MULTILINE)


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff")
def test_groff_has_nothing_to_say_of_the_manual_page() -> None:
    told = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", "-z"], input=man_page(), capture_output=True, text=True, check=True
    )
    assert told.stderr == ""

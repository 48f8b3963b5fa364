"""The pages of the site: what they show in Python and on the command line runs, and prints what they say."""

from __future__ import annotations

import logging
import re
import runpy
import shlex
from pathlib import Path

import numpy as np
import pytest
from skimage import data, io

import classicseg
from classicseg.extras.cli import main
from classicseg.extras.exports import write_nifti

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(path for path in DOCS.glob("**/*.md") if not {"build", "reference"} & set(path.parts))
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SAID = re.compile(r"^(?:print\(.*\)|\))  # (.*)$", re.MULTILINE)  # behind a call on one line, or on several
SHELL_ONLY = set("|<>$&;`")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the files that the pages speak of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logging.root, "handlers", list(logging.root.handlers))
    monkeypatch.setattr(logging.root, "level", logging.root.level)
    coins, photo = data.coins(), data.coffee()[100:300:2, 150:390:2]
    for name, pixels in {
        "coins.png": coins,
        "photo.jpg": photo,
        "page.png": data.page(),
        "cells.tif": data.cell()[200:400, 200:400],
        "truth.png": (coins > 110).astype(np.uint8),
        "mask.png": np.full(photo.shape[:2], 255, np.uint8),
    }.items():
        io.imsave(name, pixels, check_contrast=False)
    for name in ("first", "second"):
        Path("nuclei").mkdir(exist_ok=True)
        io.imsave(f"nuclei/{name}.png", coins[100:200, 50:200], check_contrast=False)
    head = np.zeros((6, 24, 24), np.int32)
    head[1:5, 4:20, 4:20] = 60
    head[2:4, 8:14, 8:14] = 120
    write_nifti("brain.nii.gz", head, spacing=(3.0, 1.0, 1.0))
    return tmp_path


@pytest.mark.jit  # whole photographs
@pytest.mark.parametrize("page", [pytest.param(path, id=path.relative_to(DOCS).as_posix()) for path in PAGES])
def test_what_a_page_shows_runs(page, folder, capsys):
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    names = {"__name__": "__page__"}
    for language, text in blocks:
        if language == "sh":
            _run_commands(text)
            capsys.readouterr()
            continue
        try:
            exec(compile(text, page.name, "exec"), names)
        except ModuleNotFoundError as error:
            if error.name.partition(".")[0] == "classicseg":
                raise
            pytest.skip(f"{page.name} needs {error.name}")
        printed = capsys.readouterr().out.splitlines()
        for said in SAID.findall(text):
            assert said in printed
            printed = printed[printed.index(said) + 1 :]
    for call in _calls_of_ours(page.read_text(encoding="utf-8")):
        eval(call, names)


def _run_commands(text):
    """Run the lines that need no shell, in this process."""
    for line in text.replace("\\\n", " ").splitlines():
        command = line.partition("  #")[0]
        if command.startswith("classicseg ") and not SHELL_ONLY & set(command):
            assert main(shlex.split(command)[1:]) == 0, command


def _calls_of_ours(text):
    """The code in the columns of tables that are headed by the package's name."""
    column = None
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" |")]
        if not line.startswith("|"):
            column = None
        elif column is None:
            column = cells.index(classicseg.__name__) if classicseg.__name__ in cells else -1
        elif column >= 0 and not line.startswith("|--"):
            yield from re.findall(r"`([^`]+)`", cells[column])


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            parts = (page.parent / target).resolve().relative_to(DOCS).parts
            written = parts[0] in ("gallery", "tutorial", "reference") or "pictures" in parts  # by the build
            assert written or (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_picture_of_a_page_is_told_in_words():
    for page in [*PAGES, DOCS.parent / "README.md"]:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"!\[\s*\]\(", text), page.name
        for block in re.findall(r"^```\{(?:image|figure)\}.*?^```$", text, re.MULTILINE | re.DOTALL):
            assert re.search(r"^:alt: \S", block, re.MULTILINE), f"{page.name}: {block}"


def test_how_to_cite_names_this_version():
    for path in (DOCS / "howto" / "cite.md", DOCS.parent / "CITATION.cff"):
        assert re.search(rf"[Vv]ersion:? {re.escape(classicseg.__version__)}\b", path.read_text(encoding="utf-8"))


def test_two_builds_are_compared_file_by_file(tmp_path):
    same = runpy.run_path(str(DOCS / "_site" / "same.py"))["differences"]
    for name in ("one", "two"):
        (tmp_path / name / ".doctrees").mkdir(parents=True)
        (tmp_path / name / "index.html").write_text("the same")
        (tmp_path / name / ".doctrees" / "environment.pickle").write_text(f"of {name}")
    assert same(tmp_path / "one", tmp_path / "two") == []
    (tmp_path / "two" / "index.html").write_text("another")
    (tmp_path / "one" / "genindex.html").touch()
    assert same(tmp_path / "one", tmp_path / "two") == ["genindex.html", "index.html"]


def test_pictures_become_small_and_the_same_each_time(tmp_path):
    Image = pytest.importorskip("PIL.Image")
    pytest.importorskip("matplotlib")
    make_small = runpy.run_path(str(DOCS / "_site" / "small.py"))["make_small"]
    for name in ("one", "two"):
        io.imsave(tmp_path / f"{name}.png", data.coffee()[:200, :200], check_contrast=False)
        make_small(tmp_path / f"{name}.png", tmp_path / f"{name}.png")
    written = [(tmp_path / f"{name}.webp").read_bytes() for name in ("one", "two")]
    assert written[0] == written[1]
    assert len(written[0]) < (tmp_path / "one.png").stat().st_size / 3
    with Image.open(tmp_path / "one.webp") as shown:
        difference = np.asarray(shown.convert("RGB"), float) - data.coffee()[:200, :200]
    assert np.abs(difference).mean() < 4

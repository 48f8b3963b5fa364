"""The conventions of the public names, checked by reflection over the catalogue."""

from __future__ import annotations

import inspect
import re
import typing
from pathlib import Path

import pytest
from skimage import data

import classicseg
from classicseg._core.kernel import engine
from classicseg.types import kind_of

ROOT = Path(__file__).parents[1]
PUBLIC = {name: getattr(classicseg, name) for name in classicseg.__all__} | {
    name: value
    for room in (classicseg.metrics, classicseg.preprocess)
    for name, value in vars(room).items()
    if not name.startswith("_")
}
FUNCTIONS = {name: value for name, value in PUBLIC.items() if inspect.isfunction(value)}


@pytest.mark.parametrize("name", [name for name in classicseg.__all__ if name.endswith("_segment")])
def test_segmenters_take_the_image_by_position_and_all_else_by_keyword(name):
    parameters = list(inspect.signature(FUNCTIONS[name]).parameters.values())
    assert parameters[0].name == "image"
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters[1:])
    assert {p.name for p in parameters[1:] if p.default is p.empty} <= {"seeds", "markers", "strokes"}
    assert {"mask", "channel_axis"} <= {p.name for p in parameters}
    assert kind_of(FUNCTIONS[name]) != "superpixels" or "n_segments" in {p.name for p in parameters}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_functions_are_annotated_and_options_are_keywords(name):
    function = FUNCTIONS[name]
    if name == "segmenters":  # typed in the stub: its types would have to be imported
        return
    hints = typing.get_type_hints(function)
    assert set(hints) == {*inspect.signature(function).parameters, "return"}
    with_default = [p for p in inspect.signature(function).parameters.values() if p.default is not p.empty]
    by_place = {("region_table", "image"), ("region_graph", "image")}
    by_place |= {(own, "labels") for room in (classicseg.metrics, classicseg.preprocess) for own in vars(room)}
    by_place |= {("augmentations", "rng")}
    assert all(p.kind is p.KEYWORD_ONLY or (name, p.name) in by_place for p in with_default)


@pytest.mark.large
def test_the_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if engine() == "numpy":  # every method on a photograph takes minutes in plain loops
        part = data.astronaut()[100:160, 200:280]
        monkeypatch.setattr(data, "astronaut", lambda: part)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


@pytest.mark.parametrize("page", ["README.md", "docs/methods.md"])
def test_the_readme_and_the_page_of_methods_list_every_segmenter(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [name for name in classicseg.__all__ if name.endswith("_segment") and f"`{name}`" not in text] == []


def test_the_readme_takes_two_minutes_to_read():
    prose = re.sub(
        r"```.*?```|^[|!].*?$|\]\([^)]*\)", "", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.S | re.M
    )
    assert 400 < len(prose.split()) < 600  # beside code, tables and pictures

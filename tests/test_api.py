"""The conventions of the public names, checked by reflection over the catalogue."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import typing
from pathlib import Path

import pytest

import classicseg

ROOT = Path(__file__).parents[1]
PUBLIC = {name: getattr(classicseg, name) for name in classicseg.__all__} | {
    name: value for name, value in vars(classicseg.metrics).items() if not name.startswith("_")
}
FUNCTIONS = {name: value for name, value in PUBLIC.items() if inspect.isfunction(value)}


@pytest.mark.parametrize("name", [name for name in classicseg.__all__ if name.endswith("_segment")])
def test_segmenters_take_the_image_by_position_and_all_else_by_keyword(name):
    parameters = list(inspect.signature(FUNCTIONS[name]).parameters.values())
    assert parameters[0].name == "image"
    assert all(p.kind is p.KEYWORD_ONLY and p.default is not p.empty for p in parameters[1:])
    assert {"mask", "channel_axis"} <= {p.name for p in parameters}
    doc = inspect.getdoc(FUNCTIONS[name]).replace("\n", " ")
    assert ("Classes 1 … n" in doc or "2 where g >= T" in doc) != ("regions 1 … n" in doc)


def test_the_catalogue_is_what_segmenters_returns():
    assert list(classicseg.segmenters()) == [name for name in classicseg.__all__ if name.endswith("_segment")]
    assert all(function is FUNCTIONS[name] for name, function in classicseg.segmenters().items())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_functions_are_annotated_and_options_are_keywords(name):
    function = FUNCTIONS[name]
    if name == "segmenters":  # typed in the stub: its types would have to be imported
        return
    hints = typing.get_type_hints(function)
    assert set(hints) == {*inspect.signature(function).parameters, "return"}
    with_default = [p for p in inspect.signature(function).parameters.values() if p.default is not p.empty]
    by_place = {("region_table", "image")} | {(score, "labels") for score in vars(classicseg.metrics)}
    assert all(p.kind is p.KEYWORD_ONLY or (name, p.name) in by_place for p in with_default)


def test_the_stub_has_one_line_a_name_and_each_module_defines_it():
    body = ast.parse((ROOT / "src/classicseg/__init__.pyi").read_text(encoding="utf-8")).body
    imports = [node for node in body if isinstance(node, ast.ImportFrom)]
    assert all(len(node.names) == 1 and node.names[0].asname == node.names[0].name for node in imports)
    for node in imports:
        module = importlib.import_module(f"classicseg.{node.module}" if node.module else "classicseg")
        assert hasattr(module, node.names[0].name)


@pytest.mark.large
def test_the_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


def test_the_readme_lists_every_segmenter():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in classicseg.segmenters() if name not in readme] == []

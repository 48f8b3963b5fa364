"""The docstrings of public functions: numpydoc, complete, and true to the signatures.

What several functions say of a parameter stands in `docs/parameter_texts.toml`.
"""

from __future__ import annotations

import ast
import doctest
import importlib.util
import inspect
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import classicseg

ROOT = Path(__file__).parents[1]
PUBLIC = {name: getattr(classicseg, name) for name in classicseg.__all__} | vars(classicseg.metrics)
PUBLIC |= vars(classicseg.preprocess)
FUNCTIONS = {name: value for name, value in PUBLIC.items() if inspect.isfunction(value)}
SECTIONS = ["Parameters", "Returns", "Raises", "See Also", "Notes", "Examples"]


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # where its named tuples look for their annotations
    spec.loader.exec_module(module)
    return module


texts = _load(ROOT / "docs/sync_parameter_texts.py")
TABLE = tomllib.loads(texts.TABLE.read_text(encoding="utf-8"))
DOCUMENTED = {function.name: function for function in texts.public_functions()}
ENTRIES = {name: texts.entries_of(function) for name, function in DOCUMENTED.items()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstrings_are_numpydoc_and_complete(name):
    function = FUNCTIONS[name]
    doc = inspect.getdoc(function)
    assert re.match(r"[A-Z][^\n]*\.\n", doc), "one line first"
    sections = re.findall(r"^(\w[\w ]*)\n-+$", doc, re.MULTILINE)
    assert not re.search(r"-{4,} ", doc), "a line of its own under a heading"
    order = [*SECTIONS[:-1], "References", "Examples"]
    assert sections == [section for section in order if section in sections]
    takes = inspect.signature(function).parameters
    needed = SECTIONS if takes else ["Returns", "See Also", "Examples"]
    assert set(needed) - {"Notes"} <= set(sections)
    if takes:
        described = doc.split("Parameters\n----------\n")[1].split("\n\n")[0]
        names = [
            n.strip() for line in re.findall(r"^(\w[\w, ]*) : ", described, re.MULTILINE) for n in line.split(",")
        ]
        assert names == list(takes)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_example_runs(name):
    function = FUNCTIONS[name]
    found = doctest.DocTestFinder(recurse=False).find(function, name, globs={})
    examples = [test for test in found if test.examples]
    assert examples
    for test in examples:
        report: list[str] = []
        result = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=report.append)
        assert result.failed == 0, "".join(report)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_new_method_cites_its_source(name):
    if name.endswith(("_segment", "_fit", "_edges")) and name != "kmeans_segment":  # its parts cite for it
        assert "References" in inspect.getdoc(FUNCTIONS[name])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_see_also_names_other_public_functions_and_says_how_they_differ(name):
    lines = inspect.getdoc(FUNCTIONS[name]).split("See Also\n--------\n")[1].split("\n\n")[0].splitlines()
    entries = [line.partition(" : ") for line in lines if not line.startswith(" ")]
    others = [other for other, _, _ in entries]
    assert set(others) <= set(FUNCTIONS) - {name}
    assert len(others) == len(set(others))
    assert all(text for _, _, text in entries)
    assert lines[-1].endswith(".")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_errors_are_said_one_kind_at_a_time(name):
    doc = inspect.getdoc(FUNCTIONS[name])
    if "Raises\n------\n" in doc:
        lines = doc.split("Raises\n------\n")[1].split("\n\n")[0].splitlines()
        of_files = {"OSError"} if name.startswith(("read_", "write_")) else set()
        assert {line for line in lines if not line.startswith(" ")} <= {"TypeError", "ValueError"} | of_files


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_reference_is_cited(name):
    doc = inspect.getdoc(FUNCTIONS[name])
    assert set(re.findall(r"\[(\d+)\]_", doc)) == set(re.findall(r"^\.\. \[(\d+)\]", doc, re.MULTILINE))


def test_the_parameter_texts_are_those_of_the_table(capsys):
    assert texts.main([]) == 0, capsys.readouterr().out


def test_shared_options_read_the_same_everywhere():
    """What several functions say in the same words stands in the table, and is annotated the same in all."""
    said: dict[tuple[str, str], list[str]] = {}
    for name, entries in ENTRIES.items():
        for entry in entries:
            said.setdefault((entry.names, entry.text), []).append(name)
    for (parameter, text), names in said.items():
        if len(names) > 1:
            assert text in {" ".join(row["text"].split()) for row in TABLE.get(parameter, [])}, (parameter, names)
            option = parameter.split(", ")[0]
            types = {DOCUMENTED[name].annotations[option].removesuffix(" | None") for name in names}
            assert len(types) == 1, (parameter, names)
    for option in ("mask", "channel_axis", "spacing", "connectivity"):  # in whatever words
        said_types = {f.annotations[option] for f in DOCUMENTED.values() if option in f.annotations}
        plain = {one.partition(" | Sequence[")[0].removesuffix(" | None") for one in said_types}
        assert len(plain) == 1, option  # of several images there may be one for each


@pytest.mark.parametrize("parameter", TABLE)
def test_a_row_of_the_table_is_of_use_and_a_variant_has_a_reason(parameter):
    rows, takers = TABLE[parameter], {n for n, es in ENTRIES.items() if parameter in {e.names for e in es}}
    named = [name for row in rows for name in row.get("functions", [])]
    assert len(named) == len(set(named))
    assert set(named) <= takers
    general = [row for row in rows if "functions" not in row]
    assert len(general) <= 1
    assert not general or takers - set(named), "no function is left for the general row"
    assert all(row.get("reason") for row in rows if "functions" in row)
    assert len({(row["type"], row["text"]) for row in rows}) == len(rows), "two rows are the same"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_type_lines_say_the_default(name):
    parameters = inspect.signature(FUNCTIONS[name]).parameters
    for entry in ENTRIES.get(name, []):
        for default in (parameters[option].default for option in entry.names.split(", ")):
            if default is inspect.Parameter.empty:
                assert entry.default == ""
            elif default is None:
                assert entry.default == ", optional"
            else:
                value = ast.literal_eval(entry.default.removeprefix(", default "))
                assert (value, type(value)) == (default, type(default))

"""Compare what public docstrings say of their parameters with `parameter_texts.toml`; ``--fix`` rewrites them.

    python docs/sync_parameter_texts.py [--fix]

Texts stay in the docstrings, where editors and `help` show them. The table has one text for each parameter that
several functions share, and the variants, each with the reason for it. Every parameter's type line ends with the
default of the signature. Only the source is read, so that nothing need be installed.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "parameter_texts.toml"
SOURCES = ROOT / "src" / "classicseg"
CATALOGUES = [
    SOURCES / "__init__.pyi",
    *(
        SOURCES / room / "__init__.py"
        for room in ("metrics", "preprocess", "extras/plot", "extras/files", "extras/exports")
    ),
]
MODULES = [
    SOURCES / "extras" / name for name in ("training.py", "tuning.py", "street_scenes.py", "torch/training.py")
]
"""Where public functions are defined that no catalogue imports."""
WIDTH = 115


class Entry(NamedTuple):
    """What a docstring says of a parameter, or of several that stand in one line."""

    names: str
    """As they stand there: "mask", or "truth, labels"."""
    type: str
    """Without the default."""
    text: str
    """In one line."""
    default: str
    """What the type line ends with, as it stands there."""


class Function(NamedTuple):
    """A public function in its file."""

    name: str
    path: Path
    node: ast.FunctionDef
    defaults: dict[str, str | None]
    """What the type line of each parameter should end with: ", optional", ", default 2.0", or nothing; None for a
    constant that is computed, which a test compares."""
    annotations: dict[str, str]
    """As they stand in the signature."""


def main(arguments: list[str]) -> int:
    """Say what differs, or rewrite it; the exit code is 1 where something differed."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    functions = sorted(public_functions(), key=lambda function: -function.node.lineno)  # lines above stay in place
    n_differing = 0
    for path in sorted({function.path for function in functions}):
        lines = path.read_text(encoding="utf-8").splitlines()
        for function in functions:
            section = find_parameters(function.node, lines) if function.path == path else range(0)
            said = lines[section.start : section.stop]
            due = render([wanted(table, function.name, entry) for entry in parse(said)], function.defaults)
            if due != said:
                n_differing += 1
                print(f"{path.relative_to(ROOT)}: {function.name}")
                lines[section.start : section.stop] = due
        if "--fix" in arguments:
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if n_differing and "--fix" not in arguments:
        print("These differ from docs/parameter_texts.toml or from their signatures; `make texts` rewrites them.")
    return min(n_differing, 1)


def public_functions() -> Iterator[Function]:
    """Find the functions that the catalogues import, and those of public modules."""
    for catalogue in CATALOGUES:
        for statement in ast.parse(catalogue.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.ImportFrom) and statement.module:
                file = statement.module.removeprefix("classicseg.").replace(".", "/")
                names = {alias.name for alias in statement.names}
                yield from (found for found in _functions(SOURCES / f"{file}.py") if found.name in names)
    for path in MODULES:
        yield from (found for found in _functions(path) if not found.name.startswith("_"))


def _functions(path: Path) -> Iterator[Function]:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for node in body:
        if isinstance(node, ast.FunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            annotations = {a.arg: ast.unparse(a.annotation) for a in arguments if a.annotation is not None}
            yield Function(node.name, path, node, _defaults(node, body), annotations)


def entries_of(function: Function) -> list[Entry]:
    """Read what the docstring of a function says of its parameters."""
    lines = function.path.read_text(encoding="utf-8").splitlines()
    section = find_parameters(function.node, lines)
    return parse(lines[section.start : section.stop])


def wanted(table: dict[str, list[dict[str, object]]], function: str, entry: Entry) -> Entry:
    """What an entry should be: the variant that names the function, the general text, or what it is."""
    rows = table.get(entry.names, [])
    row = next((r for r in rows if function in r.get("functions", [])), None)  # type: ignore[operator]
    row = row or next((r for r in rows if "functions" not in r), None)
    if row is None:
        return entry
    return entry._replace(type=str(row["type"]), text=" ".join(str(row["text"]).split()))


def find_parameters(node: ast.FunctionDef, lines: list[str]) -> range:
    """Find the lines of the section Parameters, without its heading; none where there is no such section."""
    heading = "    Parameters"
    docstring = node.body[0]
    if heading not in lines[docstring.lineno - 1 : docstring.end_lineno]:
        return range(0)
    start = lines.index(heading, docstring.lineno - 1) + 2
    return range(start, lines.index("", start))


def parse(lines: list[str]) -> list[Entry]:
    """Read the entries of a section Parameters."""
    entries: list[Entry] = []
    for line in textwrap.dedent("\n".join(lines)).splitlines():
        if line.startswith(" "):
            entries[-1] = entries[-1]._replace(text=f"{entries[-1].text} {line.strip()}".strip())
        else:
            names, _, kind = line.partition(" : ")
            default = re.search(r"(, (optional|default .*))?$", kind)
            assert default is not None
            entries.append(Entry(names, kind[: default.start()], "", default[0]))
    return entries


def render(entries: list[Entry], defaults: dict[str, str | None]) -> list[str]:
    """Write the entries of a section Parameters."""
    lines = []
    for names, kind, text, default in entries:
        due = defaults[names.split(", ")[0]]
        lines.append(f"    {names} : {kind}{default if due is None else due}")
        lines += textwrap.wrap(
            text, WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8,
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return lines


def _defaults(node: ast.FunctionDef, body: list[ast.stmt]) -> dict[str, str | None]:
    """The end of each parameter's type line; a constant of the module counts as its value."""
    constants = {
        target.id: statement.value
        for statement in body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    arguments = [*node.args.posonlyargs, *node.args.args]
    given: list[ast.expr | None] = [*[None] * (len(arguments) - len(node.args.defaults)), *node.args.defaults]
    pairs = zip([*arguments, *node.args.kwonlyargs], [*given, *node.args.kw_defaults], strict=True)
    return {argument.arg: _ending(default, constants) for argument, default in pairs}


def _ending(default: ast.expr | None, constants: dict[str, ast.expr]) -> str | None:
    if default is None:
        return ""
    try:
        value = ast.literal_eval(constants[default.id] if isinstance(default, ast.Name) else default)
    except (KeyError, ValueError):
        return None
    if value is None:
        return ", optional"
    return f', default "{value}"' if isinstance(value, str) else f", default {value!r}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

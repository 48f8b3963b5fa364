"""The command that prints the manual page, made from what the application says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import classicseg

_ENVIRONMENT = {
    "CLASSICSEG_WORKERS": "How many threads compute; the labels never depend on it.",
    "CLASSICSEG_ENGINE": "numpy: without numba, although it is there.",
    "CLASSICSEG_QUIET": "1: no line on standard error while kernels are compiled.",
    "NUMBA_CACHE_DIR": "The folder of compiled kernels, into which no other user may write.",
}
_EXIT = {
    "0": "All went well.",
    "1": "Some of the images could not be segmented; a line on standard error says which, and why.",
    "2": "Nothing was done: a mistake in what was typed, or in every file.",
}
_ENTRY = re.compile(r"\* `(?P<term>.+?)`: (?P<text>.*)")


def man() -> int:
    """Print the manual page of all commands; classicseg man | man -l - shows it."""
    print(man_page(), end="")
    return 0


def man_page() -> str:
    """The manual page of all commands, in the macros that `man` reads."""
    from classicseg.extras.cli.commands import application

    app = application()
    told = app.generate_docs("markdown", recursive=True)
    overview, *commands = re.split(r"^## (?=classicseg )", told, flags=re.MULTILINE)
    summaries = re.findall(r"^\* \[`(.+?)`\]\(.*?\): (.*)$", overview, re.MULTILINE)
    parts = [
        f'.TH CLASSICSEG 1 "" "classicseg {classicseg.__version__}" "User Commands"\n.SH NAME',
        f"classicseg \\- {_inline(str(app.help)).rstrip('.')}",
        ".SH SYNOPSIS\n.B classicseg\n.I COMMAND\n[\\fIOPTIONS\\fR] [\\fIIMAGE\\fR ...]\n.SH COMMANDS",
        *(_entry(name, text) for name, text in summaries),
        *(line for command in commands for line in _command(command)),
        *_section("ENVIRONMENT", _ENVIRONMENT),
        *_section("EXIT STATUS", _EXIT),
    ]
    return "\n".join(parts) + "\n"


def _command(told: str) -> Iterator[str]:
    """The lines on one command: how it is called, what it does, its options by group."""
    name, *lines = told.splitlines()
    yield f'.SH "{_text(name).upper()}"'
    is_call = False
    for line in lines:
        entry = _ENTRY.fullmatch(line)
        if line.startswith("```"):
            is_call = not is_call
        elif is_call:
            yield f".B {_text(line)}"
        elif entry is not None:
            yield _entry(entry["term"], entry["text"])
        elif line.startswith("**") and line.endswith("**:"):
            yield f".SS {_text(line[2:-3])}"
        elif line:
            yield f".PP\n{_inline(line)}"


def _section(title: str, entries: dict[str, str]) -> Iterator[str]:
    yield f'.SH "{title}"'
    yield from (_entry(term, text) for term, text in entries.items())


def _entry(term: str, text: str) -> str:
    """A term in bold, and what it means below it."""
    return f".TP\n.B {_text(term)}\n{_inline(text)}"


def _inline(text: str) -> str:
    """A paragraph of Markdown: code and strong words in bold, emphasized ones in italics."""
    text = _text(text)
    text = re.sub(r"`+([^`]+)`+|\*\*(.+?)\*\*", lambda found: f"\\fB{found[1] or found[2]}\\fR", text)
    return re.sub(r"(?<![\w*])\*(\[.+?\])\*(?![\w*])", r"\\fI\1\\fR", text)


def _text(text: str) -> str:
    """Characters as they are, in ASCII: nothing is taken for a macro, and a hyphen can be copied."""
    text = text.strip().replace("\\", "\\e").replace("-", "\\-")
    text = re.sub(r"[^\x00-\x7f]", lambda other: f"\\[u{ord(other[0]):04X}]", text)
    return f"\\&{text}" if text.startswith((".", "'")) else text

"""Lists as people type them: ``--spacing 2 1 1``, ``--spacing 2,1,1`` and ``--spacing 2 --spacing 1 --spacing 1``.

The parser takes one word for an option, so that the second number of a list would be the name of a file. Here a
list is written out, one option for each of its values, before the parser sees it. Behind an option that takes
numbers, a number is a value, even where a file has that name, which is said; ``./150`` is the file.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from classicseg.extras.cli.report import command_name, note
from classicseg.extras.signatures import Words, words_of


def spread_lists(typed: Sequence[str], command: Callable[..., Any]) -> list[str]:
    """Write out the lists behind the options of a command."""
    lists = _lists_of(command)
    spread: list[str] = []
    position = 0
    while position < len(typed) and typed[position] != "--":
        option, equals, value = typed[position].partition("=")
        position += 1
        if option not in lists or not (equals or _is_value(typed[position : position + 1])):
            spread.append("./-" if option == "-" else typed[position - 1])  # else the parser sees an option
            continue
        if not equals:
            value = typed[position]
            position += 1
        values = lists[option].values_of(value)
        more = _following(typed[position:], lists[option]) if values and lists[option].follows else []
        for word in more:
            if Path(word).is_file():
                note(f"{word} is taken for a value of {option}; the file of that name is ./{word}")
            values += lists[option].values_of(word)
        position += len(more)
        spread += [f"{option}={item}" for item in values or [value]]
    return [*spread, *typed[position:]]


def _lists_of(command: Callable[..., Any]) -> Mapping[str, Words]:
    """The options of a command that take several values, by what one types."""
    kinds = {
        f"--{command_name(name)}": words_of(parameter.annotation)
        for name, parameter in inspect.signature(command, eval_str=True).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    return {option: words for option, words in kinds.items() if words is not None}


def _is_value(following: Sequence[str]) -> bool:
    """Whether a word follows that is no option."""
    return bool(following) and not following[0].startswith("--")


def _following(typed: Sequence[str], words: Words) -> list[str]:
    """The words that go on with a list."""
    count = 0
    while count < len(typed) and words.values_of(typed[count]):
        count += 1
    return list(typed[:count])

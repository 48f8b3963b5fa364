"""Mistakes in what was typed: what was expected, the word that is near, and where to read more."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from cyclopts import CoercionError, CycloptsError


def mistake_of(error: CycloptsError, typed: Sequence[str], commands: Mapping[str, Any]) -> str:
    """A mistake in what was typed, on one line, and where to read more."""
    said = _unlike(error) if isinstance(error, CoercionError) else str(error)
    said = said.partition(" Available commands:")[0].rstrip(".")
    command = f" {typed[0]}" if typed and typed[0] in commands else ""
    return f"{said}{'' if said.endswith('?') else ';'} see classicseg{command} --help"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Offer the word that is near one that is not known; nothing if none is."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {near[0]}?" if near else ""


def words_in(kind: Any) -> list[str]:
    """The words that an option takes."""
    if get_origin(kind) is Literal:
        return [word for word in get_args(kind) if isinstance(word, str)]
    return [word for part in get_args(kind) for word in words_in(part)]


def _unlike(error: CoercionError) -> str:
    """A value that is none of those that an option takes."""
    token, kind = error.token, error.target_type
    if token is None or token.keyword is None or get_origin(kind) is Literal:
        return str(error)  # which offers the word that is near
    numbers, words = _numbers_in(kind), words_in(kind)
    expected = [numbers] if numbers else []
    expected += [f"one of {', '.join(words)}"] if words else []
    if not expected:
        return str(error)
    near = did_you_mean(token.value, words)
    said = f'Invalid value "{token.value}" for {token.keyword}: expected {" or ".join(expected)}'
    return f"{said}; {near}" if near else said


def _numbers_in(kind: Any) -> str:
    """The kind of number that an option takes; empty if none."""
    kinds = [kind, *get_args(kind)]
    if float in kinds:
        return "a number"
    return "a whole number" if any(isinstance(one, type) and issubclass(one, int) for one in kinds) else ""

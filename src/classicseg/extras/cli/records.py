"""The record that a run leaves beside its labels, read again to repeat the run."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from classicseg.extras.cli.pictures import KINDS


def command_of(record: Path, methods: Collection[str]) -> list[str]:
    """The words behind ``classicseg`` that repeat the run of a record."""
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
        program, *words = content["command"]
        is_command = program == "classicseg" and words[0] in methods and all(isinstance(w, str) for w in words)
    except FileNotFoundError:
        raise ValueError(
            f"{record}: no such file; expected the record of a run, such as photo_kmeans.json"
        ) from None
    except (ValueError, TypeError, KeyError, IndexError):
        is_command = False
    if not is_command:
        raise ValueError(f"{record}: is no record of a run; expected the .json that stands beside its labels")
    if words[1] == "-":
        raise ValueError(
            f"{record}: the image came from standard input, and is not kept; give it again, by a file"
        )
    return [*words, *(f"--save={kind}" for kind in KINDS if kind in content)]

"""JSON with one long list, whose members are written a line each as they come."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from classicseg.extras.files import replacing


def write_lines(path: str | os.PathLike[str], head: Mapping[str, Any], name: str, members: Iterable[Any]) -> None:
    """Write an object: what is in `head`, then the list of this name."""
    with replacing(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="\n")
        text.write(f"{json.dumps(head, ensure_ascii=False)[:-1]}, {json.dumps(name)}: [")
        for number, member in enumerate(members):
            text.write(",\n" if number else "\n")
            text.write(json.dumps(member, ensure_ascii=False))
        text.write("\n]}\n")
        text.detach()  # flushes, and leaves the file open

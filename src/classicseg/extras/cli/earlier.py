"""What an earlier run left: replaced where it came from the same settings, kept where it did not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from classicseg.extras.cli.report import command_name

_MEND = "add --overwrite to replace it, or choose another folder with --out"


def check_earlier(record: Path, files: Sequence[Path], image: str, options: Mapping[str, Any]) -> None:
    """Refuse to replace files that the record beside them does not say to be of this image and these options."""
    present = [file for file in files if file.exists()]
    if not present:
        return
    try:
        earlier = json.loads(record.read_text(encoding="utf-8"))
        theirs, their_image = dict(earlier["parameters"]), earlier["image"]
    except (OSError, ValueError, TypeError, KeyError):
        raise ValueError(f"{present[0]} exists, and no record says how it was made; {_MEND}") from None
    if their_image != image:
        raise ValueError(f"{present[0]} was made of another image, {their_image}; {_MEND}")
    ours = json.loads(json.dumps(options))
    if ours.get("channel_axis") == "auto":  # a record has the axis that this stands for
        theirs.pop("channel_axis", None)
        del ours["channel_axis"]
    elif ours.get("channel_axis") == "none":
        ours["channel_axis"] = None
    differing = [name for name in {**theirs, **ours} if theirs.get(name) != ours.get(name)]
    if differing:
        changes = (
            f"--{command_name(name)} {_typed(theirs.get(name))}, now {_typed(ours.get(name))}"
            for name in differing
        )
        raise ValueError(f"{present[0]} came from other settings ({'; '.join(changes)}); {_MEND}")


def _typed(value: Any) -> str:
    """A value as one would type it; what is not given is left to the method."""
    if value is None:
        return "not given"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)

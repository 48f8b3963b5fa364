"""The record that a run leaves beside its labels, read again to repeat the run."""

from __future__ import annotations

from collections.abc import Collection
from json import loads as parsed
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from classicseg.extras.catalogue import segmenter_names
from classicseg.extras.cli.ordinary import Json, Overwrite, Quiet, Verbose
from classicseg.extras.cli.pictures import KINDS
from classicseg.extras.cli.report import command_name
from classicseg.extras.exports.formats import FORMAT_NAMES


def rerun(
    record: Annotated[Path, Parameter(name="RECORD", help="The .json that a run left beside its labels.")],
    /,
    *,
    out: Annotated[
        Path | None, Parameter(alias="-o", help="The folder for the results; by default that of the record.")
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    json: Json = False,
    verbose: Verbose = False,
) -> int:
    """Repeat a run by its record: the same image, method and settings."""
    from classicseg.extras.cli.commands import run  # which imports this command

    words = command_of(record, ["compare", "regions", *(command_name(name) for name in segmenter_names())])
    flags = {"--overwrite": overwrite, "--quiet": quiet, "--json": json}
    if words[0] != "compare":
        flags["--verbose"] = verbose
    asked = [flag for flag, is_given in flags.items() if is_given]
    return run([*words, f"--out={record.parent if out is None else out}", *asked])


def command_of(record: Path, methods: Collection[str]) -> list[str]:
    """The words behind ``classicseg`` that repeat the run of a record."""
    try:
        content = parsed(record.read_text(encoding="utf-8"))
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
    exported = [f"--export={name}" for name in FORMAT_NAMES if name in content]
    return [*words, *(f"--save={kind}" for kind in KINDS if kind in content), *exported]

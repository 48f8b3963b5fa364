"""The command that lists the methods."""

from __future__ import annotations

from json import dumps

import classicseg
from classicseg.extras.catalogue import summary_of
from classicseg.extras.cli.ordinary import Json
from classicseg.extras.cli.report import command_name
from classicseg.types import kind_of


def methods(*, json: Json = False) -> None:
    """List the methods with the kind of their labels, one line each."""
    segmenters = {**classicseg.segmenters(), **classicseg.segmenters("seeded")}
    rows = [
        (command_name(name), kind_of(segmenter), summary_of(segmenter)) for name, segmenter in segmenters.items()
    ]
    width = max(len(name) for name, *_ in rows)
    for name, kind, summary in rows:
        row = {"method": name, "kind": kind, "summary": summary}
        print(dumps(row) if json else f"{name:{width}}  {kind:11}  {summary}")

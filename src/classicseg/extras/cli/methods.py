"""The command that lists the methods."""

from __future__ import annotations

import classicseg
from classicseg.extras.catalogue import summary_of
from classicseg.extras.cli.report import command_name
from classicseg.types import kind_of


def methods() -> None:
    """List the methods with the kind of their labels, one line each."""
    segmenters = {**classicseg.segmenters(), **classicseg.segmenters("seeded")}
    width = max(len(command_name(name)) for name in segmenters)
    for name, segmenter in segmenters.items():
        print(f"{command_name(name):{width}}  {kind_of(segmenter):11}  {summary_of(segmenter)}")

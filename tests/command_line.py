"""What tests of the command line share: two small images, the methods by their commands, and what a mistake is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import classicseg

GREY = np.add.outer(np.arange(40) % 20, np.arange(60)).astype(np.uint8) * 3
COLOR = np.stack([GREY, 255 - GREY, GREY // 2], axis=-1)
METHODS = {name.removesuffix("_segment").replace("_", "-"): f for name, f in classicseg.segmenters().items()}


def mistake(arguments: Sequence[str], capsys, code: int = 2) -> str:
    """Run a command that must fail; return its one line."""
    from classicseg.extras.cli import main

    assert main([*arguments]) == code
    said = capsys.readouterr().err
    assert said.startswith("classicseg: error: ")
    assert said.count("\n") == 1
    assert "Traceback" not in said
    return said

"""The scripts draw over a figure of their own, and over nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_does_not_draw_over_a_photograph(script, tmp_path):
    pytest.importorskip("matplotlib")
    photograph = tmp_path / "photo.png"
    photograph.write_bytes(b"ten years")
    command = [sys.executable, str(FOLDER / script), str(photograph)]
    run = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"MPLBACKEND": "agg"})
    assert run.returncode == 1
    assert "photo.png: is there, and no figure that was drawn here" in run.stderr.splitlines()[-1]
    assert photograph.read_bytes() == b"ten years"

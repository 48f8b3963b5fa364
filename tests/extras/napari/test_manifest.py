"""What napari reads first: the manifest, and that nothing in it needs a window before a dock is opened."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from classicseg.extras import napari

MANIFEST = Path(napari.__file__).with_name("napari.yaml")

pytestmark = pytest.mark.skipif(find_spec("npe2") is None, reason="npe2, which reads manifests, is not installed")


def run(code, **environment):
    """In a process of its own: pytest's plugins for napari import Qt."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_is_valid():
    done = subprocess.run(
        [sys.executable, "-m", "npe2", "validate", str(MANIFEST)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(find_spec("magicgui") is None, reason="magicgui is not installed")
def test_without_qt(tmp_path):
    """Everything that is named is there, files and samples come, and no Qt is loaded."""
    code = f"""
import sys
for name in ("qtpy", "PyQt5", "PyQt6", "PySide2", "PySide6"):
    sys.modules[name] = None  # as if it were not installed
from npe2 import PluginManager, PluginManifest
manifest = PluginManifest.from_file({str(MANIFEST)!r})
manifest.validate_imports()
manager = PluginManager()
manager.register(manifest)
manager.activate("classicseg")
print(*(widget.display_name for widget in manager.iter_widgets()), sep=",")
((pixels, options, kind),) = manager.commands.execute("classicseg.balls")
(path,) = manager.commands.execute("classicseg.write", args=({str(tmp_path / "labels.tif")!r}, pixels, {{}}))
((again, _, _),) = manager.commands.execute("classicseg.read", args=(path,))(path)
assert (again == pixels).all()
assert not [name for name, found in sys.modules.items() if found and name.startswith(("PyQt", "PySide", "napari"))]
"""
    assert run(code).strip().split(",")[0] == "Segment"

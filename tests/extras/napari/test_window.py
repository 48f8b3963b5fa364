"""A window of napari, with its own list of plugins: found there, run, and looked at."""

from __future__ import annotations

import os
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

needed = ("napari", "magicgui", "pytestqt")
missing = [name for name in needed if find_spec(name) is None]
pytestmark = [
    pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}"),
    pytest.mark.skipif(
        not os.environ.get("DISPLAY") or os.environ.get("QT_QPA_PLATFORM") == "offscreen",
        reason="there is no screen; xvfb-run makes one",
    ),
]


def test_labels_are_drawn(make_napari_viewer, qapp):
    """`CLASSICSEG_SCREENSHOT` names a PNG to keep of it."""
    from classicseg.extras.napari import samples
    from classicseg.extras.napari.regions import Regions
    from classicseg.extras.napari.segment import Segment

    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1300, 900)
    ((pixels, options, _),) = samples.coins()
    viewer.add_image(pixels, **options)
    segment, regions = Segment(viewer), Regions(viewer)

    def wait(dock):
        start = time.perf_counter()
        while dock.is_busy or time.perf_counter() - start < 0.3:
            qapp.processEvents()
            time.sleep(0.002)
            assert time.perf_counter() - start < 240

    viewer.window.add_dock_widget(segment, name="Segment", area="right")
    segment.method.value = "felzenszwalb_segment"
    segment.run()
    wait(segment)
    assert viewer.layers["coins segments"].data.max() > 10
    after = viewer.screenshot(canvas_only=True)
    viewer.layers["coins segments"].visible = False
    before = viewer.screenshot(canvas_only=True)
    viewer.layers["coins segments"].visible = True
    assert (before != after).any(axis=-1).mean() > 0.1
    segment.run()  # into the same layer
    wait(segment)
    assert len(viewer.layers) == 2
    viewer.window.add_dock_widget(regions, name="Regions", area="bottom")
    regions.measure()
    wait(regions)
    assert len(viewer.layers["coins segments"].features) == viewer.layers["coins segments"].data.max()
    viewer.reset_view()
    wait(regions)
    kept = os.environ.get("CLASSICSEG_SCREENSHOT")
    if kept:
        from PIL import Image

        Image.fromarray(np.asarray(viewer.screenshot(canvas_only=False, flash=False))[..., :3]).save(Path(kept))

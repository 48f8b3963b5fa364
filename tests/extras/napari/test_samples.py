"""Images to try things on."""

from __future__ import annotations

import numpy as np
import pytest

from classicseg.extras.napari import samples


def test_the_volume_says_how_far_apart_its_planes_are():
    ((pixels, options, kind),) = samples.balls()
    assert (pixels.dtype, options["scale"], kind) == (np.uint8, (3.0, 1.0, 1.0), "image")


def test_photographs():
    pytest.importorskip("skimage")
    assert samples.coins()[0][1] == {"name": "coins", "rgb": False}
    assert samples.coffee()[0][1] == {"name": "coffee", "rgb": True}

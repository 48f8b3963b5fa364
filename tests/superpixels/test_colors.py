"""The colors that superpixels compare: one far from all others takes nothing from them, and their spread."""

from __future__ import annotations

import numpy as np
import pytest

from classicseg import etps_segment, snic_segment
from classicseg._core.image import as_image
from classicseg.metrics import explained_variation
from classicseg.superpixels.colors import color_spread, float32_planes


@pytest.mark.parametrize("far", [1e12, -1e100, 1e149])
def test_a_value_far_from_all_others_takes_nothing_from_them(far):
    image = np.where(np.arange(20) < 9, 0.0, 1.0) + np.zeros((16, 1))
    image += np.random.default_rng(0).random(image.shape) / 20
    outlier = image.copy()
    outlier[3, 4] = far
    before, after = (float32_planes(as_image(one), "given") for one in (image, outlier))
    differences = [
        np.diff(np.delete(planes.values, 3, axis=1) / planes.unit, axis=-1) for planes in (before, after)
    ]
    assert np.abs(differences[0] - differences[1]).max() < 1e-6
    for labels in (
        etps_segment(outlier, n_segments=6, compactness=0.1, smoothness=0.01),
        snic_segment(outlier, n_segments=6, compactness=0.1),
    ):
        assert explained_variation(image, labels) > 0.9


def test_the_spread_is_the_mean_deviation_within_cells():
    cells = np.array([[1, 1, 2, 2, 0]], np.int32)
    values = np.array([[[1, 3, 5, 5, 900]], [[0, 0, 7, 1, 900]]], np.float32)
    assert color_spread(values, cells, 2) == (1 + 3) / 2
    assert color_spread(np.full((1, 1, 5), 0.1), cells, 2) == 0

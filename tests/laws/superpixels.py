"""Superpixels: regions of about equal size, about as many as asked. They start from a grid, which has corners."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from strategies import shapes

from laws.common import IMAGE_ALONE, Laws
from laws.regions import regions_are_connected_and_numbered_by_their_first_pixel

SUPERPIXELS = Laws(IMAGE_ALONE)
SUPERPIXELS.law(regions_are_connected_and_numbered_by_their_first_pixel)


@SUPERPIXELS.law
def a_constant_image_is_cut_evenly_into_about_as_many_as_asked(segment, data):
    shape = data.draw(shapes(2, 8, 40))
    n_segments = data.draw(st.integers(1, np.prod(shape) // 16))
    labels = segment(np.full(shape, data.draw(st.sampled_from([0.0, 7.0, -3.5, 1e30]))), n_segments=n_segments)
    areas = np.bincount(labels.ravel())[1:]
    assert n_segments / 2 <= len(areas) <= 2 * n_segments
    assert areas.max() <= 4 * areas.min()

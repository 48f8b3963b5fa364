"""Regions: connected, and numbered by their first pixel."""

from __future__ import annotations

from functools import partial

import numpy as np
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import images, masks, scenes, shapes

import classicseg
from laws.common import IMAGE_ALONE, Laws
from laws.turns import TURNED

REGIONS = Laws(IMAGE_ALONE | TURNED)


@REGIONS.law
def regions_are_connected_and_numbered_by_their_first_pixel(segment, data):
    shape = data.draw(shapes(2, 1, 24) | shapes(3, 1, 6))
    image = data.draw(images(shape) | scenes(shape) | scenes(shape, dtype="f8"))
    mask = data.draw(st.none() | masks(shape))
    labels = segment(image, channel_axis=None, mask=mask)
    assert_array_equal(labels, classicseg.connected_regions(labels))


@REGIONS.law
def a_constant_image_is_one_region(segment, data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=5))
    image = np.full(shape, data.draw(st.sampled_from([0.0, 7.0, -3.5, 1e30])))
    assert_array_equal(partial(segment, channel_axis=None)(image), 1)

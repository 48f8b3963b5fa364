"""Holes: what one region encloses becomes its own; scipy agrees on one region."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from strategies import images, shapes

from classicseg import region_growing_segment
from classicseg._core.image import as_image
from classicseg.growing.holes import fill_holes


@given(st.data())
def test_scipy_fills_the_same_holes_of_one_region(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=7))
    labels = data.draw(images(shape, highest=1, dtype="i4"))
    found = fill_holes(labels, as_image(np.zeros(shape), channel_axis=None))
    assert_array_equal(found, ndimage.binary_fill_holes(labels))


def test_a_hole_between_two_regions_stays_and_so_does_what_takes_no_part():
    image = np.array(
        [
            [1, 1, 1, 1, 1, 2, 2, 2],
            [1, 9, 1, 1, 9, 2, 9, 2],
            [1, 1, 1, 1, 1, 2, 2, 2],
        ]
    )
    options = {"seeds": [(0, 0), (0, 7)], "tolerance": 0, "fill_holes": True}
    found = region_growing_segment(image, **options)
    expected = np.where(np.arange(8) < 5, 1, 2) * np.ones((3, 1), int)
    expected[1, 4] = 0
    assert_array_equal(found, expected)
    found = region_growing_segment(image, **options, mask=image != 9)
    assert_array_equal(found == 0, image == 9)

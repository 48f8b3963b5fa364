"""Classes: values decide, so that equal values are one class, and no name depends on the place."""

from __future__ import annotations

from functools import partial

import numpy as np
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import shapes

from laws.common import IMAGE_ALONE, Laws
from laws.turns import TURNED

CLASSES = Laws(IMAGE_ALONE | TURNED)


@CLASSES.law
def a_constant_image_is_one_class(segment, data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=5))
    image = np.full(shape, data.draw(st.sampled_from([0.0, 7.0, -3.5, 1e30])))
    assert_array_equal(partial(segment, channel_axis=None)(image), 1)

"""What is far is what scipy's distance transform says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from scipy import ndimage

from classicseg.filters.erosion import farther_than


@given(st.data())
def test_farther_than_is_scipy_s_distance(data):
    marked = data.draw(hnp.arrays(bool, hnp.array_shapes(min_dims=1, max_dims=3, max_side=8)))
    spacing = tuple(data.draw(st.sampled_from([1.0, 0.7, 2.5, 1 / 3])) for _ in marked.shape)
    reach = data.draw(st.sampled_from([0, 0.5, 1, 1.4, 2.5, 5 * 0.7, 4, 1e9]))
    expected = np.full(marked.shape, np.inf)
    if marked.any():
        expected = ndimage.distance_transform_edt(~marked, sampling=spacing)
    assert_array_equal(farther_than(marked, reach, spacing), expected > reach)


@pytest.mark.parametrize("reach", [3, 120, 150, 300])
def test_short_and_long_distances(reach):
    marked = np.zeros((3, 700), bool)
    marked[1, [10, 400]] = True
    expected = ndimage.distance_transform_edt(~marked) > reach
    assert_array_equal(farther_than(marked, reach, (1.0, 1.0)), expected)
    assert_array_equal(farther_than(marked.T, reach, (1.0, 1.0)), expected.T)

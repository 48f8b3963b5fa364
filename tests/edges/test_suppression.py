"""The suppressed gradient and the whole one, found together."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import images, masks, shapes

from classicseg._core.image import as_image
from classicseg.edges.suppression import suppressed_and_full_gradients, suppressed_gradients
from classicseg.filters.gradients import magnitude_of


@given(st.data())
def test_together_they_are_what_each_is_alone(data):
    """To the bit, by every road: planes, volumes, colors, masks, values that are computed apart."""
    shape, n_channels = data.draw(shapes(data.draw(st.integers(1, 4)), most=6)), data.draw(st.sampled_from([0, 3]))
    image = data.draw(images(shape, data.draw(st.sampled_from(["u1", "f4", "f8"])), n_channels=n_channels))
    if image.dtype.kind == "f":
        image *= data.draw(st.sampled_from([1, 1e-30, 1e20]))
        image.flat[0] *= data.draw(st.sampled_from([1, 1e15, 1e-9]))
    mask = data.draw(st.one_of(st.none(), masks(shape)))
    parsed = as_image(image, mask=mask, channel_axis=-1 if n_channels else None)
    spacing = data.draw(st.sampled_from([(1.0,) * 4, (1.0, 0.5, 2.0, 3.0), (1e-40,) * 4]))[: len(shape)]
    sigma = data.draw(st.sampled_from([0.0, 0.8]))
    suppression = data.draw(st.sampled_from(["interpolated", "sector"]))
    suppressed, magnitude = suppressed_and_full_gradients(parsed, spacing, sigma, suppression)
    assert_array_equal(suppressed, suppressed_gradients(parsed, spacing, sigma, suppression))
    alone = magnitude_of(parsed, spacing, sigma=sigma)
    assert_array_equal(magnitude, alone)
    assert magnitude.dtype == suppressed.dtype == alone.dtype
    assert np.isin(suppressed[suppressed > 0], magnitude).all() or n_channels

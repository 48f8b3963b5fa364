"""The gradient of a volume in one pass against its definition, and without a mask against with one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import images, shapes

from classicseg import gradient_components, gradient_magnitude
from classicseg.filters.gradient_volumes import volume_gradient
from classicseg.filters.stencils import make_stencil


@given(st.data())
def test_the_kernel_equals_the_definition(data):
    volume = data.draw(images(data.draw(shapes(3, most=5)), dtype=data.draw(st.sampled_from(["u1", "f4"]))))
    stencil = make_stencil((0.5, 0.25), (1.0,), (1.0, 2.0, 0.7), 255.0, np.dtype(np.float32), False)
    n_rows, width = volume.shape[0] * volume.shape[1], volume.shape[2]
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, n_rows)] * 2)))
    found, expected = (
        (np.zeros((3, n_rows, width), np.float32), np.zeros((n_rows, width), np.float32)) for _ in range(2)
    )
    if start < stop:
        volume_gradient(volume, stencil, *found, start, stop)
        volume_gradient.numpy(volume, stencil, *expected, start, stop)
    for one, other in zip(found, expected, strict=True):
        assert_array_equal(one, other)


@given(st.data())
def test_magnitude_is_the_length_of_the_components(data):
    volume = data.draw(images(data.draw(shapes(3, most=5)), dtype=data.draw(st.sampled_from(["u1", "f8"]))))
    options = {"channel_axis": None, "spacing": (2.0, 1.0, 0.5)}
    field = gradient_components(volume, **options).astype(np.float64)
    np.testing.assert_allclose(gradient_magnitude(volume, **options), np.sqrt((field**2).sum(axis=0)), rtol=1e-6)
    wide, mask = np.pad(volume, 1, constant_values=9), np.pad(np.ones(volume.shape, bool), 1)
    inner = gradient_magnitude(wide, mask=mask, **options)[1:-1, 1:-1, 1:-1]
    np.testing.assert_allclose(inner, gradient_magnitude(volume, **options), rtol=1e-6)

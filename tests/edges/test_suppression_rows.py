"""The fused pass over rows against its definition: one step after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import scenes

from classicseg._core.image import as_image
from classicseg.edges.suppression_rows import Maxima, Rule, plane_gaussian, suppress_rows
from classicseg.filters.operators import stencil_of


def marks_and_magnitudes(run, image, sigma, spacing, sector, start, stop):
    parsed = as_image(image)
    stencil = stencil_of(parsed, spacing)
    unit, dtype = float(stencil.back[0]), stencil.even.dtype
    grid = np.zeros([length + 2 for length in image.shape], np.uint8)
    found = Maxima(grid, np.zeros(image.shape, dtype), np.zeros(image.shape, dtype))
    steps = (np.array(spacing) / min(spacing)).astype(dtype)
    rule = Rule(sector, 2 / unit, 9 / unit)
    run(parsed.values[..., 0], plane_gaussian(parsed, sigma, spacing), stencil, steps, rule, found, start, stop)
    return found


@pytest.mark.jit
@given(st.data())
def test_machine_code_equals_the_definition(data):
    image = data.draw(scenes(dtype=data.draw(st.sampled_from(["u1", "f4", "f8"]))))
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(image))] * 2)))
    sigma = data.draw(st.sampled_from([0.0, 0.6, 1.0, 2.1]))
    spacing = data.draw(st.sampled_from([(1.0, 1.0), (1.0, 2.0), (1.5, 0.7)]))
    options = image, sigma, spacing, data.draw(st.booleans()), start, stop
    defined = marks_and_magnitudes(suppress_rows.numpy, *options)
    for one, other in zip(defined, marks_and_magnitudes(suppress_rows.compiled(), *options), strict=True):
        assert_array_equal(one, other)


@given(st.data())
def test_loops_equal_the_definition(data):
    image = data.draw(scenes((9, 11), dtype=data.draw(st.sampled_from(["u1", "f4"]))))
    sigma, sector = data.draw(st.sampled_from([0.0, 1.0])), data.draw(st.booleans())
    options = image, sigma, (1.0, 1.0), sector, 2, 9
    defined = marks_and_magnitudes(suppress_rows.numpy, *options)
    for one, other in zip(defined, marks_and_magnitudes(suppress_rows.loops, *options), strict=True):
        assert_array_equal(one, other)

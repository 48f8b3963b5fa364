"""Non-maximum suppression: against its definition, and turned in any number of dimensions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import shapes

from classicseg.edges.suppression_kernels import _keep_maxima, suppress_nonmaxima


def draw_field(data):
    """Small whole numbers tie often, others never."""
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=6))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    steps = rng.integers(-3, 4, (len(shape), *shape)).astype(float)
    steps += rng.normal(size=steps.shape) * data.draw(st.booleans())
    magnitude = rng.integers(0, 3, shape) * (steps != 0).any(axis=0)
    return [array.astype(np.float32) for array in (steps, magnitude, rng.integers(0, 3, shape))]


@given(st.data())
def test_turns_to_the_bit(data):
    steps, *grids = draw_field(data)
    suppression, low = data.draw(st.sampled_from(["interpolated", "sector"])), data.draw(st.sampled_from([0, 2]))
    order = data.draw(st.permutations(range(len(steps))))
    flips = data.draw(st.lists(st.integers(0, len(steps) - 1), unique=True))

    def turned(array):
        return np.ascontiguousarray(np.flip(array.transpose(order), flips))

    signs = np.where(np.isin(np.arange(len(steps)), flips), -1, 1).astype(np.float32)
    turned_steps = np.stack([turned(steps[axis]) * sign for axis, sign in zip(order, signs, strict=True)])
    found = suppress_nonmaxima(turned_steps, *(turned(grid) for grid in grids), suppression, low)
    assert_array_equal(found, turned(suppress_nonmaxima(steps, *grids, suppression, low)))


@given(st.data())
def test_the_kernel_equals_the_definition(data):
    steps, magnitude, brightness = draw_field(data)
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(magnitude))] * 2)))
    flat = steps.reshape(len(steps), -1), magnitude.reshape(-1), brightness.reshape(-1)
    options = np.array(magnitude.shape), data.draw(st.booleans()), data.draw(st.sampled_from([0.0, 2.0]))
    found, expected = np.zeros((2, magnitude.size), np.float32)
    _keep_maxima(*flat, *options, found, start, stop)
    _keep_maxima.numpy(*flat, *options, expected, start, stop)
    assert_array_equal(found, expected)


def test_the_nearest_of_26_directions():
    rng = np.random.default_rng(0)
    near = np.array([d for d in np.ndindex(3, 3, 3) if d != (1, 1, 1)]) - 1
    for vector in rng.normal(size=(200, 3)):
        direction = near[np.argmax(near @ vector / np.sqrt((near**2).sum(axis=1)))]
        magnitude = np.zeros((3, 3, 3))
        magnitude[1, 1, 1] = 1
        magnitude[tuple(1 + direction)] = 2
        steps = np.broadcast_to(vector.reshape(3, 1, 1, 1), (3, 3, 3, 3)).copy()
        assert suppress_nonmaxima(steps, magnitude, magnitude, "sector", 1)[1, 1, 1] == 0
        magnitude[tuple(1 + direction)] = 0
        assert suppress_nonmaxima(steps, magnitude, magnitude, "sector", 1)[1, 1, 1] == 1


@pytest.mark.parametrize("suppression", ["interpolated", "sector"])
def test_four_dimensions(suppression):
    place = np.moveaxis(np.indices((7, 7, 7, 7)), 0, -1) - 3.0
    radius = np.sqrt((place**2).sum(axis=-1))
    magnitude = np.exp(-((radius - 2) ** 2)) * (radius > 0)
    found = suppress_nonmaxima(np.moveaxis(place, -1, 0).copy(), magnitude, magnitude, suppression, 0) > 0
    assert found.sum() > 50
    assert np.abs(radius[found] - 2).max() < 0.75

"""Geodesic distances beside a fixed point of the upwind equation, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import scenes, shapes

from classicseg import geodesic_distance
from classicseg._core.image import as_image
from classicseg.filters import fast_marching
from classicseg.filters.fast_marching import arrivals, front_of, march


def arrival(times, squares, slowness):
    """The solution of sum((T - time) ** 2 * square) = slowness ** 2 over the times that are less than T."""
    pairs = sorted((time, square) for time, square in zip(times, squares, strict=True) if time < np.inf)
    for count in range(len(pairs), 0, -1):
        t, w = np.array(pairs[:count]).T
        a, b, c = w.sum(), (w * (t - t[0])).sum(), (w * (t - t[0]) ** 2).sum() - slowness**2
        if b * b - a * c >= 0 and (b + math.sqrt(b * b - a * c)) / a >= t[-1] - t[0]:
            return t[0] + (b + math.sqrt(b * b - a * c)) / a
    return np.inf


def by_definition(slowness, inside, spacing, starts):
    """Solve at each pixel, over and over, until nothing changes."""
    times = np.where(starts, 0.0, np.inf)
    squares = [1 / step**2 for step in spacing]
    while True:
        padded, before = np.pad(times, 1, constant_values=np.inf), times.copy()
        for place in np.argwhere(inside & ~starts):
            beside = []
            for axis in range(times.ndim):
                step = np.eye(times.ndim, dtype=int)[axis]
                beside.append(min(padded[tuple(place + 1 - step)], padded[tuple(place + 1 + step)]))
            times[tuple(place)] = min(times[tuple(place)], arrival(beside, squares, slowness[tuple(place)]))
        if np.array_equal(times, before):
            return times


@given(st.integers(1, 4), st.integers(0, 10**6), st.data())
def test_distances_are_a_fixed_point(ndim, seed, data):
    shape = data.draw(shapes(ndim, 1, (20, 7, 4, 3)[ndim - 1]))
    rng = np.random.default_rng(seed)
    inside = rng.random(shape) < 0.9
    starts = inside & (rng.random(shape) < 0.1)
    if not starts.any():
        return
    image = rng.integers(0, 9, shape) * 10.0 ** rng.integers(-2, 3)
    spacing = (1.0, *rng.choice([1.0, 1.0, 2.5], ndim - 1).tolist())
    found = geodesic_distance(
        image, strokes=starts.astype(int), edge_weight=0.5, mask=inside, channel_axis=None, spacing=spacing
    )
    front = front_of(as_image(image, channel_axis=None, mask=inside), 4.0, spacing, np.zeros(0, np.int32))
    slowness = front.slowness.reshape([n + 2 for n in shape])[(slice(1, -1),) * ndim].astype(float)
    assert np.allclose(found, by_definition(slowness, inside, spacing, starts), rtol=1e-5)
    assert_array_equal(np.isfinite(found) & ~inside, False)


@given(st.integers(1, 4), st.integers(0, 10**6), st.data())
def test_slowness_equals_its_definition(ndim, seed, data):
    shape = data.draw(shapes(ndim, 1, (20, 7, 4, 3)[ndim - 1]))
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 9, (*shape, rng.integers(1, 4))).astype(rng.choice(["u1", "f4", "f8"]))
    mask = rng.random(shape) < 0.9
    mask.flat[0] = True
    parsed = as_image(image, channel_axis=-1, mask=mask)
    spacing = tuple(rng.choice([1.0, 2.5], ndim).tolist())
    expected = front_of(parsed, 2.0, spacing, np.zeros(0, np.int32))
    found = expected.slowness.copy()
    found[:] = 1
    fast_marching._slow_down.numpy(
        parsed.values.reshape(-1, parsed.n_channels),
        np.array(shape),
        expected.strides,
        np.pad(mask, 1).ravel(),
        expected.squares,
        2.0,
        found,
        0,
        math.prod(shape[:-1]),
    )
    assert_array_equal(found, expected.slowness)


def test_flat_ground_is_euclidean():
    """To first order: within 4 percent at 40 pixels, along any direction; by neighbors it would be 8."""
    found = geodesic_distance(np.zeros((141, 141)), strokes=[(70, 70)])
    exact = np.hypot(*np.indices((141, 141)) - 70.0)
    far = exact > 40
    assert np.abs(found / np.maximum(exact, 1) - 1)[far].max() < 0.04
    ring = np.zeros((5, 5), bool)
    ring[[0, -1], :] = ring[:, [0, -1]] = True
    around = geodesic_distance(np.zeros((5, 5)), strokes=[(0, 0)], mask=ring)
    assert_array_equal(around[0], range(5))
    assert np.isclose(around[4, 4], 7 + 0.5**0.5)  # two fronts meet there
    assert np.isinf(around[2, 2])


def test_a_heap_grows():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (60, 80)).astype(np.uint8)
    found = geodesic_distance(image, strokes=(rng.random(image.shape) < 0.5).astype(int))
    front = front_of(as_image(image), 100.0, (1.0, 1.0), np.zeros(0, np.int32))
    march(front, np.array([83]))
    assert np.isfinite(found).all()
    assert np.isfinite(arrivals(front, image.shape)).all()


@given(st.data())
def test_values_and_spacing_have_units(data):
    image = data.draw(scenes(dtype="f8"))
    strokes = [(0, 0)]
    expected = geodesic_distance(image, strokes=strokes)
    assert_array_equal(geodesic_distance(image * 2.0**9, strokes=strokes), expected)
    assert_array_equal(geodesic_distance(image, strokes=strokes, spacing=4), expected * 4)
    if image.std() > 0:
        by_hand = geodesic_distance(image, strokes=strokes, edge_weight=50 / image.std())
        assert np.allclose(by_hand, expected, rtol=1e-4)


def test_what_is_refused():
    image = np.zeros((4, 5))
    for options, error, text in [
        ({"strokes": None}, TypeError, "strokes"),
        ({"strokes": {}}, ValueError, "strokes name no pixel"),
        ({"strokes": [(9, 9)]}, ValueError, "outside"),
        ({"strokes": [(0, 0)], "mask": np.zeros((4, 5), bool)}, ValueError, "take no part"),
        ({"strokes": [(0, 0)], "edge_weight": -1}, ValueError, "edge_weight is -1"),
        ({"strokes": [(0, 0)], "edge_weight": "much"}, TypeError, "edge_weight is 'much'"),
    ]:
        with pytest.raises(error, match=text):
            geodesic_distance(image, **options)

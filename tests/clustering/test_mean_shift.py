"""Windows of place and color come to rest at modes: as a definition in a few lines has it, bit for bit."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import images, masks, shapes

from classicseg._core.image import as_image
from classicseg.clustering.mean_shift import _seek, _seek_numpy, mode_colors


def modes(image, spatial_radius, range_radius, max_iter, spacing):
    """The colors of the modes, in 256ths of the radius, by whole numbers of any size."""
    colors = [[round(256 * float(value) / range_radius) for value in pixel] for pixel in image.pixels()]
    places = [tuple(place) for place in np.argwhere(image.mask_array())]
    found = np.zeros(image.values.shape)
    for place, color in zip(places, colors, strict=True):
        center, mean = list(place), color
        for _ in range(max_iter):
            near = [
                i
                for i, (other, its_color) in enumerate(zip(places, colors, strict=True))
                if sum(((o - c) * unit) ** 2 for o, c, unit in zip(other, center, spacing, strict=True))
                <= spatial_radius**2
                and sum((a - b) ** 2 for a, b in zip(its_color, mean, strict=True)) <= 256**2
            ]
            mean = [round(sum(column) / len(near)) for column in zip(*(colors[i] for i in near), strict=True)]
            for axis, c in enumerate(center):
                moved = int(sum(places[i][axis] - c for i in near))
                center[axis] += int(np.sign(moved)) * ((2 * abs(moved) + len(near) - 1) // (2 * len(near)))
        found[place] = mean
    return found


@given(data=st.data())
def test_modes_are_those_of_the_definition(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), 1, 4))
    n_channels = data.draw(st.sampled_from([1, 3, 5]))
    dtype = data.draw(st.sampled_from(["u1", "f4", "f8"]))
    pixels = data.draw(images(shape, dtype, n_channels=n_channels))
    image = as_image(pixels, channel_axis=-1, mask=data.draw(masks(shape)))
    spatial, ranged = (
        data.draw(st.sampled_from([0.5, 1, 1.5, 3, 1e9])),
        data.draw(st.sampled_from([1, 7.5, 30, 1e3])),
    )
    max_iter = data.draw(st.sampled_from([1, 2, 5]))
    spacing = tuple(data.draw(st.sampled_from([1.0, 2.0])) for _ in shape)
    expected = modes(image, spatial, ranged, max_iter, spacing)
    assert_array_equal(mode_colors(image, spatial, ranged, max_iter, spacing).values, expected)


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e6, 1e30])
def test_values_of_any_size(scale, monkeypatch):
    """Beyond what int32 sums, or float64 holds: the loop is its definition, and flips do not count."""
    rng = np.random.default_rng(3)
    pixels = np.where(rng.random((6, 7)) < 0.8, rng.normal(1, 0.2, (6, 7)), scale * rng.normal(1, 1e-4, (6, 7)))
    pixels[2, 3] = -1e150
    found = {}
    for name, kernel in (("loop", _seek), ("definition", _seek_numpy)):
        monkeypatch.setattr("classicseg.clustering.mean_shift._seek", kernel)
        found[name] = mode_colors(as_image(pixels), 2.0, 0.3, 5, (1.0, 1.0)).values
    assert_array_equal(found["loop"], found["definition"])
    for axes in ((0,), (1,), (0, 1)):
        flipped = mode_colors(as_image(np.flip(pixels, axes)), 2.0, 0.3, 5, (1.0, 1.0)).values
        assert_array_equal(np.flip(flipped, axes), found["loop"])


def test_a_window_moves_to_the_denser_side():
    """Of 0 1 2 3 10, a window of radius 2 in color: 0 holds 0 1 2, then 0 1 2 3, and rests; 10 is alone."""
    image = as_image([[0, 1, 2, 3, 10]])
    found = mode_colors(image, 4.0, 2.0, 1, (1.0, 1.0)).values[..., 0] / 128
    assert_array_equal(found, [[1, 1.5, 1.5, 2, 10]])
    found = mode_colors(image, 4.0, 2.0, 9, (1.0, 1.0)).values[..., 0] / 128
    assert_array_equal(found, [[1.5, 1.5, 1.5, 1.5, 10]])


def test_half_a_step_is_none():
    """The mean place of two pixels lies between them: neither window moves, so that no side is favored."""
    for line in ([5, 5], [5, 5, 99], [99, 5, 5]):
        found = mode_colors(as_image([line]), 1.0, 2.0, 9, (1.0, 1.0)).values[..., 0]
        assert_array_equal(found, 128 * np.array([line]))


def test_a_radius_of_0_in_color_makes_one_color():
    assert_array_equal(mode_colors(as_image([[3, 3], [3, 3]]), 2.0, 0.0, 5, (1.0, 1.0)).values, 0)


def test_places_count_in_units_of_spacing():
    """Columns 3 apart are out of reach of a radius of 2; rows 1 apart are within."""
    image = as_image([[0, 1], [2, 3]])
    by_columns = mode_colors(image, 2.0, 9.0, 3, (1.0, 3.0)).values[..., 0]
    assert_array_equal(by_columns, [[28, 56], [28, 56]])


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_the_window_is_a_ball(ndim):
    """A lone bright pixel on a ramp tells who holds it: whoever is within the radius."""
    shape = (9,) * ndim
    pixels = np.zeros(shape)
    pixels[(4,) * ndim] = 1
    found = mode_colors(as_image(pixels, channel_axis=None), 2.5, 2.0, 1, (1.0,) * ndim).values[..., 0]
    for place in itertools.product(range(9), repeat=ndim):
        count = sum(
            sum((a - b) ** 2 for a, b in zip(place, other, strict=True)) <= 6.25
            for other in itertools.product(range(9), repeat=ndim)
        )
        is_near = sum((x - 4) ** 2 for x in place) <= 6.25
        assert found[place] == round(128 / count) * is_near

"""Where edges lie between pixels, on shapes whose borders are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import special
from strategies import masks, scenes

from classicseg import canny_edge_points, canny_edges, gradient_magnitude


def blurred_step(distance):
    """From 0 to 100, where a distance passes 0."""
    return 50 * (1 + special.erf(distance / 1.5))


@given(st.data())
def test_each_edge_pixel_has_a_point_near_it(data):
    image = data.draw(scenes() | scenes((5, 6, 7)))
    mask = data.draw(st.none() | masks(image.shape))
    options = {
        "mask": mask,
        "channel_axis": None,
        "suppression": data.draw(st.sampled_from(["interpolated", "sector"])),
    }
    edge = canny_edge_points(image, **options)
    assert_array_equal(edge.pixels, np.argwhere(canny_edges(image, **options)))
    assert (np.abs(edge.points - edge.pixels) <= 0.5).all()
    assert_allclose((edge.orientation**2).sum(axis=1), 1)
    at = gradient_magnitude(image, sigma=1, mask=mask, channel_axis=None)[tuple(edge.pixels.T)]
    assert (edge.magnitude >= at * (1 - 1e-5)).all()


@given(st.floats(10, 12), st.floats(0, 2 * np.pi))
def test_a_straight_edge(place, angle):
    y, x = np.mgrid[:24, :24]
    along = np.array([np.sin(angle), np.cos(angle)])
    distance = (y - 11.5) * along[0] + (x - 11.5) * along[1] - (place - 11)
    edge = canny_edge_points(blurred_step(distance), sigma=0, low=5, high=5)
    inner = ((edge.pixels > 3) & (edge.pixels < 20)).all(axis=1)
    assert inner.sum() >= 12
    found = ((edge.points - 11.5) @ along - (place - 11))[inner]
    assert_allclose(found, 0, atol=0.1)
    assert_allclose(edge.orientation[inner], np.broadcast_to(along, (inner.sum(), 2)), atol=0.02)
    assert_allclose(edge.magnitude[inner], 100 / 1.5 / np.sqrt(np.pi), rtol=0.25)  # Sobel's operator smooths


def test_a_ball_in_a_volume_with_thick_slices():
    spacing = np.array([2.0, 1.0, 1.0])
    place = np.moveaxis(np.mgrid[:20, :40, :40], 0, -1) * spacing - (20.3, 19.8, 20.1)
    ball = blurred_step(12 - np.sqrt((place**2).sum(axis=-1)))
    edge = canny_edge_points(ball, sigma=1, channel_axis=None, spacing=spacing)
    off = edge.points * spacing - (20.3, 19.8, 20.1)
    radius = np.sqrt((off**2).sum(axis=1))
    assert len(radius) > 500
    assert abs(np.median(radius) - 11.83) < 0.1  # smoothing moves curved surfaces inwards, by sigma**2 / radius
    assert_allclose(radius, 11.83, atol=0.5)
    assert_allclose(edge.orientation, -off / radius[:, np.newaxis], atol=0.15)


def test_no_edges():
    edge = canny_edge_points(np.ones((4, 5)))
    assert [len(column) for column in edge] == [0, 0, 0, 0]
    assert edge.points.shape == (0, 2)


def test_mistakes():
    with pytest.raises(ValueError, match="sigma is -1"):
        canny_edge_points([[1, 2]], sigma=-1)

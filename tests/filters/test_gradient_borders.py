"""Gradients beside pixels that take no part, against the rule written out pixel by pixel."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from strategies import images, masks, shapes

from classicseg import gradient_components, gradient_magnitude
from classicseg.filters.gradient_borders import border_pixels

SUBSTITUTES = {0: [0], 1: [1, 0], -1: [-1, 0], 2: [2, 1, -1, 0], -2: [-2, -1, 1, 0]}
STENCILS = {
    "sobel": ([1, 2, 1], [-1, 0, 1]),
    "prewitt": ([1, 1, 1], [-1, 0, 1]),
    "scharr": ([3, 10, 3], [-1, 0, 1]),
    "farid": (
        [0.0376593171958126, 0.249153396177344, 0.426374573253687, 0.249153396177344, 0.0376593171958126],
        [-0.109603762960254, -0.276690988455557, 0, 0.276690988455557, 0.109603762960254],
    ),
}


def seen_from(image, mask, pixel, step):
    """What stands at a step from a pixel: the mean over the places that the fewest changes lead to."""
    found = {}
    for chosen in itertools.product(*(enumerate(SUBSTITUTES[s]) for s in step)):
        place = tuple(p + s for p, (_, s) in zip(pixel, chosen, strict=True))
        if all(0 <= p < n for p, n in zip(place, image.shape, strict=True)) and mask[place]:
            found.setdefault(sum(changes for changes, _ in chosen), []).append(image[place])
    return np.mean(found[min(found)])


def derivatives_by_the_rule(image, mask, smoothing, difference):
    radius, ndim = len(smoothing) // 2, image.ndim
    steps = range(-radius, radius + 1)
    slope = np.dot(difference, steps)
    found = np.zeros((ndim, *image.shape))
    for pixel in np.argwhere(mask):
        for axis in range(ndim):
            for step in itertools.product(steps, repeat=ndim):
                weights = [(difference if a == axis else smoothing)[s + radius] for a, s in enumerate(step)]
                found[(axis, *pixel)] += np.prod(weights) * seen_from(image, mask, pixel, step)
    return found / slope / np.sum(smoothing) ** (ndim - 1)


@given(st.data(), st.sampled_from(sorted(STENCILS)))
def test_the_rule(data, operator):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=4))
    image, mask = data.draw(images(shape)), data.draw(masks(shape))
    expected = derivatives_by_the_rule(image.astype(float), mask, *STENCILS[operator])
    found = gradient_components(image, operator=operator, mask=mask, channel_axis=None)
    assert_allclose(found, expected, atol=1e-3)
    magnitudes = gradient_magnitude(image, operator=operator, mask=mask, channel_axis=None)
    assert_allclose(magnitudes, np.sqrt((expected**2).sum(axis=0)), atol=1e-3)


@given(st.data())
def test_roberts_takes_the_windows_of_two_together(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=4))
    ndim = len(shape)
    image, mask = data.draw(images(shape)).astype(float), data.draw(masks(shape))
    found = gradient_magnitude(image, operator="roberts", mask=mask, channel_axis=None)
    for pixel in np.argwhere(mask):
        tensor = np.zeros((ndim, ndim))
        for corner in itertools.product((-1, 0), repeat=ndim):
            window = np.zeros((2,) * ndim)
            for step in itertools.product((0, 1), repeat=ndim):
                window[step] = seen_from(image, mask, pixel, np.add(corner, step).tolist())
            gradient = [np.diff(window, axis=axis).mean() for axis in range(ndim)]
            tensor += np.outer(gradient, gradient) / 2**ndim
        assert_allclose(found[tuple(pixel)], np.sqrt(np.linalg.eigvalsh(tensor)[-1]), atol=1e-3)
    assert not found[~mask].any()


@pytest.mark.parametrize("operator", [*STENCILS, "roberts"])
@given(data=st.data())
def test_masking_a_border_is_cropping_to_the_bit(operator, data):
    image = data.draw(
        images(n_channels=data.draw(st.sampled_from([0, 3])), dtype=data.draw(st.sampled_from("fd")))
    )
    image = image * data.draw(st.sampled_from([1, 1 / 3]))
    margins = [(2, 1), (1, 3), (0, 0)][: image.ndim]
    wide = np.pad(image, margins, constant_values=9)
    mask = np.pad(np.ones(image.shape[:2], bool), margins[:2])
    found = gradient_magnitude(wide, operator=operator, mask=mask)
    assert_array_equal(found[mask].reshape(image.shape[:2]), gradient_magnitude(image, operator=operator))


@given(st.data())
def test_masks_turn_with_the_image(data):
    operator = data.draw(st.sampled_from([*STENCILS, "roberts"]))
    image = data.draw(images() | images(n_channels=3))
    mask = data.draw(masks(image.shape[:2]))
    found = gradient_magnitude(image, operator=operator, mask=mask)
    for turn in (np.flipud, np.fliplr, np.rot90, lambda a: np.swapaxes(a, 0, 1)):
        assert_array_equal(gradient_magnitude(turn(image), operator=operator, mask=turn(mask)), turn(found))


@given(st.data())
def test_border_pixels_have_a_gap_in_their_window(data):
    mask = data.draw(masks(data.draw(shapes(data.draw(st.integers(1, 3)), most=6))))
    radius = data.draw(st.integers(1, 2))
    expected = [
        index
        for index, pixel in enumerate(np.ndindex(mask.shape))
        if mask[pixel] and not mask[tuple(slice(max(p - radius, 0), p + radius + 1) for p in pixel)].all()
    ]
    assert_array_equal(border_pixels(mask, radius), expected)

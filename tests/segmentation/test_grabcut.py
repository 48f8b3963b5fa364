"""GrabCut: objects that are told apart by color, refined by strokes, in any number of channels and dimensions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import classicseg
from classicseg import grabcut_segment
from classicseg.types import kind_of

SQUARE = np.zeros((24, 30), bool)
SQUARE[7:17, 8:22] = True
BOX = (4, 5, 20, 25)


def textured(n_channels=3, shape=SQUARE.shape, inside=SQUARE, seed=0):
    """An object of two colors on a ground of two others, with noise."""
    rng = np.random.default_rng(seed)
    colors = rng.permutation(np.arange(4) * 60)[:, np.newaxis] + rng.integers(0, 20, (4, n_channels))
    which = 2 * inside + (rng.random(shape) < 0.5)
    return colors[which] + rng.normal(0, 4, (*shape, n_channels))


@pytest.mark.parametrize("n_channels", [1, 2, 3, 6])
def test_an_object_in_a_box(n_channels):
    labels = grabcut_segment(textured(n_channels), box=BOX, channel_axis=-1, n_components=2)
    assert np.mean(labels == 1 + SQUARE) > 0.98


@pytest.mark.parametrize("scale", [1e-3, 1, 200])
def test_the_scale_of_values_does_not_count(scale):
    assert_array_equal(grabcut_segment(textured() * scale, box=BOX, n_components=2), 1 + SQUARE)


def test_16_bits_are_as_good_as_8():
    image = textured().clip(0, 255).astype(np.uint8)
    expected = grabcut_segment(image, box=BOX)
    assert_array_equal(grabcut_segment(image.astype(np.uint16) * 256, box=BOX), expected)


def test_a_volume():
    ball = np.sum((np.indices((9, 11, 12)) - 5) ** 2, axis=0) < 12
    volume = textured(1, ball.shape, ball)[..., 0]
    labels = grabcut_segment(volume, box=(1, 1, 1, 9, 10, 10), channel_axis=None, n_components=2, smoothness=5)
    assert np.mean(labels == 1 + ball) > 0.99


def test_strokes_refine_a_former_result():
    image = textured()
    image[9:12, 10:13] = image[0:3, 0:3]  # a hole of the ground's colors
    first = grabcut_segment(image, box=BOX, n_components=2, smoothness=5)
    strokes = np.zeros(SQUARE.shape, int)
    strokes[9:12, 10:13] = 2
    refined = grabcut_segment(image, labels=first, strokes=strokes, n_components=2, smoothness=5)
    assert (refined[9:12, 10:13] == 2).all()
    assert_array_equal(refined, 1 + SQUARE)


def test_three_labels_from_strokes():
    truth = np.repeat(np.array([[4, 9, 6]]), 12, axis=0).repeat(8, axis=1)
    image = np.select([truth == 4, truth == 9], [20, 120], 220) + np.random.default_rng(0).normal(
        0, 9, truth.shape
    )
    labels = grabcut_segment(image, strokes={4: [(5, 3), (6, 3)], 9: [(5, 12), (6, 12)], 6: [(5, 20), (6, 20)]})
    assert_array_equal(labels, truth)


def test_strokes_of_one_label_give_it_to_all():
    image = np.arange(12.0).reshape(3, 4)
    mask = image != 5
    assert_array_equal(grabcut_segment(image, strokes={7: [(0, 0)]}, mask=mask), 7 * mask)


def test_a_box_around_all_is_all_object():
    assert_array_equal(grabcut_segment([[3.0]], box=(0, 0, 1, 1)), [[2]])
    assert_array_equal(grabcut_segment(np.eye(4), box=(0, 0, 4, 4)), np.full((4, 4), 2))


def test_a_constant_image_keeps_to_the_strokes():
    labels = grabcut_segment(np.full((5, 9), 3), strokes={1: [(2, 0)], 2: [(2, 8)]})
    assert set(np.unique(labels)) == {1, 2}
    assert (labels[2, 0], labels[2, 8]) == (1, 2)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3]))
def test_turns(seed, n_channels):
    rng = np.random.default_rng(seed)
    image = textured(n_channels, seed=seed)
    strokes = np.where(rng.random(SQUARE.shape) < 0.05, 1 + SQUARE, 0)
    strokes[0, 0], strokes[10, 10] = 1, 2
    expected = grabcut_segment(image, strokes=strokes, channel_axis=-1, n_iter=2)
    for turn in (np.flipud, np.fliplr, np.rot90, lambda array: np.swapaxes(array, 0, 1)):
        found = grabcut_segment(turn(image), strokes=turn(strokes), channel_axis=-1, n_iter=2)
        assert_array_equal(found, turn(expected))


def test_spacing_is_a_multiple_of_the_smallest():
    image = textured()
    expected = grabcut_segment(image, box=BOX)
    assert_array_equal(grabcut_segment(image, box=BOX, spacing=3.0), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "box, strokes and labels are None"),
        ({"box": (0, 0, 3)}, r"box is \(0, 0, 3\); expected 4 numbers"),
        ({"box": (0, 0, 3, 5)}, "box goes from 0 to 5 along axis 1; expected 0 <= first < last \\+ 1 <= 4"),
        ({"box": (2, 0, 2, 3)}, "box goes from 2 to 2 along axis 0"),
        ({"box": (-1, 0, 2, 3)}, "a number of box is -1"),
        ({"strokes": np.zeros((3, 4), int)}, "strokes name no pixel"),
        ({"strokes": {1: [(0, 0)], 2: [(0, 0)]}}, "strokes 1 and 2 are both at"),
        ({"strokes": {1: [(1, 1)], 2: [(0, 0)]}}, "strokes name 1 pixels that take no part"),
        ({"labels": np.zeros((3, 4), int)}, "labels hold no label > 0"),
        ({"labels": np.ones((4, 3), int)}, "labels have shape"),
        ({"box": (0, 0, 2, 2), "n_components": 256}, "n_components is 256"),
    ],
)
def test_mistakes(options, message):
    image = np.arange(12.0).reshape(3, 4)
    image[1, 1] = np.nan
    with pytest.raises(ValueError, match=message):
        grabcut_segment(image, **options)


def test_it_is_seeded_though_no_option_is_required():
    assert kind_of(grabcut_segment) == "seeded"
    assert "grabcut_segment" in classicseg.segmenters("seeded")
    assert "grabcut_segment" not in classicseg.segmenters()

"""Crops, pads, mirrors, turns and rotations beside NumPy's, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from classicseg.preprocess import crop, flip, pad, quarter_turns, rotate

RNG = np.random.default_rng(0)


@given(st.integers(-9, 9), st.permutations([0, 1, 2]), st.sampled_from(["u1", "f4", ">i4", "f2"]))
def test_mirrors_and_quarter_turns_are_numpy_s_bit_for_bit(turns, order, dtype):
    image, plane = (RNG.random((3, 4, 5)) * 100).astype(dtype), tuple(order[:2])
    labels = RNG.integers(0, 5, image.shape)
    turned = quarter_turns(image, labels, turns=turns, axes=plane, channel_axis=None, spacing=(1, 2, 3))
    assert_array_equal(turned.image, np.rot90(image, turns, plane))
    assert_array_equal(turned.labels, np.rot90(labels, turns, plane))
    assert turned.image.dtype == np.dtype(dtype).newbyteorder("=")
    mirrored = flip(image, labels, axes=plane, channel_axis=None)
    assert_array_equal(mirrored.image, np.flip(image, plane))
    assert_array_equal(mirrored.labels, np.flip(labels, plane))


def test_channels_stay_where_they_are():
    image = RNG.random((3, 4, 5))
    for axis in (0, -1):
        spatial = tuple(np.delete(image.shape, axis))
        turned = quarter_turns(image, channel_axis=axis)
        assert turned.channel_axis == axis % 3
        assert turned.mask.shape == spatial[::-1]
        moved = np.rot90(np.moveaxis(image, axis, -1))
        assert_array_equal(np.moveaxis(turned.image, axis, -1), moved)


def test_a_crop_is_a_slice_and_its_margin_ends_at_the_border():
    image = np.arange(30).reshape(5, 6)
    assert_array_equal(crop(image, box=[(1, 3), (2, 6)]).image, image[1:3, 2:6])
    assert_array_equal(crop(image, box=[(1, 3), (2, 6)], margin=2).image, image[:5, :6])
    labels = np.zeros(image.shape, int)
    labels[2, 3:5] = 4
    assert_array_equal(crop(image, labels).image, image[2:3, 3:5])
    assert_array_equal(crop(image, labels, margin=1).labels, labels[1:4, 2:6])


def test_a_pad_goes_to_a_shape_in_the_middle():
    found = pad([[1, 2, 3]], [[4, 5, 6]], shape=(3, 6))
    assert_array_equal(found.image, [[0] * 6, [0, 1, 2, 3, 0, 0], [0] * 6])
    assert found.mask.sum() == 3
    assert_array_equal(found.undo(found.labels), [[4, 5, 6]])
    assert pad([[1, 2, 3]], shape=2).image.shape == (2, 3)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: crop([[1, 2]], box=[(0, 1)]), "box has 1 pairs; expected one for each of 2 axes"),
        (lambda: crop([[1, 2]], box=[(0, 1), (1, 3)]), "box is 3; expected a whole number from 0 to 2"),
        (lambda: crop([[1, 2]], box=[(0, 1), (1, 1)]), "expected a first index less than"),
        (lambda: crop([[1, 2]], box=[(0, 1), (1,)]), "expected the first index and the one behind the last"),
        (lambda: crop([[1, 2]], [[0, 0]]), "labels show nothing to cut out"),
        (lambda: crop([[1, 2]]), "box is not given"),
        (lambda: pad([[1, 2]]), "width and shape are both given, or none"),
        (lambda: pad([[1, 2]], width=(1, (1, 2, 3))), "those before and behind"),
        (lambda: pad([[1, 2]], width=2**20), "width makes an image of 4.4e.12 pixels"),
        (lambda: flip([[1, 2]], axes=(0, 0)), "axes is .*each once"),
        (lambda: quarter_turns([[1, 2]], axes=(0, 1, 1)), "expected 2 axes, each once"),
    ],
)
def test_mistakes_are_told(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_a_rotation_by_right_angles_is_a_quarter_turn():
    image, labels = RNG.integers(0, 255, (6, 6, 3)).astype(np.uint8), RNG.integers(0, 5, (6, 6))
    for turns in (-1, 1, 2, 4):
        turned = rotate(image, labels, degrees=90 * turns)
        assert_array_equal(turned.image, np.rot90(image, turns))
        assert_array_equal(turned.labels, np.rot90(labels, turns))
        assert turned.mask.all()


def test_a_rotation_keeps_values_in_their_units():
    """Others bring them to 0 … 1, and average what is outside into the border."""
    image = np.full((21, 21), 200, np.uint8)
    turned = rotate(image, degrees=30)
    assert turned.image.dtype == np.uint8
    assert set(turned.image.flat) == {0, 200}
    assert not turned.mask.all()
    assert (turned.image[turned.mask] == 200).all()


def test_a_disk_stays_one_where_pixels_are_no_squares():
    rows, columns = np.mgrid[-15:16, -30:31]
    disk = np.hypot(2 * rows, columns) < 25
    turned = rotate(disk, disk.astype(int), degrees=37, spacing=(2, 1))
    union = ((turned.labels > 0) | disk).sum()
    assert ((turned.labels > 0) & disk).sum() / union > 0.95
    assert_allclose(turned.spacing, (2, 1))


def test_a_rotation_goes_back():
    rows, columns = np.mgrid[-25:26, -25:26]
    labels = (np.abs(rows) < 12) * (1 + (columns > 0)) * (np.abs(columns) < 12)
    turned = rotate(labels, labels, degrees=25)
    home = turned.undo(turned.labels)
    assert (home != labels).mean() < 0.02
    assert_allclose(turned.image.astype(float).sum(), labels.sum(), rtol=0.03)

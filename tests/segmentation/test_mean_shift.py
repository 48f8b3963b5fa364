"""Mean shift regions: worked out by hand, in any dimension, with colors as people see them, and by the square of a
scale."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from classicseg import connected_regions, mean_shift_segment, rgb_to_lab
from classicseg._core.chosen import choices


def halves(rng=0, noise=12, shape=(12, 14)):
    """Two halves, one brighter by 60, under noise."""
    image = np.full(shape, 80.0)
    image[..., shape[-1] // 2 :] += 60
    return image + np.random.default_rng(rng).uniform(-noise, noise, shape)


def test_two_halves_under_noise():
    expected = np.repeat([[1, 2]], 7, axis=1).repeat(12, axis=0)
    assert_array_equal(mean_shift_segment(halves(), spatial_radius=4, range_radius=40), expected)
    assert_array_equal(mean_shift_segment(halves(noise=4).astype(np.uint8), spatial_radius=4), expected)


def test_a_volume_with_thick_slices():
    volume = halves(shape=(3, 6, 8), noise=5)
    labels = mean_shift_segment(
        volume, spatial_radius=3, range_radius=30, spacing=(3, 1, 1), channel_axis=None, min_area=4
    )
    assert_array_equal(labels, np.broadcast_to(np.repeat([1, 2], 4), volume.shape))


def test_without_iterations_it_would_be_chains():
    """A ramp is one chain of neighbors that differ little; windows tell its plateaus apart."""
    ramp = np.repeat([[0.0, 0, 0, 0, 0, 4, 8, 12, 12, 12, 12, 12]], 3, axis=0)
    labels = mean_shift_segment(ramp, spatial_radius=3, range_radius=7, min_area=1)
    assert labels[0, 0] != labels[0, -1]
    assert_array_equal(labels, connected_regions(labels))


def test_small_regions_join_what_is_like_them():
    image = np.array([[10, 10, 10, 90, 90, 90, 80]] * 3)
    image[1, 1] = 40
    options = {"spatial_radius": 1, "range_radius": 4}
    assert mean_shift_segment(image, min_area=1, **options).max() == 4
    joined = mean_shift_segment(image, min_area=4, **options)
    assert_array_equal(joined, [[1, 1, 1, 2, 2, 2, 2]] * 3)


def test_colors_of_bytes_are_compared_in_lab():
    rng = np.random.default_rng(5)
    image = rng.integers(0, 256, (6, 7, 3)).astype(np.uint8)
    options = {"spatial_radius": 2, "range_radius": 30, "min_area": 1}
    in_lab = mean_shift_segment(image, **options)
    assert_array_equal(in_lab, mean_shift_segment(image, color_space="lab", **options))
    assert_array_equal(in_lab, mean_shift_segment(rgb_to_lab(image), **options))
    as_given = mean_shift_segment(image, color_space="given", **options)
    assert_array_equal(as_given, mean_shift_segment(image.astype(float), **options))
    assert as_given.max() > in_lab.max()
    mask = rng.random((6, 7)) < 0.7
    lab = rgb_to_lab(image, mask=mask)
    assert_array_equal(mean_shift_segment(image, mask=mask), mean_shift_segment(lab, mask=mask))


def test_bytes_and_words_of_one_photograph():
    """16 bits are 8 bits times 257."""
    for image in (halves().astype(np.uint8), np.random.default_rng(2).integers(0, 256, (8, 9)).astype(np.uint8)):
        for options in ({}, {"range_radius": 20}):
            wide = {name: 257 * value for name, value in options.items()}
            expected = mean_shift_segment(image, spatial_radius=3, **options)
            assert_array_equal(
                mean_shift_segment(image.astype(np.uint16) * 257, spatial_radius=3, **wide), expected
            )


def test_the_default_radius_is_told():
    image = np.array([[10.0, 10, 30, 30]])
    with choices() as chosen:
        mean_shift_segment(image)
    assert chosen["range_radius"] == pytest.approx(3.5)


def test_far_windows_cost_no_more_than_the_image():
    image = halves(shape=(5, 6))
    assert_array_equal(
        mean_shift_segment(image, spatial_radius=1e100), mean_shift_segment(image, spatial_radius=20)
    )


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"spatial_radius": 0}, ValueError, "spatial_radius is 0.0; expected a finite number > 0"),
        ({"range_radius": 0}, ValueError, "range_radius is 0.0; expected a finite number > 0"),
        ({"range_radius": "wide"}, TypeError, "range_radius is 'wide'"),
        ({"max_iter": 0}, ValueError, "max_iter is 0; expected a whole number >= 1"),
        ({"min_area": 0}, ValueError, "min_area is 0"),
        ({"color_space": "luv"}, ValueError, "color_space is 'luv'; expected one of 'auto', 'given', 'lab'"),
        ({"color_space": "lab"}, ValueError, "image has 1 channels; expected 3"),
        ({"connectivity": 3}, ValueError, "connectivity is 3"),
    ],
)
def test_mistakes_are_named(options, error, message):
    with pytest.raises(error, match=message):
        mean_shift_segment(np.zeros((4, 5)), **options)

"""Outlines are drawn at the level of each object."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from strategies import masks, shapes

from classicseg import connected_regions, expand_labels, fill_holes, keep_largest, refine_outlines


def refined(labels, image, level, distance, inside):
    """Object by object."""
    labels = np.where(inside, labels, 0)
    around, found = expand_labels(labels, distance=distance), np.zeros(labels.shape, np.int32)
    for name in np.unique(labels[labels > 0]):
        own, ground = labels == name, (around == name) & (labels == 0) & inside
        values = np.median(image[own]), np.median(image[ground]) if ground.any() else np.nan
        limit = values[1] + level * (values[0] - values[1])
        if values[0] > values[1]:
            piece = (own | ground) & (image >= limit)
        elif values[0] < values[1]:
            piece = (own | ground) & (image <= limit)
        else:
            piece = own
        found[keep_largest(piece)] = name
    return fill_holes(found)


@given(st.data())
def test_each_object_has_its_own_level(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=7))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    labels, image = rng.integers(0, 3, shape), rng.integers(0, data.draw(st.sampled_from([2, 9, 200])), shape)
    mask = data.draw(st.none() | masks(shape))
    level = data.draw(st.sampled_from([0, 0.25, 0.5, 1]))
    options = {"level": level, "distance": 1.5, "mask": mask}
    found = refine_outlines(labels, image, channel_axis=None, **options)
    inside = np.ones(shape, bool) if mask is None else mask
    assert found.dtype == np.int32
    assert_array_equal(found, refined(labels, image, level, 1.5, inside))
    axis = data.draw(st.integers(0, len(shape) - 1))
    options["mask"] = None if mask is None else np.flip(mask, axis)
    flipped = refine_outlines(np.flip(labels, axis), np.flip(image, axis), channel_axis=None, **options)
    assert_array_equal(np.flip(flipped, axis), found)


def test_a_faint_and_a_bright_disk_become_as_large():
    rows, columns = np.ogrid[:40, :80]
    near, far = (np.hypot(rows - 20, columns - column) <= 10 for column in (20, 60))
    image = ndimage.gaussian_filter(40.0 * near + 200.0 * far, 2)
    labels, true = connected_regions(image > 30), np.count_nonzero(near)
    before, after = (np.bincount(one.ravel())[1:] for one in (labels, refine_outlines(labels, image, level=0.5)))
    assert np.abs(before - true).min() > 80  # the faint one is too small, the bright one too large
    assert np.abs(after - true).max() < 40
    found = refine_outlines(labels, image, level=0.5)
    assert_array_equal(refine_outlines(image > 30, image, level=0.5), found > 0)


def test_dark_objects_are_drawn_as_bright_ones_are():
    image = np.array([[1, 2, 6, 9, 5, 2, 1]])
    labels = [[0, 0, 0, 1, 0, 0, 0]]
    assert_array_equal(refine_outlines(labels, -image), refine_outlines(labels, image))


def test_missing_values_take_no_part():
    image = np.array([[1, 2, np.nan, 9, 9, 2, 1]])
    assert_array_equal(refine_outlines([[0, 0, 1, 1, 0, 0, 0]], image), [[0, 0, 0, 1, 1, 0, 0]])


def test_without_ground_or_contrast_objects_stay():
    assert_array_equal(refine_outlines([[1, 1]], [[3, 9]]), [[1, 1]])
    assert_array_equal(refine_outlines([[0, 1, 1, 0]], [[5, 5, 5, 5]]), [[0, 1, 1, 0]])
    assert not refine_outlines([[0, 0]], [[3, 9]]).any()


def test_what_is_wrong_is_said():
    with pytest.raises(ValueError, match="level is 2; expected a number from 0"):
        refine_outlines([[1]], [[1]], level=2)
    with pytest.raises(ValueError, match="labels has shape"):
        refine_outlines([[1]], [[1, 2]])

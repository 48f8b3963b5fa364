"""Objects are split at their waists, whatever else touches them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import classes, masks

from classicseg import connected_regions, split_touching


def disks(*centers, shape=(40, 70), radius=10.0):
    """The union of disks, or of balls."""
    grid = np.meshgrid(*map(np.arange, shape), indexing="ij")
    return np.logical_or.reduce(
        [sum((axis - c) ** 2 for axis, c in zip(grid, center, strict=True)) <= radius**2 for center in centers]
    )


def partition(labels):
    """Labels by their first pixels, so that names do not matter."""
    names, first = np.unique(labels, return_index=True)
    return np.where(labels > 0, first[np.searchsorted(names, labels)] + 1, 0)


def test_disks_that_overlap_are_two():
    found = split_touching(disks((20, 20), (20, 37)))
    assert found.max() == 2
    assert_array_equal(found > 0, disks((20, 20), (20, 37)))
    assert np.abs(np.bincount(found.ravel())[1:] - 300).max() < 25


def test_alike_disks_leave_what_lies_between_to_neither():
    pair = disks((20, 20), (20, 38))
    found = split_touching(pair)
    assert_array_equal(np.unique(np.argwhere(pair & (found == 0))[:, 1]), [29])
    assert np.count_nonzero(found == 1) == np.count_nonzero(found == 2) > 280


def test_one_disk_stays_one_and_the_depth_decides():
    assert split_touching(disks((20, 30))).max() == 1
    assert split_touching(disks((20, 20), (20, 37)), min_depth=8).max() == 1


def test_balls_in_a_volume_are_split_in_units_of_the_spacing():
    thick = disks((20, 20, 20), (20, 20, 37), shape=(40, 40, 60))
    assert split_touching(thick).max() == 2
    assert split_touching(thick[::2], spacing=(2, 1, 1)).max() == 2
    assert split_touching(thick[::2], spacing=(0.2, 0.1, 0.1), min_depth=0.1).max() == 2


def test_labels_are_split_each_by_itself():
    pair = disks((20, 20), (20, 37))
    labels = np.where(pair, 5, 9)  # the ground is an object, too, and touches the other
    found = split_touching(labels)
    alone = split_touching(pair)
    assert_array_equal(partition(np.where(pair, found, 0)), partition(alone))
    assert not set(np.unique(found[pair])) & set(np.unique(found[~pair]))


@given(classes(), st.sampled_from([0, 0.5, 1, 3]), st.data())
def test_pieces_are_connected_parts_of_labels(labels, min_depth, data):
    mask = data.draw(st.none() | masks(labels.shape))
    found = split_touching(labels, min_depth=min_depth, mask=mask)
    shown = labels if mask is None else np.where(mask, labels, 0)
    assert found.dtype == np.int32
    assert not found[shown == 0].any()
    assert_array_equal(partition(connected_regions(found)), partition(found))
    names, first = np.unique(found[found > 0], return_index=True)
    assert_array_equal(names, np.arange(1, len(names) + 1))
    assert (np.diff(first) > 0).all()
    for name in names:
        assert len(np.unique(shown[found == name])) == 1


@given(classes(highest=2), st.sampled_from([0, 0.5, 1]), st.data())
def test_flips_and_turns_of_labels_are_those_of_the_pieces(labels, min_depth, data):
    axis = data.draw(st.integers(0, labels.ndim - 1))
    found = split_touching(labels, min_depth=min_depth)
    flipped = np.flip(split_touching(np.flip(labels, axis), min_depth=min_depth), axis)
    assert_array_equal(partition(flipped), partition(found))


def test_nothing_and_everything():
    assert not split_touching(np.zeros((3, 4), bool)).any()
    assert (split_touching(np.full((3, 4), 7)) == 1).all()


def test_what_is_wrong_is_said():
    with pytest.raises(ValueError, match="min_depth is -1"):
        split_touching([[1]], min_depth=-1)

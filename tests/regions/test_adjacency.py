"""The image as a graph: neighbors, and regions that merge."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classicseg import connected_regions
from classicseg.labeling.numbering import number_by_first_pixel
from classicseg.regions.adjacency import default_min_area, merge_small, touching_pairs
from classicseg.regions.label_pairs import LOW
from classicseg.regions.statistics import region_sums

SHAPES = st.one_of(
    st.tuples(st.integers(1, 30)),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 5)),
)


def steps(ndim, connectivity):
    near = itertools.product((-1, 0, 1), repeat=ndim)
    return [step for step in near if 0 < np.abs(step).sum() <= connectivity]


@st.composite
def scenes(draw, kinds=("u1", "f4", "f8"), n_channels=(1, 2, 3)):
    """Regions of an image of few values, the image, and a connectivity: many regions, many ties."""
    shape = draw(SHAPES)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    connectivity = draw(st.integers(1, len(shape)))
    classes = rng.integers(0 if draw(st.booleans()) else 1, draw(st.sampled_from([2, 3, 5])) + 1, shape)
    labels = connected_regions(classes, connectivity=connectivity)
    values = rng.integers(0, draw(st.sampled_from([2, 4, 256])), (*shape, draw(st.sampled_from(n_channels))))
    kind = draw(st.sampled_from(kinds))
    values = values.astype(kind) if kind == "u1" else (values / 7 - 3).astype(kind)
    return labels, values, connectivity


def pairs_by_hand(labels, connectivity):
    found = set()
    for pixel in np.ndindex(labels.shape):
        for step in steps(labels.ndim, connectivity):
            other = tuple(np.add(pixel, step))
            if all(0 <= i < length for i, length in zip(other, labels.shape, strict=True)):
                one, two = int(labels[pixel]), int(labels[other])
                if 0 < one < two or 0 < two < one:
                    found.add((min(one, two), max(one, two)))
    return found


@settings(deadline=None)
@given(scenes())
def test_pairs_that_touch_by_brute_force(scene):
    labels, _, connectivity = scene
    pairs = touching_pairs(labels, connectivity)
    assert {(pair >> 32, pair & LOW) for pair in pairs.tolist()} == pairs_by_hand(labels, connectivity)


FAR = [-9999.0, 1e5, -1e30, 3.4028234663852886e38, 1e150]


@given(scenes(), st.sampled_from(FAR), st.integers(2, 12))
def test_small_regions_join_as_they_do_without_a_value_far_away(scene, far, min_area):
    labels, values, connectivity = scene
    labels = np.concatenate([labels, np.zeros((2, *labels.shape[1:]), np.int32)])  # nothing, and a row far away
    labels[-1] = labels.max() + 1
    values = np.concatenate([values / 3, np.zeros((2, *values.shape[1:]))])
    merged = merge_small(labels, values, min_area, connectivity)
    values[-1] = far
    np.testing.assert_array_equal(merge_small(labels, values, min_area, connectivity), merged)


def by_mean(region, other, means, areas):
    """The order of preference among a region's neighbors."""
    distance = float(((means[region] - means[other]) ** 2).sum())
    return distance, float(means[other].sum()), tuple(means[other]), -int(areas[other])


def statistics(labels, values):
    n_regions = int(labels.max())
    found = region_sums(labels, values, n_regions)
    return found.means, found.areas


@given(scenes(), st.integers(1, 12))
def test_merged_regions_are_unions_and_small_ones_only_wait_for_a_reason(scene, min_area):
    labels, values, connectivity = scene
    merged = merge_small(labels, values, min_area, connectivity)
    assert merged.dtype == np.int32
    np.testing.assert_array_equal(merged == 0, labels == 0)
    if not labels.any():
        return
    pairs = np.unique(np.stack([labels.ravel(), merged.ravel()]), axis=1)
    assert pairs.shape[1] == len(np.unique(labels))  # each region went whole into one
    np.testing.assert_array_equal(np.unique(merged[merged > 0]), np.arange(1, merged.max() + 1))
    for label in range(1, merged.max() + 1):  # and what joined is connected
        assert connected_regions(merged == label, connectivity=connectivity).max() == 1
    if values.dtype != np.uint8:
        return  # there the levels of the means are those of the regions before
    means, areas = statistics(merged, values)
    neighbors = pairs_by_hand(merged, connectivity)
    for small in np.flatnonzero(areas < min_area):
        if small == 0:
            continue
        near = [a + b - small for a, b in neighbors if small in (a, b)]
        wishes = sorted(by_mean(small, other, means, areas) for other in near)
        assert len(wishes) != 1, "one neighbor, and no tie to wait for"
        assert not wishes or wishes[0] == wishes[1]


@given(scenes(), st.integers(2, 12), st.data())
def test_merging_turns_with_the_image(scene, min_area, data):
    labels, values, connectivity = scene
    axes = data.draw(st.permutations(range(labels.ndim)))
    flips = tuple(data.draw(st.sampled_from([slice(None), slice(None, None, -1)])) for _ in axes)

    def turned(array):
        return np.ascontiguousarray(array.transpose([*axes, *range(labels.ndim, array.ndim)])[flips])

    merged = merge_small(labels, values, min_area, connectivity)
    again = merge_small(number_by_first_pixel(turned(labels)), turned(values), min_area, connectivity)
    np.testing.assert_array_equal(number_by_first_pixel(again), number_by_first_pixel(turned(merged)))


def merge(labels, values, min_area=2):
    labels, values = np.array([labels], np.int32), np.array([values])[..., np.newaxis]
    return number_by_first_pixel(merge_small(labels, values, min_area, 1))[0].tolist()


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
def test_a_small_region_joins_the_neighbor_most_like_it(dtype):
    def values(*numbers):
        return np.array(numbers, dtype)

    assert merge([1, 1, 2, 3, 3], values(10, 10, 14, 20, 20)) == [1, 1, 1, 2, 2]
    assert merge([1, 1, 2, 3, 3], values(10, 10, 16, 20, 20)) == [1, 1, 2, 2, 2]
    # As near: the darker.
    assert merge([1, 1, 2, 3, 3], values(10, 10, 15, 20, 20)) == [1, 1, 1, 2, 2]
    assert merge([1, 1, 2, 3, 3], values(20, 20, 15, 10, 10)) == [1, 1, 2, 2, 2]
    # As dark: the larger.
    assert merge([1, 1, 2, 3, 3, 3], values(10, 10, 15, 10, 10, 10)) == [1, 1, 2, 2, 2, 2]
    # Equal in everything: none.
    assert merge([1, 1, 2, 3, 3], values(10, 10, 15, 10, 10)) == [1, 1, 2, 3, 3]
    # What nothing touches stays, and what takes no part is no neighbor.
    assert merge([1, 0, 2, 2], values(10, 10, 10, 10)) == [1, 0, 2, 2]


def test_a_tie_that_a_round_resolves_is_not_kept():
    # The 15 waits between two equals until the one on the right has grown by the 11.
    values = np.array([10, 10, 15, 10, 10, 11, 90, 90], np.uint8)
    labels = [1, 1, 2, 3, 3, 4, 5, 5]
    found = merge(labels, values)
    assert len(set(found)) == 3
    assert found[3] == found[5]
    assert found[2] in (found[0], found[3])


def test_colors_and_holes():
    labels = np.array([[1, 2, 3, 0]], np.int32)
    values = np.array([[[9, 0, 0], [8, 1, 0], [0, 9, 9], [255, 255, 255]]], np.uint8)
    merged = merge_small(labels, values, 2, 1)
    assert number_by_first_pixel(merged).tolist() == [[1, 1, 1, 0]]  # also the third, in the second round


def test_nothing_to_merge_gives_the_labels_back():
    labels = np.array([[1, 2]], np.int32)
    values = np.zeros((1, 2, 1), np.uint8)
    assert merge_small(labels, values, 1, 1).tolist() == [[1, 2]]
    assert merge_small(0 * labels, values, 9, 1).tolist() == [[0, 0]]
    assert merge_small(np.ones_like(labels), values, 9, 1).tolist() == [[1, 1]]


@pytest.mark.parametrize(("n_pixels", "expected"), [(999, 0), (90_000, 90), (154_401, 150), (12_000_000, 150)])
def test_the_default_smallest_area_is_a_thousandth_and_at_most_150(n_pixels, expected):
    assert default_min_area(n_pixels) == expected

"""The image as a graph: neighbors, and regions that merge."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classicseg import connected_regions
from classicseg._core.graph import (
    adjacent_pairs,
    interior,
    merge_small_regions,
    neighbor_offsets,
    pad,
)
from classicseg._core.labels import number_by_first_pixel
from classicseg._core.region_sums import joined_sums, region_sums

SHAPES = st.one_of(
    st.tuples(st.integers(1, 30)),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 5)),
)


def steps(ndim, connectivity):
    near = itertools.product((-1, 0, 1), repeat=ndim)
    return [step for step in near if 0 < np.abs(step).sum() <= connectivity]


@pytest.mark.parametrize("shape", [(5,), (1,), (3, 4), (1, 1), (2, 3, 4), (2, 1, 3, 2)])
def test_neighbor_offsets_lead_to_the_neighbors(shape):
    padded = tuple(length + 2 for length in shape)
    for connectivity in range(1, len(shape) + 1):
        offsets = neighbor_offsets(shape, connectivity)
        assert offsets.dtype == np.int64
        assert (np.diff(offsets) > 0).all()
        np.testing.assert_array_equal(offsets, -offsets[::-1])
        center = np.ones(len(shape), int)
        node = np.ravel_multi_index(center, padded)
        reached = {tuple(np.array(np.unravel_index(node + offset, padded)) - center) for offset in offsets}
        assert reached == set(steps(len(shape), connectivity))


def test_pad_and_interior_are_inverse():
    array = np.arange(1, 25).reshape(2, 3, 4)
    padded = pad(array, 3)
    assert padded.shape == (4, 5, 6)
    assert padded.sum() == array.sum()
    np.testing.assert_array_equal(interior(padded.ravel(), array.shape), array)
    assert interior(padded.ravel(), array.shape).flags.c_contiguous
    assert pad(array, 2).shape == (4, 5, 4)


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
def test_adjacent_pairs_by_brute_force(scene):
    labels, _, connectivity = scene
    pairs = adjacent_pairs(labels, connectivity)
    assert pairs.shape[1:] == (2,)
    assert len({tuple(pair) for pair in pairs.tolist()}) == len(pairs)
    assert {tuple(pair) for pair in pairs.tolist()} == pairs_by_hand(labels, connectivity)


def test_region_sums_do_not_depend_on_the_order_of_the_pixels():
    rng = np.random.default_rng(1)
    labels = rng.integers(1, 4, (200, 300)).astype(np.int32)
    values = (rng.random((200, 300, 2)) * 1e3 + 0.1).astype(np.float32)
    sums = region_sums(labels, values, 3).means
    assert sums.shape == (4, 2)
    np.testing.assert_array_equal(sums, region_sums(labels[::-1, ::-1], values[::-1, ::-1], 3).means)
    np.testing.assert_array_equal(sums, region_sums(labels.T, values.swapaxes(0, 1), 3).means)


def test_region_sums_of_integers_are_exact():
    values = np.arange(12, dtype=np.uint16).reshape(3, 4, 1)
    labels = np.array([[0, 1, 1, 2], [0, 1, 2, 2], [4, 4, 4, 4]], np.int32)
    areas, sums, rests = region_sums(labels, values, 4)
    assert sums[:, 0].tolist() == [0, 8, 16, 0, 38]
    assert not rests.any()
    assert areas.tolist() == [0, 3, 3, 0, 4]


FAR = [-9999.0, 1e5, -1e30, 3.4028234663852886e38, 1e150]


def exact_means(labels, values, n_regions):
    """In fractions, rounded once."""
    parts = [values[labels == name].reshape(-1).tolist() for name in range(1, n_regions + 1)]
    return [float(sum(map(Fraction, part)) / len(part)) for part in parts]


@given(st.integers(0, 2**32 - 1), st.sampled_from(FAR), st.sampled_from([0.1, 1e-3, 1 / 3, 250.0]))
def test_means_are_rounded_once_beside_values_far_away(seed, far, scale):
    rng = np.random.default_rng(seed)
    labels = rng.integers(1, 4, (9, 11)).astype(np.int32)
    values = scale * (1 + rng.random((9, 11, 1)) * rng.integers(0, 2))
    labels[0, 0], values[0, 0] = 3, far
    found = region_sums(labels, values, 3)
    np.testing.assert_array_equal(found.means[1:, 0], exact_means(labels, values, 3))
    for turned in (np.s_[::-1], np.s_[:, ::-1]):
        np.testing.assert_array_equal(region_sums(labels[turned], values[turned], 3).means, found.means)
    two = np.array([0, 1, 2, 1])
    labels = np.where(labels == 3, 1, labels)
    np.testing.assert_array_equal(joined_sums(found, two, 2).means[1:, 0], exact_means(labels, values, 2))


@given(scenes(), st.sampled_from(FAR), st.integers(2, 12))
def test_small_regions_join_as_they_do_without_a_value_far_away(scene, far, min_area):
    labels, values, connectivity = scene
    labels = np.concatenate([labels, np.zeros((2, *labels.shape[1:]), np.int32)])  # nothing, and a row far away
    labels[-1] = labels.max() + 1
    values = np.concatenate([values / 3, np.zeros((2, *values.shape[1:]))])
    merged = merge_small_regions(labels, values, min_area, connectivity)
    values[-1] = far
    np.testing.assert_array_equal(merge_small_regions(labels, values, min_area, connectivity), merged)


# ---- small regions


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
    merged = merge_small_regions(labels, values, min_area, connectivity)
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

    merged = merge_small_regions(labels, values, min_area, connectivity)
    again = merge_small_regions(number_by_first_pixel(turned(labels)), turned(values), min_area, connectivity)
    np.testing.assert_array_equal(number_by_first_pixel(again), number_by_first_pixel(turned(merged)))


def merge(labels, values, min_area=2):
    labels, values = np.array([labels], np.int32), np.array([values])[..., np.newaxis]
    return number_by_first_pixel(merge_small_regions(labels, values, min_area, 1))[0].tolist()


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
    merged = merge_small_regions(labels, values, 2, 1)
    assert number_by_first_pixel(merged).tolist() == [[1, 1, 1, 0]]  # also the third, in the second round


def test_nothing_to_merge_gives_the_labels_back():
    labels = np.array([[1, 2]], np.int32)
    values = np.zeros((1, 2, 1), np.uint8)
    assert merge_small_regions(labels, values, 1, 1).tolist() == [[1, 2]]
    assert merge_small_regions(0 * labels, values, 9, 1).tolist() == [[0, 0]]
    assert merge_small_regions(np.ones_like(labels), values, 9, 1).tolist() == [[1, 1]]

"""Regions that compete, against rounds over the whole image in a few lines."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from skimage import data as photographs
from strategies import images, masks, scenes, shapes

from classicseg import connected_regions
from classicseg._core.image import as_image
from classicseg._core.seeds import as_seeds
from classicseg.growing.adams_bischof import grow_by_competition
from classicseg.growing.options import GrowingOptions


def mean_within(values):
    """No mean is beyond its values, not even by rounding."""
    return min(max(math.fsum(values) / len(values), min(values)), max(values))


def compete_by_rounds(image, markers, inside, connectivity, norm):
    """The definition: image with channels last; sums of differences from the seeds are rounded once."""
    near = ndimage.generate_binary_structure(markers.ndim, connectivity)
    numbers, labels = range(1, markers.max() + 1), np.where(inside, markers, 0)
    values = image.astype(float)
    seeded = np.array([[mean_within(c) for c in values[labels == number].T] for number in numbers])

    def mean(number):
        own = values[labels == number]
        if image.dtype.kind == "u":
            return own.sum(axis=0) / len(own)
        grown = values[(labels == number) & (markers != number)] - seeded[number - 1]
        return seeded[number - 1] + np.array([math.fsum(c) for c in grown.T]) / len(own)

    def distance(number):
        apart = abs(values - mean(number))
        return apart.max(axis=-1) if norm == "maximum" else (apart**2).cumsum(axis=-1)[..., -1]

    waits, joined = np.full(labels.shape, np.inf), labels > 0
    while True:
        for number in numbers:
            touched = ndimage.binary_dilation(joined & (labels == number), near) & inside & (labels == 0)
            apart = distance(number) if norm == "maximum" else np.sqrt(distance(number))
            part, exponent = np.frexp(apart)
            quanta = np.where(apart > 0, 2.0**10 * (exponent + 512) + np.floor(2.0**11 * part), 0)
            waits = np.where(touched, np.minimum(waits, quanta), waits)
        waits[labels > 0] = np.inf
        joined = (waits == waits.min()) & (waits < np.inf)
        if not joined.any():
            return labels
        touched = [ndimage.binary_dilation(labels == number, near) for number in numbers]
        apart = np.where(touched, [distance(number) for number in numbers], np.inf)
        labels = np.where(joined, apart.argmin(axis=0) + 1, labels)


@st.composite
def tasks(draw, dtypes=("u1", "f8")):
    """An image with channels last, markers 1 … n, and what takes part."""
    ndim = draw(st.integers(1, 3))
    shape = draw(shapes(ndim, 1, (40, 12, 5)[ndim - 1]))
    n_channels = draw(st.sampled_from([1, 3]))
    full = (*shape, n_channels)
    image = draw(images(full) | scenes(full)).astype(draw(st.sampled_from(dtypes)))
    if image.dtype.kind == "f":
        image *= draw(st.sampled_from([1, 1 / 3, 1e-9, 1e30]))
    inside = draw(st.just(np.ones(shape, bool)) | masks(shape))
    places = np.flatnonzero(inside)
    assume(len(places))
    chosen = draw(st.lists(st.sampled_from(places.tolist()), min_size=1, max_size=6, unique=True))
    markers = np.zeros(shape, np.int32)
    markers.flat[chosen] = [1 + i % draw(st.integers(1, 4)) for i in range(len(chosen))]
    return image, np.searchsorted(np.unique(markers[markers > 0]), markers, side="right").astype(np.int32), inside


def run(image, markers, inside, connectivity, norm):
    parsed = as_image(image, channel_axis=-1, mask=inside)
    return grow_by_competition(parsed, as_seeds(markers, parsed), GrowingOptions(norm, connectivity))


NORMS = st.sampled_from(["euclidean", "maximum"])


@given(tasks(), NORMS, st.data())
def test_rounds(task, norm, data):
    image, markers, inside = task
    connectivity = data.draw(st.integers(1, markers.ndim))
    found = run(*task, connectivity, norm)
    norm = "maximum" if image.shape[-1] == 1 else norm
    assert_array_equal(found, compete_by_rounds(image, markers, inside, connectivity, norm))
    assert found.dtype == np.int32


@given(tasks(), NORMS, st.data())
def test_no_corner_is_favored(task, norm, data):
    found = run(*task, 1, norm)
    axis = data.draw(st.integers(0, found.ndim - 1))
    flipped = run(*(np.flip(array, axis) for array in task), 1, norm)
    assert_array_equal(np.flip(flipped, axis), found)
    turned = run(*(np.swapaxes(array, 0, axis) for array in task), 1, norm)
    assert_array_equal(np.swapaxes(turned, 0, axis), found)


@given(tasks(), st.data())
def test_everything_that_connects_is_assigned(task, data):
    _, markers, inside = task
    connectivity = data.draw(st.integers(1, markers.ndim))
    found = run(*task, connectivity, "euclidean")
    assert_array_equal(found[markers > 0], markers[markers > 0])
    components = connected_regions(inside.astype(np.int32), connectivity=connectivity)
    assert_array_equal(found > 0, np.isin(components, components[markers > 0]))
    parts = connected_regions(found, connectivity=connectivity)
    assert set(np.unique(parts[found > 0])) == set(np.unique(parts[markers > 0]))


@given(tasks(), st.sampled_from([1e5, -1e30, 3.4028234663852886e38, 1e150, None]), st.data())
def test_a_pixel_far_away_in_value_joins_last(task, far, data):
    """And leaves the others as they were, where it stands in no way."""
    image, markers, inside = task
    first = (slice(None),) * (markers.ndim - 1) + (slice(1),)
    beside = np.zeros_like(image[first]) + (image.dtype.type(255) if far is None or image.dtype == "u1" else far)
    wide = np.concatenate([image, image[first], beside], axis=markers.ndim - 1)
    there = np.concatenate([inside, inside[first], np.ones_like(inside[first])], axis=-1)
    there[..., -2] = False  # not even a neighbor
    markers = np.concatenate([markers, 0 * markers[first], 0 * markers[first]], axis=-1)
    markers[..., -1].flat[0] = markers.max() + 1
    connectivity = data.draw(st.integers(1, markers.ndim))
    assert_array_equal(
        run(wide, markers, there, connectivity, "euclidean")[..., :-2], run(*task, connectivity, "euclidean")
    )


@pytest.mark.parametrize("far", [-9999.0, 1e5, 1e30, 1e150])
def test_a_dead_pixel_leaves_all_others_to_their_regions(far):
    rng = np.random.default_rng(0)
    image = ndimage.gaussian_filter(rng.normal(size=(40, 40)), 3)[..., np.newaxis]
    markers = np.zeros((40, 40), np.int32)
    markers[5, 5], markers[30, 8], markers[20, 33] = 1, 2, 3
    inside = np.ones((40, 40), bool)
    expected = run(image, markers, inside, 1, "euclidean")
    image[0, 39] = far  # in a corner, on the way to nothing
    found = run(image, markers, inside, 1, "euclidean")
    found[0, 39] = expected[0, 39]
    assert_array_equal(found, expected)


@given(tasks(dtypes=("f8",)), st.integers(-40, 40))
def test_scale_does_not_count(task, exponent):
    image, *rest = task
    found = run(image, *rest, 1, "euclidean")
    assert_array_equal(run(image * 2.0**exponent, *rest, 1, "euclidean"), found)


def test_the_nearest_value_joins_first():
    """3 first; then 6 is 4.5 from region 1, and 4 is 5 from region 2; when 6 has joined, 4 is 1 from region 1."""
    image = np.array([[0, 3, 6, 4, 9, 9, 9]], np.uint8)[..., np.newaxis]
    markers = np.array([[1, 0, 0, 0, 0, 0, 2]])
    found = run(image, markers, np.ones(markers.shape, bool), 1, "euclidean")
    assert_array_equal(found, [[1, 1, 1, 1, 2, 2, 2]])


@pytest.mark.parametrize(("later", "expected"), [(0, 2), (2**-13, 2), (2**-12, 1)])
def test_distances_are_compared_by_10_bits(later, expected):
    """Both in the middle wait at 1/4; where the right one is a quantum farther, the left one joins before it."""
    row = np.array([[0, 1 / 4, 17 / 64, 17 / 64 + 1 / 4 + later, 1]])
    found = run(row[..., np.newaxis], np.array([[1, 0, 0, 2, 0]]), np.ones((1, 5), bool), 1, "euclidean")
    assert_array_equal(found, [[1, 1, expected, 2, 2]])


def test_two_that_are_as_near_leave_a_pixel_to_the_lower_number():
    image = np.array([[0, 5, 10]], np.uint8)[..., np.newaxis]
    for markers in ([[1, 0, 2]], [[2, 0, 1]]):
        found = run(image, np.array(markers), np.ones((1, 3), bool), 1, "euclidean")
        assert found[0, 1] == 1


@pytest.mark.parametrize("value", [0.0, 7.0, -1e150, 1e-150])
def test_constant_images_are_shared_in_rounds(value):
    image = np.full((5, 9, 1), value)
    markers = np.zeros((5, 9), int)
    markers[2, 0], markers[2, 8] = 2, 1
    found = run(image, markers, np.ones((5, 9), bool), 1, "euclidean")
    assert_array_equal(found, np.where(np.arange(9) < 4, 2, 1) * np.ones((5, 1), int))


@pytest.mark.parametrize("value", [0.1, 1e30])
def test_equal_seeds_have_their_value_for_a_mean(value):
    image, markers = np.full((1, 4, 1), value), np.array([[1, 1, 1, 0]])  # the sum of three by 3 is another number
    assert_array_equal(run(image, markers, np.ones((1, 4), bool), 1, "euclidean"), [[1, 1, 1, 1]])


def test_seeds_may_cover_everything():
    markers = np.arange(1, 13).reshape(3, 4)
    image = np.zeros((3, 4, 1), np.uint8)
    assert_array_equal(run(image, markers, np.ones((3, 4), bool), 2, "maximum"), markers)
    assert_array_equal(run(image[:1, :1], markers[:1, :1], np.ones((1, 1), bool), 1, "euclidean"), [[1]])


@pytest.mark.large
def test_coins_stand_out():
    image = photographs.coins()[..., np.newaxis]
    markers = np.zeros(image.shape[:2], int)
    markers[image[..., 0] > 170], markers[image[..., 0] < 60] = 2, 1
    found = run(image, markers, np.ones(markers.shape, bool), 1, "euclidean")
    assert (found > 0).all()
    assert 0.2 < (found == 2).mean() < 0.5

"""Regions that follow their mean, against rounds over the whole image in a few lines."""

from __future__ import annotations

import math
from unittest import mock

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
from classicseg.growing import running_mean
from classicseg.growing.options import GrowingOptions
from classicseg.growing.running_mean import grow_by_running_mean


def mean_within(values):
    """No mean is beyond its values, not even by rounding."""
    return min(max(math.fsum(values) / len(values), min(values)), max(values))


def grow_by_rounds(image, markers, inside, tolerance, connectivity, norm):
    """The definition: image with channels last; sums of differences from the seeds are rounded once."""
    near = ndimage.generate_binary_structure(markers.ndim, connectivity)
    numbers, labels = range(1, markers.max() + 1), np.where(inside, markers, 0)
    values = image.astype(float)
    seeded = np.array([[mean_within(c) for c in values[labels == number].T] for number in numbers])
    limit = tolerance if norm == "maximum" else tolerance**2

    def mean_of(number):
        own = values[labels == number]
        if image.dtype.kind == "u":
            return own.sum(axis=0) / len(own)
        grown = values[(labels == number) & (markers != number)] - seeded[number - 1]
        return seeded[number - 1] + np.array([math.fsum(c) for c in grown.T]) / len(own)

    def distance(number):
        apart = abs(values - mean_of(number))
        return apart.max(axis=-1) if norm == "maximum" else (apart**2).cumsum(axis=-1)[..., -1]

    while True:
        touched = [ndimage.binary_dilation(labels == number, near) for number in numbers]
        apart = np.where(touched, [distance(number) for number in numbers], np.inf)
        joined = (apart.min(axis=0) <= limit) & (labels == 0) & inside
        if not joined.any():
            return labels
        labels = np.where(joined, apart.argmin(axis=0) + 1, labels)


@st.composite
def tasks(draw, dtypes=("u1", "f8")):
    """An image with channels last, markers 1 … n, what takes part, and a tolerance."""
    ndim = draw(st.integers(1, 3))
    shape = draw(shapes(ndim, 1, (40, 12, 5)[ndim - 1]))
    full = (*shape, draw(st.sampled_from([1, 3])))
    image = draw(images(full) | scenes(full)).astype(draw(st.sampled_from(dtypes)))
    tolerance = draw(st.sampled_from([0, 0.5, 1, 5, 20, 60, 300]))
    if image.dtype.kind == "f":
        scale = draw(st.sampled_from([1, 1 / 3, 1e-9, 1e30]))
        image, tolerance = image * scale, tolerance * scale
    inside = draw(st.just(np.ones(shape, bool)) | masks(shape))
    places = np.flatnonzero(inside)
    assume(len(places))
    chosen = draw(st.lists(st.sampled_from(places.tolist()), min_size=1, max_size=6, unique=True))
    markers = np.zeros(shape, np.int32)
    markers.flat[chosen] = [1 + i % draw(st.integers(1, 4)) for i in range(len(chosen))]
    markers = np.searchsorted(np.unique(markers[markers > 0]), markers, side="right").astype(np.int32)
    return image, markers, inside, float(tolerance)


def run(image, markers, inside, tolerance, connectivity, norm):
    parsed = as_image(image, channel_axis=-1, mask=inside)
    options = GrowingOptions(norm, connectivity, tolerance=tolerance)
    return grow_by_running_mean(parsed, as_seeds(markers, parsed), options)


def alone(image, places, tolerance):
    """Grow a grey image's regions 1 … n from a pixel each, 4 neighbors."""
    image = np.array(image)
    markers = np.zeros(image.shape, int)
    for number, place in enumerate(places, start=1):
        markers[place] = number
    return run(image[..., np.newaxis], markers, np.ones(image.shape, bool), tolerance, 1, "euclidean")


NORMS = st.sampled_from(["euclidean", "maximum"])


@given(tasks(), NORMS, st.data())
def test_rounds(task, norm, data):
    image, markers, inside, tolerance = task
    connectivity = data.draw(st.integers(1, markers.ndim))
    found = run(*task, connectivity, norm)
    with mock.patch.object(running_mean, "_grow_round", running_mean._grow_round.numpy):
        assert_array_equal(run(*task, connectivity, norm), found)
    norm = "maximum" if image.shape[-1] == 1 else norm
    assert_array_equal(found, grow_by_rounds(image, markers, inside, tolerance, connectivity, norm))
    assert found.dtype == np.int32


@given(st.data())
def test_refused_pixels_are_asked_again_in_time(data):
    """Slopes with noise, where the means go far and many wait."""
    shape = data.draw(shapes(2, 10, 24))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    slope = sum(rng.normal(0, 3) * axis for axis in np.indices(shape))
    image = (slope + rng.normal(0, data.draw(st.sampled_from([0, 1, 9])), shape))[..., np.newaxis]
    markers = np.zeros(shape, np.int32)
    markers.flat[rng.choice(markers.size, 3, replace=False)] = 1, 2, 3
    task = image, markers, np.ones(shape, bool), data.draw(st.floats(1, 30)), 1, "maximum"
    found = run(*task)
    with mock.patch.object(running_mean, "_grow_round", running_mean._grow_round.numpy):
        assert_array_equal(run(*task), found)


@given(tasks(), NORMS, st.data())
def test_no_corner_is_favored(task, norm, data):
    *arrays, tolerance = task
    found = run(*arrays, tolerance, 1, norm)
    axis = data.draw(st.integers(0, found.ndim - 1))
    flipped = run(*(np.flip(array, axis) for array in arrays), tolerance, 1, norm)
    assert_array_equal(np.flip(flipped, axis), found)
    turned = run(*(np.swapaxes(array, 0, axis) for array in arrays), tolerance, 1, norm)
    assert_array_equal(np.swapaxes(turned, 0, axis), found)


@given(tasks(), st.data())
def test_regions_connect_to_their_seeds(task, data):
    _, markers, inside, _ = task
    connectivity = data.draw(st.integers(1, markers.ndim))
    found = run(*task, connectivity, "euclidean")
    assert_array_equal(found[markers > 0], markers[markers > 0])
    assert not found[~inside].any()
    parts = connected_regions(found, connectivity=connectivity)
    assert set(np.unique(parts[found > 0])) == set(np.unique(parts[markers > 0]))


@given(tasks(dtypes=("f8",)), st.integers(-40, 40))
def test_image_and_tolerance_scale_together(task, exponent):
    image, markers, inside, tolerance = task
    scale = 2.0**exponent
    found = run(image, markers, inside, tolerance, 1, "euclidean")
    assert_array_equal(run(image * scale, markers, inside, tolerance * scale, 1, "euclidean"), found)


def test_the_mean_follows_a_slope():
    image = [[0, 2, 3, 4, 5, 9]]
    assert_array_equal(alone(image, [(0, 0)], 2), [[1, 1, 1, 0, 0, 0]])  # means 0, 1, 5/3
    assert_array_equal(alone(image, [(0, 0)], 3), [[1, 1, 1, 1, 1, 0]])  # 0, 1, 5/3, 9/4, 14/5


def test_a_refused_pixel_is_asked_again():
    assert_array_equal(alone([[8, 0, 4]], [(0, 1)], 4), [[0, 1, 1]])
    assert_array_equal(alone([[8, 0, 4, 6, 6, 6, 6]], [(0, 1)], 4), [[1, 1, 1, 1, 1, 1, 1]])


def test_a_larger_tolerance_need_not_give_a_larger_region():
    image = [[4, 3, 0, -4, -4, -4]]
    assert_array_equal(alone(image, [(0, 2)], 3), [[1, 1, 1, 0, 0, 0]])
    assert_array_equal(alone(image, [(0, 2)], 4), [[0, 1, 1, 1, 1, 1]])


def test_without_tolerance_a_region_is_a_component_of_equal_value():
    image = np.array([[1, 1, 2], [1, 2, 2], [1, 1, 1]])
    for dtype in (np.uint8, float):
        assert_array_equal(alone(image.astype(dtype), [(0, 0)], 0.0), image == 1)


@pytest.mark.parametrize("value", [0.1, 1e30])
def test_equal_seeds_have_their_value_for_a_mean(value):
    image, markers = np.full((1, 4, 1), value), np.array([[1, 1, 1, 0]])  # the sum of three by 3 is another number
    found = run(image, markers, np.ones((1, 4), bool), 0.0, 1, "euclidean")
    assert_array_equal(found, [[1, 1, 1, 1]])


@pytest.mark.parametrize("outlier", [1e30, -1e150])
def test_what_lies_far_off_does_not_coarsen_the_sums(outlier):
    image = np.array([[0.0, 1e-3, 2e-3, 2.2e-3, outlier]])
    assert_array_equal(alone(image, [(0, 0)], 1e-3), [[1, 1, 0, 0, 0]])
    assert_array_equal(alone(image, [(0, 0)], 1.6e-3), [[1, 1, 1, 1, 0]])
    assert_array_equal(alone(image, [(0, 0), (0, 4)], 0.0), [[1, 0, 0, 0, 2]])


@pytest.mark.parametrize("far", [-9999.0, 1e30, 1e150])
@pytest.mark.parametrize("share", [1e-3, 0.5])
def test_a_dead_pixel_beyond_the_tolerance_leaves_all_others_to_their_regions(far, share):
    rng = np.random.default_rng(0)
    image = ndimage.gaussian_filter(rng.normal(size=(40, 40)), 3)
    places, tolerance = [(5, 5), (30, 8), (20, 33)], abs(far) * share  # all that is not dead is within it
    expected = alone(image, places, tolerance)
    image[0, 39] = far
    found = alone(image, places, tolerance)
    assert found[0, 39] == 0
    found[0, 39] = expected[0, 39]
    assert_array_equal(found, expected)


def test_a_tolerance_beyond_the_range_leaves_all_to_the_nearest_mean():
    image = np.array([[0, 1, 2, 3, 4, 5, 6, 7]], float)
    found = alone(image, [(0, 0), (0, 7)], 1e300)
    assert_array_equal(found, [[1, 1, 1, 1, 2, 2, 2, 2]])
    assert_array_equal(alone(image, [(0, 0), (0, 7)], 10.0), found)


def test_seeds_may_cover_everything():
    markers = np.arange(1, 13).reshape(3, 4)
    image = np.zeros((3, 4, 1), np.uint8)
    options = 5.0, 2, "maximum"
    assert_array_equal(run(image, markers, np.ones((3, 4), bool), *options), markers)
    assert_array_equal(run(image[:1, :1], markers[:1, :1], np.ones((1, 1), bool), 5.0, 1, "maximum"), [[1]])


@pytest.mark.large
def test_a_photograph():
    image = photographs.coins()
    found = alone(image, [(10, 10), (60, 45)], 40.0)
    with mock.patch.object(running_mean, "_grow_round", running_mean._grow_round.numpy):
        assert_array_equal(alone(image, [(10, 10), (60, 45)], 40.0), found)

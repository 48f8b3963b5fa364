"""The magic wand: floods against labeled masks, and against the floods of other libraries."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from skimage import data, segmentation
from strategies import images, masks, shapes

from classicseg import region_growing_segment
from classicseg._core.image import as_image
from classicseg._core.seeds import as_seeds
from classicseg.growing import acceptance, neighbor_difference, run_flood, seed_value, simultaneous
from classicseg.growing.acceptance import bounds_in, mark_accepted, seed_acceptance, unpadded
from classicseg.growing.options import GrowingOptions
from classicseg.growing.pixel_grid import pixel_grid, plant


def connected(accepted, seeds, connectivity):
    """The definition: the components of what is accepted that hold a seed."""
    accepted = accepted.copy()
    for seed in seeds:
        accepted[seed] = True
    structure = ndimage.generate_binary_structure(accepted.ndim, connectivity)
    components, _ = ndimage.label(accepted, structure)
    return np.isin(components, [components[seed] for seed in seeds])


@st.composite
def points(draw, shape, n):
    return [tuple(draw(st.integers(0, length - 1)) for length in shape) for _ in range(n)]


@given(st.data())
def test_a_region_is_what_connects_to_its_seeds(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=8) | st.tuples(st.integers(1, 3), st.just(70)))
    n_channels = data.draw(st.sampled_from([1, 3]))
    dtype = data.draw(st.sampled_from(["u1", "f4"]))
    image = data.draw(images((*shape, n_channels), highest=data.draw(st.sampled_from([1, 3])), dtype=dtype))
    seeds = data.draw(points(shape, data.draw(st.integers(1, 3))))
    tolerance = data.draw(st.sampled_from([0, 0.5, 1, 2]))
    norm = data.draw(st.sampled_from(["euclidean", "maximum"]))
    connectivity = data.draw(st.integers(1, len(shape)))
    difference = image.astype(float) - np.mean([image[seed] for seed in set(seeds)], axis=0)
    distance = abs(difference).max(axis=-1) if norm == "maximum" else np.sqrt((difference**2).sum(axis=-1))
    options = {"connectivity": connectivity, "norm": norm, "channel_axis": -1}
    found = region_growing_segment(image, seeds={7: seeds}, tolerance=tolerance, **options)
    assert_array_equal(found, 7 * connected(distance <= tolerance, seeds, connectivity))


@given(st.data())
def test_floods_equal_their_definition(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=9) | st.tuples(st.integers(1, 3), st.just(99)))
    accepted = data.draw(masks(shape) | st.just(np.ones(shape, bool)))
    nodes = np.array(data.draw(st.lists(st.integers(0, accepted.size - 1), min_size=1, max_size=3)))
    connectivity = data.draw(st.integers(1, len(shape)))
    grid = np.zeros(-(-np.prod(np.array(shape) + 2) // 8) * 8, np.uint8)
    unpadded(grid, shape)[:] = accepted
    run_flood.flood(grid, shape, connectivity, nodes)
    region = connected(accepted, [tuple(np.unravel_index(node, shape)) for node in nodes], connectivity)
    assert_array_equal(unpadded(grid, shape) == run_flood.VISITED, region)
    assert_array_equal(unpadded(grid, shape) == 1, accepted & ~region)
    assert np.count_nonzero(grid) == np.count_nonzero(accepted | region)


@pytest.mark.jit
def test_a_flood_goes_on_where_its_stack_was_full(monkeypatch):
    monkeypatch.setattr(run_flood, "_MORE_ROOM", 1)
    comb = np.zeros((40, 61), np.uint8)
    comb[::2], comb[:, ::3] = 1, 1
    comb[1::4, 1::2] = 1
    found = region_growing_segment(comb, seeds=(0, 0), interval=(1, 1))
    assert_array_equal(found, connected(comb > 0, [(0, 0)], 1))


@given(st.data())
def test_kernels_equal_their_definitions(data):
    shape = data.draw(shapes(2, most=7))
    n_channels = data.draw(st.sampled_from([1, 2]))
    image = as_image(data.draw(images((*shape, n_channels), highest=5)), channel_axis=-1)
    seeds = as_seeds(
        data.draw(images(shape, highest=2)) * data.draw(masks(shape)) + np.eye(*shape, dtype=int), image
    )
    norm = data.draw(st.sampled_from(["euclidean", "maximum"]))
    accepts = seed_acceptance(image, seeds, data.draw(st.sampled_from([0.5, 2.0])), norm)
    from_neighbors = data.draw(st.booleans())
    if n_channels > 1 and norm == "euclidean" and not from_neighbors and data.draw(st.booleans()):
        scales = np.tril(data.draw(st.sampled_from([0.5, 1.0])) + np.arange(4.0).reshape(2, 2))
        accepts = accepts._replace(scales=np.stack([scales] * len(accepts.centers)))
    grid = mark_accepted(image, accepts, 1)
    arguments = (
        (image.values[..., 0], *bounds_in(image.values.dtype, accepts.lows[1], accepts.highs[1]))
        if n_channels == 1
        else (image.values, accepts.centers[1], accepts.scales[1], float(accepts.highs[1]), accepts.maximum)
    )
    defined = np.zeros_like(grid)
    kernel = acceptance._mark_between if n_channels == 1 else acceptance._mark_near
    kernel.numpy(*arguments, acceptance.line_starts(shape), defined, 0, shape[0])
    assert_array_equal(grid, defined)

    grow_round = simultaneous._grow_round
    grid = pixel_grid(image, GrowingOptions(norm, data.draw(st.integers(1, 2))))
    front = plant(grid, image, seeds)
    other = grid._replace(labels=grid.labels.copy())
    next_front = grow_round(grid, accepts, from_neighbors, front)
    assert_array_equal(np.sort(next_front), grow_round.numpy(other, accepts, from_neighbors, front))
    assert_array_equal(grid.labels, other.labels)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
def test_bounds_are_the_ends_of_the_interval_in_a_dtype(dtype):
    kind = np.dtype(dtype)
    low, high = bounds_in(kind, 0.1, 2.7)
    assert low.dtype == high.dtype == kind
    apart = (1, 1) if kind.kind == "u" else (low - np.nextafter(low, kind.type(0)), np.spacing(high))
    assert float(low) - float(apart[0]) < 0.1 <= float(low)
    assert float(high) <= 2.7 < float(high) + float(apart[1])
    most = np.iinfo(kind).max if kind.kind == "u" else min(1e200, float(np.finfo(kind).max))
    assert bounds_in(kind, -1e200, 1e200)[1] == most


@pytest.mark.large
@pytest.mark.parametrize("connectivity", [1, 2])
def test_scikit_image_agrees(connectivity):
    image = data.coins()
    for tolerance in (0, 30, 80):
        expected = segmentation.flood(image, (10, 10), tolerance=tolerance, connectivity=connectivity)
        found = region_growing_segment(image, seeds=(10, 10), tolerance=tolerance, connectivity=connectivity)
        assert_array_equal(found == 1, expected)
    volume = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(20, 21, 22)), 2).astype(np.float32)
    expected = segmentation.flood(volume, (9, 9, 9), tolerance=0.1, connectivity=1)
    found = region_growing_segment(volume, seeds=(9, 9, 9), tolerance=0.1, channel_axis=None)
    assert_array_equal(found == 1, expected)


@pytest.mark.large
@pytest.mark.parametrize("criterion", ["seed", "neighbor"])
@pytest.mark.parametrize("connectivity", [1, 2])
def test_opencv_agrees(criterion, connectivity):
    cv2 = pytest.importorskip("cv2")
    flags = 4 * connectivity | cv2.FLOODFILL_MASK_ONLY | (cv2.FLOODFILL_FIXED_RANGE if criterion == "seed" else 0)
    for image, norm in [(data.coins(), "euclidean"), (data.astronaut(), "maximum")]:
        for seed in [(10, 10), (150, 200)]:
            tolerance = {"seed": 35, "neighbor": 6}[criterion]
            options = {"criterion": criterion, "norm": norm, "connectivity": connectivity}
            found = region_growing_segment(image, seeds=seed, tolerance=tolerance, **options)
            mask = np.zeros(np.add(image.shape[:2], 2), np.uint8)
            cv2.floodFill(image.copy(), mask, seed[::-1], 0, (tolerance,) * 3, (tolerance,) * 3, flags)
            assert_array_equal(found, mask[1:-1, 1:-1])


@pytest.mark.large
def test_simpleitk_agrees():
    sitk = pytest.importorskip("SimpleITK")
    image = data.coins()
    seeds = np.argwhere((image >= 90) & (image <= 160))[[0, -1]]
    points = [tuple(seed[::-1].tolist()) for seed in seeds]
    expected = sitk.ConnectedThreshold(sitk.GetImageFromArray(image), points, 90, 160)
    found = region_growing_segment(image, seeds={1: seeds}, interval=(90, 160))
    assert_array_equal(found, sitk.GetArrayFromImage(expected))


def test_openings_close_bridges():
    image = np.zeros((15, 25), np.uint8)
    image[2:13, 2:11] = image[2:13, 14:23] = image[7, 11:14] = 9
    options = {"seeds": (5, 5), "tolerance": 1}
    assert region_growing_segment(image, **options)[5, 20]
    found = region_growing_segment(image, **options, opening_radius=1)
    assert not found[:, 12:].any()
    assert found[3:12, 2:11].all()
    assert region_growing_segment(image, **options, opening_radius=2, spacing=(3, 3))[5, 20]


def test_an_opening_takes_what_takes_no_part_for_granted():
    image = np.full((9, 9), 5.0)
    image[4] = 50
    wide = np.pad(image, 3, constant_values=np.nan)
    found = region_growing_segment(wide, seeds=(3, 3), tolerance=1, opening_radius=2)[3:-3, 3:-3]
    assert_array_equal(found, region_growing_segment(image, seeds=(0, 0), tolerance=1, opening_radius=2))
    assert_array_equal(found[:4], 1)


@given(st.data(), st.sampled_from(["seed", "neighbor"]))
def test_many_regions_grow_as_few_do(data, criterion):
    image = data.draw(images(highest=20))
    markers = data.draw(images(image.shape, highest=3)) * data.draw(masks(image.shape))
    markers.flat[0] = 1
    options = {"seeds": markers, "criterion": criterion, "tolerance": 2}
    found = region_growing_segment(image, **options)
    with mock.patch.object(seed_value, "MOST_FLOODS", 0), mock.patch.object(neighbor_difference, "MOST_FLOODS", 0):
        assert_array_equal(region_growing_segment(image, **options), found)

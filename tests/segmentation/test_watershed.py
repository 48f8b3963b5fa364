"""The watershed: what it promises beyond the laws, and its minima against their definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from skimage import data
from strategies import images, masks, scenes

from classicseg import connected_regions, gradient_magnitude, region_boundaries, watershed_segment
from classicseg._core.bands import BAND_PIXELS, band_size
from classicseg._core.image import as_image
from classicseg.flooding import basins
from classicseg.flooding.minima import lowest_levels, regional_minima


def marked(data, shape, most=4):
    """A marker image with names that are no ranks."""
    markers = np.zeros(shape, np.int32)
    for name in range(1, data.draw(st.integers(1, most)) + 1):
        markers[tuple(data.draw(st.integers(0, length - 1)) for length in shape)] = 5 * name
    return markers


def minima_of(levels, connectivity):
    """The pieces of equal level that have no lower neighbor, numbered by their first pixel."""
    structure = ndimage.generate_binary_structure(levels.ndim, connectivity)
    names = np.unique(levels, return_inverse=True)[1].reshape(levels.shape) + 1
    plateaus = connected_regions(names, connectivity=connectivity)
    lowest = ndimage.minimum_filter(levels, footprint=structure, mode="nearest")
    higher = np.unique(plateaus[lowest < levels])
    return connected_regions(~np.isin(plateaus, higher), connectivity=connectivity)


def dynamics(levels, connectivity):
    """The depth of each regional minimum but the lowest: how far the water rises until it runs over into a lower
    one."""
    structure = ndimage.generate_binary_structure(levels.ndim, connectivity)
    minima = minima_of(levels, connectivity)
    found = []
    for name in range(1, minima.max() + 1):
        low = levels[minima == name][0]
        for height in np.unique(levels):
            lake = ndimage.label(levels <= height, structure)[0]
            inside = lake == lake[minima == name].max()
            if height >= low and levels[inside].min() < low:
                found.append(height - low)
                break
        else:
            found.append(np.inf)
    return np.array(found)


@given(st.data())
def test_markers_survive_with_their_names_and_regions_are_connected_to_them(data):
    image = data.draw(images() | scenes())
    markers, mask = marked(data, image.shape), data.draw(st.none() | masks(image.shape))
    if mask is not None:
        markers *= mask
    if not markers.any():
        return
    surface = data.draw(st.sampled_from(["gradient", "image"]))
    connectivity = data.draw(st.integers(1, 2))
    compactness = data.draw(st.sampled_from([0.0, 0.0, 3.0]))
    labels = watershed_segment(
        image, markers=markers, surface=surface, mask=mask, connectivity=connectivity, compactness=compactness
    )
    assert_array_equal(labels[markers > 0], markers[markers > 0])
    free = np.ones(image.shape, int) if mask is None else mask.astype(int)
    pieces = connected_regions(free, connectivity=connectivity)
    assert_array_equal(
        labels > 0, np.isin(pieces, pieces[markers > 0]) & (pieces > 0), "all that a marker reaches"
    )
    for name in np.unique(markers[markers > 0]):
        own = connected_regions(labels == name, connectivity=connectivity)
        assert set(np.unique(own[own > 0])) == set(np.unique(own[markers == name]))


@given(st.data())
def test_lines_separate_regions(data):
    image = data.draw(scenes())
    markers = np.zeros(image.shape, np.int32)
    markers[0, 0], markers[-1, -1] = 1, 2
    connectivity = data.draw(st.integers(1, 2))
    options = {"markers": markers, "surface": "image", "connectivity": connectivity}
    labels = watershed_segment(image, lines=True, **options)
    assert (labels == 0).any()
    for name in (1, 2):
        near = ndimage.binary_dilation(labels == name, ndimage.generate_binary_structure(2, connectivity))
        assert not (near & (labels == 3 - name)).any()
    assert (labels == 0).sum() <= image.size // 2
    alone = watershed_segment(image, surface="image", lines=True)
    assert_array_equal(alone, connected_regions(alone))


@given(st.data())
def test_without_least_depth_each_minimum_has_a_region(data):
    image = data.draw(images())
    connectivity = data.draw(st.integers(1, 2))
    labels = watershed_segment(image, surface="image", min_depth=0, connectivity=connectivity)
    minima = minima_of(image, connectivity)
    names = [np.unique(labels[minima == name]).tolist() for name in range(1, minima.max() + 1)]
    assert all(len(found) == 1 for found in names)
    assert len({found[0] for found in names}) == len(names)
    assert_array_equal(labels, connected_regions(labels, connectivity=connectivity))


@given(st.integers(0, 2**32 - 1), st.sampled_from([np.uint16, np.float32, np.float64]), st.integers(1, 3))
def test_without_ties_each_deep_minimum_has_one_region(seed, dtype, connectivity):
    shape = (4, 4, 5) if connectivity == 3 else (7, 9)
    levels = np.random.default_rng(seed).permutation(np.prod(shape)).reshape(shape).astype(dtype)
    depths = dynamics(levels.astype(float), connectivity)
    for least in (0, 5, 20, 40):
        labels = watershed_segment(
            levels, surface="image", min_depth=least, connectivity=connectivity, channel_axis=None
        )
        assert labels.max() == np.count_nonzero(depths >= least)
        assert_array_equal(labels, connected_regions(labels, connectivity=connectivity))


def same_regions(one, other):
    """Names aside."""
    pairs = np.unique(np.stack([one.ravel(), other.ravel()]), axis=1).shape[1]
    return pairs == len(np.unique(one)) == len(np.unique(other))


TURNS = [np.flipud, np.fliplr, np.transpose, np.rot90]


@pytest.mark.large
@pytest.mark.parametrize("seed", [5, 43, 156, 184, 267])
def test_the_order_in_which_passes_are_found_does_not_count(seed):
    """Noise in which a basin that cannot choose between two equals meets one of them again, higher up."""
    image = np.random.default_rng(seed).integers(0, 256, (60, 60)).astype(np.uint8)
    labels = watershed_segment(image, surface="image")
    for turn in TURNS:
        assert same_regions(turn(labels), watershed_segment(turn(image), surface="image")), turn


@given(st.data(), st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 20, 255]), st.integers(1, 3))
def test_turned_noise_has_turned_regions(data, seed, highest, size):
    """Noise, or plateaus of some pixels, from minima; with lines, depths, masks and bands of few pixels, too."""
    image = np.random.default_rng(seed).integers(0, highest, (8, 11), endpoint=True)
    image = image.repeat(size, axis=0).repeat(size, axis=1)[:16, :23]
    image = image.astype(data.draw(st.sampled_from([np.uint8, np.uint16, np.float32])))
    options = {"surface": "image", "connectivity": data.draw(st.integers(1, 2)), "lines": data.draw(st.booleans())}
    depth = data.draw(st.sampled_from([None, 0, 2, 30, 100]))
    mask = np.random.default_rng(seed + 1).random(image.shape) < data.draw(st.sampled_from([0.8, 2]))
    labels = watershed_segment(image, min_depth=depth, mask=mask, **options)
    turn = data.draw(st.sampled_from(TURNS))
    with band_size(data.draw(st.sampled_from([50, BAND_PIXELS]))):
        turned = watershed_segment(turn(image), min_depth=depth, mask=turn(mask), **options)
    assert same_regions(turn(labels), turned)


def test_a_basin_that_cannot_choose_waits():
    """The middle one runs over into two equals at 4, and is found to meet one of them at 5, too."""
    pairs, heights = np.array([1 << 32 | 2, 2 << 32 | 3, 1 << 32 | 2]), np.array([4.0, 4.0, 5.0])
    lows, ranks = np.array([0.0, 1, 3, 1]), np.array([0, 0, 1, 0])
    links = basins.DepthLinks(np.arange(4), np.full(4, np.inf))
    basins._link(pairs, heights, lows, ranks, *links)
    assert_array_equal(basins.groups_below(links, 3), [0, 1, 2, 3])
    assert_array_equal(basins.groups_below(links, 3.5), [0, 1, 1, 1])


@given(st.data())
def test_regional_minima_have_no_lower_neighbor(data):
    levels = data.draw(images(highest=data.draw(st.integers(1, 9))))
    connectivity = data.draw(st.integers(1, 2))
    found = regional_minima(levels, as_image(levels), connectivity)
    assert_array_equal(found, minima_of(levels, connectivity))


@given(images(dtype="f4"), st.integers(0, 2**32 - 1))
def test_the_lowest_levels_of_labels(levels, seed):
    labels = np.random.default_rng(seed).integers(0, 4, levels.shape).astype(np.int32)
    expected = [levels[labels == name].min(initial=np.inf) for name in range(1, 4)]
    assert_array_equal(lowest_levels(labels, levels - 7, 3), [0, *np.subtract(expected, 7)])


def test_a_flat_image_is_split_in_the_middle():
    markers = np.zeros((3, 9), np.int32)
    markers[:, 0], markers[:, -1] = 8, 3
    expected = np.repeat([[8, 8, 8, 8, 3, 3, 3, 3, 3]], 3, axis=0)
    for surface in ("image", "gradient"):
        assert_array_equal(watershed_segment(np.full((3, 9), 7), markers=markers, surface=surface), expected)
    lined = watershed_segment(np.full((3, 9), 7), markers=markers, lines=True)
    assert_array_equal(lined, np.repeat([[8, 8, 8, 8, 0, 3, 3, 3, 3]], 3, axis=0))


def test_a_tie_goes_to_the_neighbor_nearest_in_value():
    image = [[5, 9, 7]]  # the middle is reached from both sides at the level 9
    flat = np.array([[5, 6, 7], [9, 9, 9]])
    assert_array_equal(watershed_segment(image, markers=[[1, 0, 2]], surface="image"), [[1, 1, 2]])
    markers = [[0, 0, 0], [1, 0, 2]]
    assert_array_equal(watershed_segment(flat, markers=markers, surface="image", connectivity=2)[1], [1, 1, 2])


def test_compactness_rounds_regions_in_units_of_spacing():
    image = np.random.default_rng(0).random((30, 30))
    markers = np.zeros((30, 30), np.int32)
    markers[10, 10], markers[20, 20] = 1, 2
    rows, columns = np.indices(image.shape)
    one, other = (np.hypot(2 * (rows - c), columns - c) for c in (10, 20))
    labels = watershed_segment(image, markers=markers, surface="image", compactness=1e6, spacing=(2, 1))
    apart = abs(one - other) > 1e-5
    assert_array_equal(labels[apart], np.where(one < other, 1, 2)[apart])
    assert (labels != watershed_segment(image, markers=markers, surface="image")).any()


def test_large_names_stay():
    names = [5, 2**31 - 1]
    markers = np.array([[5, 0, 0, names[1]]])
    assert_array_equal(
        watershed_segment([[1, 2, 3, 1]], markers=markers, surface="image"), [[5, 5, names[1], names[1]]]
    )


def test_markers_everywhere_stay():
    markers = np.arange(1, 21).reshape(4, 5)
    for options in ({}, {"lines": True}, {"compactness": 2}):
        assert_array_equal(watershed_segment(np.eye(4, 5), markers=markers, **options), markers)


def test_points_and_missing_values():
    image = np.array([[1.0, np.nan, 1.0, 2.0]])
    assert_array_equal(watershed_segment(image, markers=[(0, 2)], surface="image"), [[0, 0, 1, 1]])
    assert_array_equal(watershed_segment(image, surface="image"), [[1, 0, 2, 2]])
    assert_array_equal(watershed_segment([[7]], markers=(0, 0)), [[1]])
    assert_array_equal(watershed_segment([[7]], lines=True, compactness=1), [[1]])


@given(st.data())
def test_a_volume_is_flooded_like_its_slices_where_these_do_not_touch(data):
    image = data.draw(images((2, 4, 5)))
    volume = np.stack([image[0], np.zeros_like(image[0]), image[1]]).astype(float)
    volume[1] = np.nan
    markers = np.zeros((3, 4, 5), np.int32)
    markers[0, 0, 0], markers[0, 3, 4], markers[2, 1, 1] = 1, 2, 3
    labels = watershed_segment(volume, markers=markers, surface="image", channel_axis=None)
    for plane in (0, 2):
        alone = watershed_segment(volume[plane], markers=markers[plane], surface="image")
        assert_array_equal(labels[plane], alone)


def test_color_and_luminance():
    image = data_of_two_colors()
    labels = watershed_segment(image, markers=[(0, 0), (0, 5)])
    assert_array_equal(labels, np.repeat([[1, 1, 1, 2, 2, 2]], 4, axis=0))
    with pytest.raises(ValueError, match="4 channels"):
        watershed_segment(np.zeros((4, 6, 4)), surface="image")


def data_of_two_colors():
    image = np.zeros((4, 6, 3), np.uint8)
    image[:, :3, 0], image[:, 3:, 1] = 200, 60
    return image


@pytest.mark.large
def test_the_default_finds_the_coins():
    image = data.coins()
    labels = watershed_segment(image)
    assert 20 <= labels.max() <= 300
    steep = gradient_magnitude(image, sigma=1)
    assert steep[region_boundaries(labels)].mean() > 5 * steep.mean()
    assert 20 <= watershed_segment(data.astronaut()).max() <= 1000


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"surface": "value"}, ValueError, "'gradient' or 'image'"),
        ({"sigma": -1}, ValueError, "sigma"),
        ({"min_depth": -1}, ValueError, "min_depth"),
        ({"min_depth": 1, "markers": [(0, 0)]}, ValueError, "min_depth is 1 and markers are given"),
        ({"compactness": -0.1}, ValueError, "compactness"),
        ({"lines": 1}, TypeError, "True or False"),
        ({"connectivity": 3}, ValueError, "connectivity"),
        ({"markers": [(9, 9)]}, ValueError, "outside"),
        ({"markers": np.zeros((4, 5), int)}, ValueError, "name no pixel"),
        ({"markers": [(0, 0)], "mask": np.zeros((4, 5), bool)}, ValueError, "take no part"),
        ({"spacing": 0}, ValueError, "spacing"),
    ],
)
def test_mistakes_are_named(options, error, message):
    with pytest.raises(error, match=message):
        watershed_segment(np.zeros((4, 5)), **options)

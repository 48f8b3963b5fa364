"""Watershed trees: by depth the cuts of `watershed_segment`, by area and volume the extinction values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from strategies import images, masks

from classicseg import cut_tree, set_workers, watershed_segment, watershed_tree


def same_regions(one, other):
    """Names aside."""
    return len(np.unique(one * 10_000 + other)) == len(np.unique(one)) == len(np.unique(other))


@given(st.data(), st.integers(1, 2))
def test_a_cut_by_depth_is_a_watershed(data, connectivity):
    image = data.draw(images())
    options = {"surface": "image", "connectivity": connectivity, "mask": None}
    if data.draw(st.booleans()):
        options["mask"] = data.draw(masks(image.shape))
    tree = watershed_tree(image, **options)
    for depth in {0.0, 1.0, 2.5, 30.0, *np.nextafter(tree.heights[-3:], 0).tolist(), *tree.heights[-3:].tolist()}:
        if not 0 < depth < 1e-150:
            assert_array_equal(cut_tree(tree, height=depth), watershed_segment(image, min_depth=depth, **options))


def test_the_gradient_is_flooded_as_by_the_watershed():
    image = np.random.default_rng(0).integers(0, 255, (9, 12, 3)).astype(np.uint8)
    tree = watershed_tree(image)
    levels = cut_tree(tree, height=[0, 0.7, 2])
    for depth, labels in zip([0, 0.7, 2], levels, strict=True):
        assert_array_equal(labels, watershed_segment(image, min_depth=depth))
    assert 1 < levels[1].max() < levels[0].max()


def by_definition(image, order):
    """The merges of basins as sets of pixels, with the extinction values of the lesser ones, in their order.

    Pairs of neighbors in ascending order of their difference, pixel by pixel, right before down.
    """
    height, width = image.shape
    places, levels = range(image.size), image.ravel().astype(int).tolist()
    beside = [(i, i + 1) for i in places if (i + 1) % width]
    beside += [(i, i + width) for i in places if i // width + 1 < height]
    pairs = [(abs(levels[a] - levels[b]), a, b) for a, b in beside]
    zones = {frozenset([pixel]): (0.0, 0.0, 0) for pixel in range(image.size)}  # held, volume, since
    basins, merges = {pixel: {pixel} for pixel in range(image.size)}, []
    for level in sorted({weight for weight, _, _ in pairs}):
        met = {}
        for weight, a, b in sorted(pairs):
            one, other = (next(zone for zone in zones if pixel in zone) for pixel in (a, b))
            if weight != level or one == other:
                continue
            for zone in (one, other):
                if zone not in met:
                    held, volume, since = zones[zone]
                    if held > 0:
                        volume += len(zone) * (level - since)
                    met[zone] = (len(zone) if held > 0 else 0) if order == "area" else volume, volume
            least = min(met[one][0], met[other][0])
            if least > 0:
                merges.append((least, a, b))
            else:
                joined = basins[a] | basins[b]
                basins.update(dict.fromkeys(joined, joined))
            met[one | other] = max(met[one][0], met[other][0]), met[one][1] + met[other][1]
            del zones[one], zones[other]
            zones[one | other] = None
        zones = {zone: (1.0, met[zone][1], level) if zone in met else was for zone, was in zones.items()}
    return basins, merges


@pytest.mark.parametrize("order", ["area", "volume"])
@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 5, 256]))
def test_heights_are_extinction_values(order, seed, highest):
    image = np.random.default_rng(seed).integers(0, highest, (4, 5)).astype(np.uint8)
    basins, merges = by_definition(image, order)
    tree = watershed_tree(image, order=order, sigma=0)
    firsts = np.array([min(basins[pixel]) for pixel in range(image.size)]).reshape(image.shape)
    assert same_regions(tree.regions, firsts)
    assert_array_equal(tree.heights[int(tree.regions.max()) :], sorted(height for height, _, _ in merges))
    for height in {0.0, 1.0, *tree.heights.tolist()}:
        names = firsts.copy()
        for least, a, b in merges:
            if least <= height:
                names[names == names.flat[a]] = names.flat[b]
        assert same_regions(cut_tree(tree, height=height), names)


@pytest.mark.parametrize("order", ["area", "volume"])
@given(st.integers(0, 2**32 - 1))
def test_values_that_differ_leave_nothing_to_the_order_of_pixels(order, seed):
    """Volumes with masks: the basins are those of the watershed, and turn with the image."""
    shape = 3, 4, 3
    image = np.random.default_rng(seed).permutation(np.prod(shape)).reshape(shape).astype(np.float32)
    mask = np.random.default_rng(seed + 1).random(shape) < 0.8
    options = {"surface": "image", "order": order, "connectivity": 2, "channel_axis": None}
    tree = watershed_tree(image, mask=mask, **options)
    assert_array_equal(tree.regions > 0, mask)
    assert_array_equal(tree.regions, watershed_tree(image, mask=mask, **{**options, "order": "depth"}).regions)
    for axis in range(3):
        turned = watershed_tree(np.flip(image, axis), mask=np.flip(mask, axis), **options)
        assert_array_equal(turned.heights, tree.heights)
        for height in np.unique(tree.heights).tolist():
            assert same_regions(np.flip(cut_tree(tree, height=height), axis), cut_tree(turned, height=height))


@pytest.mark.parametrize("turn", [np.flipud, np.fliplr, np.transpose])
@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 20, 256]))
def test_cuts_by_depth_turn_with_the_image(turn, seed, highest):
    image = np.random.default_rng(seed).integers(0, highest, (6, 7)).astype(np.uint8)
    tree, turned = (watershed_tree(values, surface="image") for values in (image, turn(image)))
    for height in [0, 1, 3, 10, 50]:
        assert same_regions(turn(cut_tree(tree, height=height)), cut_tree(turned, height=height))


@pytest.mark.parametrize("order", ["depth", "area", "volume"])
def test_what_every_order_keeps(order):
    image = np.random.default_rng(0).integers(0, 255, (9, 8)).astype(np.uint8)
    tree = watershed_tree(image, order=order, sigma=0)
    scaled = watershed_tree(image.astype(np.uint16) * 257, order=order, sigma=0)
    assert_array_equal(scaled.regions, tree.regions)
    assert_allclose(scaled.heights, tree.heights * (1 if order == "area" else 257), rtol=1e-5)
    wide = watershed_tree(image, order=order, sigma=0, surface="image", spacing=(2, 3))
    plain = watershed_tree(image, order=order, sigma=0, surface="image")
    assert_array_equal(wide.areas, plain.areas * 6)
    assert_array_equal(wide.heights, plain.heights * (1 if order == "depth" else 6))
    assert_array_equal(watershed_tree([[5]], order=order).regions, [[1]])
    assert_array_equal(watershed_tree(np.full((3, 4), 7), order=order).regions, 1)
    empty = watershed_tree([[1, 2]], order=order, mask=np.zeros((1, 2), bool))
    assert len(empty.parents) == 0 and not empty.regions.any()


@pytest.mark.jit
@pytest.mark.parametrize("order", ["depth", "area"])
def test_any_number_of_workers_makes_the_same_tree(order):
    image = np.random.default_rng(3).integers(0, 50, (200, 300)).astype(np.uint8)
    trees = []
    for n_workers in (1, 4):
        with set_workers(n_workers):
            trees.append(watershed_tree(image, order=order))
    for one, other in zip(*trees, strict=True):
        assert_array_equal(one, other)


def test_wrong_words():
    with pytest.raises(ValueError, match="order is 'height'"):
        watershed_tree([[1, 2]], order="height")
    with pytest.raises(ValueError, match="surface is 'edges'"):
        watershed_tree([[1, 2]], surface="edges")

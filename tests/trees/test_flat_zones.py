"""Flat zones: a cut is the components of steps up to its height, whatever the image."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from classicseg import cut_tree, flat_zone_tree, region_growing_segment, set_workers
from classicseg._core.bands import band_size
from classicseg._core.image import as_image
from classicseg.growing.difference_components import difference_components


@st.composite
def cases(draw):
    """An image, and options that go with it."""
    shape = draw(st.sampled_from([(1, 1), (1, 8), (6, 5), (2, 3, 4)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    channels = draw(st.sampled_from([(), (2,), (3,)]))
    image = rng.integers(0, draw(st.sampled_from([2, 9, 256])), (*shape, *channels))
    dtype = draw(st.sampled_from([np.uint8, np.uint16, np.int64, np.float32, np.float64]))
    image = image.astype(dtype) * dtype(1 if np.issubdtype(dtype, np.integer) else 0.1)
    return image, {
        "connectivity": draw(st.integers(1, len(shape))),
        "norm": draw(st.sampled_from(["euclidean", "maximum"])),
        "channel_axis": -1 if channels else None,
        "mask": rng.random(shape) < draw(st.sampled_from([0.7, 1])),
    }


@given(cases())
def test_a_cut_is_what_steps_connect(case):
    image, options = case
    parsed = as_image(image, channel_axis=options["channel_axis"], mask=options["mask"])
    with band_size(7):
        tree = flat_zone_tree(image, **options)
    n = int(tree.regions.max())
    assert_array_equal(tree.heights[:n], 0)
    assert_array_equal(tree.areas[:n], np.bincount(tree.regions.ravel(), minlength=n + 1)[1:])
    heights = np.unique(np.concatenate([tree.heights, tree.heights + 0.3, np.nextafter(tree.heights, 0)]))
    for height in heights.tolist():
        if 0 < height < 1e-150:
            continue
        parts = difference_components(parsed, height, options["norm"], options["connectivity"])
        assert_array_equal(cut_tree(tree, height=height), parts)


@given(cases(), st.sampled_from([np.flipud, np.fliplr]))
def test_cuts_turn_with_the_image(case, turn):
    image, options = case
    if image.ndim - (options["channel_axis"] is not None) != 2:
        return
    tree = flat_zone_tree(image, **options)
    turned = flat_zone_tree(turn(image), **{**options, "mask": turn(options["mask"])})
    for name in ("heights",):
        assert_array_equal(getattr(turned, name), getattr(tree, name))
    for height in np.unique(tree.heights).tolist():
        one, other = turn(cut_tree(tree, height=height)), cut_tree(turned, height=height)
        assert len(np.unique(one * 10_000 + other)) == len(np.unique(one)) == len(np.unique(other))


def test_a_cut_grows_from_any_seed():
    image = np.random.default_rng(1).integers(0, 20, (6, 7))
    labels = cut_tree(flat_zone_tree(image), height=3)
    for seed in itertools.product((0, 3, 5), (0, 2, 6)):
        grown = region_growing_segment(image, seeds=seed, criterion="neighbor", tolerance=3)
        assert_array_equal(grown > 0, labels == labels[seed])


def test_heights_scale_with_the_image():
    image = np.random.default_rng(2).integers(0, 255, (9, 8, 3)).astype(np.uint8)
    tree, scaled = flat_zone_tree(image), flat_zone_tree(image.astype(np.uint16) * 257)
    assert_array_equal(scaled.regions, tree.regions)
    assert_array_equal(scaled.parents, tree.parents)
    np.testing.assert_allclose(scaled.heights, tree.heights * 257, rtol=1e-15)


def test_images_with_little_in_them():
    assert_array_equal(flat_zone_tree([[5]]).parents, [0])
    constant = flat_zone_tree(np.full((3, 4), 7))
    assert_array_equal(constant.regions, 1)
    assert_array_equal(constant.areas, [12])
    assert_array_equal(cut_tree(constant, n_segments=1), 1)
    empty = flat_zone_tree([[1, 2]], mask=np.zeros((1, 2), bool))
    assert empty.parents.shape == empty.heights.shape == empty.areas.shape == (0,)
    assert_array_equal(cut_tree(empty, height=[1, 2]), np.zeros((2, 1, 2)))
    holes = flat_zone_tree([[1.0, np.nan, 1.0]])
    assert_array_equal(holes.regions, [[1, 0, 2]])
    with pytest.raises(ValueError, match="the tree has 2 pieces"):
        cut_tree(holes, n_segments=1)


@pytest.mark.jit
def test_any_number_of_workers_makes_the_same_tree():
    image = np.random.default_rng(3).integers(0, 50, (300, 400)).astype(np.float32)
    trees = []
    for n_workers in (1, 4):
        with set_workers(n_workers):
            trees.append(flat_zone_tree(image))
    for one, other in zip(*trees, strict=True):
        assert_array_equal(one, other)

"""Seeded: some pixels have their label before, and the others get theirs from them.

A segmenter keeps these laws where it takes seeds, whether it needs them or not.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import images, marker_images, masks, scenes

import classicseg
from classicseg.types import kind_of
from laws.common import Laws, seeds_option
from laws.turns import TURNS

SEEDED = Laws()


def draw_scene(data):
    """An image, a mask with at least a pixel, and seeds on pixels that take part."""
    image = data.draw(images() | scenes())
    mask = data.draw(st.just(np.ones(image.shape, bool)) | masks(image.shape).filter(np.any))
    return image, mask, data.draw(marker_images(mask))


def with_seeds(segment, image, seeds, **options):
    return segment(image, **{seeds_option(segment): seeds}, **options)


@SEEDED.law
def seeds_keep_their_labels(segment, data):
    image, mask, seeds = draw_scene(data)
    labels = with_seeds(segment, image, seeds, mask=mask)
    assert labels.dtype == np.int32
    assert labels.shape == image.shape
    assert_array_equal(labels[seeds > 0], seeds[seeds > 0])
    assert set(labels.ravel().tolist()) <= {0, *seeds.ravel().tolist()}


@SEEDED.law
def the_caller_s_names_stay(segment, data):
    """Other names in the same order, and with gaps between them, are the names of the same segments."""
    image, mask, seeds = draw_scene(data)
    names = np.array([0, *sorted(data.draw(st.sets(st.integers(1, 10**6), min_size=9, max_size=9)))])
    labels = with_seeds(segment, image, seeds, mask=mask)
    assert_array_equal(with_seeds(segment, image, names[seeds], mask=mask), names[labels])


@SEEDED.law
def points_under_their_label_are_a_marker_image(segment, data):
    image, mask, seeds = draw_scene(data)
    points = {label: np.argwhere(seeds == label) for label in np.unique(seeds[seeds > 0]).tolist()}
    expected = with_seeds(segment, image, seeds, mask=mask)
    assert_array_equal(with_seeds(segment, image, points, mask=mask), expected)


@SEEDED.law
def what_is_masked_is_0_and_touches_nothing(segment, data):
    image, mask, seeds = draw_scene(data)
    labels = with_seeds(segment, image.astype(float), seeds, mask=mask)
    assert_array_equal(labels[~mask], 0)
    holes = np.where(mask, image, data.draw(st.sampled_from([np.nan, np.inf])))
    assert_array_equal(with_seeds(segment, holes, seeds), labels)


@SEEDED.law
def what_no_seed_reaches_is_0(segment, data):
    """Where the labels are regions, a path of neighbors leads from each pixel to a seed of its label."""
    if kind_of(partial(segment, **{seeds_option(segment): None})) == "classes":
        return
    image, mask, seeds = draw_scene(data)
    labels = with_seeds(segment, image, seeds, mask=mask)
    regions = classicseg.connected_regions(labels)
    assert set(regions[labels > 0].tolist()) <= set(regions[seeds > 0].tolist())


@SEEDED.law
def flipped_seeds_give_flipped_labels(segment, data):
    if kind_of(segment) == "superpixels":  # of equally near pixels the first in raster order joins first
        return
    image, mask, seeds = draw_scene(data)
    name = data.draw(st.sampled_from(sorted(TURNS)))
    turn = TURNS[name]
    expected = turn(with_seeds(segment, image, seeds, mask=mask))
    assert_array_equal(with_seeds(segment, turn(image), turn(seeds), mask=turn(mask)), expected, name)

"""Arcs: sums in loops are those of the definition, joined ones are those of the joined regions, and nothing
depends on where the image begins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from classicseg import contour_strengths, cut_tree
from classicseg.learning.fitting import Boosting, fit_forest
from classicseg.trees.arcs import cracks as cracks_module
from classicseg.trees.arcs import fitting, planes, regions, strips
from classicseg.trees.arcs.arcs import Boundaries, arcs_of, joined, strengths_of
from classicseg.trees.arcs.cracks import batches_of, bounds_of, cracks_of
from classicseg.trees.arcs.features import FIRST_FEATURES, LATER_FEATURES, features_of
from classicseg.trees.arcs.planes import bins_of_levels, levels_of
from classicseg.trees.arcs.stages import ArcStages, finest_arcs, tree_by_stages

TURNS = {
    "down": (np.flipud, lambda angles: np.where(angles > 0, 256 - angles, 0)),
    "across": (np.fliplr, lambda angles: np.where(angles > 0, 256 - angles, 0)),
    "transposed": (np.transpose, lambda angles: (128 - angles) % 256),
}
"""What each does with an image, and with angles in 256 steps of half a turn."""


def random_image(seed, shape, *, with_mask=False):
    """Steps of Lab, who takes part, and boundaries with angles in 256 steps."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(-300, 300, (3, *shape)).cumsum(axis=1).cumsum(axis=2).clip(-5000, 5000).astype(np.int16)
    steps[0] = np.abs(steps[0])
    inside = rng.random(shape) < 0.9 if with_mask else np.ones(shape, bool)
    strengths = (rng.integers(0, 9, shape) / 8).astype(np.float32) * inside
    return steps, inside, strengths, rng.integers(0, 256, shape)


def boundaries_of(strengths, angles):
    return Boundaries(strengths, (angles * (np.pi / 256)).astype(np.float32))


def row_set(table):
    """The columns of a table in an order of their own."""
    return table[:, np.lexsort(table)]


SHAPES = st.tuples(st.integers(1, 14), st.integers(1, 14))


@given(st.integers(0, 2**32 - 1), SHAPES)
@settings(max_examples=20)
def test_sums_in_loops_are_those_of_the_definition(seed, shape):
    steps, inside, _, _ = random_image(seed, shape, with_mask=True)
    labels = np.random.default_rng(seed).integers(1, 4, shape).astype(np.int32) * inside
    levels, cracks = levels_of(steps, inside), cracks_of(labels)
    pixels = levels.reshape(4, -1), *bins_of_levels()
    tables = [np.zeros((4, regions.N_COLUMNS), np.int64) for _ in range(2)]
    for add, table in zip((regions._add_pixels, regions._add_pixels.numpy), tables, strict=True):
        add(labels.reshape(-1), *pixels, table)
    assert_array_equal(*tables)
    n = len(cracks.ends)
    tables = [np.zeros((2 * n, 2 * strips.N_COLUMNS), np.int32) for _ in range(2)]
    lines = bounds_of(cracks), cracks.here, cracks.there, np.int64(shape[1])
    for add, table in zip((strips._add_strips, strips._add_strips.numpy), tables, strict=True):
        for start, stop in ((0, n // 2), (n // 2, n)):
            add(*lines, *pixels, inside.reshape(-1).view(np.uint8), table, start, stop)
    assert_array_equal(*tables)


@given(st.integers(0, 2**32 - 1), SHAPES)
@settings(max_examples=20)
def test_gradients_in_loops_and_bands_are_those_of_the_definition(seed, shape):
    steps, inside, _, _ = random_image(seed, shape, with_mask=True)
    colors = levels_of(steps, inside)[:3]
    found = [np.empty(shape, np.uint16) for _ in range(3)]
    planes._magnitudes(colors, inside.view(np.uint8), found[0], 0, shape[0])
    planes._magnitudes.numpy(colors, inside.view(np.uint8), found[1], 0, shape[0])
    for y in range(shape[0]):
        planes._magnitudes.numpy(colors, inside.view(np.uint8), found[2], y, y + 1)
    assert_array_equal(found[0], found[1])
    assert_array_equal(found[0], found[2])


@given(st.integers(0, 2**32 - 1), SHAPES, st.sampled_from([1, 5, 2**17]))
@settings(max_examples=20)
def test_batches_are_whole_arcs_and_all_of_them(seed, shape, size):
    labels = np.random.default_rng(seed).integers(0, 5, shape).astype(np.int32)
    cracks = cracks_of(labels)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cracks_module, "_BATCH", size)
        parts = [(own, part) for own, part in batches_of(cracks)]
    firsts = [own.start for own, _ in parts]
    assert [*firsts, len(cracks.ends)] == [0, *(own.stop for own, _ in parts)]
    for name in ("ends", "here", "there"):
        joint = [getattr(part, name) for _, part in parts] or [getattr(cracks, name)]
        assert_array_equal(np.concatenate(joint), getattr(cracks, name))
    arcs = [part.arcs + own.start for own, part in parts] or [cracks.arcs]
    assert_array_equal(np.concatenate(arcs), cracks.arcs)


def test_a_line_ends_at_the_border_and_where_a_pixel_takes_no_part():
    inside = np.ones((1, 30), bool)
    inside[0, 25] = False
    labels = np.repeat([1, 2], [3, 27])[np.newaxis].astype(np.int32) * inside
    levels = levels_of(np.zeros((3, 1, 30), np.int16), inside)
    found = strips.strips_of(cracks_of(labels), levels, inside)
    assert_array_equal(found[0, :, :, 0], [[3, 0], [4, 8]])


@given(st.integers(0, 2**32 - 1), SHAPES)
@settings(max_examples=20)
def test_joined_arcs_are_those_of_joined_regions(seed, shape):
    rng = np.random.default_rng(seed)
    steps, inside, strengths, _ = random_image(seed, shape, with_mask=True)
    labels = np.unique(rng.integers(1, 9, shape) * inside, return_inverse=True)[1].reshape(shape)
    labels = (labels + inside.all()).astype(np.int32)
    n = int(labels.max())
    numbers = np.unique(rng.integers(0, max(n // 2, 1), n), return_inverse=True)[1].astype(np.int32)
    together = np.concatenate([[0], numbers + 1]).astype(np.int32)[labels]
    levels, boundaries = levels_of(steps, inside), Boundaries(strengths, None)

    def measure(labels):
        cracks = cracks_of(labels)
        return arcs_of(labels, cracks, levels, strengths_of(cracks, boundaries, shape), inside)

    before = measure(labels)
    found = joined(before, numbers, np.zeros(len(before.ends)))
    for own, wanted in zip(found, measure(together)[:-1], strict=False):
        assert_array_equal(own, wanted)


@given(st.integers(0, 2**32 - 1), SHAPES, st.sampled_from(sorted(TURNS)))
@settings(max_examples=20)
def test_a_turned_image_has_the_same_features(seed, shape, name):
    turn, turn_angles = TURNS[name]
    steps, inside, strengths, angles = random_image(seed, shape, with_mask=True)
    one = finest_arcs(steps, inside, boundaries_of(strengths, angles)).arcs
    turned = np.stack([turn(plane) for plane in steps])
    other = finest_arcs(turned, turn(inside), boundaries_of(turn(strengths), turn_angles(turn(angles)))).arcs
    assert_array_equal(row_set(features_of(one)), row_set(features_of(other)))
    assert len(features_of(one)) == len(FIRST_FEATURES)
    later = joined(one, np.arange(len(one.regions), dtype=np.int32) // 2, np.full(len(one.ends), 0.5))
    assert len(features_of(later)) == len(LATER_FEATURES)


@pytest.fixture(scope="module")
def stages():
    """Two stages that were fitted to little."""
    examples = []
    for seed in range(4):
        steps, inside, strengths, angles = random_image(seed, (24, 30))
        drawn = [np.random.default_rng(seed + k).random((24, 30)) < 0.1 for k in range(2)]
        examples.append(fitting.arc_example(steps, inside, boundaries_of(strengths, angles), drawn, []))
    forests = []
    for _ in range(2):
        parts = zip(*(fitting.arc_samples(one, np.random.default_rng(0)) for one in examples), strict=True)
        features, targets, weights = (np.concatenate(part, axis=-1) for part in parts)
        assert ((targets >= 0) & (targets <= 1)).all()
        assert np.isclose(weights.sum(), len(examples))
        forests.append(fit_forest(features, targets, weights=weights, boosting=Boosting(n_trees=5, depth=3)))
        examples = [fitting.advanced(one, forests[-1], 0.3) for one in examples]
    return ArcStages(tuple(forests), (0.3,))


@pytest.mark.parametrize("name", sorted(TURNS))
def test_a_turned_image_has_the_turned_tree(stages, name):
    turn, turn_angles = TURNS[name]
    steps, inside, strengths, angles = random_image(9, (20, 26), with_mask=True)
    found = finest_arcs(steps, inside, boundaries_of(strengths, angles))
    tree = tree_by_stages(found, stages)
    turned = np.stack([turn(plane) for plane in steps])
    found = finest_arcs(turned, turn(inside), boundaries_of(turn(strengths), turn_angles(turn(angles))))
    other = tree_by_stages(found, stages)
    for doubled in (False, True):
        assert_array_equal(
            turn(contour_strengths(tree, doubled=doubled)), contour_strengths(other, doubled=doubled)
        )
    assert_array_equal(tree.regions > 0, inside)
    assert tree.heights.max() <= 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (6, 1), (9, 9)])
def test_little_to_see(stages, shape):
    """Nothing between the pixels, nothing that takes part."""
    steps, inside, nothing = np.zeros((3, *shape), np.int16), np.ones(shape, bool), np.zeros(shape, np.float32)
    for part in (inside, ~inside):
        tree = tree_by_stages(finest_arcs(steps, part, Boundaries(nothing, nothing)), stages)
        assert_array_equal(cut_tree(tree, height=0), part.astype(np.int32))


def test_what_people_drew_near_an_arc():
    labels = np.repeat([1, 2], 5)[np.newaxis].repeat(7, axis=0).astype(np.int32)
    near, far = np.zeros((2, 7, 10), bool)
    near[:, 2], far[:, 1] = True, True
    near[0] = False
    cracks = cracks_of(labels)
    assert_array_equal(fitting.drawn_along(cracks, [near, far]), [3.0])  # one of two people, but for row 0

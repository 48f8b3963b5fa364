"""The tree by boundaries that people draw: the map, its arcs, and their scores."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from classicseg import (
    boundary_probability,
    boundary_tree,
    contour_segment,
    contour_strengths,
    contour_tree,
    cut_tree,
)
from classicseg.edges.learned.features import names
from classicseg.learning.fitting import Boosting, fit_forest
from classicseg.learning.model import BoundaryModel, ModelError
from classicseg.trees.arcs.merges import MERGE_FEATURES
from classicseg.trees.arcs.stages import ARC_FORESTS, MERGES


def model_of(features):
    """A model that has learned next to nothing."""
    forests = {}
    for seed, (name, asked) in enumerate(features.items()):
        rng = np.random.default_rng(seed)
        table = rng.integers(0, 255, (len(asked), 60)).astype(np.float32)
        forests[name] = fit_forest(table, rng.random(60), boosting=Boosting(n_trees=3, depth=2))
    return BoundaryModel(forests, dict(features), {})


@pytest.fixture(scope="module")
def model():
    return model_of({**names(), **ARC_FORESTS, MERGES: MERGE_FEATURES})


@pytest.fixture(scope="module")
def image():
    rng = np.random.default_rng(0)
    values = rng.integers(90, 110, (44, 60, 3))
    values[8:30, 10:30] += 60
    values[20:36, 34:46] -= 50
    return values.astype(np.uint8)


@pytest.mark.large
def test_without_a_model_it_is_the_contour_tree_of_the_map(image):
    found = boundary_probability(image, model=None)
    tree = contour_tree(found.strength, orientation=found.orientation)
    for own, wanted in zip(boundary_tree(image, model=None), tree, strict=True):
        assert_array_equal(own, wanted)
    known = model_of(names())  # it knows nothing of arcs
    found = boundary_probability(image, model=known)
    tree = contour_tree(found.strength, orientation=found.orientation)
    assert_array_equal(boundary_tree(image, model=known).heights, tree.heights)


@pytest.mark.large
def test_a_flipped_image_has_the_flipped_tree(image, model):
    mask = np.ones(image.shape[:2], bool)
    mask[:6, :9] = False
    tree = boundary_tree(image, model=model, mask=mask)
    assert_array_equal(tree.regions > 0, mask)
    for turn in (np.flipud, np.fliplr):
        turned = boundary_tree(turn(image), model=model, mask=turn(mask))
        one, other = (contour_strengths(found, doubled=True) for found in (tree, turned))
        assert_array_equal(turn(one), other)
    assert 0 < tree.heights.max() <= 1


@pytest.mark.large
def test_a_model_may_have_one_stage(image, model):
    one = model_of({**names(), "arcs_first": ARC_FORESTS["arcs_first"]})
    first, both = boundary_tree(image, model=one), boundary_tree(image, model=model)
    assert_array_equal(first.regions, both.regions)
    assert (first.heights <= 1).all() and (first.heights != both.heights).any()


def test_a_model_may_score_merges_again(image, model):
    known = model_of({**names(), **ARC_FORESTS})
    without, again = boundary_tree(image, model=known), boundary_tree(image, model=model)
    assert_array_equal(without.regions, again.regions)
    assert (without.heights != again.heights).any()
    assert_array_equal(np.sort(without.areas), np.sort(again.areas))


@pytest.mark.large
def test_segments_are_cuts(image, model):
    tree = boundary_tree(image, model=model)
    found = contour_segment(image, detector=lambda given: boundary_tree(given, model=model), n_segments=3)
    assert_array_equal(found, cut_tree(tree, n_segments=3))
    with pytest.raises(ValueError, match="detector returns a tree of"):
        contour_segment(image[1:], detector=lambda given: tree)


@pytest.mark.large
def test_values_under_the_mask_and_depth_do_not_count(image, model):
    mask = np.ones(image.shape[:2], bool)
    mask[10:15, 10:20] = False
    other = np.where(mask[..., np.newaxis], image, np.uint8(7))
    trees = [boundary_tree(own, model=model, mask=mask) for own in (image, other, image.astype(np.uint16) * 257)]
    for tree in trees[1:]:
        assert_array_equal(contour_strengths(trees[0]), contour_strengths(tree))


def test_other_features_are_refused(image, model):
    wrong = model._replace(features={**model.features, "arcs_second": ("length",)})
    with pytest.raises(ModelError, match="arcs_second"):
        boundary_tree(image, model=wrong)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (12, 12)])
def test_little_to_see(shape, model):
    assert_array_equal(cut_tree(boundary_tree(np.full(shape, 9, np.uint8), model=model), height=0), 1)

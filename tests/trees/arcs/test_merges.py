"""What is known of merges is what `joined` says of the regions as they are just before; no numbering shows."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from classicseg.learning.fitting import Boosting, fit_forest
from classicseg.trees.arcs import fitting, merges
from classicseg.trees.arcs.arcs import SCORE_STEPS, Boundaries, arcs_of, joined, strengths_of
from classicseg.trees.arcs.cracks import cracks_of
from classicseg.trees.arcs.merges import MERGE_FEATURES, merge_features, merge_tree_of, sums_of_nodes
from classicseg.trees.arcs.planes import levels_of
from classicseg.trees.arcs.stages import AGAIN, SALIENT_AREA, merges_up_to, numbers_after, scored_again


def some_arcs(seed, shape=(9, 11), n_regions=7):
    """Arcs of the cells of some points, with scores."""
    rng = np.random.default_rng(seed)
    points = rng.permutation(shape[0] * shape[1])[:n_regions]
    away = (
        np.indices(shape)[:, np.newaxis] - np.array(np.divmod(points, shape[1]))[..., np.newaxis, np.newaxis]
    ) ** 2
    regions = (away.sum(axis=0).argmin(axis=0) + 1).astype(np.int32)
    steps = rng.integers(0, 3000, (3, *shape)).astype(np.int16)
    inside = np.ones(shape, bool)
    cracks, boundaries = cracks_of(regions), Boundaries(rng.random(shape, np.float32), None)
    strengths = strengths_of(cracks, boundaries, shape)
    arcs = arcs_of(regions, cracks, levels_of(steps, inside), strengths, inside)
    return regions, arcs, np.rint(rng.random(len(arcs.lengths)) * SCORE_STEPS) / SCORE_STEPS


def a_forest():
    rng = np.random.default_rng(0)
    table = rng.random((len(MERGE_FEATURES), 80), np.float32)
    return fit_forest(table, rng.random(80), boosting=Boosting(n_trees=5, depth=3))


@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
@settings(max_examples=20)
def test_merges_are_of_the_regions_as_they_are_then(seed, n_regions):
    _, arcs, scores = some_arcs(seed, n_regions=n_regions)
    found = merges_up_to(np.inf, arcs, scores)
    tree = merge_tree_of(len(arcs.regions), found)
    row = merges._row_of(tree, len(arcs.regions))
    whole = merges._arcs_of_merges(arcs, np.rint(scores * SCORE_STEPS).astype(np.int64), tree, row)
    outlines = merges._outlines(arcs, whole, row)
    assert len(tree.children) == n_regions - 1
    pairs = tree.firsts[tree.children]
    for k, ends in enumerate(pairs):
        numbers = numbers_after(len(arcs.regions), pairs[:k])
        before = joined(arcs, numbers, scores)
        one, other = numbers[ends]
        turned = int(one > other)
        at = int(np.flatnonzero((before.ends == sorted((one, other))).all(axis=1))[0])
        for own, expected in zip(whole[1:5], before[1:5], strict=True):
            assert_array_equal(own[k], expected[at])
        assert_array_equal(whole.strips[k], before.strips[at, ::-1] if turned else before.strips[at])
        assert_array_equal(whole.scores[k], before.scores[at])
        for side, number in enumerate((one, other)):
            assert_array_equal(whole.regions[tree.children[k, side]], before.regions[number])
            around = before.lengths[(before.ends == number).any(axis=1)].sum()
            assert outlines[tree.children[k, side]] == around


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_numbers_of_regions_do_not_count(seed):
    _, arcs, scores = some_arcs(seed)
    features = merge_features(arcs, scores, merge_tree_of(len(arcs.regions), merges_up_to(np.inf, arcs, scores)))
    assert features.shape == (len(MERGE_FEATURES), 6) and np.isfinite(features).all()
    names = np.random.default_rng(seed).permutation(len(arcs.regions)).astype(np.int32)
    again = joined(arcs, names, scores)
    known = again.scores[:, 1] / SCORE_STEPS
    other = merge_features(
        again._replace(scores=arcs.scores), known, merge_tree_of(len(names), merges_up_to(np.inf, again, known))
    )
    assert_array_equal(other, features)


def test_scored_again():
    _, arcs, scores = some_arcs(1)
    found = merges_up_to(np.inf, arcs, scores)
    again = scored_again(a_forest(), arcs, scores, found)
    assert_array_equal(
        numbers_after(7, again.pairs[:3]), numbers_after(7, found.pairs[np.argsort(found.costs)[:3]])
    )
    most = np.sqrt(arcs.regions[:, 0].max() * 7 / SALIENT_AREA)
    own = again.costs - (1 - AGAIN) * merge_tree_of(7, found).heights[7:]
    assert (own >= 0).all() and (own <= AGAIN * most).all()
    one = arcs._replace(ends=arcs.ends[:0], lengths=arcs.lengths[:0], strips=arcs.strips[:0])
    one = one._replace(places=arcs.places[:0], gradients=arcs.gradients[:0], strengths=arcs.strengths[:0])
    one = one._replace(scores=arcs.scores[:0], regions=arcs.regions[:1])
    none = scored_again(a_forest(), one, scores[:0], merges_up_to(np.inf, one, scores[:0]))
    assert none.pairs.shape == (0, 2) and none.costs.shape == (0,)


def test_how_often_people_see_two_things():
    regions, arcs, scores = some_arcs(2)
    people = [(regions > 3).astype(np.int32), np.ones_like(regions)]
    counts = tuple(fitting._counts(regions, own) for own in people)
    rng = np.random.default_rng(0)
    forest = fit_forest(rng.random((74, 80), np.float32), rng.random(80), boosting=Boosting(n_trees=5, depth=3))
    example = fitting.merge_example(fitting.ArcExample(arcs, np.zeros(len(scores)), counts), forest)
    tree = merge_tree_of(7, merges_up_to(np.inf, arcs, fitting.scores_of(forest, fitting.features_of(arcs))))
    members = sums_of_nodes(np.eye(7, dtype=np.int64), tree)
    for k, ends in enumerate(tree.children):
        inside = [members[end][regions - 1] > 0 for end in ends]
        one, other = (people[0][own] for own in inside)
        apart = (one[:, np.newaxis] != other).mean() / 2
        assert_allclose(example.apart[k], apart)
        assert_allclose(example.parts[k], min(own.sum() for own in inside) / regions.size)

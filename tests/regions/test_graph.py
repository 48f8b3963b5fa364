"""The graph of regions equals one by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from strategies import shapes

import classicseg
from classicseg import merge_small_regions, region_graph
from classicseg._core.bands import band_size


def graph_by_hand(labels, values, strengths, connectivity, spacing):
    rows = {}
    for pixel in np.ndindex(labels.shape):
        for step in itertools.product((-1, 0, 1), repeat=labels.ndim):
            other = tuple(np.add(pixel, step))
            if step <= (0,) * labels.ndim or np.count_nonzero(step) > connectivity:
                continue
            if min(other) < 0 or any(i >= n for i, n in zip(other, labels.shape, strict=True)):
                continue
            a, b = sorted((int(labels[pixel]), int(labels[other])))
            if a > 0 and a != b:
                face = np.prod([s for s, d in zip(spacing, step, strict=True) if d == 0])
                row = rows.setdefault((a, b), [0.0, []])
                row[0] += face if np.count_nonzero(step) == 1 else 0.0
                row[1].append(max(strengths[pixel], strengths[other]))
    pairs = sorted(rows)
    means = {label: values[labels == label].mean(axis=0) for label in np.unique(labels)}
    return (
        np.array(pairs).reshape(-1, 2),
        np.array([rows[pair][0] for pair in pairs]),
        np.array([means[b] - means[a] for a, b in pairs]).reshape(-1, values.shape[-1]),
        np.array([np.mean(rows[pair][1]) for pair in pairs]),
    )


@given(st.data())
def test_the_graph_equals_one_by_hand(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), 1, 5))
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    labels = rng.integers(0, 5, shape) * 3
    values, strengths = rng.integers(0, 99, (*shape, 2)), rng.integers(0, 9, shape) / 7
    connectivity = data.draw(st.integers(1, len(shape)))
    spacing = data.draw(st.tuples(*[st.sampled_from([0.5, 1.0, 3.0])] * len(shape)))
    with band_size(4):
        found = region_graph(
            labels, values, boundaries=strengths, connectivity=connectivity, channel_axis=-1, spacing=spacing
        )
        with classicseg.set_workers(3):
            again = region_graph(labels, boundaries=strengths, connectivity=connectivity)
    expected = graph_by_hand(labels, values, strengths, connectivity, spacing)
    assert_array_equal(found.pairs, expected[0])
    for ours, theirs in zip(found[1:], expected[1:], strict=True):
        assert_allclose(ours, theirs, rtol=1e-12)
    assert_array_equal(again.borders, found.borders)
    assert again.differences.shape == (len(found.pairs), 0)


@given(st.integers(0, 999))
def test_borders_are_flip_exact(seed):
    rng = np.random.default_rng(seed)
    labels, strengths = rng.integers(1, 4, (6, 7)), (rng.random((6, 7)) * 10.0 ** rng.integers(-9, 9, (6, 7)))
    graph, flipped = (
        region_graph(labels, boundaries=strengths),
        region_graph(labels[::-1], boundaries=strengths[::-1]),
    )
    assert_array_equal(graph.borders, flipped.borders)


def test_many_pairs_grow_the_table():
    labels = np.arange(1, 4901).reshape(70, 70)
    graph = region_graph(labels, boundaries=np.ones((70, 70)), connectivity=2)
    assert len(graph.pairs) == 2 * 70 * 69 + 2 * 69 * 69
    assert graph.borders.min() == graph.borders.max() == 1


def test_mistakes_are_named():
    labels = np.array([[1, 2]])
    for options, message in [
        ({"image": [[1, 2, 3]]}, "image has spatial shape"),
        ({"boundaries": [[1, np.nan]]}, "not finite"),
        ({"boundaries": [[1]]}, "boundaries has shape"),
        ({"connectivity": 3}, "connectivity"),
    ]:
        with pytest.raises(ValueError, match=message):
            region_graph(labels, **options)
    graph = region_graph([[1, 2]], [[np.nan, 3.0]])
    assert np.isnan(graph.differences).all()


def test_small_regions_join_the_nearest():
    labels, image = [[7, 7, 2, 9, 9]], [[5, 5, 6, 9, 9]]
    assert merge_small_regions(labels, image, min_area=2).tolist() == [[1, 1, 1, 2, 2]]
    assert merge_small_regions(labels, image, min_area=1).tolist() == [[2, 2, 1, 3, 3]]
    assert merge_small_regions(labels, image, min_area=3, spacing=2).tolist() == [[2, 2, 1, 3, 3]]
    assert merge_small_regions([[0, 0]], [[1, 1]], min_area=1e100).tolist() == [[0, 0]]
    with pytest.raises(ValueError, match="not finite in a segment"):
        merge_small_regions(labels, [[5, 5, np.nan, 9, 9]], min_area=2)
    with pytest.raises(ValueError, match="spatial shape"):
        merge_small_regions(labels, [[5, 5]], min_area=2)

"""Outlines, rasterized, are the labels again; simplified, they keep what touches what."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from strategies import shapes

import classicseg
from classicseg import connected_regions, region_outlines
from classicseg._core.bands import band_size


@st.composite
def label_images(draw, most=12):
    """Noise, or blobs of any size, with gaps in the labels."""
    shape = draw(shapes(2, 1, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    noise = rng.random(shape)
    for _ in range(draw(st.integers(0, 3))):
        noise = ndimage.uniform_filter(noise, 3)
    n_labels = draw(st.integers(1, 6))
    ranks = noise.ravel().argsort().argsort().reshape(shape)
    return ranks * n_labels // noise.size * draw(st.sampled_from([1, 3, 10**8]))


def filled(rings, shape):
    """The pixels within rings along the edges of pixels: each vertical edge turns all to the right of it."""
    inside = np.zeros(shape, bool)
    for ring in rings:
        for (row, column), (below, beside) in zip(ring.tolist(), np.roll(ring, -1, axis=0).tolist(), strict=True):
            assert (row == below) != (column == beside)
            if column == beside:
                inside[min(row, below) : max(row, below), column:] ^= True
    return inside


def rasterized(outlines, shape):
    labels = np.zeros(shape, np.int64)
    for label, exterior, holes in outlines.polygons():
        inside = filled([exterior, *holes], shape)
        assert not labels[inside].any()
        labels[inside] = label
    return labels


def area_of(ring):
    """The signed area, by the shoelace formula, of (x, y)."""
    y, x = ring.astype(np.int64).T
    return (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2


def points_of(outlines, turned=lambda points: points):
    return sorted(map(tuple, turned(outlines.points).tolist()))


def edges_of(outlines):
    """The directed edges of all rings."""
    return [
        edge
        for polygon in outlines.polygons()
        for ring in (polygon.exterior, *polygon.holes)
        for edge in zip(map(tuple, ring.tolist()), map(tuple, np.roll(ring, -1, axis=0).tolist()), strict=True)
    ]


def crosses(first, second):
    """Whether two edges have more in common than ends of both."""
    (a, b), (c, d) = first, second

    def side(p, q, r):
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    def is_inside(p, q, r):  # r on the edge, but no end of it
        between = all(min(p[i], q[i]) <= r[i] <= max(p[i], q[i]) for i in (0, 1))
        return side(p, q, r) == 0 and between and r not in (p, q)

    if is_inside(a, b, c) or is_inside(a, b, d) or is_inside(c, d, a) or is_inside(c, d, b):
        return True
    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


@given(label_images())
def test_rasterized_they_are_the_labels(labels):
    with band_size(16):
        outlines = region_outlines(labels)
    assert_array_equal(rasterized(outlines, labels.shape), labels)
    assert (np.diff(outlines.label) >= 0).all()
    pieces = connected_regions(labels)
    assert len(outlines.label) == pieces.max()
    for polygon in outlines.polygons():
        rings = [polygon.exterior, *polygon.holes]
        assert [area_of(ring) > 0 for ring in rings] == [True] + [False] * len(polygon.holes)
        assert all(len(np.unique(ring, axis=0)) == len(ring) for ring in rings)
    with classicseg.set_workers(3):
        for ours, again in zip(outlines, region_outlines(labels), strict=True):
            assert_array_equal(ours, again)


def test_five_hundred_label_images_come_back():
    rng = np.random.default_rng(0)
    for number in range(500):
        shape = rng.integers(1, 9, 2)
        labels = rng.integers(0, 2 + number % 4, shape) * (1 + number % 3)
        assert_array_equal(rasterized(region_outlines(labels), shape), labels)


def test_they_are_those_worked_out_by_hand():
    (ring,) = region_outlines([[0, 0], [0, 7]]).polygons()
    assert ring.label == 7
    assert ring.exterior.tolist() == [[1, 1], [1, 2], [2, 2], [2, 1]]
    touching = list(region_outlines([[1, 0], [0, 1]]).polygons())
    assert [polygon.exterior.tolist()[0] for polygon in touching] == [[0, 0], [1, 1]]
    around = list(region_outlines([[1, 1, 1], [1, 0, 1], [1, 1, 0]]).polygons())
    assert len(around) == 1
    assert around[0].exterior.tolist() == [[0, 0], [0, 3], [2, 3], [2, 2], [3, 2], [3, 0]]
    assert around[0].holes[0].tolist() == [[1, 2], [1, 1], [2, 1], [2, 2]]
    long, *_ = region_outlines([[1, 1, 1], [2, 2, 3]]).polygons()
    assert long.exterior.tolist() == [[0, 0], [0, 3], [1, 3], [1, 2], [1, 0]]
    nothing = region_outlines(np.zeros((2, 3), int), tolerance=1)
    assert [len(part) for part in nothing] == [0, 0, 1, 1]
    assert list(nothing.polygons()) == []
    assert nothing.points.shape == (0, 2)


@given(label_images(), st.sampled_from([0.0, 1.0, 3.0]))
def test_flips_and_turns_of_labels_are_those_of_points(labels, tolerance):
    rows, columns = labels.shape
    outlines = region_outlines(labels, tolerance=tolerance)
    flipped = region_outlines(labels[::-1], tolerance=tolerance)
    assert points_of(flipped) == points_of(outlines, lambda points: points * [-1, 1] + [rows, 0])
    turned = region_outlines(np.rot90(labels), tolerance=tolerance)
    assert points_of(turned) == points_of(outlines, lambda points: points[:, ::-1] * [-1, 1] + [columns, 0])


@given(label_images(), st.sampled_from([0.5, 0.8, 1.5, 4.0, 1e100]))
def test_simplified_they_keep_what_touches_what(labels, tolerance):
    outlines = region_outlines(labels)
    with band_size(512):
        simple = region_outlines(labels, tolerance=tolerance)
    assert_array_equal(simple.label, outlines.label)
    assert_array_equal(simple.polygon_starts, outlines.polygon_starts)
    assert np.diff(simple.ring_starts).min(initial=3) >= 3
    assert set(points_of(simple)) <= set(points_of(outlines))
    directed = edges_of(simple)
    assert len(set(directed)) == len(directed)
    kept = {frozenset(edge) for edge in directed}
    distinct = [tuple(edge) for edge in kept]
    assert not any(crosses(*pair) for pair in itertools.combinations(distinct, 2))
    for ours, exact in zip(simple.polygons(), outlines.polygons(), strict=True):
        for ring, before in zip([ours.exterior, *ours.holes], [exact.exterior, *exact.holes], strict=True):
            assert area_of(ring) * area_of(before) > 0
            assert _farthest(before, ring) <= tolerance + 1e-9


def _farthest(points, ring):
    """How far the farthest of points is from a ring."""
    ends, points = np.roll(ring, -1, axis=0).astype(float), points[:, np.newaxis].astype(float)
    along = ends - ring
    share = (((points - ring) * along).sum(-1) / (along**2).sum(-1)).clip(0, 1)
    return np.hypot(*np.moveaxis(points - ring - share[..., np.newaxis] * along, -1, 0)).min(axis=1).max()


def test_simplified_lines_are_straight_and_shared():
    labels = np.where(np.arange(40) > np.arange(30)[:, np.newaxis], 1, 2)
    simple = list(region_outlines(labels, tolerance=1).polygons())
    assert [len(polygon.exterior) for polygon in simple] == [6, 5]
    assert region_outlines(labels, tolerance=0.3).points.shape == region_outlines(labels).points.shape
    lens = [[2, 2, 2, 2], [2, 1, 1, 2], [3, 1, 1, 3], [3, 3, 3, 3]]  # between two lines with the same ends
    for polygon in region_outlines(lens, tolerance=9).polygons():
        assert area_of(polygon.exterior) > 0


def test_rings_are_valid_for_others():
    shapely = pytest.importorskip("shapely", reason="shapely is not installed")
    labels = ndimage.zoom(np.random.default_rng(1).integers(0, 5, (12, 12)), 4, order=1)
    for tolerance in (0, 1, 3):
        polygons = [
            shapely.Polygon(polygon.exterior[:, ::-1], [hole[:, ::-1] for hole in polygon.holes])
            for polygon in region_outlines(labels, tolerance=tolerance).polygons()
        ]
        assert all(polygon.is_valid for polygon in polygons)
        assert shapely.coverage_is_valid(polygons)
    exact = [(polygon.label, area_of(polygon.exterior)) for polygon in region_outlines(labels).polygons()]
    assert len(exact) == connected_regions(labels).max()


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="expected a plane"):
        region_outlines(np.ones((2, 2, 2), int))
    with pytest.raises(ValueError, match="tolerance is -1"):
        region_outlines([[1]], tolerance=-1)
    with pytest.raises(TypeError, match="tolerance"):
        region_outlines([[1]], tolerance="1")

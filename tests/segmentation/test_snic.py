"""SNIC beside its definition: a queue of pixels by their distance to the means that grow."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from strategies import shapes

from classicseg import snic_segment
from classicseg._core.grid import neighbor_offsets
from classicseg.metrics import segment_connectivity
from classicseg.superpixels.nearest_growth import grow_nearest


def grown_by_definition(seeds, inside, colors, steps, connectivity):
    """Entries are (distance, pixel, label); a pixel belongs to the first of its entries."""
    shape = seeds.shape
    padded = np.pad(np.where(inside, seeds, -1), 1, constant_values=-1).ravel()
    features = np.concatenate([colors, np.indices(shape) * steps.reshape(-1, *(1,) * len(shape))])
    features = np.pad(features.astype(float), [(0, 0)] + [(1, 1)] * len(shape)).reshape(len(features), -1).T
    offsets, heap = neighbor_offsets(shape, connectivity), []
    members = {name: list(np.flatnonzero(padded == name)) for name in range(1, seeds.max() + 1)}

    def reach(node, name):
        mean = features[members[name]].mean(axis=0)
        for other in node + offsets:
            if padded[other] == 0:
                distance = np.float32(np.square(features[other] - mean).sum())
                heapq.heappush(heap, (distance, other, name))

    for node in np.flatnonzero(padded > 0):
        reach(node, padded[node])
    while heap:
        _, node, name = heapq.heappop(heap)
        if padded[node] == 0:
            padded[node] = name
            members[name].append(node)
            reach(node, name)
    grid = padded.reshape([length + 2 for length in shape])[(slice(1, -1),) * len(shape)]
    return np.maximum(grid, 0)


@given(st.integers(1, 3), st.integers(0, 10**6), st.data())
def test_growth_equals_its_definition(ndim, seed, data):
    shape = data.draw(shapes(ndim, 1, (20, 7, 4)[ndim - 1]))
    rng = np.random.default_rng(seed)
    inside = rng.random(shape) < 0.9
    colors = rng.integers(0, 6, (2, *shape)).astype(np.float32)  # whole numbers and halves: many are equally near
    seeds = np.where(rng.random(shape) < 0.2, rng.integers(1, 5, shape), 0) * inside
    if not seeds.any():
        return
    _, compact = np.unique(seeds, return_inverse=True)
    seeds = (compact.reshape(shape) + (0 if (seeds == 0).any() else 1)).astype(np.int32)
    steps, connectivity = rng.choice([0.0, 0.5, 2.0], ndim), int(rng.integers(1, ndim + 1))
    expected = grown_by_definition(seeds, inside, colors, steps, connectivity)
    assert_array_equal(grow_nearest(seeds, inside, colors, steps, connectivity), expected)


@given(st.integers(1, 4), st.integers(0, 10**6), st.data())
def test_as_many_as_asked_and_each_in_one_piece(ndim, seed, data):
    shape = data.draw(shapes(ndim, 1, (30, 9, 5, 3)[ndim - 1]))
    rng = np.random.default_rng(seed)
    mask = ndimage.gaussian_filter(rng.random(shape), 1) < 0.5
    n = data.draw(st.integers(1, max(1, mask.size // 3)))
    image = rng.random(shape)
    assert snic_segment(image, n_segments=n, channel_axis=None).max() == n
    labels = snic_segment(image, n_segments=n, channel_axis=None, mask=mask)
    assert_array_equal(labels > 0, mask)
    if mask.any():
        n_pieces = ndimage.label(mask)[1]
        assert max(min(n, mask.sum()), n_pieces) <= labels.max() <= n + n_pieces - 1
        assert segment_connectivity(labels) == 1


def test_the_names_of_seeds_stay():
    image = [[1.0, 1, 1, 9, 9, np.nan, 4]]
    markers = [[0, 7, 0, 0, 3, 0, 0]]
    expected = [[7, 7, 7, 3, 3, 0, 0]]
    assert_array_equal(snic_segment(image, seeds=markers), expected)
    assert_array_equal(snic_segment(image, seeds={7: [(0, 1)], 3: [(0, 4)]}), expected)
    assert_array_equal(snic_segment(image, seeds=[(0, 4), (0, 1)]), [[2, 2, 2, 1, 1, 0, 0]])


def test_scaling_changes_nothing():
    image = np.random.default_rng(1).integers(0, 99, (9, 11)).astype(np.uint8)
    labels = snic_segment(image, n_segments=6)
    assert_array_equal(labels, snic_segment(image * np.uint16(256), n_segments=6))
    assert_array_equal(labels, snic_segment(image / 1024, n_segments=6))
    given = snic_segment(image, n_segments=6, compactness=20)
    assert_array_equal(given, snic_segment(image / 1024, n_segments=6, compactness=20 / 1024))
    far = snic_segment(image * 1e140, n_segments=6, compactness=1e149)
    assert far.max() == 6


def test_mistakes_are_told():
    image = np.zeros((4, 5))
    with pytest.raises(ValueError, match="n_segments"):
        snic_segment(image, n_segments=0)
    with pytest.raises(ValueError, match="compactness"):
        snic_segment(image, compactness=-1)
    with pytest.raises(ValueError, match="connectivity"):
        snic_segment(image, connectivity=3)
    with pytest.raises(ValueError, match="outside the image"):
        snic_segment(image, seeds=[(9, 9)])
    with pytest.raises(ValueError, match="color_space"):
        snic_segment(image, color_space="hsv")

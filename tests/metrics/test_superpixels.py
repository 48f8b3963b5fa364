"""Superpixels by their definitions, pixel by pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage
from strategies import label_pairs

from classicseg.metrics import (
    achievable_accuracy,
    boundary_recall,
    compactness,
    contour_density,
    count_control,
    explained_variation,
    segment_connectivity,
    undersegmentation_error,
)


@given(label_pairs())
def test_leaks_and_majorities(pair):
    truth, labels = pair
    leak = best = 0
    for name in np.unique(labels):
        inside = [np.sum((labels == name) & (truth == one)) for one in np.unique(truth)]
        best += max(inside)
        leak += sum(min(part, np.sum(labels == name) - part) for part in inside)
    assert undersegmentation_error(truth, labels) == pytest.approx(leak / truth.size)
    assert achievable_accuracy(truth, labels) == pytest.approx(best / truth.size)
    each = np.arange(truth.size).reshape(truth.shape)
    for fine in (truth, each):
        assert undersegmentation_error(truth, fine) == 0
        assert achievable_accuracy(truth, fine) == 1


@given(label_pairs())
def test_several_truths_count_by_their_mean(pair):
    truth, labels = (array.reshape(1, -1) for array in pair)
    for score in (undersegmentation_error, achievable_accuracy):
        both = score([truth, labels], labels)
        assert both == pytest.approx((score(truth, labels) + score(labels, labels)) / 2)


def sides(labels, inside):
    """Pixels with a neighbor of another label, both inside."""
    found = np.zeros(labels.shape, bool)
    for here in np.ndindex(labels.shape):
        for axis, step in np.ndindex(labels.ndim, 2):
            there = tuple(i + (2 * step - 1) * (a == axis) for a, i in enumerate(here))
            if inside[here] and all(0 <= i < n for i, n in zip(there, labels.shape, strict=True)):
                found[here] |= inside[there] and labels[there] != labels[here]
    return found


@given(label_pairs(), st.sampled_from([0.0, 0.07, 0.2, 9.0]), st.integers(0, 99))
def test_recall_is_of_boundaries_two_pixels_wide(pair, tolerance, seed):
    truth, labels = pair
    inside = np.random.default_rng(seed).random(truth.shape) < 0.8
    inside.flat[0] = True
    reach = int(tolerance * math.hypot(*truth.shape) + 0.5)
    found = np.argwhere(sides(labels, inside))
    near = [(np.abs(found - pixel).max(axis=1) <= reach).any() for pixel in np.argwhere(sides(truth, inside))]
    recall = boundary_recall(truth, labels, tolerance=tolerance, mask=inside)
    assert recall == pytest.approx(np.mean(near) if near else 1)


def test_recall_counts_the_pixels_of_all_truths():
    truths = [np.array([[1, 1, 1, 1, 2, 2]]), np.array([[1, 1, 2, 2, 3, 3]])]
    assert boundary_recall(truths, truths[0]) == 4 / 6
    assert boundary_recall(truths, truths[0], worst=True) == 0.5


@given(label_pairs())
def test_the_worst_of_several_truths(pair):
    truth, labels = (array.reshape(1, -1) for array in pair)
    for score, worse in ((undersegmentation_error, max), (achievable_accuracy, min), (boundary_recall, min)):
        each = [score(one, labels) for one in (truth, labels)]
        assert score([truth, labels], labels, worst=True) == worse(each)
        assert score(truth, labels, worst=True) == each[0]


def boundary(labels, inside):
    """Pixels with a neighbor ahead of another label, both inside."""
    found = np.zeros(labels.shape, bool)
    for here in np.ndindex(labels.shape):
        ahead = tuple(slice(index, index + 2) for index in here)
        found[here] = inside[here] and np.any((labels[ahead] != labels[here]) & inside[ahead])
    return found


@given(label_pairs(), st.data())
def test_numbers_pieces_and_contours(pair, data):
    labels = pair[0].astype(int)
    inside = data.draw(hnp.arrays(bool, labels.shape))
    names = np.unique(labels[labels > 0])
    assert count_control(labels, n_segments=4) == len(names) / 4
    if len(names):
        pieces = sum(ndimage.label(labels == name)[1] for name in names)
        assert segment_connectivity(labels) == len(names) / pieces
    if inside.any():
        assert contour_density(labels, mask=inside) == boundary(labels, inside).sum() / inside.sum()
    assert contour_density(labels) == boundary(labels, np.ones_like(inside)).mean()


@given(label_pairs(), st.data())
def test_variation_is_explained_by_means(pair, data):
    labels = pair[0].astype(int)
    image = data.draw(hnp.arrays(np.float64, (*labels.shape, 2), elements=st.integers(0, 9)))
    inside = labels > 0
    if not inside.any():
        with pytest.raises(ValueError, match="no pixel takes part"):
            explained_variation(image, labels, channel_axis=-1)
        return
    means = np.stack([image[labels == name].mean(axis=0) for name in labels[inside]])
    middle = image[inside].mean(axis=0)
    total = np.square(image[inside] - middle).sum()
    expected = np.square(means - middle).sum() / total if total else 1
    assert explained_variation(image, labels, channel_axis=-1) == pytest.approx(expected)
    each = np.arange(1, labels.size + 1).reshape(labels.shape)
    assert explained_variation(image, each, channel_axis=-1) == pytest.approx(1)


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=7), elements=st.integers(0, 3)))
def test_compact_segments_have_short_perimeters(labels):
    if not labels.any():
        with pytest.raises(ValueError, match="labels are all 0"):
            compactness(labels)
        return
    padded = np.pad(labels, 1)
    expected = 0
    for name in np.unique(labels[labels > 0]):
        members = padded == name
        perimeter = sum(
            np.sum(members & (np.roll(padded, step, axis) != name)) for axis in (0, 1) for step in (1, -1)
        )
        expected += 4 * math.pi * members.sum() / perimeter**2 * members.sum() / np.sum(labels > 0)
    assert compactness(labels) == pytest.approx(expected)
    assert compactness(labels.T) == pytest.approx(expected)


def test_mistakes_are_told():
    with pytest.raises(ValueError, match=r"labels have shape \(1, 2\); expected the image's spatial shape"):
        explained_variation([[1, 2, 3]], [[1, 2]])
    with pytest.raises(ValueError, match=r"labels have shape \(2,\); expected a plane"):
        compactness([1, 2])
    with pytest.raises(ValueError, match="labels are all 0"):
        segment_connectivity([[0, 0]])
    with pytest.raises(ValueError, match="mask is False everywhere"):
        contour_density([[1, 2]], mask=[[False, False]])
    with pytest.raises(ValueError, match="n_segments"):
        count_control([[1, 2]], n_segments=0)
    with pytest.raises(TypeError, match="worst"):
        undersegmentation_error([[1, 2]], [[1, 2]], worst=1)

"""The curve of local variance equals that of each cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from strategies import images

from classicseg import choose_scale, cut_tree, merge_tree


@given(images((5, 6)) | images((4, 5), n_channels=3))
def test_local_variance_is_that_of_the_cuts(image):
    tree = merge_tree(image, criterion="ward")
    curve = choose_scale(tree, image, n_scales=5)
    values = image.reshape(*image.shape[:2], -1).astype(float)
    for height, n_segments, variance in zip(curve.heights, curve.n_segments, curve.local_variance, strict=True):
        labels = cut_tree(tree, height=height)
        assert labels.max() == n_segments
        expected = np.mean([values[labels == label].std(axis=0).mean() for label in range(1, n_segments + 1)])
        assert_allclose(variance, expected, rtol=1e-9, atol=1e-9)
    assert curve.height in curve.heights


def test_degenerate_trees():
    flat = choose_scale(merge_tree(np.zeros((3, 4))), np.zeros((3, 4)))
    assert flat.height == 0
    assert flat.n_segments.tolist() == [1]
    nothing = np.full((2, 2), np.nan)
    assert choose_scale(merge_tree(nothing), nothing).n_segments.tolist() == [0]


@given(st.integers(3, 9))
def test_as_many_scales_as_asked(n_scales):
    image = np.arange(12.0).reshape(3, 4) ** 2
    assert len(choose_scale(merge_tree(image, criterion="mean"), image, n_scales=n_scales).rate) == n_scales


def test_mistakes_are_named():
    image = np.arange(12.0).reshape(3, 4)
    tree = merge_tree(image, criterion="ward")
    for wrong, options, message in [
        (image[:2], {}, "spatial shape"),
        (np.where(image == 3, np.nan, image), {}, "not finite in a region"),
        (image, {"n_scales": 2}, "n_scales"),
    ]:
        with pytest.raises(ValueError, match=message):
            choose_scale(tree, wrong, **options)
    with pytest.raises(TypeError, match="RegionTree"):
        choose_scale(image, image)

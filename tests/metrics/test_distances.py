"""Distances of surfaces: SciPy's and SimpleITK's where they define the same, and all pairs of surface pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import ndimage
from scipy.spatial.distance import cdist
from skimage import metrics as peer
from strategies import label_pairs

from classicseg.metrics import average_surface_distance, hausdorff, hausdorff95


def surface(members):
    """Pixels with a face on what is outside, or on the border of the image."""
    return members & ~ndimage.binary_erosion(members, border_value=0)


@given(label_pairs(most=1), st.sampled_from([1.0, 0.3]))
def test_all_pairs_of_surface_pixels_say_the_same(pair, step):
    truth, labels = (array > 0 for array in pair)
    spacing = [step, *[1.0] * (truth.ndim - 1)]
    found = [score(truth, labels, spacing=spacing) for score in (hausdorff, hausdorff95, average_surface_distance)]
    if not (truth.any() and labels.any()):
        assert found == [math.inf if truth.any() or labels.any() else 0.0] * 3
        return
    between = cdist(*(np.argwhere(surface(members)) * spacing for members in (truth, labels)))
    ways = between.min(axis=1), between.min(axis=0)
    expected = max(way.max() for way in ways), max(np.percentile(way, 95) for way in ways)
    assert_allclose(found, [*expected, np.concatenate(ways).mean()])
    back = [score(labels, truth, spacing=spacing) for score in (hausdorff, hausdorff95, average_surface_distance)]
    assert_allclose(back, found)
    assert hausdorff(truth, truth) == average_surface_distance(truth, truth) == 0


@given(label_pairs(most=1))
def test_scikit_image_agrees_on_surfaces(pair):
    one, other = (surface(array > 0) for array in pair)
    if one.any() and other.any():
        assert hausdorff(one, other) == pytest.approx(peer.hausdorff_distance(surface(one), surface(other)))


def test_simpleitk_agrees_in_space():
    sitk = pytest.importorskip("SimpleITK")
    grid = np.indices((20, 24, 28))
    first = (np.square(grid - np.array([9, 12, 13])[:, None, None, None]).sum(axis=0) < 49).astype(np.uint8)
    second = np.roll(first, (2, 3, 4), (0, 1, 2))
    images = [sitk.GetImageFromArray(array) for array in (first, second)]
    for image in images:
        image.SetSpacing((1.0, 1.0, 2.5))
    measure = sitk.HausdorffDistanceImageFilter()
    measure.Execute(*images)
    assert hausdorff(first, second, spacing=(2.5, 1, 1)) == pytest.approx(measure.GetHausdorffDistance())


def test_one_label_at_a_time():
    with pytest.raises(ValueError, match="truth holds the labels 1 and 2 beside 0; expected one"):
        hausdorff([[1, 2]], [[1, 1]])

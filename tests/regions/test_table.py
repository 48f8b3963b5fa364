"""Label images: against scipy, scikit-image and brute force."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from strategies import classes, neighbor_pairs, with_connectivity

from classicseg import label_means, region_boundaries, region_table


@settings(deadline=None)
@given(with_connectivity())
def test_region_boundaries_by_brute_force(case):
    labels, connectivity = case
    expected = np.zeros(labels.shape, bool)
    for pixel, other in neighbor_pairs(labels.shape, connectivity):
        if labels[pixel] > 0 and labels[other] != labels[pixel]:
            expected[pixel] = True
    found = region_boundaries(labels, connectivity=connectivity)
    assert found.dtype == bool
    np.testing.assert_array_equal(found, expected)


@settings(deadline=None)
@given(
    classes(hnp.array_shapes(min_dims=2, max_dims=3, max_side=7)),
    st.sampled_from([0, 1, 3]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_region_table_is_scikit_image_s(labels, n_channels, spaced, seed):
    measure = pytest.importorskip("skimage.measure")
    rng = np.random.default_rng(seed)
    image = rng.normal(100, 30, (*labels.shape, n_channels)) if n_channels else rng.normal(100, 30, labels.shape)
    spacing = tuple(rng.uniform(0.3, 4, labels.ndim)) if spaced else (1.0,) * labels.ndim
    axis = -1 if n_channels else None
    table = region_table(labels, image, channel_axis=axis, spacing=spacing if spaced else None)
    ids = np.unique(labels[labels > 0])
    np.testing.assert_array_equal(table.label, ids)
    ndim, width = labels.ndim, max(n_channels, 1)
    assert table.centroid.shape == (len(ids), ndim)
    assert table.bounding_box.shape == (len(ids), 2 * ndim)
    assert table.mean.shape == (len(ids), width)
    if not len(ids):
        return
    theirs = measure.regionprops_table(
        labels, image, properties=["label", "area", "centroid", "bbox", "mean_intensity"], spacing=spacing
    )
    np.testing.assert_array_equal(table.label, theirs["label"])
    np.testing.assert_allclose(table.area, theirs["area"])
    np.testing.assert_allclose(table.centroid, np.stack([theirs[f"centroid-{a}"] for a in range(ndim)], axis=1))
    boxes = np.stack([theirs[f"bbox-{i}"] for i in range(2 * ndim)], axis=1)
    np.testing.assert_array_equal(table.bounding_box, boxes)
    names = [f"mean_intensity-{c}" for c in range(n_channels)] if n_channels else ["mean_intensity"]
    np.testing.assert_allclose(table.mean, np.stack([theirs[name] for name in names], axis=1))


def test_region_table_without_an_image_has_no_means():
    table = region_table([[0, 3, 3], [1, 0, 3]])
    assert table.label.tolist() == [1, 3]
    assert table.area.tolist() == [1, 3]
    assert table.mean.shape == (2, 0)
    assert (table.label.dtype, table.area.dtype, table.bounding_box.dtype) == (np.int32, np.float64, np.int64)


def test_region_table_of_nothing():
    table = region_table(np.zeros((3, 4), int), np.zeros((3, 4, 3)))
    assert [column.shape for column in table] == [(0,), (0,), (0, 2), (0, 4), (0, 3)]


def test_region_table_leaves_out_of_the_means_what_is_masked_or_not_finite():
    image = np.ma.masked_array([[1.0, np.nan, 5.0, 7.0, np.inf]], [[False, False, False, True, False]])
    table = region_table([[1, 1, 2, 2, 3]], image)
    np.testing.assert_array_equal(table.mean[:, 0], [1, 5, np.nan])
    assert table.area.tolist() == [2, 2, 1]


def test_region_table_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match=r"image has spatial shape \(3, 2\); expected the labels' shape \(2, 3\)"):
        region_table(np.ones((2, 3), int), np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"spacing has 3 numbers"):
        region_table(np.ones((2, 3), int), spacing=[1, 1, 1])
    with pytest.raises(ValueError, match=r"expected the labels' shape \(2, 3, 3\)"):
        region_table(np.ones((2, 3, 3), int), np.zeros((2, 3, 3)))


@pytest.mark.large
def test_region_table_sums_in_float64():
    image = np.full((1500, 1500), 16_777_217.0)
    image[0, 0] = 0
    table = region_table(np.ones(image.shape, np.uint8), image)
    np.testing.assert_allclose(table.mean[0, 0], 16_777_217.0 * (1 - 1 / image.size), rtol=1e-14)
    float32 = np.full((1500, 1500), np.float32(0.1))
    np.testing.assert_allclose(
        region_table(np.ones(image.shape, np.uint8), float32).mean, np.float32(0.1), rtol=1e-9
    )


@pytest.mark.parametrize("far", [None, 1e5, -1e30, 1e150])
def test_means_are_rounded_once_and_turn_with_the_image(far):
    rng = np.random.default_rng(0)
    labels, image = rng.integers(1, 4, (20, 30)), rng.normal(0.1, 1, (20, 30))
    image[labels == 2] = 0.1  # the mean of which is 0.1
    if far is not None:
        image[labels == 3] += np.where(rng.random(image[labels == 3].shape) < 0.1, far, 0)
        image[5, 5] = -far
    found = region_table(labels, image)
    parts = [image[labels == n].tolist() for n in (1, 2, 3)]
    exact = [float(sum(map(Fraction, part)) / len(part)) for part in parts]
    np.testing.assert_array_equal(found.mean[:, 0], exact)
    np.testing.assert_array_equal(region_table(labels[::-1, ::-1], image[::-1, ::-1]).mean, found.mean)
    np.testing.assert_array_equal(label_means(labels, image), np.append(0, exact)[labels])

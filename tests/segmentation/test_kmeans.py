"""k-means: optimal on a line, never rising by Lloyd, the same over pixels and over distinct colors."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from skimage import data
from strategies import images

from classicseg import kmeans_assign, kmeans_fit, kmeans_segment
from classicseg._core.image import as_image
from classicseg.segmentation import kmeans


def inertia(pixels, centers):
    return ((pixels[:, np.newaxis] - centers) ** 2).sum(axis=2).min(axis=1).sum()


@given(hnp.arrays(np.float64, st.integers(1, 12), elements=st.integers(-9, 9)), st.integers(1, 4))
def test_one_channel_is_the_optimum_of_all_partitions(values, k):
    levels = np.unique(values)
    best = np.inf
    for split in combinations(levels[1:], min(k, len(levels)) - 1):
        labels = np.searchsorted(split, values, side="right")
        best = min(
            best, sum(((values[labels == c] - values[labels == c].mean()) ** 2).sum() for c in np.unique(labels))
        )
    result = kmeans_fit(values, n_clusters=k)
    assert_allclose(result.inertia, best, atol=1e-9)
    assert len(result.centers) == min(k, len(levels))
    assert result.counts.sum() == len(values)


@given(images(n_channels=3), st.integers(1, 5), st.integers(0, 9))
def test_results_agree_with_themselves(image, k, seed):
    result = kmeans_fit(image, n_clusters=k, rng=seed)
    pixels = image.reshape(-1, 3).astype(float)
    labels = kmeans_segment(image, n_clusters=k, rng=seed)
    assert_array_equal(labels, kmeans_assign(image, result.centers))
    assert_array_equal(np.bincount(labels.ravel(), minlength=len(result.centers) + 1)[1:], result.counts)
    assert_allclose(result.inertia, inertia(pixels, result.centers), rtol=1e-9, atol=1e-9)
    luminance = result.centers @ [0.2125, 0.7154, 0.0721]
    assert (np.diff(luminance) >= 0).all()
    if result.converged:
        means = [pixels[labels.ravel() == c].mean(axis=0) for c in range(1, len(result.centers) + 1)]
        assert_allclose(result.centers, means, atol=1e-9)
    assert len(result.centers) <= min(k, len(np.unique(pixels, axis=0)))
    if k >= len(np.unique(pixels, axis=0)):
        assert result.inertia == 0


@given(images(n_channels=2), st.integers(1, 4))
def test_distinct_colors_with_counts_are_the_pixels(image, k):
    parsed = as_image(image)
    points, counts = kmeans._weighted_points(parsed)
    assert counts.sum() == image[..., 0].size
    repeated = np.repeat(points, counts, axis=0)
    assert_array_equal(repeated, np.sort(image.reshape(-1, 2).view("u1,u1").ravel()).view("u1").reshape(-1, 2))
    by_color = kmeans._fit_lloyd(points, counts, k, 50, np.random.default_rng(0))
    by_pixel = kmeans._fit_lloyd(repeated, np.ones(len(repeated), np.int64), k, 50, np.random.default_rng(0))
    assert_allclose(by_color.centers, by_pixel.centers)
    assert_array_equal(by_color.counts, by_pixel.counts)


@given(images(n_channels=3, dtype="f4"), st.integers(1, 5))
def test_inertia_never_rises(image, k):
    found = [kmeans_fit(image, n_clusters=k, max_iter=n).inertia for n in range(1, 8)]
    assert all(after <= before + 1e-6 for before, after in pairwise(found))


@given(st.data())
def test_kernels_equal_their_definitions(data):
    n, c, k = data.draw(st.tuples(st.integers(1, 30), st.integers(1, 4), st.integers(1, 5)))
    points = data.draw(hnp.arrays(np.uint8, (n, c))).astype(data.draw(st.sampled_from(["u1", "f4", "f8"])))
    counts = data.draw(hnp.arrays(np.int64, n, elements=st.integers(1, 99)))
    centers = data.draw(hnp.arrays(np.float64, (k, c), elements=st.integers(0, 255)))
    start = data.draw(st.integers(0, n - 1))
    for kernel, arrays in [
        (kmeans._nearest, (points, centers)),
        (kmeans._assign_and_sum, (points, counts, centers)),
    ]:
        one, other = np.zeros(n, np.int32), np.zeros(n, np.int32)
        found, expected = kernel(*arrays, one, start, n), kernel.numpy(*arrays, other, start, n)
        assert_array_equal(one, other)
        if expected is not None:
            assert_allclose(found, expected, rtol=1e-12)
    one, other = np.full(n, np.inf), np.full(n, np.inf)
    kmeans._closer(points, centers[0], one, start, n)
    kmeans._closer.numpy(points, centers[0], other, start, n)
    assert_array_equal(one, other)


@pytest.mark.large
def test_a_photograph_converges_to_a_fixed_point():
    image = data.astronaut()
    pixels = image.reshape(-1, 3).astype(float)
    result = kmeans_fit(image, n_clusters=8)
    assert result.converged
    # a full run from the centers found changes nothing: it is a fixed point of Lloyd's iteration over the pixels
    labels = kmeans_assign(image, result.centers).ravel()
    means = np.stack([pixels[labels == c].mean(axis=0) for c in range(1, 9)])
    assert_allclose(means, result.centers, rtol=1e-9)


@pytest.mark.large
def test_constant_images_give_the_true_mean_however_large():
    image = np.full((3000, 4000), 0.1, np.float32)
    assert_allclose(kmeans_fit(image).centers, [[np.float64(np.float32(0.1))]], rtol=1e-12)
    assert_array_equal(np.unique(kmeans_segment(image)), [1])


def test_an_emptied_cluster_starts_again_at_the_farthest_point():
    points = np.array([[0.0, 0], [1, 0], [10, 0], [50, 0]])
    moved = kmeans._start_again(points, np.array([[0.5, 0], [99, 99]]), np.array([False, True]))
    assert_array_equal(moved, [[0.5, 0], [50, 0]])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_clusters": 0}, ValueError, "n_clusters is 0"),
        ({"n_clusters": 2.5}, TypeError, "n_clusters is 2.5"),
        ({"max_iter": 0}, ValueError, "max_iter is 0"),
        ({"rng": -1}, ValueError, "rng is -1"),
        ({"rng": "seed"}, TypeError, "rng is 'seed'"),
    ],
)
def test_mistakes(options, error, message):
    for function in (kmeans_segment, kmeans_fit):
        with pytest.raises(error, match=message):
            function([[1, 2]], **options)


@pytest.mark.parametrize(
    ("centers", "error", "message"),
    [
        ([], ValueError, "shape"),
        ([[1, 2]], ValueError, r"shape \(1, 2\); expected \(n, 1\)"),
        ([np.nan], ValueError, "finite"),
        (["a"], TypeError, "dtype"),
    ],
)
def test_mistaken_centers(centers, error, message):
    with pytest.raises(error, match=message):
        kmeans_assign([[1, 2]], centers)


def test_many_channels():
    image = np.random.default_rng(0).integers(0, 99, (6, 7, 12)).astype(np.uint8)
    assert kmeans_segment(image, channel_axis=-1).max() == 4
    assert kmeans_fit(image, channel_axis=2).centers.shape == (4, 12)

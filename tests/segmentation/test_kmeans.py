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

from classicseg import kmeans_assign, kmeans_fit, kmeans_segment, pixel_histogram, rgb_to_lab
from classicseg.clustering import features
from classicseg.filters.color import as_lab


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


@pytest.mark.parametrize("far", [-9999, -(2.0**31), 1e10, 1e20, -3.4028234663852886e38, 1e150])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_a_value_far_away_leaves_the_clusters_of_all_others(far, n_channels):
    rng = np.random.default_rng(1)
    own = rng.normal(np.repeat([[100], [150], [220]], 20, axis=0), 3, (60, n_channels))
    own = own.astype(np.float64 if abs(far) > 1e40 else np.float32)
    image = np.concatenate([np.full((15, n_channels), far, own.dtype), own])[np.newaxis]
    options = {"n_clusters": 4, "channel_axis": -1, "n_init": 5}
    first, parts = int(far < 0), own.astype(np.float64).reshape(3, 20, -1)
    found, labels = kmeans_fit(image, **options), kmeans_segment(image, **options)[0]
    assert_array_equal(found.counts, [15, 20, 20, 20] if first else [20, 20, 20, 15])
    assert_allclose(found.centers[first : first + 3], parts.mean(axis=1), rtol=1e-12)
    assert_allclose(found.inertia, sum(((part - part.mean(axis=0)) ** 2).sum() for part in parts), rtol=1e-9)
    assert_array_equal(labels[15:], np.repeat([1, 2, 3], 20) + first)
    assert_array_equal(kmeans_assign(image, found.centers, channel_axis=-1)[0], labels)


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


@given(images(n_channels=2) | images(n_channels=3), st.integers(1, 4), st.integers(0, 5))
def test_distinct_colors_with_counts_are_the_pixels(image, k, n_iter):
    """Lloyd's iteration as the textbook has it, over all pixels, from the same centers."""
    pixels = image.reshape(-1, image.shape[-1]).astype(float)
    starts = np.unique(pixels, axis=0)[:k]
    found = kmeans_fit(image, init=starts, max_iter=n_iter + 1)
    centers = starts.copy()
    for _ in range(found.n_iter):
        labels = ((pixels[:, np.newaxis] - centers) ** 2).sum(axis=2).argmin(axis=1)
        centers = np.stack([pixels[labels == c].mean(axis=0) for c in range(len(centers))])
    assert_allclose(found.inertia, inertia(pixels, centers), rtol=1e-12, atol=1e-12)
    assert_allclose(np.sort(found.centers, axis=0), np.sort(centers, axis=0), rtol=1e-12)


@given(images(n_channels=3, dtype="f4"), st.integers(1, 5))
def test_inertia_never_rises(image, k):
    found = [kmeans_fit(image, n_clusters=k, max_iter=n).inertia for n in range(1, 8)]
    assert all(after <= before + 1e-6 for before, after in pairwise(found))


@pytest.mark.large
def test_a_photograph_converges_to_a_fixed_point():
    image = data.astronaut()
    pixels = image.reshape(-1, 3).astype(float)
    result = kmeans_fit(image, n_clusters=8, max_iter=2000)
    assert result.converged
    # a full run from the centers found changes nothing: it is a fixed point of Lloyd's iteration over the pixels
    labels = kmeans_assign(image, result.centers).ravel()
    means = np.stack([pixels[labels == c].mean(axis=0) for c in range(1, 9)])
    assert_allclose(means, result.centers, rtol=1e-9)


@pytest.mark.jit
@pytest.mark.parametrize("shape", [(3000, 4000), (5000, 10_000)])
def test_constant_clusters_give_the_true_mean_however_large(shape):
    image = np.full(shape, 0.1, np.float32)
    image[:9] = 0.7
    assert_allclose(kmeans_fit(image, n_clusters=2).centers[:, 0], np.unique(image).astype(float), rtol=1e-12)
    color = np.broadcast_to(image[..., np.newaxis], (*shape, 2))
    assert_allclose(kmeans_fit(color, n_clusters=2).centers[:, 0], np.unique(image).astype(float), rtol=1e-9)


def test_an_emptied_cluster_starts_again_at_the_farthest_point():
    image = np.array([[[0, 0], [1, 0], [10, 0], [50, 0]]], np.float32)
    found = kmeans_fit(image, init=[[0.5, 0], [9999, 0]], max_iter=1)
    assert_allclose(found.centers, [[15.25, 0], [50, 0]])
    assert not found.converged
    assert_allclose(kmeans_fit(image, init=[[0.5, 0], [9999, 0]]).centers, [[11 / 3, 0], [50, 0]])


@given(images(n_channels=3), st.integers(1, 5), st.integers(0, 9))
def test_more_starts_are_no_worse(image, k, seed):
    found = [kmeans_fit(image, n_clusters=k, n_init=n, rng=seed).inertia for n in (1, 2, 5)]
    assert found[0] >= found[1] >= found[2]


@given(images(n_channels=3, dtype="f4"), st.integers(1, 4))
def test_a_tolerance_ends_the_iteration(image, k):
    exact = kmeans_fit(image, n_clusters=k, tol=0)
    rough = kmeans_fit(image, n_clusters=k, tol=1000)
    assert exact.converged
    assert rough.converged
    assert rough.n_iter == min(1, exact.n_iter)


@given(st.data(), st.sampled_from([0, 3]), st.integers(1, 4))
def test_weights_are_repetitions(data, n_channels, k):
    image = data.draw(images(n_channels=n_channels))
    weights = data.draw(hnp.arrays(np.uint8, image.shape[:2], elements=st.integers(0, 3)))
    if not weights.any():
        with pytest.raises(ValueError, match="weights are 0"):
            kmeans_fit(image, weights=weights)
        return
    repeated = np.repeat(image.reshape(-1, *image.shape[2:]), weights.ravel(), axis=0)[np.newaxis]
    options = {"init": np.unique(repeated.reshape(-1, max(n_channels, 1)), axis=0)[:k].astype(float)}
    weighted, plain = kmeans_fit(image, weights=weights, **options), kmeans_fit(repeated, **options)
    assert_allclose(weighted.centers, plain.centers)
    assert_allclose(weighted.counts, plain.counts)
    assert_allclose(weighted.inertia, plain.inertia, atol=1e-9)
    labels = kmeans_segment(image, weights=weights, **options)
    assert_array_equal(labels, kmeans_assign(image, weighted.centers))


@given(st.data(), st.sampled_from(["u1", "f4"]), st.sampled_from([0, 3]))
def test_place_is_a_further_channel(data, dtype, n_channels):
    image = data.draw(images(n_channels=n_channels, dtype=dtype))
    mask = data.draw(hnp.arrays(bool, image.shape[:2]))
    y, x = np.indices(image.shape[:2])
    places = np.stack([0.5 * 3 * y, 0.5 * 2 * x], axis=-1)
    wide = np.concatenate([image.reshape(*image.shape[:2], -1), places], axis=2).astype(np.float32)
    options = {"spatial_weight": 0.5, "spacing": (3, 2), "mask": mask}
    found = kmeans_fit(image, n_clusters=3, **options)
    expected = kmeans_fit(wide, n_clusters=3, mask=mask, channel_axis=-1)
    assert_allclose(found.inertia, expected.inertia, rtol=1e-9)
    labels = kmeans_segment(image, n_clusters=3, **options)
    assert_array_equal(labels == 0, ~mask)
    if mask.any():
        assert_array_equal(labels, kmeans_assign(image, found.centers, **options))


@pytest.mark.large
@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_lab_clusters_are_those_of_the_converted_image(dtype):
    image = data.astronaut()[::2, ::2].astype(dtype) * (1 if dtype == "u1" else 257)
    lab = rgb_to_lab(image)
    found = kmeans_fit(image, n_clusters=5, color_space="lab")
    assert (np.diff(found.centers[:, 0]) > 0).all()
    labels = kmeans_segment(image, n_clusters=5, color_space="lab")
    assert_array_equal(labels, kmeans_assign(image, found.centers, color_space="lab"))
    assert_array_equal(labels, kmeans_assign(lab, found.centers))
    assert_allclose(found.inertia, inertia(lab.reshape(-1, 3).astype(float), found.centers), rtol=1e-6)


@pytest.mark.large
@pytest.mark.parametrize("k", [3, 40, 300])
def test_a_photograph_by_its_table_of_colors(k):
    image = data.astronaut()
    found = kmeans_fit(image, n_clusters=k, max_iter=5)
    labels = kmeans_segment(image, n_clusters=k, max_iter=5)
    assert_array_equal(labels, kmeans_assign(image, found.centers))
    assert_array_equal(np.bincount(labels.ravel())[1:], found.counts)
    mask = image[..., 0] > 30
    masked = kmeans_segment(image, n_clusters=k, max_iter=5, mask=mask)
    assert_array_equal(masked == 0, ~mask)


@given(images(n_channels=3), images(n_channels=3))
def test_several_images_are_one(first, second):
    joined = np.concatenate([first.reshape(1, -1, 3), second.reshape(1, -1, 3)], axis=1)
    expected = kmeans_fit(joined, n_clusters=3)
    for several in ([first, second], (second, first), iter([first, second])):
        found = kmeans_fit(several, n_clusters=3)
        assert_array_equal(found.centers, expected.centers)
        assert_array_equal(found.counts, expected.counts)
    rows = kmeans_fit([[1, 2], [8, 9]], n_clusters=2)  # nested lists are one image
    assert_allclose(rows.centers[:, 0], [1.5, 8.5])


def test_centers_are_plain_arrays(tmp_path):
    image = data.coins()[::4, ::4]
    np.save(tmp_path / "centers.npy", kmeans_fit(image, n_clusters=3).centers)
    loaded = np.load(tmp_path / "centers.npy")
    assert_array_equal(kmeans_assign(image, loaded), kmeans_segment(image, n_clusters=3))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_clusters": 0}, ValueError, "n_clusters is 0"),
        ({"n_clusters": 2.5}, TypeError, "n_clusters is 2.5"),
        ({"max_iter": 0}, ValueError, "max_iter is 0"),
        ({"rng": -1}, ValueError, "rng is -1"),
        ({"rng": "seed"}, TypeError, "rng is 'seed'"),
        ({"n_init": 0}, ValueError, "n_init is 0"),
        ({"tol": -1}, ValueError, "tol is -1"),
        ({"tol": np.nan}, ValueError, "tol is nan"),
        ({"init": "random"}, ValueError, "init is 'random'"),
        ({"init": [[1, 2]]}, ValueError, r"init has shape \(1, 2\); expected \(n, 1\)"),
        ({"init": [1, np.nan]}, ValueError, "init holds other than finite numbers"),
        ({"init": [1, 2], "n_clusters": 3}, ValueError, "n_clusters is 3 and init has 2"),
        ({"init": [1, 2], "n_init": 3}, ValueError, "n_init is 3"),
        ({"color_space": "hsv"}, ValueError, "color_space is 'hsv'; expected 'given' or 'lab'"),
        ({"color_space": "lab"}, ValueError, "1 channels; expected 3"),
        ({"spatial_weight": -1}, ValueError, "spatial_weight is -1"),
        ({"spacing": 0}, ValueError, "spacing is 0"),
        ({"weights": [[1, -1]]}, ValueError, "weights are not all finite and >= 0"),
        ({"weights": [[1, np.inf]]}, ValueError, "weights are not all finite"),
        ({"weights": [[0, 0]]}, ValueError, "weights are 0 wherever"),
        ({"weights": [1, 2]}, ValueError, r"weights have shape \(2,\)"),
        ({"weights": [["a", "b"]]}, TypeError, "weights has dtype"),
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
        ([[[1]]], ValueError, "shape"),
        ([[1, 2]], ValueError, r"shape \(1, 2\); expected \(n, 1\)"),
        ([np.nan], ValueError, "finite"),
        (["a"], TypeError, "dtype"),
    ],
)
def test_mistaken_centers(centers, error, message):
    with pytest.raises(error, match=message):
        kmeans_assign([[1, 2]], centers)


@pytest.mark.parametrize("option", [{"mask": [[True]]}, {"weights": [[1]]}, {"spatial_weight": 1}])
def test_several_images_have_no_one_place(option):
    with pytest.raises(ValueError, match=f"{next(iter(option))} is given with a histogram or several"):
        kmeans_fit(pixel_histogram([[1, 2]]), **option)


def test_many_channels():
    image = np.random.default_rng(0).integers(0, 99, (6, 7, 12)).astype(np.uint8)
    assert kmeans_segment(image, channel_axis=-1).max() == 4
    assert kmeans_fit(image, channel_axis=2).centers.shape == (4, 12)


@pytest.mark.parametrize("options", [{}, {"spatial_weight": 0.5}, {"weights": np.ones((6, 7))}])
def test_vectors_of_pixels_are_made_once(monkeypatch, options):
    calls = []
    monkeypatch.setattr(features, "as_lab", lambda pixels: calls.append(len(pixels)) or as_lab(pixels))
    image = np.random.default_rng(0).random((6, 7, 3)).astype(np.float32)
    labels = kmeans_segment(image, n_clusters=3, color_space="lab", **options)
    assert calls == [42]
    fitted = kmeans_fit(image, n_clusters=3, color_space="lab", **options)
    assigned = {name: value for name, value in options.items() if name != "weights"}
    assert_array_equal(labels, kmeans_assign(image, fitted.centers, color_space="lab", **assigned))


def test_a_pixel_of_no_weight_is_labeled():
    image = np.array([[[1.0, 0], [2, 0], [8, 0], [9, 0], [100, 0]]])
    weights = [[1, 1, 1, 1, 0]]
    labels = kmeans_segment(image, n_clusters=2, weights=weights, channel_axis=-1)
    assert labels.tolist() == [[1, 1, 2, 2, 2]]

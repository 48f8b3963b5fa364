"""Any tiling gives the result of the whole image, to the bit."""

from __future__ import annotations

import inspect
from functools import partial

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from skimage import data
from strategies import images, label_pairs, masks, scenes, shapes, tilings

import classicseg
from classicseg import metrics

da = pytest.importorskip("dask.array")
tiled = pytest.importorskip("classicseg.extras.dask")

from classicseg.extras.dask import histogram_methods as values  # noqa: E402

CLASSIFIER = classicseg.pixel_classifier_fit(
    np.arange(48.0).reshape(6, 8) % 11,
    strokes=np.arange(48).reshape(6, 8) % 3,
    features=["structure_tensor_eigenvalues", "laplacian", "entropy"],
    scales=0.75,
    n_trees=5,
)

LABELS = {
    "threshold otsu": ("threshold_segment", {}),
    "threshold kapur": ("threshold_segment", {"thresholds": "kapur"}),
    "threshold mean": ("threshold_segment", {"thresholds": "mean"}),
    "threshold numbers": ("threshold_segment", {"thresholds": [3.5, 40]}),
    "gradient otsu": ("gradient_segment", {"sigma": 0.7}),
    "gradient hysteresis": ("gradient_segment", {"threshold": (1, 4), "operator": "scharr"}),
    "kmeans": ("kmeans_segment", {"n_clusters": 3}),
    "kmeans lab": ("kmeans_segment", {"n_clusters": 3, "color_space": "lab"}),
    "local sauvola": ("local_threshold_segment", {"window": 5}),
    "local wolf": ("local_threshold_segment", {"window": 5, "method": "wolf"}),
    "local su": ("local_threshold_segment", {"window": 3, "method": "su"}),
    "local isauvola": ("local_threshold_segment", {"window": 5, "method": "isauvola"}),
    "local gaussian": ("local_threshold_segment", {"window": 7, "method": "gaussian"}),
    "local bernsen": ("local_threshold_segment", {"window": 5, "method": "bernsen"}),
    "gradient magnitude": ("gradient_magnitude", {"operator": "farid", "sigma": 1.0}),
    "gradient components": ("gradient_components", {}),
    "mean shift": ("mean_shift_segment", {"spatial_radius": 1.5, "max_iter": 2}),
    "mean shift lab": (
        "mean_shift_segment",
        {"spatial_radius": 2, "range_radius": 9, "color_space": "lab", "min_area": 3, "spacing": (1, 2)},
    ),
    "pixel classes": ("pixel_classifier_apply", {"classifier": CLASSIFIER}),
    "pixel shares": ("pixel_classifier_apply", {"classifier": CLASSIFIER, "probabilities": True}),
    "canny otsu": ("canny_edges", {}),
    "canny numbers": ("canny_edges", {"low": 1, "high": 4, "sigma": 0.6, "suppression": "sector"}),
    "canny median": ("canny_edges", {"high": "median", "sigma": 0}),
    "canny fraction": ("canny_edges", {"high_fraction": 0.2}),
}
GREY = {"threshold otsu", "threshold kapur", "threshold mean", "threshold numbers"}


def outcome(function, *arguments, **options):
    """What comes back, or the error."""
    try:
        found = function(*arguments, **options)
        return found.compute() if isinstance(found, da.Array) else found
    except (TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


def assert_same(found, expected):
    assert type(found) is type(expected)
    for ours, theirs in zip(found, expected, strict=True) if isinstance(expected, tuple) else [(found, expected)]:
        assert_array_equal(ours, theirs)
        assert getattr(ours, "dtype", None) == getattr(theirs, "dtype", None)


@pytest.mark.parametrize("case", LABELS)
@given(data=st.data())
def test_any_tiling_gives_the_labels_of_the_whole(case, data):
    name, options = LABELS[case]
    n_channels = 3 if case.endswith("lab") else data.draw(st.sampled_from([0, 0, 3]))
    image = data.draw(
        images(data.draw(shapes(2, 1, 12)), n_channels=n_channels) | scenes(data.draw(shapes(2, 6, 20)))
    )
    few = ["u1", "f4"]  # each compiles kernels of its own
    dtypes = ["u1", "u2", "i4", "f4"] if case.startswith(("threshold", "kmeans")) else few
    image = image.astype(data.draw(st.sampled_from(dtypes)))
    if image.dtype.kind == "f" and data.draw(st.booleans()):
        image.reshape(-1)[:: data.draw(st.integers(2, 9))] = np.nan
    has_channels = image.ndim == 3
    if case.startswith("kmeans") and has_channels and image.dtype.itemsize > 2:
        image = np.nan_to_num(image).astype("u2")
    assume(not case.endswith("lab") or has_channels)
    if case == "mean shift lab" and image.dtype.kind == "f":
        image /= 255
    shape = image.shape[:2]
    mask = data.draw(st.none() | masks(shape))
    tiles = data.draw(tilings(shape))
    chunked = da.from_array(image, chunks=(*tiles, (2, 1)) if has_channels else tiles)
    seen = (
        mask if mask is None or data.draw(st.booleans()) else da.from_array(mask, chunks=data.draw(tilings(shape)))
    )
    whole = outcome(getattr(classicseg, name), image, mask=mask, **options)
    assert_same(outcome(getattr(tiled, name), chunked, mask=seen, **options), whole)


@pytest.mark.parametrize("method", ["mean", "niblack", "gaussian", "median", "wolf", "su"])
@given(data=st.data())
def test_tiles_with_and_without_far_values_give_the_labels_of_the_whole(method, data):
    """Each tile has levels of its own, and none of them shows."""
    image = data.draw(scenes(data.draw(shapes(2, 6, 20)))).astype(np.float32) * np.float32(0.1)
    image.flat[data.draw(st.integers(0, image.size - 1))] = data.draw(st.sampled_from([1e5, -1e30, 0.0]))
    options = {"method": method, "window": data.draw(st.sampled_from([3, 7]))}
    chunked = da.from_array(image, chunks=data.draw(tilings(image.shape)))
    whole = classicseg.local_threshold_segment(image, **options)
    assert_same(outcome(tiled.local_threshold_segment, chunked, **options), whole)


@pytest.mark.parametrize("case", ["threshold otsu", "local wolf", "gradient magnitude", "canny otsu"])
@given(data=st.data())
def test_volumes_and_lines_are_tiled_alike(case, data):
    name, options = LABELS[case]
    shape = data.draw(shapes(3, 1, 7) | shapes(1, 1, 30))
    image = data.draw(images(shape))
    chunked = da.from_array(image, chunks=data.draw(tilings(shape)))
    options = {**options, "channel_axis": None}
    whole = outcome(getattr(classicseg, name), image, **options)
    assert_same(outcome(getattr(tiled, name), chunked, **options), whole)


@pytest.mark.parametrize("criterion", ["seed", "neighbor"])
@given(data=st.data())
def test_regions_that_stay_apart_grow_as_in_the_whole(criterion, data):
    image = data.draw(scenes())
    mask = data.draw(st.none() | masks(image.shape))
    points = np.argwhere(np.ones(image.shape, bool) if mask is None else mask)
    assume(len(points))
    chosen = data.draw(st.lists(st.integers(0, len(points) - 1), min_size=1, max_size=3, unique=True))
    options = {
        "seeds": {7 - i: [points[place]] for i, place in enumerate(chosen)},
        "criterion": criterion,
        "tolerance": data.draw(st.sampled_from([None, 2, 9.5])),
        "connectivity": data.draw(st.integers(1, 2)),
        "mask": mask,
    }
    chunked = da.from_array(image, chunks=data.draw(tilings(image.shape)))
    found = outcome(tiled.region_growing_segment, chunked, **options)
    if isinstance(found, str):
        assert len(chosen) > 1 and "meet" in found
    else:
        assert_same(found, classicseg.region_growing_segment(image, **options))


@pytest.mark.parametrize("detector", ["canny", "sobel", "log", "given"])
@given(data=st.data())
def test_enclosed_regions_are_those_of_the_whole(detector, data):
    shape = data.draw(shapes(2, 1, 12) | shapes(3, 1, 5))
    channels = data.draw(st.sampled_from([0, 3]))
    image = data.draw(images(shape, n_channels=channels) | scenes(shape))
    image = image.astype(data.draw(st.sampled_from(["u1", "f4"])))
    if image.dtype.kind == "f" and data.draw(st.booleans()):
        image.reshape(-1)[:: data.draw(st.integers(2, 9))] = np.nan
    options = {
        "max_gap": data.draw(st.sampled_from([0, 2, 5])),
        "sigma": data.draw(st.sampled_from([0, 0.6])),
        "min_area": data.draw(st.sampled_from([None, 1, 4, 30])),
        "keep_lines": data.draw(st.booleans()),
        "mask": data.draw(st.none() | masks(shape)),
        "channel_axis": -1 if image.ndim > len(shape) else None,
    }
    tiles = data.draw(tilings(shape))
    chunked = da.from_array(image, chunks=(*tiles, 2) if image.ndim > len(shape) else tiles)
    edges = theirs = detector
    if detector == "given":
        edges = data.draw(masks(shape))
        theirs = da.from_array(edges, chunks=data.draw(tilings(shape)))
    whole = outcome(classicseg.boundary_segment, image, detector=edges, **options)
    assert_same(outcome(tiled.boundary_segment, chunked, detector=theirs, **options), whole)


def test_thick_edges_are_reached_from_afar():
    image = np.zeros((40, 60), np.uint8)
    image[:, 30:] = 9
    edges = np.ones(image.shape, bool)
    edges[3, 5] = edges[30, 50] = False
    chunked = [da.from_array(array, chunks=7) for array in (image, edges)]
    found = tiled.boundary_segment(chunked[0], detector=chunked[1], max_gap=0, min_area=1)
    expected = classicseg.boundary_segment(image, detector=edges, max_gap=0, min_area=1)
    assert expected.max() > 1
    assert_same(found.compute(), expected)


@given(data=st.data())
def test_regions_and_boundaries_are_those_of_the_whole(data):
    shape = data.draw(shapes(2, 1, 12) | shapes(3, 1, 6))
    labels = data.draw(images(shape, highest=2)).astype(data.draw(st.sampled_from(["u1", "i8", "bool"])))
    chunked = da.from_array(labels, chunks=data.draw(tilings(shape)))
    options = {"connectivity": data.draw(st.integers(1, len(shape)))}
    for name in ("connected_regions", "region_boundaries"):
        assert_same(
            getattr(tiled, name)(chunked, **options).compute(), getattr(classicseg, name)(labels, **options)
        )


SCORES = [name for name in vars(metrics) if hasattr(tiled, name) and name != "contingency_table"]


@pytest.mark.parametrize("name", [*SCORES, "contingency_table"])
@given(pair=label_pairs(), data=st.data())
def test_scores_are_those_of_the_whole(name, pair, data):
    truth, labels = pair
    options = {
        "ignore_label": data.draw(st.sampled_from([None, 0])),
        "mask": data.draw(st.none() | masks(truth.shape)),
    }
    chunked = [da.from_array(one, chunks=data.draw(tilings(truth.shape))) for one in pair]
    expected = outcome(getattr(metrics, name), truth, labels, **options)
    assert_same(outcome(getattr(tiled, name), *chunked, **options), expected)


def test_scores_take_several_truths():
    truths = [np.array([[1, 1, 2, 2]]), np.array([[1, 1, 1, 2]])]
    chunked = [da.from_array(truth, chunks=1) for truth in truths]
    assert tiled.probabilistic_rand_index(chunked, chunked[0]) == metrics.probabilistic_rand_index(
        truths, truths[0]
    )


@given(data=st.data())
def test_fits_are_those_of_the_whole(data):
    image = data.draw(
        images(dtype=data.draw(st.sampled_from(["u1", "u2"])), n_channels=data.draw(st.sampled_from([0, 3])))
    )
    chunked = da.from_array(image, chunks=(3, 2) + (1,) * (image.ndim - 2))
    for name in ("kmeans_fit", "choose_n_clusters", "otsu_threshold", "multi_otsu_thresholds"):
        assert_same(outcome(getattr(tiled, name), chunked), outcome(getattr(classicseg, name), image))
    centers = classicseg.kmeans_fit(image).centers
    found = tiled.kmeans_assign(chunked, centers).compute()
    assert_array_equal(found, classicseg.kmeans_assign(image, centers))


@pytest.mark.large
@pytest.mark.parametrize("color_space", ["given", "lab"])
def test_tables_of_colors_are_those_of_the_whole(color_space, monkeypatch):
    image = data.astronaut()
    chunked = da.from_array(image, chunks=(300, 400, 3))  # tiles with and without a table
    expected = classicseg.kmeans_segment(image, color_space=color_space)
    assert_same(tiled.kmeans_segment(chunked, color_space=color_space).compute(), expected)
    monkeypatch.setattr(values, "_MOST_KNOWN", 10)
    assert_same(tiled.kmeans_segment(chunked, color_space=color_space).compute(), expected)
    centers = classicseg.kmeans_fit(image, color_space=color_space).centers
    assert_array_equal(classicseg.kmeans_assign(image, centers, color_space=color_space), expected)


def test_names_and_options_are_those_of_arrays():
    for name, function in vars(tiled).items():
        twin = getattr(classicseg, name, None) or getattr(metrics, name, None)
        if inspect.isfunction(function) and name != "pixel_histogram" and not name.startswith("_"):
            assert inspect.signature(function) == inspect.signature(twin)
            assert function.__name__ == name and "In tiles\n--------" in function.__doc__


def test_nothing_is_computed_before_it_is_asked_for():
    def fail(block):
        raise AssertionError("computed")

    lazy = da.ones((8, 8), chunks=4, dtype="u1").map_blocks(fail, dtype="u1", meta=np.empty((0, 0), "u1"))
    tiled.gradient_magnitude(lazy)
    tiled.canny_edges(lazy, sigma=0, high=3)
    tiled.connected_regions(lazy)
    tiled.threshold_segment(lazy, thresholds=3)
    tiled.kmeans_assign(lazy, [1, 2])


def test_many_values_are_refused_or_counted_in_steps(monkeypatch):
    image = np.linspace(0, 1, 400).reshape(20, 20)
    chunked = da.from_array(image, chunks=7)
    monkeypatch.setattr(values, "MOST_VALUES", 100)
    with pytest.raises(ValueError, match=r"more than 100 distinct values.*n_levels=65536"):
        tiled.otsu_threshold(chunked)
    steps = tiled.pixel_histogram(chunked, n_levels=64)
    assert steps.counts.sum() == image.size and len(steps.counts) == 64
    assert abs(classicseg.otsu_threshold(steps) - classicseg.otsu_threshold(image)) <= 1 / 64


BAD = [
    (lambda x: x[x > 3], {}, "image has unknown chunk sizes"),
    (lambda x: x.astype(object), {}, "image has dtype object; expected real numbers"),
    (lambda x: x.astype(complex), {}, "image has dtype complex128; expected real numbers"),
    (lambda x: x[:0], {}, "it holds no pixels"),
    (lambda x: x, {"mask": da.ones((8, 7), dtype=bool)}, r"mask has shape \(8, 7\); expected the image's spatial"),
    (lambda x: x, {"mask": da.ones((8, 8))}, "mask has dtype float64; expected bool"),
    (lambda x: x, {"channel_axis": 5}, "channel_axis is 5"),
]


@pytest.mark.parametrize(("change", "options", "message"), BAD)
def test_bad_input_is_refused_before_any_work(change, options, message):
    image = change(da.from_array(np.arange(64, dtype="u1").reshape(8, 8), chunks=3))
    for segment in (tiled.threshold_segment, tiled.canny_edges):
        with pytest.raises((TypeError, ValueError), match=message):
            segment(image, **options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (partial(tiled.kmeans_segment, spatial_weight=1.0), "spatial_weight is 1.0 for k-means in tiles"),
        (partial(tiled.kmeans_segment, weights=np.ones((8, 8))), "weights is array.* for k-means in tiles"),
        (partial(tiled.boundary_segment, max_gap=0, detector=np.zeros_like), "detector is .* expected a name, or"),
        (
            partial(tiled.boundary_segment, max_gap=0, detector=np.zeros((8, 8))),
            "detector has dtype float64; expected bool, True = edge",
        ),
        (partial(tiled.mean_shift_segment, connectivity=2), "connectivity is 2 for mean shift in tiles"),
        (partial(tiled.region_growing_segment), "seeds is None for region growing in tiles"),
        (
            partial(tiled.region_growing_segment, seeds=[(0, 0)], criterion="mean"),
            "criterion is 'mean' for region",
        ),
        (partial(tiled.region_growing_segment, seeds=[(0, 0)], fill_holes=True), "fill_holes is True for region"),
        (
            partial(tiled.region_growing_segment, seeds=[(0, 0)], opening_radius=2),
            "opening_radius is 2 for region",
        ),
    ],
)
def test_what_is_not_exact_in_tiles_is_refused(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call(da.ones((8, 8), chunks=4))


@pytest.mark.parametrize("name", ["merge_segment", "watershed_segment", "merge_tree", "felzenszwalb_segment"])
def test_what_depends_on_the_whole_is_refused_by_name(name):
    assert not hasattr(tiled, name)
    with pytest.raises(AttributeError, match=f"{name} depends on the image as a whole.*cut it into parts"):
        getattr(tiled, name)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        tiled.nothing  # noqa: B018


def test_pixels_that_learn_are_sent_to_what_learns_and_what_applies():
    with pytest.raises(AttributeError, match="pixel_classifier_fit, and give the tiles to pixel_classifier_apply"):
        tiled.classify_segment  # noqa: B018


def test_channels_of_floats_have_no_clusters_in_tiles():
    with pytest.raises(ValueError, match="3 channels of float64: where their clusters start depends on the order"):
        tiled.kmeans_fit(da.ones((8, 8, 3), chunks=4))

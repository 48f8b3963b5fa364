"""Region growing: what every criterion keeps, regions that meet, and growth over the whole image."""

from __future__ import annotations

import itertools
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from strategies import images, masks, scenes

from classicseg import connected_regions, region_growing_segment
from classicseg.growing.criteria import CRITERIA as ROWS
from classicseg.growing.criteria import GrowingCriterion
from classicseg.segmentation import region_growing


def grow_in_rounds(image, markers, tolerance, connectivity):
    """The definition: in every round, each free neighbor goes to the nearest seed value, then the lower number."""
    names = np.unique(markers[markers > 0])
    means = {name: image[markers == name].mean() for name in names}
    labels = markers.copy()
    structure = ndimage.generate_binary_structure(image.ndim, connectivity)
    while True:
        best, least = np.zeros_like(labels), np.full(image.shape, np.inf)
        for name in names:
            distance = abs(image.astype(float) - means[name])
            touched = ndimage.binary_dilation(labels == name, structure) & (labels == 0) & (distance <= tolerance)
            better = touched & (distance < least)
            best[better], least[better] = name, distance[better]
        if not best.any():
            return labels
        labels = np.where(labels == 0, best, labels)


@given(st.data())
def test_seeds_grow_in_rounds(data):
    image = data.draw(images() | scenes())
    markers = np.zeros(image.shape, np.int32)
    for name in range(1, data.draw(st.integers(1, 4)) + 1):
        markers[tuple(data.draw(st.integers(0, length - 1)) for length in image.shape)] = 3 * name
    tolerance = data.draw(st.sampled_from([0, 1, 5, 40]))
    connectivity = data.draw(st.integers(1, 2))
    found = region_growing_segment(image, seeds=markers, tolerance=tolerance, connectivity=connectivity)
    assert_array_equal(found, grow_in_rounds(image, markers, tolerance, connectivity))


CRITERIA = {
    "seed": {"tolerance": 20},
    "neighbor": {"tolerance": 6},
    "mean": {"tolerance": 20},
    "confidence": {"initial_radius": 1},
    "competition": {},
}
some_criterion = st.sampled_from(sorted(CRITERIA))


def test_the_annotation_names_the_criteria_of_the_table():
    assert list(get_args(region_growing.Criterion)) == list(ROWS)
    assert set(CRITERIA) == set(ROWS)


def test_tiles_grow_the_criteria_whose_rows_say_so():
    pytest.importorskip("dask")
    from classicseg.extras.dask.growing import _IN_TILES

    assert set(_IN_TILES) == {name for name, row in ROWS.items() if row.in_tiles}


def test_a_new_criterion_is_a_function_and_a_row(monkeypatch):
    def grow_by_sign(image, seeds, options):
        """A region takes what is on its seed's side of the tolerance, connected or not."""
        labels = np.zeros(image.shape, np.int32)
        side = image.values[..., 0] > options.tolerance
        labels[side == side.flat[seeds.nodes[0]]] = 1
        return labels

    monkeypatch.setitem(ROWS, "sign", GrowingCriterion(grow_by_sign, frozenset({"tolerance"})))
    image = np.array([[1.0, 9.0, 3.0, 8.0]])
    found = region_growing_segment(image, seeds={7: [(0, 0)]}, criterion="sign", tolerance=5)
    assert_array_equal(found, [[7, 0, 7, 0]])
    found = region_growing_segment(image, seeds={7: [(0, 0)]}, criterion="sign", tolerance=5, fill_holes=True)
    assert_array_equal(found, [[7, 0, 7, 0]])
    found = region_growing_segment(image, seeds={7: [(0, 1)]}, criterion="sign")  # the deviation is 3.3
    assert_array_equal(found, [[0, 7, 0, 7]])
    with pytest.raises(ValueError, match="criterion 'sign' needs seeds; pass seeds, or use criterion 'seed'"):
        region_growing_segment(image, criterion="sign")
    with pytest.raises(ValueError, match="interval is given with criterion 'sign'; it belongs to 'seed'"):
        region_growing_segment(image, seeds=(0, 0), criterion="sign", interval=(1, 2))
    with pytest.raises(ValueError, match=r"tolerance is given .*; it belongs to .* or 'sign'; leave it out"):
        region_growing_segment(image, seeds=(0, 0), criterion="competition", tolerance=1)


@st.composite
def seeded(draw, image, n_regions=3):
    """Seeds for a few regions: labels that are no row of numbers, several points each."""
    pixels = st.tuples(*[st.integers(0, length - 1) for length in image.shape[:2]])
    points = draw(st.lists(pixels, min_size=1, max_size=6, unique=True))
    return {label: points[label - 2 :: n_regions] for label in range(2, 2 + min(n_regions, len(points)))}


def as_marker_image(seeds, shape):
    markers = np.zeros(shape, np.int32)
    for label, points in seeds.items():
        markers[tuple(np.transpose(points))] = label
    return markers


@given(st.data(), some_criterion)
def test_regions_hold_their_seeds_and_nothing_else_is_added(data, criterion):
    image = data.draw(images(n_channels=3) | scenes())
    seeds = data.draw(seeded(image))
    mask = data.draw(masks(image.shape[:2])) | (as_marker_image(seeds, image.shape[:2]) > 0)
    options = {"criterion": criterion, "mask": mask, "connectivity": data.draw(st.integers(1, 2))}
    found = region_growing_segment(image, seeds=seeds, **options, **CRITERIA[criterion])
    assert found.dtype == np.int32
    assert set(np.unique(found)) == {*seeds, 0} - ({0} if (found > 0).all() else set())
    assert not found[~mask].any()
    structure = ndimage.generate_binary_structure(2, options["connectivity"])
    for label, points in seeds.items():
        assert all(found[point] == label for point in points)
        components, n_components = ndimage.label(found == label, structure)
        assert set(range(1, n_components + 1)) == {components[point] for point in points}


@given(st.data(), some_criterion)
def test_the_order_and_the_form_of_seeds_do_not_count(data, criterion):
    image = data.draw(images() | scenes())
    seeds = data.draw(seeded(image))
    options = {"criterion": criterion, **CRITERIA[criterion]}
    found = region_growing_segment(image, seeds=seeds, **options)
    backwards = {label: points[::-1] for label, points in reversed(seeds.items())}
    assert_array_equal(region_growing_segment(image, seeds=backwards, **options), found)
    assert_array_equal(region_growing_segment(image, seeds=as_marker_image(seeds, image.shape), **options), found)


@given(st.data(), some_criterion, st.sampled_from(["u1", "f8"]))
def test_regions_turn_with_the_image(data, criterion, dtype):
    image = data.draw(images(n_channels=3) | scenes()).astype(dtype)
    markers = as_marker_image(data.draw(seeded(image)), image.shape[:2])
    options = {"criterion": criterion, **CRITERIA[criterion]}
    found = region_growing_segment(image, seeds=markers, **options)
    for turn in (np.rot90, np.flipud, lambda array: np.swapaxes(array, 0, 1)):
        assert_array_equal(region_growing_segment(turn(image), seeds=turn(markers), **options), turn(found))


@given(st.data(), st.sampled_from(["seed", "neighbor"]))
def test_one_region_grows_with_its_tolerance_and_growing_it_again_adds_nothing(data, criterion):
    image = data.draw(images() | scenes())
    seed = tuple(data.draw(st.integers(0, length - 1)) for length in image.shape)
    sizes = [
        region_growing_segment(image, seeds={1: [seed]}, criterion=criterion, tolerance=tolerance) > 0
        for tolerance in (0, 3, 10, 60)
    ]
    for small, large in itertools.pairwise(sizes):
        assert not (small & ~large).any()
    again = np.where(sizes[1], image.astype(np.int64), 1000)
    assert_array_equal(
        region_growing_segment(again, seeds={1: [seed]}, criterion=criterion, tolerance=3), sizes[1]
    )


@given(st.data(), some_criterion)
def test_nan_is_a_mask(data, criterion):
    image = data.draw(scenes(dtype="f4"))
    mask = data.draw(masks(image.shape))
    mask[0, 0] = True
    options = {"seeds": {1: [(0, 0)]}, "criterion": criterion, **CRITERIA[criterion]}
    found = region_growing_segment(image, mask=mask, **options)
    assert_array_equal(region_growing_segment(np.where(mask, image, np.nan), **options), found)
    assert not found[~mask].any()


@given(scenes(dtype="f8"), some_criterion, st.integers(-30, 30))
def test_image_and_options_scale_together_with_seeds(image, criterion, exponent):
    scale = 2.0**exponent
    options = dict(CRITERIA[criterion])
    seeds = {1: [(0, 0)], 2: [(5, 5)]}
    expected = region_growing_segment(image, seeds=seeds, criterion=criterion, **options)
    if "tolerance" in options:
        options["tolerance"] *= scale
    assert_array_equal(
        region_growing_segment(image * scale, seeds=seeds, criterion=criterion, **options), expected
    )


@pytest.mark.parametrize("criterion", sorted(CRITERIA))
def test_defaults_work_on_any_image(criterion):
    image = np.array([[1, 1, 7, 8], [1, 2, 7, 7]])
    found = region_growing_segment(image, seeds=[(0, 0), (0, 3)], criterion=criterion)
    assert found[0, 0] == 1
    assert found[0, 3] == 2
    assert_array_equal(region_growing_segment([[5]], seeds=[[0, 0]], criterion=criterion), [[1]])
    assert_array_equal(
        region_growing_segment(np.full((3, 3, 3), 5.0), seeds=(1, 1, 1), criterion=criterion, channel_axis=None),
        np.ones((3, 3, 3)),
    )


@given(st.data())
def test_without_seeds_every_region_is_within_tolerance_of_one_of_its_pixels(data):
    image = data.draw(images() | scenes())
    mask = data.draw(masks(image.shape))
    tolerance = data.draw(st.integers(0, 50))
    labels = region_growing_segment(image, tolerance=tolerance, min_area=1, mask=mask)
    assert_array_equal(labels > 0, mask)
    for name in range(1, labels.max() + 1):
        values = image[labels == name].astype(int)
        assert (abs(values[:, np.newaxis] - values) <= tolerance).all(axis=1).any()


@given(images())
def test_without_tolerance_regions_are_the_connected_components_of_equal_value(image):
    found = region_growing_segment(image, tolerance=0, min_area=1)
    assert_array_equal(found, connected_regions(image.astype(int) + 1))


@given(scenes(dtype="f8"), st.integers(-30, 30))
def test_image_and_tolerance_scale_together(image, exponent):
    scale = 2.0**exponent
    expected = region_growing_segment(image, tolerance=7)
    assert_array_equal(region_growing_segment(image * scale, tolerance=7 * scale), expected)


@pytest.mark.parametrize(("criterion", "share"), [("seed", 2), ("mean", 2), ("neighbor", 10)])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_the_default_tolerance_is_a_share_of_the_deviation(criterion, share, n_channels):
    image = np.random.default_rng(5).integers(0, 200, (9, 11, n_channels), np.uint8)
    deviation = float(np.sqrt(image.reshape(-1, n_channels).var(axis=0).sum()))
    seeds = {"seeds": [(4, 5)], "criterion": criterion}
    found = region_growing_segment(image, **seeds)
    assert_array_equal(found, region_growing_segment(image, **seeds, tolerance=deviation / share))
    assert found.any()
    whole = region_growing_segment(image)
    assert_array_equal(whole, region_growing_segment(image, tolerance=deviation))


def test_color_distance_is_euclidean():
    image = np.array([[[0, 0, 0], [3, 4, 0], [3, 4, 12]]], np.uint8)
    assert_array_equal(region_growing_segment(image, seeds=(0, 0), tolerance=5), [[1, 1, 0]])
    assert_array_equal(region_growing_segment(image, seeds=(0, 0), tolerance=13), [[1, 1, 1]])
    assert_array_equal(region_growing_segment(image, seeds=(0, 0), tolerance=4, norm="maximum"), [[1, 1, 0]])


def test_a_volume_with_points_and_holes():
    volume = np.zeros((5, 6, 7), np.float32)
    volume[2] = np.nan
    labels = region_growing_segment(volume, seeds=[(0, 0, 0), (4, 5, 6)], channel_axis=None)
    assert_array_equal(np.unique(labels[:2]), [1])
    assert_array_equal(np.unique(labels[2]), [0])
    assert_array_equal(np.unique(labels[3:]), [2])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"tolerance": -1}, ValueError, "tolerance is -1"),
        ({"tolerance": np.nan}, ValueError, "tolerance is nan"),
        ({"connectivity": 3}, ValueError, "connectivity is 3; expected a whole number from 1 to 2"),
        ({"min_area": 0}, ValueError, "min_area is 0"),
        ({"seeds": (0, 0), "min_area": 3}, ValueError, "min_area is given with seeds"),
        ({"seeds": (5, 0)}, ValueError, r"\(5, 0\), outside the image of shape \(2, 3\)"),
        ({"seeds": (-1, 0)}, ValueError, "outside"),
        ({"seeds": [(0, 0), (0, 0)]}, ValueError, "1 and 2 are both at"),
        ({"seeds": (0.5, 0)}, TypeError, "float64"),
        ({"seeds": [[0, 0, 0]]}, ValueError, r"shape \(1, 3\)"),
        ({"seeds": np.zeros((2, 3), int)}, ValueError, "no pixel"),
        ({"seeds": -np.ones((2, 3), int)}, ValueError, "-1"),
        ({"seeds": (0, 1)}, ValueError, "take no part"),
        ({"seeds": []}, TypeError, "float64"),
        ({"seeds": {}}, ValueError, "no pixel"),
        ({"criterion": "colour"}, ValueError, "criterion is 'colour'; expected one of 'seed', 'neighbor'"),
        (
            {"criterion": "mean"},
            ValueError,
            "criterion 'mean' needs seeds; pass seeds, or use criterion 'seed' with",
        ),
        (
            {"fill_holes": True},
            ValueError,
            "seeds is None, and fill_holes needs seeds; .* or leave fill_holes out",
        ),
        ({"interval": (1, 2)}, ValueError, "seeds is None, and interval needs seeds; .* or leave interval out"),
        ({"opening_radius": 2}, ValueError, "seeds is None, and opening_radius needs seeds"),
        ({"fill_holes": 1, "seeds": (0, 0)}, TypeError, "fill_holes is 1"),
        ({"seeds": (0, 0), "interval": (0, 9), "tolerance": 1}, ValueError, "both given"),
        ({"seeds": (0, 0), "interval": (4, 9)}, ValueError, r"seed 1 is at \(0, 0\), whose value 1 lies outside"),
        ({"seeds": (0, 0), "interval": (9, 4)}, ValueError, "the least value first"),
        ({"seeds": (0, 0), "interval": 4}, ValueError, "interval is 4; expected two numbers"),
        ({"seeds": (0, 0), "interval": (np.nan, 4)}, ValueError, "interval is nan"),
        ({"seeds": (0, 0), "criterion": "competition", "tolerance": 1}, ValueError, "tolerance is given with"),
        ({"seeds": (0, 0), "multiplier": 2}, ValueError, "multiplier is given .*; it belongs to 'confidence'"),
        ({"seeds": (0, 0), "criterion": "confidence", "multiplier": -1}, ValueError, "multiplier is -1"),
        ({"seeds": (0, 0), "criterion": "confidence", "max_iter": 1.5}, TypeError, "max_iter is 1.5"),
        ({"seeds": (0, 0), "criterion": "confidence", "initial_radius": -1}, ValueError, "initial_radius is -1"),
        ({"seeds": (0, 0), "criterion": "confidence", "norm": "maximum"}, ValueError, "Mahalanobis"),
        ({"seeds": (0, 0), "norm": "l2"}, ValueError, "norm is 'l2'"),
        ({"seeds": (0, 0), "opening_radius": np.inf}, ValueError, "opening_radius is inf"),
        (
            {"seeds": (0, 2), "opening_radius": 1, "tolerance": 0},
            ValueError,
            r"the seed at \(0, 2\) lies where no",
        ),
        ({"seeds": [(0, 0), (1, 0)], "opening_radius": 0.5, "tolerance": 9}, ValueError, "meets another"),
    ],
)
def test_mistakes(options, error, message):
    with pytest.raises(error, match=message):
        region_growing_segment([[1, np.nan, 3], [4, 5, 6]], **options)

"""The table of regions: against scikit-image where it is right, and against brute force."""

from __future__ import annotations

import copy
import itertools
import math
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from strategies import classes

from classicseg import filter_regions, region_graph, region_table
from classicseg._core.bands import band_size
from classicseg.regions.properties import PROPERTIES

measure = pytest.importorskip("skimage.measure")

SCIKIT_IMAGE = {
    "label": "label",
    "area": "area",
    "n_pixels": "num_pixels",
    "centroid": "centroid",
    "bounding_box": "bbox",
    "extent": "extent",
    "equivalent_diameter": "equivalent_diameter_area",
    "major_axis_length": "axis_major_length",
    "minor_axis_length": "axis_minor_length",
    "inertia_eigenvalues": "inertia_tensor_eigvals",
    "min": "intensity_min",
    "max": "intensity_max",
    "mean": "intensity_mean",
    "std": "intensity_std",
    "median": "intensity_median",
    "weighted_centroid": "centroid_weighted",
}
"""Its names of what is the same in two and three dimensions, with spacing."""

FLAT = {"eccentricity": "eccentricity", "convex_area": "area_convex", "solidity": "solidity"}
WITHOUT_SPACING = {"perimeter": "perimeter_crofton", "euler_number": "euler_number"}
"""scikit-image refuses the first with unequal spacing."""


@st.composite
def cases(draw, ndims=(2, 3)):
    """Labels, values around 100 in 0 (no axis), 2 or 3 channels, and spacing."""
    labels = draw(classes(hnp.array_shapes(min_dims=ndims[0], max_dims=ndims[-1], max_side=7)))
    n_channels = draw(st.sampled_from([0, 2, 3]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    image = rng.normal(100, 30, (*labels.shape, n_channels) if n_channels else labels.shape)
    image = image.astype(draw(st.sampled_from([np.float64, np.float32, np.uint8])))
    spacing = tuple(rng.uniform(0.3, 4, labels.ndim)) if draw(st.booleans()) else (1.0,) * labels.ndim
    return labels, image, -1 if n_channels else None, spacing


def theirs(labels, image, spacing, names):
    """The columns of scikit-image, (n, k) for each property."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of hulls that it cannot make
        found = measure.regionprops_table(labels, image, properties=list(names), spacing=spacing)
    return {
        name: np.stack([column for key, column in found.items() if key.split("-")[0] == name], axis=1)
        for name in names
    }


@pytest.mark.skipif(
    not hasattr(measure.regionprops(np.ones((1, 1), int), np.ones((1, 1)))[0], "intensity_median"),
    reason="scikit-image has no medians yet",
)
@given(cases())
def test_columns_are_scikit_image_s(case):
    labels, image, axis, spacing = case
    table = region_table(labels, image, properties="all", channel_axis=axis, spacing=spacing)
    np.testing.assert_array_equal(table.label, np.unique(labels[labels > 0]))
    if not len(table.label):
        return
    names = SCIKIT_IMAGE | (FLAT if labels.ndim == 2 else {}) | (WITHOUT_SPACING if set(spacing) == {1.0} else {})
    if labels.ndim == 3:
        names.pop("perimeter", None)
    found = theirs(labels, image.astype(np.float64), spacing, names.values())
    for name, their_name in names.items():
        ours = getattr(table, name).reshape(len(table.label), -1)
        theirs_here = found[their_name]
        if name == "weighted_centroid":  # axes first
            theirs_here = theirs_here.reshape(len(ours), labels.ndim, -1).swapaxes(1, 2).reshape(ours.shape)
        np.testing.assert_allclose(ours, theirs_here, rtol=1e-9, atol=1e-6, err_msg=name)
    if labels.ndim == 3:  # 0 where it makes no hull, of what is flat
        hulls = theirs(labels, image, spacing, ["area_convex"])["area_convex"][:, 0]
        np.testing.assert_allclose(table.convex_area[hulls > 0], hulls[hulls > 0])


@given(cases((2,)))
def test_orientation_is_scikit_image_s_where_an_axis_is_longer(case):
    labels, _, _, spacing = case
    table = region_table(
        labels, properties=["orientation", "major_axis_length", "minor_axis_length"], spacing=spacing
    )
    if not len(table.label):
        return
    found = measure.regionprops_table(labels, properties=["orientation"], spacing=spacing)["orientation"]
    is_longer = table.major_axis_length > table.minor_axis_length * (1 + 1e-6) + 1e-9
    apart = np.abs(table.orientation - found)[is_longer]
    np.testing.assert_allclose(np.minimum(apart, math.pi - apart), 0, atol=1e-6)
    square = region_table(np.ones((3, 3), int), properties=["orientation", "eccentricity"])
    assert (np.isnan(square.orientation[0]), square.eccentricity[0]) == (True, 0)


def directions(ndim):
    around = itertools.product((-1, 0, 1), repeat=ndim)
    return [step for step in around if step > (0,) * ndim]


@given(classes(hnp.array_shapes(min_dims=2, max_dims=3, max_side=6)), st.integers(0, 2**32 - 1))
def test_crofton_and_faces_by_brute_force(labels, seed):
    """Directions are weighted by how many of many lines in space are nearest to them."""
    rng = np.random.default_rng(seed)
    spacing = rng.uniform(0.5, 2, labels.ndim)
    table = region_table(labels, properties="all", spacing=spacing)
    steps = np.array(directions(labels.ndim)) * spacing
    lengths = np.linalg.norm(steps, axis=1)
    lines = rng.normal(size=(20_000, labels.ndim))
    nearest = np.abs(lines @ (steps / lengths[:, np.newaxis]).T).argmax(axis=1)
    shares = np.bincount(nearest, minlength=len(steps)) / len(lines)
    whole = math.pi if labels.ndim == 2 else 4
    for row, label in enumerate(table.label):
        inside = np.pad(labels == label, 1)
        crossed = faces = 0.0
        for step, share, length in zip(directions(labels.ndim), shares, lengths, strict=True):
            stretches = np.count_nonzero(inside & ~np.roll(inside, step, range(labels.ndim)))
            crossed += whole * share * stretches * spacing.prod() / length
            if np.count_nonzero(step) == 1:
                faces += 2 * stretches * spacing.prod() / length
        measured = table.perimeter if labels.ndim == 2 else table.surface
        counted = table.perimeter_faces if labels.ndim == 2 else table.surface_faces
        np.testing.assert_allclose(measured[row], crossed, rtol=0.1)
        np.testing.assert_allclose(counted[row], faces)


@pytest.mark.parametrize("spacing", [(1, 1, 1), (2.5, 1, 0.8)])
def test_a_ball_has_the_surface_of_a_ball(spacing):
    places = np.stack(np.meshgrid(*(np.arange(-32, 33) * s for s in spacing), indexing="ij"), axis=-1)
    table = region_table((places**2).sum(axis=-1) < 20**2, properties="all", spacing=spacing)
    np.testing.assert_allclose(table.surface, 4 * math.pi * 20**2, rtol=0.02)
    np.testing.assert_allclose(table.area, 4 / 3 * math.pi * 20**3, rtol=0.01)
    for name in ("equivalent_diameter", "major_axis_length", "middle_axis_length", "minor_axis_length"):
        np.testing.assert_allclose(table[name], 40, rtol=0.01, err_msg=name)
    np.testing.assert_allclose(table.sphericity, 1, rtol=0.02)
    assert 0.94 < table.solidity[0] <= 1
    assert table.euler_number.tolist() == [1]


def test_what_hulls_of_flat_volumes_are():
    """scikit-image has 0 for all of these."""
    flat = np.zeros((3, 4, 5), int)
    flat[1, 1, 2], flat[0, :3, 0], flat[2, 1:4, 1:4] = 1, 2, 3
    table = region_table(flat, properties=["convex_area", "feret_diameter_max", "solidity"], spacing=(1, 2, 3))
    np.testing.assert_array_equal(table.convex_area, [6, 18, 54])
    np.testing.assert_allclose(table.feret_diameter_max, np.sqrt([14, 1 + 36 + 9, 1 + 36 + 81]))
    np.testing.assert_array_equal(table.solidity, 1)


@given(classes(hnp.array_shapes(min_dims=2, max_dims=2, max_side=7)), st.booleans())
def test_feret_diameters_by_brute_force(labels, spaced):
    spacing = np.array([0.7, 2.1]) if spaced else np.ones(2)
    table = region_table(labels, properties=["feret_diameter_max", "feret_diameter_min"], spacing=spacing)
    for row, label in enumerate(table.label):
        corners = np.array([pixel + half for pixel in np.argwhere(labels == label) for half in np.ndindex(2, 2)])
        points = corners * spacing
        apart = points[:, np.newaxis] - points
        np.testing.assert_allclose(table.feret_diameter_max[row], np.sqrt((apart**2).sum(axis=2)).max())
        sides = apart.reshape(-1, 2)
        sides = sides[sides.any(axis=1)]
        across = sides[:, ::-1] * [1, -1] / np.linalg.norm(sides, axis=1, keepdims=True)
        widths = np.ptp(points @ across.T, axis=0)
        np.testing.assert_allclose(table.feret_diameter_min[row], widths.min())


@given(cases((1, 4)))
def test_flips_change_nothing_but_places(case):
    labels, image, axis, spacing = case
    names = [name for name in PROPERTIES if labels.ndim in PROPERTIES[name].axes]
    moved = {"centroid", "bounding_box", "weighted_centroid", "orientation"}
    options = {
        "channel_axis": axis,
        "spacing": spacing,
        "properties": [name for name in names if name not in moved],
    }
    found = region_table(labels, image, **options)
    flip = (slice(None, None, -1),) * labels.ndim
    flipped = region_table(labels[flip], image[flip], **options)
    one_way = region_table(labels[::-1], image[::-1], **options)
    for name in found:
        np.testing.assert_array_equal(flipped[name], found[name], err_msg=name)
        np.testing.assert_array_equal(one_way[name], found[name], err_msg=name)


@given(cases((1, 4)), st.integers(0, 2**32 - 1))
def test_bands_and_names_of_labels_change_nothing(case, seed):
    labels, image, axis, spacing = case
    options = {"channel_axis": axis, "spacing": spacing, "properties": "all"}
    found = region_table(labels, image, **options)
    names = np.append(0, np.random.default_rng(seed).choice(2**31 - 2, labels.max(initial=0), replace=False) + 1)
    with band_size(5):
        others = region_table(names[labels], image, **options)
    order = np.argsort(names[found.label])
    np.testing.assert_array_equal(others.label, names[found.label][order])
    for name in set(found) - {"label"}:
        np.testing.assert_array_equal(others[name], found[name][order], err_msg=name)


@given(cases((1, 3)), st.data())
def test_a_mask_and_missing_values(case, data):
    labels, image, axis, spacing = case
    mask, has_value = (data.draw(hnp.arrays(np.bool_, labels.shape)) for _ in range(2))
    options = {"channel_axis": axis, "spacing": spacing, "properties": "all"}
    hidden = ~has_value if axis is None else np.repeat(~has_value[..., np.newaxis], image.shape[-1], axis=-1)
    found = region_table(labels, np.ma.array(image, mask=hidden), mask=mask, **options)
    shapes = region_table(np.where(mask, labels, 0), **options | {"channel_axis": None})
    valued = region_table(np.where(mask & has_value, labels, 0), image, **options)
    rows = np.searchsorted(found.label, valued.label)
    for name in found:
        if name in shapes and name != "touches_border":
            np.testing.assert_array_equal(found[name], shapes[name], err_msg=name)
        elif name not in shapes:
            np.testing.assert_allclose(found[name][rows], valued[name], rtol=1e-14, err_msg=name)
            rest = np.delete(found[name], rows)
            assert ((rest == 0) if name.startswith("sum") else np.isnan(rest)).all()
    for row, label in enumerate(found.label):
        here = np.pad((labels == label) & mask, 1)
        free = np.pad(mask, 1)
        for other, n in enumerate(labels.shape):
            if n == 1:
                free |= np.roll(free, 1, other) | np.roll(free, -1, other)
        beside = [np.roll(free, s, a) for a in range(labels.ndim) for s in (-1, 1)]
        assert found.touches_border[row] == any((here & ~b).any() for b in beside)


def test_neighbors_and_shared_borders_are_the_graph_s():
    labels = np.random.default_rng(0).integers(0, 6, (7, 5, 4))
    table = region_table(labels, properties=["n_neighbors", "shared_border"], spacing=(1, 2, 3))
    graph = region_graph(labels, spacing=(1, 2, 3))
    for row, label in enumerate(table.label):
        own = (graph.pairs == label).any(axis=1)
        assert table.n_neighbors[row] == own.sum()
        np.testing.assert_allclose(table.shared_border[row], graph.lengths[own].sum())
    alone = region_table([[1, 0, 2]], properties=["n_neighbors", "shared_border"])
    assert (alone.n_neighbors.tolist(), alone.shared_border.tolist()) == ([0, 0], [0, 0])


def test_percentiles_far_values_and_ties():
    rng = np.random.default_rng(0)
    image = np.concatenate([rng.normal(0, 1, 500), np.full(300, 0.25), [1e150, -1e150, 3e-320]])
    labels = np.ones(image.shape, int)
    percents = [0, 0.1, 5, 33.3, 50, 50.0001, 99.99, 100]
    table = region_table(labels, image, properties=[f"percentile_{p}" for p in percents])
    expected = np.percentile(image, percents)
    np.testing.assert_allclose([table[f"percentile_{p}"][0] for p in percents], expected, rtol=1e-12)
    tiny = region_table([1, 1, 1, 2], [0, 5e-324, 1e-323, 1], properties=["median", "min", "max"])
    assert tiny["median"].tolist() == [5e-324, 1]


def test_spread_of_constants_is_0_however_far_from_0():
    image = np.full((9, 13), 1e8 + 0.1)
    table = region_table(np.ones(image.shape, int), image, properties=["std", "mean"])
    assert (table["std"].tolist(), table["mean"].tolist()) == ([0], [1e8 + 0.1])
    far = 1e9 + np.random.default_rng(0).integers(0, 2, (30, 30))
    np.testing.assert_allclose(region_table(far > 0, far, properties=["std"])["std"], far.std())


def test_a_long_line_is_measured_exactly_enough():
    labels = np.ones((1, 3_000_000), np.int32)
    labels[0, :7] = 2
    table = region_table(labels, properties=["major_axis_length", "minor_axis_length", "centroid"])
    np.testing.assert_allclose(table.major_axis_length, [4 * np.sqrt((n * n - 1) / 12) for n in (2_999_993, 7)])
    np.testing.assert_array_equal(table.minor_axis_length, 0)


def test_names_of_columns():
    labels = [[1, 1, 2]]
    assert list(region_table(labels)) == [
        "label", "area", "row", "column", "row_min", "column_min", "row_max", "column_max", "equivalent_diameter",
        "major_axis_length", "minor_axis_length", "eccentricity", "orientation", "perimeter", "circularity",
        "touches_border",
    ]  # fmt: skip
    for n_channels, names in [
        (1, ["mean"]),
        (2, ["mean_0", "mean_1"]),
        (3, ["mean_red", "mean_green", "mean_blue"]),
    ]:
        table = region_table(labels, np.ones((1, 3, n_channels)), properties=["mean"])
        assert list(table) == ["label", *names]
        assert table.mean.shape == (2, n_channels)
    volume = region_table(np.ones((2, 2, 2), int), properties=["centroid", "inertia_eigenvalues"])
    assert list(volume)[1:4] == ["plane", "row", "column"]
    assert list(volume)[4:] == [f"inertia_eigenvalue_{i}" for i in range(3)]
    assert list(region_table(np.ones((1,) * 5, int), properties=["centroid"]))[1:4] == [
        "axis_0",
        "axis_1",
        "plane",
    ]


def test_every_property_is_in_the_docstring_bold_where_it_is_common():
    lines = region_table.__doc__.splitlines()
    listed = [
        line.split()[0]
        for line in lines[lines.index(next(line for line in lines if "===" in line)) :]
        if line.strip()
    ]
    for name, row in PROPERTIES.items():
        if name not in ("percentile_5", "percentile_75", "percentile_95"):
            assert (f"**{name}**" if row.is_common else name) in listed


def test_a_table_without_an_image_has_no_values():
    table = region_table([[0, 3, 3], [1, 0, 3]])
    assert table.label.tolist() == [1, 3]
    assert table.area.tolist() == [1, 3]
    assert table.mean.shape == (2, 0)
    assert (table.label.dtype, table.area.dtype, table.bounding_box.dtype) == (np.int32, np.float64, np.int64)


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (2, 1, 2, 2)])
def test_a_table_of_nothing(shape):
    table = region_table(np.zeros(shape, int), np.zeros((*shape, 3)), properties="all", channel_axis=-1)
    assert {column.shape for column in table.values()} == {(0,)}
    assert table.bounding_box.shape == (0, 2 * len(shape))


def test_tables_are_dictionaries_and_frames():
    table = region_table([[1, 1, 2]], [[10, 20, 7]], properties=["mean", "centroid"])
    assert table.to_frame("dict") == dict(table)
    with pytest.raises(ValueError, match="library is 'numpy'"):
        table.to_frame("numpy")
    assert repr(table) == "RegionTable of 2 regions: label, mean, row, column"
    assert pickle.loads(pickle.dumps(table)).centroid.tolist() == [[0, 0.5], [0, 2]]
    assert copy.deepcopy(table).mean.tolist() == [[15], [7]]
    table["<b>"] = table.label
    assert {"centroid", "label"} <= set(dir(table))
    assert getattr(table, "<b>").tolist() == [1, 2]
    with pytest.raises(AttributeError, match="the table has no 'perimeter'"):
        _ = table.perimeter
    assert "<td>15</td>" in table._repr_html_()
    assert "<th>&lt;b&gt;</th>" in table._repr_html_()
    assert region_table(np.arange(1, 30))._repr_html_().count("<tr>") == 1 + 20 + 1


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_have_the_columns_of_the_table(library):
    frames = pytest.importorskip(library)
    table = region_table([[1, 1, 2]], [[10, 20, 7]], properties=["mean", "centroid"])
    for frame in (table.to_frame(library), frames.DataFrame(table)):
        assert list(frame.columns) == ["label", "mean", "row", "column"]
        assert frame["mean"].to_numpy().tolist() == [15, 7]


@pytest.mark.parametrize(
    ("properties", "error", "text"),
    [
        (["volume"], ValueError, "a name in properties is 'volume'; expected one of 'label', 'area'"),
        ("area", ValueError, "properties is 'area'; expected 'common', 'all' or a sequence of names"),
        ([3], ValueError, "a name in properties is 3"),
        (
            ["percentile_101"],
            ValueError,
            "properties has 'percentile_101'; expected percentile_0 to percentile_100",
        ),
        (["percentile_"], ValueError, "properties has 'percentile_'"),
        (["surface"], ValueError, "'surface' is defined for 3 axes; labels have 2; leave it out of properties"),
        (["mean"], ValueError, "'mean' is measured on values; pass an image"),
    ],
)
def test_wrong_properties_are_refused(properties, error, text):
    with pytest.raises(error, match=text):
        region_table([[1, 2]], properties=properties)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"image has spatial shape \(3, 2\); expected the labels' shape \(2, 3\)"):
        region_table(np.ones((2, 3), int), np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"spacing has 3 numbers"):
        region_table(np.ones((2, 3), int), spacing=[1, 1, 1])
    with pytest.raises(ValueError, match=r"expected the labels' shape \(2, 3, 3\)"):
        region_table(np.ones((2, 3, 3), int), np.zeros((2, 3, 3)))
    with pytest.raises(ValueError, match=r"mask has shape \(3,\)"):
        region_table(np.ones((2, 3), int), mask=np.ones(3, bool))


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


@given(classes(), st.integers(0, 2**32 - 1))
def test_filter_regions_keeps_what_is_said(labels, seed):
    names = np.append(
        0, np.sort(np.random.default_rng(seed).choice(2**31 - 2, labels.max(initial=0), replace=False) + 1)
    )
    for given_labels in (labels, names[labels]):
        present = np.unique(given_labels[given_labels > 0])
        keep = np.random.default_rng(seed).random(len(present)) < 0.5
        found = filter_regions(given_labels, keep)
        assert found.dtype == np.int32
        np.testing.assert_array_equal(found, np.where(np.isin(given_labels, present[keep]), given_labels, 0))
        hidden = filter_regions(given_labels, np.ma.array(np.ones(len(present), bool), mask=~keep))
        np.testing.assert_array_equal(hidden, found)


def test_filter_regions_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match=r"keep has shape \(3,\); expected \(2,\): labels has so many segments"):
        filter_regions([[1, 5]], [True, True, False])
    with pytest.raises(TypeError, match="keep has dtype int64; expected bool"):
        filter_regions([[1, 5]], [0, 1])

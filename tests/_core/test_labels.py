"""Label images: against scipy, scikit-image and brute force."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from classicseg import connected_regions, label_means, region_boundaries, region_table, set_workers
from classicseg._core import bands
from classicseg._core.labels import number_by_first_pixel

SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, max_side=6)


@st.composite
def classes(draw, shapes=SHAPES, highest=None):
    highest = draw(st.sampled_from([1, 2, 5])) if highest is None else highest
    return draw(hnp.arrays(np.int32, shapes, elements=st.integers(0, highest)))


@st.composite
def with_connectivity(draw, labels=None):
    labels = draw(classes() if labels is None else labels)
    return labels, draw(st.integers(1, labels.ndim))


def first_pixels(labels):
    """The names in the order in which they first occur, 0 left out."""
    names, first = np.unique(labels, return_index=True)
    return names[np.argsort(first)][names[np.argsort(first)] > 0]


def neighbors(shape, connectivity):
    """Every ordered pair of neighbors, by the words of the docstring."""
    steps = [
        step
        for step in itertools.product((-1, 0, 1), repeat=len(shape))
        if 0 < sum(map(abs, step)) <= connectivity
    ]
    for pixel in np.ndindex(*shape):
        for step in steps:
            other = tuple(i + s for i, s in zip(pixel, step, strict=True))
            if all(0 <= i < length for i, length in zip(other, shape, strict=True)):
                yield pixel, other


@settings(deadline=None)
@given(with_connectivity())
def test_connected_regions_are_scipy_s_of_every_class(case):
    labels, connectivity = case
    regions = connected_regions(labels, connectivity=connectivity)
    assert regions.dtype == np.int32
    assert regions.shape == labels.shape
    assert regions.flags.writeable
    np.testing.assert_array_equal(regions == 0, labels == 0)
    structure = ndimage.generate_binary_structure(labels.ndim, connectivity)
    n_regions = 0
    for value in np.unique(labels[labels > 0]):
        inside = labels == value
        expected, n_pieces = ndimage.label(inside, structure)
        pairs = np.unique(np.stack([expected[inside], regions[inside]]), axis=1)
        assert pairs.shape[1] == n_pieces == len(np.unique(pairs[1]))
        n_regions += n_pieces
    np.testing.assert_array_equal(first_pixels(regions), np.arange(1, n_regions + 1))


@pytest.mark.large
@pytest.mark.parametrize("connectivity", [1, 2])
def test_connected_regions_of_several_bands(connectivity):
    inside = np.random.default_rng(3).random((600, 700)) < (0.59 if connectivity == 1 else 0.41)  # it percolates
    structure = ndimage.generate_binary_structure(2, connectivity)
    expected, _ = ndimage.label(inside, structure)
    np.testing.assert_array_equal(
        connected_regions(inside, connectivity=connectivity), number_by_first_pixel(expected.astype(np.int32))
    )


@given(with_connectivity())
def test_bands_of_any_height_give_the_same_regions(case):
    labels, connectivity = case
    expected = connected_regions(labels, connectivity=connectivity)
    pixels, bands._BAND_PIXELS = bands._BAND_PIXELS, 1
    try:
        for workers in (1, 3):
            with set_workers(workers):
                np.testing.assert_array_equal(connected_regions(labels, connectivity=connectivity), expected)
    finally:
        bands._BAND_PIXELS = pixels


def test_connected_regions_of_a_spiral():
    spiral = np.zeros((41, 41), np.uint8)
    y, x, dy, dx = 20, 20, 0, 1
    for length in range(2, 40, 2):
        for _ in range(2):
            for _ in range(length):
                if 0 <= y < 41 and 0 <= x < 41:
                    spiral[y, x] = 1
                y, x = y + dy, x + dx
            dy, dx = dx, -dy
    assert connected_regions(spiral).max() == 1
    assert ndimage.label(spiral)[1] == 1


@pytest.mark.parametrize("function", [connected_regions, region_boundaries])
def test_connectivity_is_checked(function):
    for wrong in (0, 3, -1):
        with pytest.raises(ValueError, match=rf"connectivity is {wrong}; expected a whole number from 1 to 2"):
            function([[1, 2]], connectivity=wrong)
    with pytest.raises(TypeError, match=r"connectivity is 1\.0; expected a whole number from 1 to 2"):
        function([[1, 2]], connectivity=1.0)
    with pytest.raises(TypeError, match="labels has dtype float64"):
        function([[1.0, 2]])
    with pytest.raises(ValueError, match="labels holds values from -1 to 2"):
        function([[-1, 2]])


def test_great_labels_do_not_cost_memory():
    great = np.array([[2**31 - 1, 0, 2**31 - 1, 7]])
    assert connected_regions(great).tolist() == [[1, 0, 2, 3]]
    assert region_boundaries(great).tolist() == [[True, False, True, True]]
    assert region_table(great).label.tolist() == [7, 2**31 - 1]


@settings(deadline=None)
@given(with_connectivity())
def test_region_boundaries_by_brute_force(case):
    labels, connectivity = case
    expected = np.zeros(labels.shape, bool)
    for pixel, other in neighbors(labels.shape, connectivity):
        if labels[pixel] > 0 and labels[other] != labels[pixel]:
            expected[pixel] = True
    found = region_boundaries(labels, connectivity=connectivity)
    assert found.dtype == bool
    np.testing.assert_array_equal(found, expected)


@settings(deadline=None)
@given(with_connectivity(), st.data())
def test_boundaries_and_regions_turn_with_the_labels(case, data):
    labels, connectivity = case
    axes = data.draw(st.permutations(range(labels.ndim)))
    flips = tuple(data.draw(st.sampled_from([slice(None), slice(None, None, -1)])) for _ in axes)

    def turned(array):
        return array.transpose(axes)[flips]

    np.testing.assert_array_equal(
        region_boundaries(turned(labels), connectivity=connectivity),
        turned(region_boundaries(labels, connectivity=connectivity)),
    )
    np.testing.assert_array_equal(
        connected_regions(turned(labels), connectivity=connectivity),
        number_by_first_pixel(turned(connected_regions(labels, connectivity=connectivity))),
    )


@settings(deadline=None)
@given(classes())
def test_number_by_first_pixel(labels):
    numbered = number_by_first_pixel(labels)
    assert numbered.dtype == np.int32
    np.testing.assert_array_equal(numbered == 0, labels == 0)
    pairs = np.unique(np.stack([labels.ravel(), numbered.ravel()]), axis=1)
    assert pairs.shape[1] == len(np.unique(labels)) == len(np.unique(numbered))
    np.testing.assert_array_equal(first_pixels(numbered), np.arange(1, len(first_pixels(labels)) + 1))


# ---- the table


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

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from strategies import with_connectivity

from classicseg import connected_regions, region_boundaries, region_table, set_workers
from classicseg._core.bands import band_size
from classicseg.labeling.numbering import number_by_first_pixel


def first_pixels(labels):
    """The names in the order in which they first occur, 0 left out."""
    names, first = np.unique(labels, return_index=True)
    return names[np.argsort(first)][names[np.argsort(first)] > 0]


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
    for workers in (1, 3):
        with band_size(1), set_workers(workers):
            np.testing.assert_array_equal(connected_regions(labels, connectivity=connectivity), expected)


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

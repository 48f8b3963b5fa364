"""Objects are cleaned as one cleans them by hand: labels one by one, sets piece by piece."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from strategies import images, masks, shapes

from classicseg import clear_border, connected_regions, fill_holes, keep_largest, remove_small_regions
from classicseg._core.bands import band_size


@st.composite
def objects(draw):
    """Labels or a set, the connectivity, and a mask or none."""
    shape = draw(shapes(draw(st.integers(1, 3)), most=7))
    labels = draw(
        images(shape, highest=draw(st.sampled_from([1, 4])), dtype=draw(st.sampled_from(["?", "u1", "i8"])))
    )
    connectivity = draw(st.integers(1, len(shape)))
    return labels, connectivity, draw(st.none() | masks(shape))


def pieces(labels, connectivity):
    """Each object by itself, as a set of pixels."""
    names = labels
    if labels.dtype == bool:
        names, _ = ndimage.label(labels, ndimage.generate_binary_structure(labels.ndim, connectivity))
    return [names == name for name in np.unique(names) if name != 0]


def kept(labels, sets):
    """The labels within some sets."""
    inside = np.logical_or.reduce([np.zeros(labels.shape, bool), *sets])
    return np.where(inside, labels, 0).astype(bool if labels.dtype == bool else np.int32)


def visible(labels, mask):
    return labels if mask is None else np.where(mask, labels, labels.dtype.type(0))


def same(found, expected):
    assert found.dtype == expected.dtype
    assert_array_equal(found, expected)


@given(objects(), st.integers(0, 6))
def test_small_objects_go(case, min_area):
    labels, connectivity, mask = case
    with band_size(8):
        found = remove_small_regions(
            labels, min_area=min_area / 2, connectivity=connectivity, mask=mask, spacing=0.5 ** (1 / labels.ndim)
        )
    shown = visible(labels, mask)
    same(found, kept(shown, [piece for piece in pieces(shown, connectivity) if piece.sum() >= min_area]))


@given(objects(), st.integers(1, 3))
def test_the_largest_objects_stay(case, n_largest):
    labels, connectivity, mask = case
    found = keep_largest(labels, n_largest=n_largest, connectivity=connectivity, mask=mask)
    shown = visible(labels, mask)
    all_pieces = pieces(shown, connectivity)
    least = min(sorted((piece.sum() for piece in all_pieces), reverse=True)[:n_largest], default=0)
    same(found, kept(shown, [piece for piece in all_pieces if piece.sum() >= least]))


@given(objects())
def test_objects_on_the_border_go(case):
    labels, connectivity, mask = case
    shown, inside = visible(labels, mask), np.ones(labels.shape, bool) if mask is None else mask
    beyond = ~np.pad(inside, [(int(n > 1),) * 2 for n in labels.shape])
    beside = ndimage.binary_dilation(beyond)[tuple(slice(1, -1) if n > 1 else slice(None) for n in labels.shape)]
    same(
        clear_border(labels, connectivity=connectivity, mask=mask),
        kept(shown, [piece for piece in pieces(shown, connectivity) if not (piece & beside).any()]),
    )


@given(objects())
def test_holes_that_one_label_encloses_are_filled(case):
    labels, _, mask = case
    shown = visible(labels, mask)
    expected = shown.astype(np.int32)
    for hole in pieces(expected == 0, 1):
        around = ndimage.binary_dilation(np.pad(hole, 1)) & ~np.pad(hole, 1)
        beside = np.pad(expected, 1, constant_values=-1)[around]
        if len(names := np.unique(beside)) == 1 and names[0] > 0:
            expected[hole if mask is None else hole & mask] = names[0]
    with band_size(8):
        same(fill_holes(labels, mask=mask), expected.astype(bool) if labels.dtype == bool else expected)


@given(objects())
def test_scipy_fills_the_same_holes_of_sets(case):
    labels, _, _ = case
    assert_array_equal(fill_holes(labels > 0), ndimage.binary_fill_holes(labels > 0))


@pytest.mark.parametrize("place", [(1, 4, 0), (2, 1, 0), (1, 0, 0)])
def test_a_last_axis_of_one_pixel_has_no_border(place):
    objects = np.zeros((3, 5, 1), bool)
    objects[1, 2] = True
    alone = clear_border(objects)
    assert_array_equal(alone, objects)
    objects[place[0], min(2, place[1]) : max(2, place[1]) + 1] = True
    objects[min(1, place[0]) : place[0] + 1, place[1]] = True
    assert not clear_border(objects).any()


def test_labels_of_any_size_keep_their_names():
    labels = np.array([[2**31 - 1, 2**31 - 1, 0, 7]])
    assert_array_equal(remove_small_regions(labels, min_area=2), [[2**31 - 1, 2**31 - 1, 0, 0]])
    assert_array_equal(keep_largest(labels), [[2**31 - 1, 2**31 - 1, 0, 0]])
    assert not clear_border(labels).any()


def test_one_label_in_two_pieces_is_one_object():
    labels = np.array([[0, 0, 0, 0, 0], [0, 1, 0, 1, 2], [0, 0, 0, 0, 0]])
    assert_array_equal(remove_small_regions(labels, min_area=2), np.where(labels == 1, 1, 0))
    assert_array_equal(remove_small_regions(connected_regions(labels), min_area=2), np.zeros((3, 5)))


@pytest.mark.parametrize("clean", [clear_border, fill_holes, keep_largest])
def test_nothing_stays_nothing(clean):
    assert not clean(np.zeros((3, 4), bool)).any()
    assert not clean(np.zeros((3, 4), int)).any()
    assert clean(np.ma.masked_all((3, 4), bool)).dtype == bool


def test_what_is_no_object_is_refused():
    with pytest.raises(TypeError, match="labels has dtype float64"):
        fill_holes([[0.5]])
    with pytest.raises(ValueError, match="labels holds values from -1"):
        keep_largest([[-1, 2]])
    with pytest.raises(ValueError, match="min_area is -1"):
        remove_small_regions([[1]], min_area=-1)
    with pytest.raises(ValueError, match="mask has shape"):
        clear_border([[1]], mask=[True])

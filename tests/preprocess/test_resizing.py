"""Images and labels on other grids: by definition, beside Pillow, and where others go astray."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from classicseg.preprocess import resize, resizing

SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, max_side=7)


def most_of_each(labels, mask, shape):
    """The label that covers most of each new pixel, on the grid that both are made of."""
    old = labels.shape
    for axis, (n, m) in enumerate(zip(old, shape, strict=True)):
        labels, mask = np.repeat(labels, m, axis), np.repeat(mask, m, axis)
        assert labels.shape[axis] == n * m
    found, inside = np.zeros(shape, int), np.zeros(shape, bool)
    for place in np.ndindex(*shape):
        box = tuple(slice(i * n, (i + 1) * n) for i, n in zip(place, old, strict=True))
        own = labels[box][mask[box]]
        inside[place] = 2 * own.size >= mask[box].size
        if inside[place]:
            names, counts = np.unique(own, return_counts=True)
            found[place] = names[np.argmax(counts)]
    return found, inside


@given(SHAPES, st.data())
def test_labels_are_those_that_cover_most(old, data):
    new = data.draw(st.tuples(*[st.integers(1, 7)] * len(old)))
    labels = data.draw(hnp.arrays(np.int64, old, elements=st.integers(0, 3)))
    mask = data.draw(hnp.arrays(bool, old))
    found = resize(np.zeros(old), labels, shape=new, mask=mask, channel_axis=None)
    due, inside = most_of_each(labels, mask, new)
    assert_array_equal(found.mask, inside)
    assert_array_equal(found.labels, due)
    mirrored = resize(np.zeros(old), labels[::-1], shape=new, mask=mask[::-1], channel_axis=None)
    assert_array_equal(mirrored.labels, found.labels[::-1])


@given(SHAPES, st.data())
def test_bands_do_not_show(old, data):
    new = data.draw(st.tuples(*[st.integers(1, 7)] * len(old)))
    labels = data.draw(hnp.arrays(np.int32, old, elements=st.integers(0, 3)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resizing, "_BAND", 5)
        narrow = resizing.resized_labels(new, labels)
    assert_array_equal(narrow, resizing.resized_labels(new, labels))


@given(st.tuples(*[st.integers(1, 40)] * 4), st.integers(0, 2**32 - 1))
def test_values_are_pillow_s(lengths, seed):
    image_module = pytest.importorskip("PIL.Image")
    image = np.random.default_rng(seed).random(lengths[:2]).astype(np.float32)
    theirs = image_module.fromarray(image).resize(lengths[:1:-1], image_module.Resampling.BILINEAR)
    assert_allclose(resize(image, shape=lengths[2:]).image, np.asarray(theirs), atol=1e-6)


def test_values_stay_in_their_range_and_dtype():
    image = np.random.default_rng(0).integers(100, 200, (9, 11)).astype(np.uint16)
    for shape in ((3, 4), (30, 40), (9, 5)):
        found = resize(image, shape=shape).image
        assert found.dtype == np.uint16
        assert 100 <= found.min() <= found.max() < 200
    assert resize(image > 150, shape=(4, 4)).image.dtype == bool
    ones = resize(np.full((5, 7), 3.0), shape=(4, 9)).image
    assert_allclose(ones, 3)


def test_masked_pixels_never_bleed():
    image = np.full((8, 8), 10.0)
    image[:, 4:] = 1e9
    mask = np.arange(8) < 4
    found = resize(image, shape=(5, 5), mask=np.broadcast_to(mask, image.shape))
    assert_allclose(found.image[found.mask], 10)
    assert_array_equal(found.mask[0], [True, True, True, False, False])


def test_labels_are_not_interpolated_as_others_do():
    """Numbers between labels come to be elsewhere, and sets vanish: here there are none, and they do not."""
    labels = np.array([[2, 2, 8, 8], [2, 2, 8, 8]])
    for shape in ((3, 7), (1, 3), (2, 3), (5, 5)):
        assert set(resize(labels, labels, shape=shape).labels.flat) <= {2, 8}
    whole = np.ones((10, 10), bool)
    assert resize(whole, whole, shape=(3, 3)).labels.all()
    assert resize(whole, whole, shape=(3, 3)).image.all()


def test_half_the_size_and_back():
    rows, columns = np.mgrid[-32:32, -32:32]
    disk = (np.hypot(rows, columns) < 20).astype(int)
    half = resize(disk, disk, shape=(32, 32))
    home = half.undo(half.labels)
    assert (home & disk).sum() / (home | disk).sum() > 0.95


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "shape and to_spacing are both given, or none of them"),
        ({"shape": 2, "to_spacing": 1}, "shape and to_spacing are both given"),
        ({"shape": 2**20}, "shape makes an image of 1.1e.12 pixels"),
        ({"shape": 0}, "shape is 0; expected a whole number >= 1"),
        ({"to_spacing": 1e-49}, "to_spacing makes an image of"),
        ({"to_spacing": 0}, "to_spacing is 0"),
        ({"to_spacing": (1, 2, 3)}, "to_spacing has 3 numbers"),
    ],
)
def test_mistakes_are_told(options, said):
    with pytest.raises(ValueError, match=said):
        resize([[1, 2], [3, 4]], **options)

"""A layer as arguments, and back to its place."""

from __future__ import annotations

import numpy as np
import pytest

from classicseg.extras.napari.layers import mask_of, place_of, seeds_of, source_of, spacing_of


@pytest.mark.parametrize(
    ("scale", "spacing"),
    [((3, 1, 1), (3, 1, 1)), ((0.6, 0.2, 0.2), (3, 1, 1)), ((2, 2, 2), None), ((-3, 1, 1), (3, 1, 1))],
)
def test_scale_is_spacing(make_layer, scale, spacing):
    assert spacing_of(make_layer(np.zeros((2, 3, 4)), scale=scale)) == spacing


def test_time_has_no_spacing(make_layer):
    layer = make_layer(np.zeros((2, 3, 4)), scale=(10, 2, 1), axis_labels=("time", "y", "x"))
    assert spacing_of(layer) == (1, 2, 1)


def test_a_color_image(make_layer):
    pixels = np.zeros((4, 5, 4), np.uint8)
    pixels[0, :, 3] = 255
    source = source_of(make_layer(pixels, rgb=True))
    assert (source.pixels.shape, source.channel_axis, source.shape) == ((4, 5, 3), -1, (4, 5))
    assert np.array_equal(source.mask, pixels[..., 3] != 0)
    assert source_of(make_layer(pixels[..., :3], rgb=True)).mask is None


def test_a_thin_volume_has_no_channels(make_layer):
    assert source_of(make_layer(np.zeros((4, 5, 3)), rgb=False)).channel_axis is None


def test_the_finest_level_is_taken_and_said(make_layer):
    levels = [np.ones((8, 8)), np.ones((4, 4))]
    source = source_of(make_layer(levels, ndim=2, multiscale=True, rgb=False))
    assert source.shape == (8, 8)
    assert source.note == "level 0 of 2, the finest, is segmented"


def test_what_the_file_says_is_missing(make_layer):
    mask = np.eye(3, dtype=bool)
    assert source_of(make_layer(np.ones((3, 3)), metadata={"mask": mask})).mask is mask


def test_labels_get_the_place_of_the_image(make_layer):
    layer = make_layer(np.zeros((2, 3, 4)), scale=(3, 1, 1), translate=(1, 2, 3), axis_labels=("z", "y", "x"))
    place = place_of(layer, 3)
    assert place["scale"] == (3, 1, 1)
    assert place["translate"] == (1, 2, 3)
    assert place["axis_labels"] == ("z", "y", "x")
    assert "units" not in place
    assert place_of(layer, 2) == {}


def test_masks(make_layer, make_shapes):
    image = make_layer(np.zeros((2, 6, 8)))
    labels = make_layer(np.arange(96).reshape(2, 6, 8) % 3)
    assert np.array_equal(mask_of(labels, image), labels.data != 0)
    drawn = mask_of(make_shapes([np.array([(1, 2), (3, 5)])]), image)  # in each plane
    expected = np.zeros((2, 6, 8), bool)
    expected[:, 1:4, 2:6] = True
    assert np.array_equal(drawn, expected)
    with pytest.raises(ValueError, match="has no shapes; draw one"):
        mask_of(make_shapes([]), image)


def test_shapes_on_another_grid(make_layer, make_shapes):
    image = make_layer(np.zeros((6, 8)), scale=(2, 2), translate=(10, 10))
    shapes = make_shapes([np.array([(12, 14), (16, 20)])])  # where the world's points are
    expected = np.zeros((6, 8), bool)
    expected[1:4, 2:6] = True
    assert np.array_equal(mask_of(shapes, image), expected)


def test_seeds(make_layer, make_points):
    image = make_layer(np.zeros((6, 8)), scale=(2, 2))
    assert seeds_of(make_points([(2.2, 4), (8, 6)]), image).tolist() == [[1, 2], [4, 3]]
    named = make_points([(2, 4), (8, 6), (0, 0)], features={"label": [3, 7, 3]})
    assert seeds_of(named, image) == {3: [[1, 2], [0, 0]], 7: [[4, 3]]}
    markers = make_layer(np.eye(6, 8, dtype=int))
    assert np.array_equal(seeds_of(markers, image), markers.data)
    with pytest.raises(ValueError, match="has no points; click"):
        seeds_of(make_points(np.empty((0, 2))), image)
    with pytest.raises(ValueError, match="'points' has 3 axes; expected 2"):
        seeds_of(make_points([(0, 0, 0)]), image)

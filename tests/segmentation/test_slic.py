"""SLIC: as many superpixels as asked, each of one piece, in any units."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import laws_of
from numpy.testing import assert_array_equal
from skimage import data

from classicseg import connected_regions, rgb_to_lab, set_workers, slic_segment
from classicseg._core.bands import band_size
from classicseg._core.chosen import choices
from classicseg.metrics import explained_variation

COMPACTNESS = [None, "adaptive", 5.0]


def noise(shape, dtype="u1", seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape).astype(dtype)


@pytest.mark.parametrize("law", [law for law in laws_of(slic_segment) if law != "mistakes_are_named"])
@given(data=st.data())
def test_few_superpixels_keep_the_laws(law, data):
    """The default number is more than the laws' images have pixels, most of which it would leave alone."""
    laws_of(slic_segment)[law](partial(slic_segment, n_segments=5, n_iter=4), data)


def ring():
    y, x = np.mgrid[:40, :40]
    return np.abs(np.hypot(y - 20, x - 20) - 18) < 1


MASKS = {
    "a ring of one pixel": (noise((40, 40)), ring(), {}),
    "a line": (noise((9, 60)), np.arange(9)[:, np.newaxis] + np.zeros(60) == 4, {}),
    "four axes": (noise((4, 5, 6, 7)), noise((4, 5, 6, 7), seed=1) > 40, {"channel_axis": None}),
    "thick slices": (noise((5, 14, 15), "u2"), None, {"channel_axis": None, "spacing": (3, 1, 1)}),
    "twelve channels": (noise((20, 21, 12), "f4"), None, {"channel_axis": 2}),
    "one axis": (noise(150), None, {}),
    "one column": (noise((150, 1)), None, {}),
    "colors": (noise((24, 25, 3)), None, {}),
    "a constant": (np.full((24, 25), 7.0), None, {}),
    "half as many as pixels": (noise((7, 9)), None, {"n_segments": 31}),
}


@pytest.mark.parametrize("compactness", [*COMPACTNESS, 1e-3, 1e6])
@pytest.mark.parametrize("name", MASKS)
def test_as_many_as_asked_each_of_one_piece(name, compactness):
    image, mask, options = MASKS[name]
    options = {"n_segments": 15} | options
    labels = slic_segment(image, mask=mask, compactness=compactness, **options)
    assert_array_equal(connected_regions(labels), labels)
    assert labels.max() == options["n_segments"]


def test_masks_with_many_pieces_have_one_for_each():
    mask = np.zeros((9, 9), bool)
    mask[::2, ::2] = True
    assert slic_segment(noise((9, 9)), n_segments=4, mask=mask).max() == 25


def test_more_than_pixels_are_the_pixels():
    assert_array_equal(slic_segment([[1, 1], [1, 1]]), [[1, 2], [3, 4]])
    mask = np.array([[True, False], [False, True]])
    assert_array_equal(slic_segment(np.zeros((2, 2)), n_segments=2, mask=mask), [[1, 0], [0, 2]])


@pytest.mark.parametrize("compactness", COMPACTNESS)
def test_an_edge_is_followed(compactness):
    image = np.zeros((30, 40), np.uint8)
    image[:, 17:] = 200
    image[4:12, 23:34] = 90
    labels = slic_segment(image, n_segments=12, compactness=compactness)
    assert explained_variation(image, labels) > 0.99


@given(st.sampled_from([None, "adaptive"]), st.floats(1e-6, 1e6), st.sampled_from(["f4", "f8"]))
def test_default_compactness_follows_the_values(compactness, scale, dtype):
    image = noise((12, 14), dtype)
    scale = 2.0 ** round(np.log2(scale))
    options = {"n_segments": 9, "compactness": compactness, "n_iter": 5}
    assert_array_equal(slic_segment(image * scale, **options), slic_segment(image, **options))


@pytest.mark.parametrize("compactness", COMPACTNESS)
def test_times_257_changes_nothing(compactness):
    color = noise((16, 20, 3))
    options = {"n_segments": 9, "compactness": compactness}
    assert_array_equal(slic_segment(color, **options), slic_segment(color.astype(np.uint16) * 257, **options))
    grey = {**options, "compactness": 257 * compactness} if isinstance(compactness, float) else options
    labels = slic_segment(color[..., 0], **options)
    assert_array_equal(labels, slic_segment(color[..., 0].astype(np.uint16) * 257, **grey))
    assert_array_equal(labels, slic_segment(color[..., 0].astype(np.float64), **options))


def test_colors_are_compared_in_lab_where_their_meaning_is_known():
    color = noise((16, 20, 3))
    options = {"n_segments": 9, "compactness": 10}
    as_lab = slic_segment(color, color_space="lab", **options)
    assert_array_equal(slic_segment(color, **options), as_lab)
    of_floats = slic_segment(color / 255, color_space="lab", **options)
    of_lab = slic_segment(rgb_to_lab(color / 255), **options)
    assert_array_equal(of_floats, of_lab)
    assert np.mean(of_floats == as_lab) > 0.9
    given_as = slic_segment(color, color_space="given", **options)
    assert_array_equal(slic_segment(color.astype(np.float64), **options), given_as)
    with pytest.raises(ValueError, match="2 channels; expected 3"):
        slic_segment(color[..., :2], color_space="lab")


def test_the_compactness_that_is_chosen_is_told():
    image = noise((16, 20))
    with choices() as chosen:
        labels = slic_segment(image, n_segments=9)
    assert_array_equal(labels, slic_segment(image, n_segments=9, compactness=chosen["compactness"]))
    assert 10 < chosen["compactness"] < 100


def test_large_offsets_and_values_far_away_do_no_harm():
    image = np.where(np.arange(20) < 9, 0.0, 1.0) + np.zeros((16, 1)) + noise((16, 20)) / 1000
    assert_array_equal(slic_segment(image, n_segments=6), slic_segment(image + 2.0**26, n_segments=6))
    far = image.copy()
    far[3, 4] = 1e100
    labels = slic_segment(far, n_segments=6, compactness=0.1)
    assert explained_variation(image, labels) > 0.9
    assert labels.max() == 6


@pytest.mark.parametrize("compactness", COMPACTNESS)
@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_workers_and_bands_do_not_count(compactness, dtype):
    image = noise((24, 30, 3), dtype)
    labels = slic_segment(image, n_segments=20, compactness=compactness)
    with set_workers(3), band_size(64):
        many = slic_segment(image, n_segments=20, compactness=compactness)
    with set_workers(1), band_size(64):
        assert_array_equal(many, slic_segment(image, n_segments=20, compactness=compactness))
    if dtype == "u1":  # sums of floats are added by bands, which are the image's
        assert_array_equal(labels, many)


def test_rounds_end_when_nothing_moves():
    image = np.zeros((12, 12))
    assert_array_equal(
        slic_segment(image, n_segments=4, n_iter=1000), slic_segment(image, n_segments=4, n_iter=30)
    )


@pytest.mark.large
def test_a_photograph_is_explained_well():
    labels = slic_segment(data.astronaut(), n_segments=400)
    areas = np.bincount(labels.ravel())[1:]
    assert len(areas) == 400
    assert explained_variation(data.astronaut(), labels) > 0.9
    assert np.quantile(areas, 0.9) < 2 * areas.mean()


def test_mistakes():
    for option, value, message in [
        ("n_segments", 0, "n_segments is 0; expected a whole number >= 1"),
        ("compactness", 0, "compactness is 0.0; expected a finite number > 0"),
        ("compactness", "slico", "compactness is 'slico'"),
        ("n_iter", 0, "n_iter is 0; expected a whole number from 1 to 1000"),
        ("color_space", "hsv", "color_space is 'hsv'"),
        ("spacing", (1, 2, 3), "spacing"),
    ]:
        with pytest.raises(ValueError, match=message):
            slic_segment(np.zeros((4, 5)), **{option: value})

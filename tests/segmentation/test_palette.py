"""Images in few colors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_array_equal

from classicseg import kmeans_fit, palette_image
from classicseg.metrics import psnr

RNG = np.random.default_rng(0)
COLORS = RNG.integers(0, 256, (30, 40, 3), np.uint8)
IMAGES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 8), st.integers(1, 8), st.just(3)))


def drawn(few, holes=0):
    return np.where(few.labels[..., np.newaxis] > 0, few.colors[few.labels - 1], holes)


def test_the_colors_are_the_rounded_centers_of_k_means() -> None:
    few = palette_image(COLORS, n_colors=9)
    assert_array_equal(few.colors, np.rint(kmeans_fit(COLORS, n_clusters=9).centers))
    assert few.colors.dtype == np.uint8
    distances = ((COLORS[:, :, np.newaxis].astype(float) - few.colors) ** 2).sum(axis=-1)
    chosen = np.take_along_axis(distances, few.labels[..., np.newaxis] - 1, axis=-1)[..., 0]
    assert_array_equal(chosen, distances.min(axis=-1))


@settings(max_examples=25)
@given(IMAGES, st.integers(1, 6), st.sampled_from([0, 1, 2.5, 9]))
def test_labels_number_the_colors_and_every_color_is_used(image, n_colors, min_area) -> None:
    few = palette_image(image, n_colors=n_colors, min_area=min_area)
    assert few.labels.shape == image.shape[:2]
    assert few.labels.dtype == np.int32
    assert_array_equal(np.unique(few.labels), np.arange(1, len(few.colors) + 1))
    assert len(np.unique(few.colors, axis=0)) == len(few.colors) <= n_colors


@pytest.mark.large
@pytest.mark.parametrize("min_area", [0, 4])
def test_a_quality_is_reached_and_one_color_less_misses_it(min_area) -> None:
    image = np.sort(COLORS, axis=1)
    wanted = 26.0 if min_area == 0 else 18.0
    few = palette_image(image, min_psnr=wanted, min_area=min_area)
    assert psnr(image, drawn(few)) >= wanted
    less = palette_image(image, n_colors=len(few.colors) - 1, min_area=min_area)
    assert psnr(image, drawn(less)) < wanted


def test_all_colors_where_the_quality_asks_for_them() -> None:
    image = np.array([[0, 50, 100, 151]], np.uint16)
    few = palette_image(image, min_psnr=1e6)
    assert_array_equal(few.colors[few.labels - 1, 0], image)


def test_specks_take_the_color_around_them() -> None:
    image = np.zeros((20, 20), np.uint8)
    image[:, 10:] = 200
    image[3, 3] = 190
    few = palette_image(image, n_colors=3, min_area=2)
    assert few.labels[3, 3] == few.labels[2, 2]
    assert len(few.colors) == 2


def test_a_given_palette_is_kept_but_for_what_no_pixel_has() -> None:
    few = palette_image(np.array([[0, 9, 250]], np.uint8), colors=[[10.4], [100], [249]])
    assert_array_equal(few.colors[:, 0], [10, 249])
    assert_array_equal(few.labels, [[1, 1, 2]])


def test_masked_pixels_have_no_color() -> None:
    mask = np.ones((30, 40), bool)
    mask[:5] = False
    few = palette_image(COLORS, n_colors=4, min_area=3, mask=mask)
    assert_array_equal(few.labels > 0, mask)
    none = palette_image(COLORS, min_psnr=20, mask=np.zeros((30, 40), bool))
    assert not none.labels.any()
    assert none.colors.shape == (0, 3)


@pytest.mark.parametrize(
    ("image", "options", "error", "said"),
    [
        (COLORS / 255, {}, TypeError, "uint8 or uint16"),
        (COLORS, {"n_colors": 0}, ValueError, "n_colors"),
        (COLORS, {"min_psnr": 0}, ValueError, "min_psnr"),
        (COLORS, {"min_area": -1}, ValueError, "min_area"),
        (COLORS, {"n_colors": 2, "min_psnr": 90}, ValueError, "2 colors reach"),
        (COLORS, {"n_colors": 2, "colors": [[1, 2, 3]]}, ValueError, "leave those out"),
        (COLORS, {"colors": [[1, 2]]}, ValueError, r"expected \(n, 3\)"),
        (COLORS, {"colors": [[1, 2, 300]]}, ValueError, "0 to 255"),
    ],
)
def test_mistakes_are_named(image, options, error, said) -> None:
    with pytest.raises(error, match=said):
        palette_image(image, **options)

"""Ink and paper: strokes under uneven light, and what is chosen page by page."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import ndimage

from classicseg import ink_segment
from classicseg._core.chosen import choices

STROKES = np.zeros((60, 90), bool)
STROKES[10:14, 8:80] = STROKES[20:50, 30:34] = STROKES[40:43, 5:70] = True


def page(seed=0, light=120):
    """Strokes on paper under a light that falls off, with noise."""
    rng = np.random.default_rng(seed)
    ground = np.linspace(230, 230 - light, 90) * np.ones((60, 1))
    return (np.where(STROKES, 0.4, 1) * ground + rng.normal(0, 3, STROKES.shape)).clip(0, 255)


def mistaken(labels):
    """How many pixels are not as drawn, beside the strokes: the corners where two meet; none elsewhere."""
    wrong = labels != 2 - STROKES
    assert not (wrong & ~ndimage.binary_dilation(STROKES, iterations=2)).any()
    return wrong.sum()


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_strokes_under_uneven_light(dtype):
    assert mistaken(ink_segment(page().astype(dtype))) < 8


def test_strokes_keep_their_width():
    image, widths = np.full((110, 60), 200), (1, 2, 3, 5)
    for k, width in enumerate(widths):
        image[10 + 25 * k : 10 + 25 * k + width, 5:55] = 40
    ink = ink_segment(image) == 1
    assert_array_equal([ink[8 + 25 * k : 22 + 25 * k, 30].sum() for k in range(4)], widths)


def test_color_goes_by_its_luminance():
    color = np.stack([page(), page(1), page(2)], axis=-1).astype("u1")
    assert mistaken(ink_segment(color)) < 8


def test_what_is_masked_takes_no_part():
    image, mask = page(), np.ones(STROKES.shape, bool)
    mask[:, 60:] = False
    image[:, 60:] = 1e6
    labels = ink_segment(image, mask=mask)
    assert_array_equal(labels > 0, mask)
    assert mistaken(np.where(mask, labels, 2 - STROKES)) < 8


def test_the_smoothness_that_was_chosen_is_told_in_value_units():
    image = page() * 4
    with choices() as chosen:
        labels = ink_segment(image)
    assert 3 * 0.6 * 4 * 110 < chosen["smoothness"] < 3 * 0.6 * 4 * 230  # three times the contrast of the strokes
    assert_array_equal(ink_segment(image, smoothness=chosen["smoothness"]), labels)


def test_values_in_other_units_give_the_same():
    labels = ink_segment(page())
    assert_array_equal(ink_segment(page() * 1024 - 2**16), labels)


def test_what_shines_through_from_the_other_side_is_no_ink():
    image = page(light=20)
    image[20:50, 50:62] -= 35 * np.exp(-((np.arange(12) - 5.5) ** 2) / 8)
    assert mistaken(ink_segment(image)) < 20


def test_a_page_without_ink_is_one_class():
    assert_array_equal(ink_segment(np.full((3, 4), 9)), np.ones((3, 4)))
    assert_array_equal(ink_segment([[5]]), [[1]])


def test_a_smoothness_without_end_leaves_no_ink_that_is_bounded_by_no_edge():
    ramp = np.linspace(0, 50, 400)[np.newaxis] * np.ones((9, 1))
    assert_array_equal(ink_segment(ramp, smoothness=1e150), np.ones(ramp.shape))


def test_mistakes():
    with pytest.raises(ValueError, match="smoothness is -1"):
        ink_segment(page(), smoothness=-1)
    with pytest.raises(ValueError, match="image has 2 channels"):
        ink_segment(np.zeros((4, 5, 2)))
    with pytest.raises(ValueError, match="model is 'page'; expected"):
        ink_segment(page(), model="page")

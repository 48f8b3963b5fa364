"""L*a*b* against scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from skimage import color, data

from classicseg import rgb_to_lab
from classicseg.filters.color import _XYZ, LAB_STEPS, _lab, _lab_by_table, _lab_steps, _tables, lab_steps


@pytest.mark.large
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
def test_a_photograph_converts_as_in_scikit_image(dtype):
    image = data.astronaut()
    image = {"u1": image, "u2": image.astype(np.uint16) * 257}.get(dtype, (image / 255).astype(dtype))
    found = rgb_to_lab(image)
    assert found.dtype == (np.float64 if dtype == "f8" else np.float32)
    assert_allclose(found, color.rgb2lab(image), atol=1e-4)


def test_every_grey_level_has_no_color():
    grey = np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(1, 256, 3)
    found = rgb_to_lab(grey)
    assert_allclose(found[..., 1:], 0, atol=0.01)
    assert (np.diff(found[0, :, 0]) > 0).all()


@given(hnp.arrays("f8", (7, 3), elements=st.floats(0, 1)), st.integers(0, 6))
def test_kernel_equals_its_definition(pixels, start):
    one, other = np.zeros((7, 3)), np.zeros((7, 3))
    _lab(pixels, _XYZ, one, start, 7)
    _lab.numpy(pixels, _XYZ, other, start, 7)
    assert_allclose(one, other, atol=1e-12)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_tables_convert_bit_for_bit_as_defined(dtype):
    high = np.iinfo(dtype).max
    pixels = np.random.default_rng(0).integers(0, high, (40, 3), dtype, endpoint=True)
    pixels[:3] = [[0, 0, 0], [high, high, high], [1, 0, 0]]
    for kernel, (one, other) in (
        (_lab_by_table, np.zeros((2, 40, 3), np.float32)),
        (_lab_steps, np.zeros((2, 3, 40), np.int16)),
    ):
        kernel(pixels, *_tables(pixels.dtype), one, 1, 39)
        with np.errstate(invalid="ignore"):
            kernel.numpy(pixels, *_tables(pixels.dtype), other, 1, 39)
        assert_array_equal(one, other)


@pytest.mark.large
def test_every_fifth_color_is_as_in_float64():
    levels = np.append(np.arange(0, 255, 5), [1, 2, 3, 9, 10, 11, 255])
    colors = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, 1, 3).astype(np.uint8)
    exact = rgb_to_lab(colors / 255)
    assert_allclose(rgb_to_lab(colors), exact, rtol=0, atol=2e-4)
    assert_allclose(lab_steps(colors[:, 0]).T / LAB_STEPS, exact[:, 0], rtol=0, atol=0.51 / LAB_STEPS)
    deep = colors.astype(np.uint16) * 257
    assert_array_equal(rgb_to_lab(deep), rgb_to_lab(colors))
    deep[:-1] += 200
    assert_allclose(rgb_to_lab(deep), rgb_to_lab(deep / 65535), rtol=0, atol=2e-4)


def test_masks_and_mistakes():
    image = np.full((2, 2, 3), 0.5)
    image[0, 0] = np.nan
    assert_array_equal(rgb_to_lab(image)[0, 0], 0)
    assert_array_equal(rgb_to_lab(np.moveaxis(image, -1, 0), channel_axis=0), rgb_to_lab(image))
    with pytest.raises(ValueError, match="1 channels; expected 3"):
        rgb_to_lab(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="from 0 to 200; expected 0 to 1"):
        rgb_to_lab(np.array([[[0.0, 10, 200]]]))

"""Each kernel over windows against its definition, in bands of any height, on images of any kind."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from strategies import images, masks, shapes

from classicseg import local_threshold_segment
from classicseg._core.image import as_image
from classicseg.thresholds.local import rules as local
from classicseg.thresholds.local import windows
from classicseg.thresholds.local.box_gaussian import smooth_bits, smooth_sums_numpy, three_boxes
from classicseg.thresholds.local.methods import METHODS


def both(height):
    """Run a kernel and its definition over bands of some height, and hold them to equality."""

    def run(kernel, n_rows, row_size, *arguments):
        if not hasattr(kernel, "numpy"):  # a step in Python, which runs kernels
            return [kernel(*arguments, 0, n_rows)]
        *others, out = arguments
        copy = out.copy() if isinstance(out, np.ndarray) and out.size else out
        bands = [(start, min(start + height, n_rows)) for start in range(0, n_rows, height)]
        with np.errstate(over="ignore", invalid="ignore"):  # as for bands
            found = [kernel(*others, out, start, stop) for start, stop in bands]
        expected = [kernel.numpy(*others, copy, start, stop) for start, stop in bands]
        assert_array_equal(out, copy, kernel.__name__)
        if kernel.__name__ != "mark_contrast":
            assert_allclose(found, expected, rtol=1e-14, err_msg=kernel.__name__)
        return found

    return run


@pytest.mark.parametrize("method", METHODS)
@given(data=st.data())
def test_loops_are_their_definitions(method, data):
    ndim = data.draw(st.integers(1, 4))
    dtype = data.draw(st.sampled_from(["u1", "u2", "f4", "f8"]))
    image = data.draw(images(data.draw(shapes(ndim, 1, 10 - 2 * ndim + (ndim == 4))), dtype=dtype))
    if dtype[0] == "f":
        image = image * image.dtype.type(0.3) - image.dtype.type(data.draw(st.sampled_from([0, 9, 1e6])))
    mask = data.draw(st.none() | masks(image.shape))
    window = [data.draw(st.sampled_from([1, 3, 5, 9, 41])) for _ in range(ndim)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "run_bands", both(data.draw(st.integers(1, 9))))
        patch.setattr(local, "run_bands", both(data.draw(st.integers(1, 9))))
        labels = local_threshold_segment(image, method=method, window=window, mask=mask, channel_axis=None)
    assert_array_equal(labels == 0, False if mask is None else ~mask)


def test_the_boxes_of_a_smooth_window_span_it():
    for size in range(1, 200, 2):
        boxes = three_boxes(size)
        assert sum(boxes) == size + 2
        assert all(width % 2 == 1 for width in boxes)
        assert max(boxes) - min(boxes) <= 2


@given(hnp.arrays(np.int64, shapes(2, 1, 9), elements=st.integers(0, 9)), st.sampled_from([1, 3, 5, 7, 15]))
def test_smooth_sums_are_a_convolution(numbers, size):
    weights = np.ones(1, int)
    for width in three_boxes(size):
        weights = np.convolve(weights, np.ones(width, int))
    rows = np.array([np.convolve(row, weights)[size // 2 : size // 2 + len(row)] for row in numbers])
    assert_array_equal(smooth_sums_numpy(numbers, np.array([(1, 1, 1), three_boxes(size)])), rows)


@pytest.mark.parametrize(
    ("shape", "window"), [((40, 50), 1001), ((9, 7, 8), 151), ((4000,), 10**5 + 1), ((100, 3), 1201)]
)
def test_the_bits_of_a_smooth_window_are_enough(shape, window):
    """The sums of the greatest level everywhere, as Python's integers, stay below 2**63."""
    windowed = windows.as_windowed(as_image(np.ones(shape, np.uint8), channel_axis=None), (window,) * len(shape))
    weight = 1
    for length in windowed.shape[: len(shape)]:
        middle = smooth_sums_numpy(np.ones(length, np.int64), np.array([three_boxes(window)])).max()
        weight *= int(middle)
    bits = smooth_bits(windowed)
    assert bits > 0
    assert weight * 2**bits < 2**62


@given(
    st.sampled_from(["f4", "f8"]), st.integers(-999, 999), st.just(0.0) | st.floats(1e-3, 1e6), st.integers(8, 24)
)
def test_levels_are_whole_and_at_most_so_many(dtype, low, span, bits):
    values = np.linspace(low, low + span, 7).astype(dtype).reshape(1, -1)
    windowed = windows.as_windowed(as_image(values), (1, 1))
    scale = windowed.scale(bits)
    levels = windows.levels_numpy(windowed.values, scale)
    assert levels.min() == 0
    assert levels.max() <= 2**bits
    assert np.frexp(scale.inverse)[0] == 0.5
    found = [windows.level(windowed.values, 0, i, scale) for i in range(7)]
    assert_array_equal(levels[0], found)
    if windowed.value_range > 0:
        assert levels.max() >= 2 ** (bits - 1)

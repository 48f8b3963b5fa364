"""The law for images: what comes in is parsed once, exactly, or refused with one precise error."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from classicseg._core.image import Image, as_image, as_labels, as_mask, as_scalar_image, as_spacing
from classicseg._core.numbers import as_count, as_number

GREY = np.array([[0, 1, 2], [3, 4, 5]])


def assert_canonical(parsed):
    values = parsed.values
    assert values.dtype in (np.uint8, np.uint16, np.float32, np.float64)
    assert values.dtype.isnative
    assert values.flags.c_contiguous
    assert values.flags.aligned
    assert not values.flags.writeable
    assert values.shape == (*parsed.shape, parsed.n_channels)
    if parsed.mask is not None:
        assert parsed.mask.dtype == bool
        assert parsed.mask.shape == parsed.shape
        assert parsed.mask.flags.c_contiguous
        assert not parsed.mask.all()
    assert np.isfinite(parsed.pixels()).all()


@pytest.mark.parametrize(
    ("dtype", "works_in"),
    [
        ("bool", np.uint8),
        ("uint8", np.uint8),
        ("uint16", np.uint16),
        *((name, np.float64) for name in ("uint32", "uint64", "int8", "int16", "int32", "int64", "float64")),
        *((name, np.float32) for name in ("float16", "float32")),
        ("longdouble", np.float64),
    ],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_real_dtype_in_either_byte_order(dtype, works_in, order):
    image = (GREY > 2 if dtype == "bool" else GREY).astype(np.dtype(dtype).newbyteorder(order))
    parsed = as_image(image)
    assert_canonical(parsed)
    assert parsed.values.dtype == works_in
    np.testing.assert_array_equal(parsed.values[..., 0], image)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::-1],
        lambda a: a[:, ::-1],
        lambda a: a[::2, ::3],
        lambda a: a.T,
        np.asfortranarray,
        lambda a: np.broadcast_to(a[:1], a.shape),
        lambda a: np.frombuffer(b"." + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape),
        lambda a: np.lib.stride_tricks.sliding_window_view(a, 3, axis=0)[0],
    ],
    ids=["flipped", "turned", "strided", "transposed", "Fortran", "broadcast", "unaligned", "overlapping"],
)
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8", ">i4"])
def test_any_strides_and_read_only(view, dtype):
    image = view(np.arange(40).reshape(5, 8).astype(dtype))
    image.flags.writeable = False
    parsed = as_image(image, channel_axis=None)
    assert_canonical(parsed)
    np.testing.assert_array_equal(parsed.values[..., 0], image)


@pytest.mark.parametrize("dtype", ["u1", "f4", "f8"])
def test_input_stays_writeable_and_is_copied_only_where_needed(dtype):
    image = GREY.astype(dtype)
    parsed = as_image(image)
    assert np.shares_memory(parsed.values, image)
    assert image.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        parsed.values[0, 0, 0] = 9


class Array:
    def __array__(self, dtype=None, copy=None):
        return GREY.astype(dtype or np.float32)


@pytest.mark.parametrize("image", [GREY.tolist(), tuple(map(tuple, GREY.tolist())), Array(), memoryview(GREY)])
def test_whatever_numpy_takes_for_an_array(image):
    np.testing.assert_array_equal(as_image(image).values[..., 0], GREY)


def test_integers_of_a_list_are_int64_and_floats_float64():
    assert as_image([[1, 2]]).values.dtype == np.float64
    assert as_image([[0.5, 2]]).values.dtype == np.float64
    assert as_image([[True, False]]).values.dtype == np.uint8


# ---- masks and holes


def test_a_mask_of_all_true_is_no_mask():
    assert as_image(GREY).mask is None
    assert as_image(GREY, mask=np.ones((2, 3), bool)).mask is None
    assert as_image(np.ma.masked_array(GREY, False)).mask is None
    assert as_image(GREY.astype(float)).mask is None


def test_masks_join():
    image = np.ma.masked_array([[np.nan, 1.0, 2.0, 3.0]], [[False, True, False, False]])
    parsed = as_image(image, mask=[[True, True, False, True]])
    assert parsed.mask.tolist() == [[False, False, False, True]]
    assert parsed.pixels().tolist() == [[3.0]]


def test_masked_array_of_color_hides_a_pixel_with_any_channel_hidden():
    hidden = np.zeros((2, 3, 3), bool)
    hidden[0, 1, 2] = hidden[1, 0] = True
    expected = ~hidden.any(axis=2)
    image = np.ma.masked_array(np.arange(18).reshape(2, 3, 3), hidden)
    assert as_image(image).mask.tolist() == expected.tolist()
    first = np.ma.masked_array(np.moveaxis(image.data, -1, 0), np.moveaxis(hidden, -1, 0))
    assert as_image(first, channel_axis=0).mask.tolist() == expected.tolist()
    assert as_image(image, channel_axis=None).mask.tolist() == (~hidden).tolist()


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "longdouble"])
@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_takes_no_part(dtype, hole):
    image = np.arange(24, dtype=dtype).reshape(2, 4, 3)
    image[1, 2, 0] = hole
    parsed = as_image(image)
    assert_canonical(parsed)
    assert parsed.mask.tolist() == [[True] * 4, [True, True, False, True]]
    assert parsed.values.dtype == (np.float32 if image.dtype.itemsize < 8 else np.float64)
    np.testing.assert_array_equal(parsed.pixels(), np.delete(image.reshape(-1, 3), 6, axis=0))
    assert np.isposinf(image[1, 2, 0]) or np.isneginf(image[1, 2, 0]) or np.isnan(image[1, 2, 0])


@pytest.mark.parametrize("hole", [np.nan, np.inf])
def test_nothing_takes_part(hole):
    parsed = as_image(np.full((2, 3), hole))
    assert parsed.mask.tolist() == [[False] * 3] * 2
    assert parsed.pixels().shape == (0, 1)
    assert as_image(np.ma.masked_all((2, 3))).pixels().shape == (0, 1)
    assert as_image(GREY, mask=np.zeros((2, 3), bool)).pixels().shape == (0, 1)


def test_the_caller_s_mask_and_image_are_not_written_to():
    image, mask = np.array([[np.nan, 1e300, 2.0]]), np.array([[True, False, True]])
    as_image(image, mask=mask)
    np.testing.assert_array_equal(image, [[np.nan, 1e300, 2.0]])
    assert mask.tolist() == [[True, False, True]]


@pytest.mark.parametrize(
    ("mask", "error", "message"),
    [
        (np.ones((2, 3), int), TypeError, r"mask has dtype int64; expected bool, True = takes part"),
        ([[0.0, 1, 1]] * 2, TypeError, r"mask has dtype float64; expected bool"),
        (np.ones((3, 2), bool), ValueError, r"mask has shape \(3, 2\); expected .* spatial shape \(2, 3\)"),
        (np.ones((2, 3, 1), bool), ValueError, r"mask has shape \(2, 3, 1\); expected .* \(2, 3\)"),
        (np.ones(3, bool), ValueError, r"mask has shape \(3,\)"),
        (True, ValueError, r"mask has shape \(\)"),
    ],
)
def test_wrong_masks(mask, error, message):
    with pytest.raises(error, match=message):
        as_image(GREY, mask=mask)
    with pytest.raises(error, match=message):
        as_mask(mask, (2, 3))


def test_a_mask_has_the_spatial_shape_of_a_color_image():
    mask = np.array([[True, False], [True, True]])
    assert as_image(np.zeros((2, 2, 3)), mask=mask).mask.tolist() == mask.tolist()
    assert as_image(np.zeros((3, 2, 2)), channel_axis=0, mask=mask).mask.tolist() == mask.tolist()
    with pytest.raises(ValueError, match=r"expected the image's spatial shape \(2, 2\)"):
        as_image(np.zeros((2, 2, 3)), mask=np.ones((2, 2, 3), bool))


# ---- huge and small values


@pytest.mark.parametrize("value", [3.4028235e38, 1e37, 1e-45])
def test_no_value_decides_the_working_dtype(value):
    image = np.array([[value, -value, 0]], np.float32)
    parsed = as_image(image)
    assert parsed.values.dtype == np.float32
    np.testing.assert_array_equal(parsed.values[..., 0], image)


def test_a_masked_huge_value_is_not_refused():
    assert as_image(np.array([[1e300, 1]]), mask=[[False, True]]).pixels().tolist() == [[1]]


@pytest.mark.parametrize("value", [1e151, -1e200, 1.7e308])
def test_floats_whose_squares_overflow_are_refused(value):
    with pytest.raises(ValueError, match=r"image holds values up to .*; expected at most 1e150; divide it first"):
        as_image([[0.0, value]])


def test_values_whose_squares_vanish_are_refused():
    with pytest.raises(ValueError, match=r"values up to 1e-163 only; expected 1e-150 or more; scale it up"):
        as_image([[0, 1e-163]])
    assert as_image([[0, 1e-150]]).values.max() == 1e-150


def test_1e150_and_the_least_subnormal_are_taken():
    image = [[1e150, -1e150, 5e-324]]
    assert as_image(image).values[..., 0].tolist() == image


def test_longdouble_beyond_float64_is_refused_not_cast_to_infinity():
    if np.finfo(np.longdouble).max <= np.finfo(np.float64).max:
        pytest.skip("longdouble is float64 here")
    huge = np.longdouble(np.finfo(np.float64).max) * 2
    with pytest.raises(ValueError, match="expected at most 1e150"):
        as_image(np.array([[huge, 0]]))
    assert as_image(np.array([[huge, 7]]), mask=[[False, True]]).pixels().tolist() == [[7]]


@pytest.mark.parametrize(
    "image",
    [
        np.array([[2**53 + 1, 0]]),
        np.array([[-(2**53) - 1, 0]]),
        np.array([[2**64 - 1, 0]], np.uint64),
        np.array([[np.iinfo(np.int64).min, 0]]),
    ],
)
def test_integers_that_float64_does_not_hold_are_refused(image):
    with pytest.raises(ValueError, match=r"image holds integers up to \d\S*; expected at most 2\*\*53 in"):
        as_image(image)
    parsed = as_image(image, mask=[[False, True]])
    assert parsed.pixels().tolist() == [[0]]


def test_2_to_the_53_is_taken_exactly():
    image = np.array([[2**53, -(2**53), 2**53 - 1]])
    assert as_image(image).values[..., 0].astype(np.int64).tolist() == image.tolist()


@settings(deadline=None)
@given(
    st.sampled_from(["i8", "u8"]).flatmap(
        lambda dtype: hnp.arrays(dtype, (2, 3), elements=hnp.from_dtype(np.dtype(dtype)))
    )
)
def test_integers_come_through_exactly_or_not_at_all(image):
    exact = all(abs(value) <= 2**53 for value in image.ravel().tolist())
    try:
        parsed = as_image(image)
    except ValueError:
        assert not exact
    else:
        assert exact
        assert [int(value) for value in parsed.values.ravel()] == image.ravel().tolist()


@settings(deadline=None)
@given(
    st.sampled_from(["f2", "f4", "f8"]).flatmap(
        lambda dtype: hnp.arrays(dtype, (2, 3), elements=hnp.from_dtype(np.dtype(dtype)))
    ),
    hnp.arrays(bool, (2, 3)),
)
def test_floats_come_through_exactly_where_they_take_part(image, mask):
    takes_part = mask & np.isfinite(image)
    largest = np.abs(image[takes_part].astype(np.float64)).max(initial=0)
    if largest > 1e150 or 0 < largest < 1e-150:
        with pytest.raises(ValueError, match=r"expected (at most 1e150|1e-150 or more);"):
            as_image(image, mask=mask)
        return
    parsed = as_image(image, mask=mask)
    assert_canonical(parsed)
    np.testing.assert_array_equal(np.ones_like(mask) if parsed.mask is None else parsed.mask, takes_part)
    np.testing.assert_array_equal(parsed.pixels()[:, 0], image[takes_part])


# ---- what is no image


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        ([[1j]], TypeError, r"image has dtype complex128; expected real numbers .* np\.abs"),
        ([["a"]], TypeError, r"image has dtype <U1; expected real numbers"),
        ([[b"a"]], TypeError, r"image has dtype \|S1; expected real numbers"),
        ([[None]], TypeError, r"image has dtype object; expected real numbers .* cast it"),
        ([[2**70]], TypeError, r"image has dtype object"),
        ([[Decimal(1)]], TypeError, r"image has dtype object"),
        (np.array([["2020-01-01"]], "M8[D]"), TypeError, r"image has dtype datetime64\[D\]; expected real"),
        (np.array([[1]], "m8[s]"), TypeError, r"image has dtype timedelta64\[s\]"),
        (np.zeros((2, 2), [("a", "u1")]), TypeError, r"image has dtype \[\('a', 'u1'\)\]"),
        (None, TypeError, r"image is None; expected real numbers"),
        ("photo.png", TypeError, r"image is 'photo.png'; expected real numbers"),
        ({"a": 1}, TypeError, r"image is .*; expected real numbers"),
        ([[1, 2], [3]], ValueError, r"image is no array: .*; expected real numbers .*, of one shape"),
        (5, ValueError, r"image is a single number; expected an array with at least one axis"),
        (np.float32(5), ValueError, r"image is a single number"),
        ([], ValueError, r"image has shape \(0,\): it holds no pixels; expected at least one"),
        (np.zeros((0, 5)), ValueError, r"image has shape \(0, 5\): it holds no pixels"),
        (np.zeros((5, 0, 3)), ValueError, r"image has shape \(5, 0, 3\): it holds no pixels"),
        (np.zeros((5, 5, 0)), ValueError, r"image has shape \(5, 5, 0\): it holds no pixels"),
    ],
)
def test_what_is_no_image_is_refused(image, error, message):
    with pytest.raises(error, match=message):
        as_image(image)


# ---- channels


@pytest.mark.parametrize(
    ("shape", "axis", "spatial", "n_channels"),
    [
        ((7,), "auto", (7,), 1),
        ((5, 3), "auto", (5, 3), 1),
        ((5, 7, 1), "auto", (5, 7), 1),
        ((5, 7, 3), "auto", (5, 7), 3),
        ((5, 7, 4), "auto", (5, 7), 4),
        ((5, 6, 7, 2), "auto", (5, 6, 7), 2),
        ((5, 7, 3), None, (5, 7, 3), 1),
        ((5, 6, 7), None, (5, 6, 7), 1),
        ((5, 6, 7), 2, (5, 6), 7),
        ((5, 6, 7), -1, (5, 6), 7),
        ((5, 6, 7), 0, (6, 7), 5),
        ((5, 6, 7), -3, (6, 7), 5),
        ((5, 6, 7), 1, (5, 7), 6),
        ((5, 6, 7), np.int64(1), (5, 7), 6),
        ((5, 3), 1, (5,), 3),
    ],
)
def test_channel_axis(shape, axis, spatial, n_channels):
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    parsed = as_image(image, channel_axis=axis)
    assert_canonical(parsed)
    assert (parsed.shape, parsed.n_channels) == (spatial, n_channels)
    last = (
        image[..., None]
        if parsed.values.ndim > image.ndim
        else np.moveaxis(image, -1 if axis == "auto" else axis, -1)
    )
    np.testing.assert_array_equal(parsed.values, last)


def test_auto_refuses_a_long_last_axis_with_the_mend():
    message = (
        r"image has shape \(7, 6, 5\): its last axis is too long .*; pass channel_axis=None for a volume "
        r"\(every axis spatial\), or channel_axis=2 for 5 channels"
    )
    with pytest.raises(ValueError, match=message):
        as_image(np.zeros((7, 6, 5)))
    with pytest.raises(ValueError, match=r"channel_axis=None .* channel_axis=0 for 6 channels"):
        as_image(np.zeros((6, 30, 40)))  # bands first
    with pytest.raises(ValueError, match=r"channel_axis=None .* channel_axis=3 for 5 channels"):
        as_image(np.zeros((5, 2, 2, 5)))


@pytest.mark.parametrize(
    ("shape", "axis", "error", "message"),
    [
        ((5, 6, 7), 3, ValueError, r"channel_axis is 3; expected a whole number from -3 to 2"),
        ((5, 6, 7), -4, ValueError, r"channel_axis is -4; expected a whole number from -3 to 2"),
        ((5, 6, 3), True, TypeError, r"channel_axis is True; expected a whole number"),
        ((5, 6, 3), 1.0, TypeError, r"channel_axis is 1\.0; expected a whole number"),
        ((5, 6, 3), (1,), TypeError, r"channel_axis is \(1,\); expected a whole number"),
        ((5, 6, 3), "last", ValueError, r"channel_axis is 'last'; expected an integer, None or 'auto'"),
        ((5,), 0, ValueError, r"image has one axis and channel_axis is 0; no axis is left for space"),
    ],
)
def test_wrong_channel_axes(shape, axis, error, message):
    with pytest.raises(error, match=message):
        as_image(np.zeros(shape), channel_axis=axis)


def test_a_scalar_image_of_three_channels_is_their_luminance():
    image = np.random.default_rng(0).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    parsed = as_scalar_image(image, mask=image[..., 0] > 30)
    assert (parsed.values.dtype, parsed.n_channels) == (np.float64, 1)
    luminance = np.where(image[..., 0] > 30, image @ [0.2125, 0.7154, 0.0721], 0)
    np.testing.assert_allclose(parsed.values[..., 0], luminance, rtol=1e-14)
    assert parsed.mask.tolist() == (image[..., 0] > 30).tolist()
    assert not parsed.values.flags.writeable
    assert as_scalar_image(image[..., :1]).values.dtype == np.uint8


@pytest.mark.parametrize("n_channels", [2, 4])
def test_a_scalar_image_of_other_numbers_of_channels_is_refused_with_the_mend(n_channels):
    message = rf"image has {n_channels} channels; expected 1, or 3 .*image\[\.\.\., 0\], or channel_axis=None"
    with pytest.raises(ValueError, match=message):
        as_scalar_image(np.zeros((4, 5, n_channels)))


def test_paint_is_the_inverse_of_pixels():
    whole = as_image(GREY)
    assert whole.scatter(np.arange(6, dtype=np.int32)).tolist() == GREY.tolist()
    part = as_image(GREY, mask=GREY % 2 == 1)
    assert part.pixels()[:, 0].tolist() == [1, 3, 5]
    assert part.scatter(np.array([7, 8, 9], np.int32)).tolist() == [[0, 7, 0], [8, 0, 9]]


# ---- labels


@pytest.mark.parametrize("dtype", ["bool", "u1", ">u2", "i8", "u8", "<i4"])
def test_labels_of_any_integers(dtype):
    given = np.array([[0, 1], [1, 0]]).astype(dtype)[::-1]
    labels = as_labels(given)
    assert labels.dtype == np.int32
    assert labels.flags.c_contiguous
    assert not labels.flags.writeable
    assert labels.tolist() == given.tolist()


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([[1.0]], TypeError, r"labels has dtype float64; expected integers or bool; cast it first"),
        ([[None]], TypeError, r"labels has dtype object"),
        (3, ValueError, r"labels has shape \(\): it holds no pixels"),
        ([[]], TypeError, r"float64"),
        (
            np.zeros((0, 2), int),
            ValueError,
            r"labels has shape \(0, 2\): it holds no pixels; expected at least one",
        ),
        ([[-1, 4]], ValueError, r"labels holds values from -1 to 4; expected 0 to 2147483647"),
        ([[2**31, 0]], ValueError, r"labels holds values from 0 to 2147483648; expected 0 to 2147483647"),
        (np.array([2**64 - 1], np.uint64), ValueError, r"to 18446744073709551615; expected 0 to 2147483647"),
    ],
)
def test_wrong_labels(labels, error, message):
    with pytest.raises(error, match=message):
        as_labels(labels)


# ---- numbers


def test_spacing_becomes_one_number_an_axis():
    assert as_spacing(None, 3) == (1.0, 1.0, 1.0)
    assert as_spacing(2, 3) == (2.0, 2.0, 2.0)
    assert as_spacing([1, 2.5], 2) == (1.0, 2.5)
    assert as_spacing(np.array([1, 2.5], ">f4"), 2) == (1.0, 2.5)
    assert as_spacing(np.float32(0.5), 2) == (0.5, 0.5)
    assert all(type(number) is float for number in as_spacing(np.array([1, 2]), 2))


@pytest.mark.parametrize(
    ("spacing", "error", "message"),
    [
        ([1, 2, 3], ValueError, r"spacing has 3 numbers; expected one, or one for each of 2 axes"),
        ([], ValueError, r"spacing has 0 numbers"),
        (0, ValueError, r"spacing is 0\.0; expected a finite number > 0"),
        ([1, -1], ValueError, r"spacing is -1\.0; expected a finite number > 0"),
        (math.nan, ValueError, r"spacing is nan; expected a finite number > 0"),
        (math.inf, ValueError, r"spacing is inf; expected a finite number > 0"),
        ("12", TypeError, r"spacing is '12?'; expected a finite number > 0"),
        ([1, None], TypeError, r"spacing is None; expected a finite number > 0"),
        (True, TypeError, r"spacing is True; expected a finite number > 0"),
        (np.ones((2, 2)), TypeError, r"spacing is array.*; expected a finite number > 0"),
    ],
)
def test_wrong_spacings(spacing, error, message):
    with pytest.raises(error, match=message):
        as_spacing(spacing, 2)


def test_spacing_as_an_array_of_no_axis():
    assert as_spacing(np.array(2.0), 2) == (2.0, 2.0)


@pytest.mark.parametrize("value", [3, 3.0, np.int8(3), np.float16(3), np.array(3), Fraction(3), Decimal(3)])
def test_numbers(value):
    number = as_number("sigma", value)
    assert number == 3.0
    assert type(number) is float


@pytest.mark.parametrize(
    ("value", "bounds", "error", "message"),
    [
        (0, {"above": 0.0}, ValueError, r"sigma is 0\.0; expected a finite number > 0"),
        (-1, {"least": 0.0}, ValueError, r"sigma is -1\.0; expected a finite number >= 0"),
        (math.nan, {}, ValueError, r"sigma is nan; expected a finite number"),
        (-math.inf, {}, ValueError, r"sigma is -inf; expected a finite number"),
        (10**400, {}, (TypeError, ValueError), r"sigma is inf; expected a finite number"),
        ("3", {}, TypeError, r"sigma is '3'; expected a finite number"),
        (b"3", {}, TypeError, r"sigma is b'3'"),
        (None, {}, TypeError, r"sigma is None"),
        (True, {}, TypeError, r"sigma is True"),
        (np.bool_(True), {}, TypeError, r"sigma is (np\.)?True"),
        (3j, {}, TypeError, r"sigma is 3j"),
        (np.complex128(3), {}, TypeError, r"sigma is .*3"),
        ([3], {}, TypeError, r"sigma is \[3\]"),
        (np.array([3, 4]), {}, TypeError, r"sigma is array\(\[3, 4\]\)"),
        (np.array([3.0]), {}, TypeError, r"sigma is array\(\[3\.\]\)"),
        (np.array(True), {}, TypeError, r"sigma is array\(True\)"),
        (np.array(3j), {}, TypeError, r"sigma is array\(0\.\+3\.j\)"),
        (np.array("3"), {}, TypeError, r"sigma is array\('3'"),
        (np.datetime64("2020-01-01"), {}, TypeError, r"sigma is .*2020-01-01"),
    ],
)
def test_wrong_numbers(value, bounds, error, message):
    with pytest.raises(error, match=message):
        as_number("sigma", value, **bounds)


def test_bounds_of_numbers_are_met():
    assert as_number("sigma", 0, least=0.0) == 0.0
    assert as_number("sigma", 1e-150, above=0.0) == 1e-150


@pytest.mark.parametrize("value", [1, 3, np.int8(3), np.uint64(3), np.array(3)])
def test_counts(value):
    count = as_count("n", value)
    assert count == int(value)
    assert type(count) is int


@pytest.mark.parametrize(
    ("value", "bounds", "error", "message"),
    [
        (0, {}, ValueError, r"n is 0; expected a whole number >= 1"),
        (-1, {"least": 0}, ValueError, r"n is -1; expected a whole number >= 0"),
        (4, {"most": 3}, ValueError, r"n is 4; expected a whole number from 1 to 3"),
        (2.0, {}, TypeError, r"n is 2\.0; expected a whole number >= 1"),
        (np.float64(2), {"most": 3}, TypeError, r"n is .*2\.0\)?; expected a whole number from 1 to 3"),
        ("2", {}, TypeError, r"n is '2'"),
        (None, {}, TypeError, r"n is None"),
        (True, {}, TypeError, r"n is True"),
        (np.bool_(True), {}, TypeError, r"n is (np\.)?True"),
        ([2], {}, TypeError, r"n is \[2\]"),
        (np.array([2]), {}, TypeError, r"n is array\(\[2\]\)"),
        (np.array(True), {}, TypeError, r"n is array\(True\)"),
    ],
)
def test_wrong_counts(value, bounds, error, message):
    with pytest.raises(error, match=message):
        as_count("n", value, **bounds)


def test_an_image_is_not_compared_by_value():
    image = as_image(GREY)
    assert image == image
    assert image != Image(image.values, image.mask)

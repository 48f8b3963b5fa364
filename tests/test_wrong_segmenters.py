"""Deliberately wrong segmenters: each breaks a law of its kind, and that law must find it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from laws import ALL_LAWS, LOCAL, laws_of
from newcomers.grid import grid_segment
from newcomers.nearest_seed import nearest_seed_segment
from numpy.testing import assert_array_equal

import classicseg
from classicseg import Classes, Regions, Superpixels


def _threshold(image, *, channel_axis="auto", mask=None) -> Classes:
    return classicseg.threshold_segment(image, channel_axis=channel_axis, mask=mask)


def _int64(image, **options) -> Classes:
    return _threshold(image, **options).astype(np.int64)


def _with_gaps(image, **options) -> Classes:
    return _threshold(image, **options) * 2


def _ignores_mask(image, *, channel_axis="auto", mask=None) -> Classes:
    labels = _threshold(np.ma.getdata(image), channel_axis=channel_axis)
    return labels if mask is None else np.where(mask, labels, 0).astype(np.int32)


def _uint8_only(image, **options) -> Classes:
    if np.asarray(image).dtype != np.uint8:
        raise TypeError("image has a dtype that is not uint8")
    return _threshold(image, **options)


def _native_only(image, **options) -> Classes:
    array = np.ma.asarray(image)
    return _threshold(np.ma.array(array.view(array.dtype.newbyteorder("=")), mask=array.mask), **options)


def _writes(image, **options) -> Classes:
    labels = _threshold(image, **options)
    if isinstance(image, np.ndarray) and image.flags.writeable:
        image.flat[0] = 0
    return labels


def _favors_a_corner(image, **options) -> Regions:
    labels = classicseg.connected_regions(_threshold(image, **options))
    if (labels > 0).all():
        labels.flat[0] = labels.max() + 1
    return classicseg.connected_regions(labels)


def _disconnected(image, **options) -> Regions:
    return _threshold(image, **options)


def _absolute(image, *, channel_axis="auto", mask=None) -> Classes:
    labels = classicseg.threshold_segment(image, thresholds=50, channel_axis=channel_axis, mask=mask)
    return np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int32) + (labels > 0).all()


_calls = [0]


def _changes_its_mind(image, **options) -> Classes:
    _calls[0] += 1
    labels = _threshold(image, **options)
    return labels if _calls[0] % 2 else np.where(labels == 2, 1, labels).astype(np.int32)


def _accepts_anything(image, **options) -> Classes:
    return np.ones(np.shape(image), np.int32)


def _grey_only(image, *, channel_axis="auto", mask=None) -> Classes:
    return _threshold(np.asarray(image).sum(axis=-1) if np.ndim(image) == 3 else image, mask=mask)


def _counts_workers(image, **options) -> Classes:
    labels = _threshold(image, **options)
    return np.minimum(labels, classicseg._core.bands.n_workers()).astype(np.int32)


def _counts_in_steps_of_the_range(image, *, channel_axis="auto", mask=None) -> Classes:
    values = np.asarray(image, float)
    step = max(np.ptp(values), 1e-9) / 2**20
    rounded = np.rint((values - values.min()) / step) * step + values.min()
    return classicseg.gradient_segment(rounded, threshold=5, channel_axis=channel_axis, mask=mask)


LOCAL["_counts_in_steps_of_the_range"] = {}


def _splits_constants(image, **options) -> Classes:
    labels = _threshold(image, **options)
    if (labels == 1).sum() > 1:
        labels[np.unravel_index(np.argmax(labels), labels.shape)] = 2
    return labels


def _splits_regions(image, **options) -> Regions:
    cells = grid_segment(image, n_segments=4, **options)
    return classicseg.connected_regions(cells)


def _one_superpixel(image, *, n_segments=4, **options) -> Superpixels:
    return grid_segment(image, n_segments=1, **options)


def _one_large_superpixel(image, *, n_segments=4, **options) -> Superpixels:
    labels = grid_segment(image, n_segments=n_segments, **options)
    return classicseg.connected_regions(np.where(labels > 1 + labels.max() // 2, 1, labels))


def _scattered_superpixels(image, *, n_segments=4, **options) -> Superpixels:
    return _threshold(image, **options)


def _numbers_its_seeds(image, *, seeds, **options) -> Regions:
    labels = nearest_seed_segment(image, seeds=seeds, **options)
    return np.unique(np.append(0, labels), return_inverse=True)[1][1:].reshape(labels.shape).astype(np.int32)


def _grows_over_seeds(image, *, seeds, **options) -> Regions:
    labels = nearest_seed_segment(image, seeds=seeds, **options)
    return np.where(labels > 0, labels.max(), 0).astype(np.int32)


def _takes_marker_images_only(image, *, seeds, **options) -> Regions:
    return nearest_seed_segment(image, seeds=np.asarray(seeds), **options)


def _labels_what_is_masked(image, *, seeds, mask=None, channel_axis="auto") -> Regions:
    return nearest_seed_segment(
        np.nan_to_num(np.ma.getdata(image), posinf=0, neginf=0), seeds=seeds, channel_axis=channel_axis
    )


def _leaps_over_walls(image, *, seeds, **options) -> Regions:
    labels = nearest_seed_segment(image, seeds=seeds, **options)
    inside = _threshold(image, **options) > 0
    return np.where(inside & (labels == 0), labels.max(), labels).astype(np.int32)


def _gives_its_corner_to_the_last(image, *, seeds, **options) -> Regions:
    labels = nearest_seed_segment(image, seeds=seeds, **options)
    if labels[0, 0]:
        labels[0, 0] = labels.max()
    return labels


WRONG = [
    (_int64, "labels_are_lawful"),
    (_with_gaps, "labels_are_lawful"),
    (_uint8_only, "dtypes_are_accepted"),
    (_native_only, "dtypes_are_accepted"),
    (_writes, "layout_does_not_count"),
    (_ignores_mask, "masked_pixels_touch_nothing"),
    (_ignores_mask, "a_masked_border_is_a_cropped_one"),
    (_with_gaps, "degenerate_images_work"),
    (_with_gaps, "volumes_are_images"),
    (_grey_only, "channels_may_lie_anywhere"),
    (_counts_workers, "workers_do_not_count"),
    (_absolute, "scale_does_not_count"),
    (_counts_in_steps_of_the_range, "a_far_pixel_changes_nothing"),
    (_changes_its_mind, "same_call_same_labels"),
    (_accepts_anything, "mistakes_are_named"),
    (_favors_a_corner, "no_corner_is_favored"),
    (_favors_a_corner, "flipped_floats_give_flipped_labels"),
    (_favors_a_corner, "flipped_volumes_give_flipped_labels"),
    (_splits_constants, "a_constant_image_is_one_class"),
    (_splits_regions, "a_constant_image_is_one_region"),
    (_disconnected, "regions_are_connected_and_numbered_by_their_first_pixel"),
    (_scattered_superpixels, "regions_are_connected_and_numbered_by_their_first_pixel"),
    (_one_superpixel, "a_constant_image_is_cut_evenly_into_about_as_many_as_asked"),
    (_one_large_superpixel, "a_constant_image_is_cut_evenly_into_about_as_many_as_asked"),
    (_numbers_its_seeds, "seeds_keep_their_labels"),
    (_grows_over_seeds, "seeds_keep_their_labels"),
    (_numbers_its_seeds, "the_caller_s_names_stay"),
    (_takes_marker_images_only, "points_under_their_label_are_a_marker_image"),
    (_labels_what_is_masked, "what_is_masked_is_0_and_touches_nothing"),
    (_labels_what_is_masked, "masked_pixels_touch_nothing"),
    (_leaps_over_walls, "what_no_seed_reaches_is_0"),
    (_gives_its_corner_to_the_last, "flipped_seeds_give_flipped_labels"),
]


@pytest.mark.parametrize(("wrong", "law"), WRONG)
def test_a_wrong_segmenter_is_found(wrong, law):
    @settings(max_examples=300, phases=[Phase.generate], database=None, derandomize=True)
    @given(data=st.data())
    def check(data):
        laws_of(wrong)[law](wrong, data)

    with pytest.raises((AssertionError, TypeError, ValueError, pytest.fail.Exception, BaseExceptionGroup)):
        check()


def test_every_law_is_proved_to_bite():
    assert {law for _, law in WRONG} == set(ALL_LAWS)


@pytest.mark.parametrize("right", [_threshold, grid_segment, nearest_seed_segment])
def test_the_right_twins_of_the_wrong_segmenters_keep_the_laws(right):
    @settings(max_examples=30, database=None)
    @given(data=st.data())
    def check(data):
        for law in laws_of(right).values():
            law(right, data)

    check()


def test_the_right_twins_do_what_their_names_say():
    assert_array_equal(_threshold([[0, 9]]), [[1, 2]])
    assert_array_equal(grid_segment(np.zeros((2, 4)), n_segments=2), [[1, 1, 2, 2]] * 2)
    assert_array_equal(nearest_seed_segment(np.zeros((1, 4)), seeds=[[0, 0], [0, 3]]), [[1, 1, 2, 2]])

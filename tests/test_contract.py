"""Every segmenter of the catalogue keeps every law, and a segmenter that breaks one is found."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from laws import LAWS, LOCAL
from numpy.testing import assert_array_equal

import classicseg

SEGMENTERS = classicseg.segmenters()


@pytest.mark.parametrize("name", SEGMENTERS)
@pytest.mark.parametrize("law", LAWS)
@given(data=st.data())
def test_law(law, name, data):
    LAWS[law](SEGMENTERS[name], data)


@pytest.mark.parametrize("name", SEGMENTERS)
def test_every_option_refuses_nonsense(name):
    """Not a number, a word that is no choice, a container: a clear error for each option but the image's own."""
    segment = SEGMENTERS[name]
    image = np.arange(12.0).reshape(3, 4)
    for parameter in list(inspect.signature(segment).parameters)[1:]:
        for nonsense in (np.nan, "nonsense", object(), {"a": 1}, 1j):
            with pytest.raises((TypeError, ValueError)) as caught:
                segment(image, **{parameter: nonsense})
            assert str(caught.value), parameter


@pytest.mark.jit
@pytest.mark.parametrize("name", SEGMENTERS)
def test_sixteen_threads_get_one_result(name):
    segment = SEGMENTERS[name]
    image = np.random.default_rng(0).integers(0, 255, (40, 30, 3)).astype(np.uint8)
    expected, found = segment(image), []

    def call():
        found.extend(np.array_equal(segment(image), expected) for _ in range(20))

    threads = [threading.Thread(target=call) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 320
    assert all(found)


@pytest.mark.jit
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.parametrize("name", SEGMENTERS)
def test_a_forked_child_gets_the_same_result(name):
    script = f"""
import os, warnings
import numpy as np
import classicseg
warnings.simplefilter("ignore")  # forking a process with threads is deprecated; it must work all the same
image = np.random.default_rng(0).integers(0, 255, (1200, 900)).astype(np.uint8)
classicseg.set_workers(2)
expected = classicseg.{name}(image)
child = os.fork()
if child == 0:
    os._exit(0 if np.array_equal(classicseg.{name}(image), expected) else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)


# Deliberately wrong segmenters: each breaks one law, and that law must find it.


def _threshold(image, *, channel_axis="auto", mask=None):
    """Classes 1 … n."""
    return classicseg.threshold_segment(image, channel_axis=channel_axis, mask=mask)


def _int64(image, **options):
    """Classes 1 … n."""
    return _threshold(image, **options).astype(np.int64)


def _with_gaps(image, **options):
    """Classes 1 … n."""
    return _threshold(image, **options) * 2


def _ignores_mask(image, *, channel_axis="auto", mask=None):
    """Classes 1 … n."""
    labels = _threshold(np.ma.getdata(image), channel_axis=channel_axis)
    return labels if mask is None else np.where(mask, labels, 0).astype(np.int32)


def _uint8_only(image, **options):
    """Classes 1 … n."""
    if np.asarray(image).dtype != np.uint8:
        raise TypeError("image has a dtype that is not uint8")
    return _threshold(image, **options)


def _native_only(image, **options):
    """Classes 1 … n."""
    array = np.ma.asarray(image)
    return _threshold(np.ma.array(array.view(array.dtype.newbyteorder("=")), mask=array.mask), **options)


def _writes(image, **options):
    """Classes 1 … n."""
    labels = _threshold(image, **options)
    if isinstance(image, np.ndarray) and image.flags.writeable:
        image.flat[0] = 0
    return labels


def _favors_a_corner(image, **options):
    """Connected regions 1 … n."""
    labels = classicseg.connected_regions(_threshold(image, **options))
    if (labels > 0).all():
        labels.flat[0] = labels.max() + 1
    return classicseg.connected_regions(labels)


def _disconnected(image, **options):
    """Connected regions 1 … n."""
    return _threshold(image, **options)


def _absolute(image, *, channel_axis="auto", mask=None):
    """Classes 1 … n."""
    labels = classicseg.threshold_segment(image, thresholds=50, channel_axis=channel_axis, mask=mask)
    return np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int32) + (labels > 0).all()


_calls = [0]


def _changes_its_mind(image, **options):
    """Classes 1 … n."""
    _calls[0] += 1
    labels = _threshold(image, **options)
    return labels if _calls[0] % 2 else np.where(labels == 2, 1, labels).astype(np.int32)


def _accepts_anything(image, **options):
    """Classes 1 … n."""
    return np.ones(np.shape(image), np.int32)


def _grey_only(image, *, channel_axis="auto", mask=None):
    """Classes 1 … n."""
    return _threshold(np.asarray(image).sum(axis=-1) if np.ndim(image) == 3 else image, mask=mask)


def _counts_workers(image, **options):
    """Classes 1 … n."""
    labels = _threshold(image, **options)
    return np.minimum(labels, classicseg._core.bands.n_workers()).astype(np.int32)


def _counts_in_steps_of_the_range(image, *, channel_axis="auto", mask=None):
    """Classes 1 … n."""
    values = np.asarray(image, float)
    step = max(np.ptp(values), 1e-9) / 2**20
    rounded = np.rint((values - values.min()) / step) * step + values.min()
    return classicseg.gradient_segment(rounded, threshold=5, channel_axis=channel_axis, mask=mask)


LOCAL["_counts_in_steps_of_the_range"] = {}


@pytest.mark.parametrize(
    ("wrong", "law"),
    [
        (_int64, "labels_are_lawful"),
        (_with_gaps, "labels_are_lawful"),
        (_disconnected, "labels_are_lawful"),
        (_uint8_only, "dtypes_are_accepted"),
        (_native_only, "dtypes_are_accepted"),
        (_writes, "layout_does_not_count"),
        (_ignores_mask, "masked_pixels_touch_nothing"),
        (_ignores_mask, "a_masked_border_is_a_cropped_one"),
        (_with_gaps, "degenerate_images_work"),
        (_favors_a_corner, "no_corner_is_favored"),
        (_favors_a_corner, "flipped_floats_give_flipped_labels"),
        (_favors_a_corner, "volumes_are_images"),
        (_grey_only, "channels_may_lie_anywhere"),
        (_counts_workers, "workers_do_not_count"),
        (_absolute, "scale_does_not_count"),
        (_counts_in_steps_of_the_range, "a_far_pixel_changes_nothing"),
        (_changes_its_mind, "same_call_same_labels"),
        (_accepts_anything, "mistakes_are_named"),
    ],
)
def test_a_wrong_segmenter_is_found(wrong, law):
    @settings(max_examples=300, phases=[Phase.generate], database=None, derandomize=True)
    @given(data=st.data())
    def check(data):
        LAWS[law](wrong, data)

    with pytest.raises((AssertionError, TypeError, ValueError, pytest.fail.Exception, BaseExceptionGroup)):
        check()


def test_every_law_is_proved_to_bite():
    marks = test_a_wrong_segmenter_is_found.pytestmark
    proved = {law for mark in marks for _, law in mark.args[1]}
    assert proved == set(LAWS)


def test_the_right_twin_of_the_wrong_segmenters_keeps_the_laws():
    @settings(max_examples=30, database=None)
    @given(data=st.data())
    def check(data):
        for law in LAWS.values():
            law(_threshold, data)

    check()
    assert_array_equal(_threshold([[0, 9]]), [[1, 2]])

"""What every segmenter keeps, whatever its kind.

A segmenter that needs seeds is held to these laws as well, with seeds that follow the image (`WithSeeds`).
"""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import DTYPES, images, masks, scenes, shapes

import classicseg
from classicseg._core.bands import band_size
from classicseg._core.image import as_image
from classicseg.types import kind_of

Segmenter = Callable[..., np.ndarray]
Law = Callable[[Segmenter, st.DataObject], None]


class Laws(dict[str, Law]):
    """Laws by name."""

    def law(self, check: Law) -> Law:
        """Add a law: a function that fails where a segmenter does not keep it."""
        self[check.__name__] = check
        return check


COMMON = Laws()
"""With any image, and any seeds."""

IMAGE_ALONE = Laws()
"""Of the segmenters that need an image alone."""

LOCAL: dict[str, dict[str, object]] = {
    "boundary_segment": {"sigma": 1, "low": 5, "high": 5, "max_gap": 0, "min_area": 1},
    "felzenszwalb_segment": {"scale": 100, "sigma": 1, "min_area": 5},
    "gradient_segment": {"sigma": 1, "threshold": 5},
    "region_growing_segment": {"seeds": [(4, 30), (12, 38)], "tolerance": 9},
    "srm_segment": {"complexity": 300, "sigma": 1, "value_range": 255, "min_area": 1},
    "threshold_segment": {"thresholds": [50, 120]},
    "watershed_segment": {"sigma": 1, "min_depth": 2},
}
"""Options in numbers, which leave no statistic of the whole image to a segmenter; others have none."""

FAR = {
    "u1": (0, 255),
    "u2": (0, 65535),
    "f4": (1e5, -1e5, 1e30, -1e30, 3.4028235e38, -3.4028235e38, 1e-45),
    "f8": (1e5, -1e5, 1e30, -1e30, 1e150, -1e150, 5e-324),
}
"""A dead pixel, a hot one, what files are filled with, and the least and the largest numbers."""


class WithSeeds:
    """A seeded segmenter as one that needs an image alone: the darkest pixels are seeds of 1, the brightest of 2.

    So the seeds are flipped, scaled and masked as the image is.
    """

    def __init__(self, segment: Segmenter) -> None:
        self.segment = segment

    def __call__(self, image, *, channel_axis="auto", mask=None):
        try:
            parsed = as_image(image, channel_axis=channel_axis, mask=mask)
        except (TypeError, ValueError):
            seeds = [(0, 0)]  # the segmenter itself must refuse such an image
        else:
            values, inside = parsed.values.sum(axis=-1, dtype=np.float64), parsed.mask_array()
            if not inside.any():  # there is nothing to seed
                return np.zeros(inside.shape, np.int32)
            brightest = np.where(values == values[inside].max(), 2, 0)
            seeds = np.where(inside, np.where(values == values[inside].min(), 1, brightest), 0)
        return self.segment(image, channel_axis=channel_axis, mask=mask, **{seeds_option(self.segment): seeds})


def seeds_option(segment: Segmenter) -> str | None:
    """The option in which a segmenter takes seeds."""
    names = inspect.signature(segment).parameters
    return next((name for name in ("seeds", "markers", "strokes") if name in names), None)


def canonical(segment: Segmenter, labels: np.ndarray) -> np.ndarray:
    """Names aside: regions are numbered by their first pixel, classes keep their names."""
    if kind_of(segment) == "classes":
        return labels
    first = {name: number for number, name in enumerate(dict.fromkeys(labels[labels > 0].tolist()), start=1)}
    return np.array([first.get(name, 0) for name in labels.ravel().tolist()], np.int32).reshape(labels.shape)


def assert_lawful(segment: Segmenter, labels: np.ndarray, inside: np.ndarray) -> None:
    """Labels of the image's spatial shape, where `inside` says which pixels take part."""
    assert isinstance(labels, np.ndarray)
    assert labels.dtype == np.int32
    assert labels.shape == inside.shape
    assert labels.flags.c_contiguous
    assert labels.flags.writeable
    assert_array_equal(labels[~inside], 0, "what takes no part is 0")
    if not isinstance(segment, WithSeeds):
        assert labels[inside].all(), "what takes part is in a segment"
        names = np.unique(labels[inside])
        assert_array_equal(names, np.arange(1, len(names) + 1), "segments are 1 … n without gaps")


@COMMON.law
def labels_are_lawful(segment, data):
    image = data.draw(images() | scenes())
    mask = data.draw(st.none() | masks(image.shape))
    assert_lawful(segment, segment(image, mask=mask), np.ones(image.shape, bool) if mask is None else mask)


@COMMON.law
def dtypes_are_accepted(segment, data):
    dtype = data.draw(st.sampled_from(DTYPES))
    image = data.draw(images(highest=100)).astype(dtype)
    labels = segment(image)
    assert_lawful(segment, labels, np.ones(image.shape, bool))
    assert_array_equal(labels, segment(image.astype(image.dtype.newbyteorder())), "byte order")
    working = {"bool": "u1", "f2": "f4"}.get(dtype, "f8" if dtype not in ("u1", "u2", "f4") else dtype)
    assert_array_equal(labels, segment(image.astype(working)), f"{dtype} works as {working}")


@COMMON.law
def layout_does_not_count(segment, data):
    image = data.draw(scenes(dtype=data.draw(st.sampled_from(["u1", "u2", "f4", "f8"]))))
    before = image.copy()
    labels = segment(image)
    spread = np.zeros([2 * length for length in image.shape], image.dtype)
    spread[::2, ::2] = image
    assert_array_equal(labels, segment(spread[::2, ::2]), "strides")
    assert_array_equal(labels, segment(np.asfortranarray(image)), "Fortran order")
    assert_array_equal(labels, segment(image[::-1].copy()[::-1]), "negative strides")
    image.flags.writeable = False
    assert_array_equal(labels, segment(image), "read-only")
    assert_array_equal(image, before, "the input is never written to")


@COMMON.law
def masked_pixels_touch_nothing(segment, data):
    image = data.draw(scenes(dtype="f8"))
    mask = data.draw(masks(image.shape))
    labels = segment(image, mask=mask)
    other = np.where(mask, image, data.draw(st.sampled_from([0.0, -1e30, 1e200, np.nan, np.inf])))
    assert_array_equal(labels, segment(other, mask=mask), "values under the mask")
    assert_array_equal(labels, segment(np.where(mask, image, np.nan)), "NaN takes no part")
    assert_array_equal(labels, segment(np.where(mask, image, -np.inf)), "infinities take no part")
    assert_array_equal(labels, segment(np.ma.array(image, mask=~mask)), "a masked array brings its mask")
    assert_lawful(segment, labels, mask)


@COMMON.law
def a_masked_border_is_a_cropped_one(segment, data):
    image = data.draw(scenes(data.draw(shapes(2, 6, 16))))
    wide = np.pad(image, 2, constant_values=data.draw(st.integers(0, 255)))
    mask = np.pad(np.ones(image.shape, bool), 2)
    assert_array_equal(segment(wide, mask=mask)[2:-2, 2:-2], segment(image))


@IMAGE_ALONE.law
def degenerate_images_work(segment, data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=5))
    value = data.draw(st.sampled_from([0.0, 7.0, -3.5, 1e30]))
    flat = partial(segment, channel_axis=None)
    assert_lawful(segment, flat(np.full(shape, value)), np.ones(shape, bool))
    assert_array_equal(flat(np.full(shape, np.nan)), np.zeros(shape), "all NaN")
    assert_array_equal(flat(np.full(shape, value), mask=np.zeros(shape, bool)), np.zeros(shape), "all masked")


@COMMON.law
def volumes_are_images(segment, data):
    shape = data.draw(shapes(3, 1, 6))
    volume = data.draw(images(shape) | scenes(shape))
    mask = data.draw(masks(shape))
    assert_lawful(segment, segment(volume, channel_axis=None, mask=mask), mask)


@COMMON.law
def channels_may_lie_anywhere(segment, data):
    image = data.draw(images(n_channels=3))
    labels = segment(image)
    assert_lawful(segment, labels, np.ones(image.shape[:2], bool))
    axis = data.draw(st.integers(-3, 2))
    assert_array_equal(labels, segment(np.moveaxis(image, -1, axis), channel_axis=axis))
    if image.shape[1] > 4:
        with pytest.raises(ValueError, match="channel_axis=None"):
            segment(image[..., 0][np.newaxis])


@COMMON.law
def workers_do_not_count(segment, data):
    image = data.draw(scenes(dtype="f4") | images(n_channels=3, dtype="f4"))
    with band_size(32):
        with classicseg.set_workers(1):
            labels = segment(image)
        for n_workers in (2, 5):
            with classicseg.set_workers(n_workers):
                assert_array_equal(labels, segment(image), f"{n_workers} workers")


@COMMON.law
def scale_does_not_count(segment, data):
    image = data.draw(scenes(dtype="f8"))
    scale = 2.0 ** data.draw(st.integers(-40, 40))
    assert_array_equal(segment(image), segment(image * scale), f"times {scale}")


@COMMON.law
def a_far_pixel_changes_nothing(segment, data):
    """In a corner of its own, behind pixels that take no part as far as its gradient reaches (4 pixels by the
    smoothing, 1 by the derivative), so that no region and no flood leads from it."""
    options = LOCAL.get(getattr(segment, "__name__", ""))
    if options is None:
        return
    dtype = data.draw(st.sampled_from(sorted(FAR)))
    image = data.draw(scenes((16, 44), dtype=dtype))
    if dtype[0] == "f":
        image += np.random.default_rng(data.draw(st.integers(0, 9))).random(image.shape).astype(dtype)
    mask = np.ones(image.shape, bool)
    mask[:, 5:8] = False
    far = image.copy()
    far[data.draw(st.integers(0, 15)), data.draw(st.integers(0, 2))] = data.draw(st.sampled_from(FAR[dtype]))
    before, after = (canonical(segment, segment(array, mask=mask, **options)[:, 12:]) for array in (image, far))
    assert_array_equal(before, after)


@COMMON.law
def same_call_same_labels(segment, data):
    image = data.draw(images(n_channels=3) | scenes())
    mask = data.draw(masks(image.shape[:2]))
    labels = segment(image, mask=mask)
    assert_array_equal(labels, segment(image, mask=mask), "twice")
    copy = pickle.loads(pickle.dumps(partial(segment, mask=mask)))
    assert_array_equal(labels, copy(image), "a pickled partial")


@COMMON.law
def mistakes_are_named(segment, data):
    good = np.zeros((4, 5))
    for image, error in [
        (good.astype(complex), TypeError),
        (good.astype(str), TypeError),
        (good.astype(object), TypeError),
        (np.zeros((4, 5), "M8[s]"), TypeError),
        (3.0, ValueError),
        (np.zeros((0, 5)), ValueError),
        (np.zeros((4, 0, 3)), ValueError),
        (np.zeros((9, 8, 7)), ValueError),
        ([[1, 2], [3]], ValueError),
        (np.full((2, 2), 2**60), ValueError),
        (np.full((2, 2), 1e200), ValueError),
    ]:
        with pytest.raises(error, match="image"):
            segment(image)
    with pytest.raises(TypeError, match="mask has dtype"):
        segment(good, mask=np.ones((4, 5)))
    with pytest.raises(ValueError, match="mask has shape"):
        segment(good, mask=np.ones((5, 4), bool))
    for axis in (2, -3, "last", "auto "):
        with pytest.raises(ValueError, match="channel_axis"):
            segment(good, channel_axis=axis)
    with pytest.raises(TypeError, match="channel_axis"):
        segment(good, channel_axis=0.5)
    with pytest.raises(TypeError, match="positional"):
        segment(good, 3)

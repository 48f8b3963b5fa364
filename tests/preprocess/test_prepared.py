"""What an image is made ready with: no label that was not there, and a way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from classicseg.preprocess import (
    Prepared,
    augmentations,
    crop,
    flip,
    match_channels,
    normalize,
    pad,
    quarter_turns,
    resize,
    rotate,
)

NAN = float("nan")


@st.composite
def scenes(draw):
    """An image with odd labels, a mask and a spacing, grey or in color, its channels anywhere."""
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=3, max_side=7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    axis = draw(st.sampled_from([None, 0, len(shape)]))
    full = shape if axis is None else tuple(np.insert(shape, axis, 3))
    dtype = draw(st.sampled_from(["?", "u1", ">u2", "i4", "f4", "f8"]))
    image = rng.integers(0, 2 if dtype == "?" else 200, full).astype(dtype)
    labels = rng.choice([0, 3, 7, 300], shape).astype(draw(st.sampled_from(["u2", "i8"])))
    mask = rng.random(shape) < draw(st.sampled_from([0.5, 1.0]))
    spacing = tuple(rng.choice([0.5, 1.0, 3.0], len(shape)).tolist())
    return image, labels, {"mask": mask, "spacing": spacing, "channel_axis": axis}


def steps(ndim, rng):
    """One of each function, with options that are drawn."""
    axes = [int(axis) for axis in rng.choice(ndim, 2, replace=False)]
    shape = [int(n) for n in rng.integers(1, 9, ndim)]
    width = [tuple(int(n) for n in rng.integers(0, 3, 2)) for _ in range(ndim)]
    return [
        lambda *a, **k: crop(*a, **k, box=[(0, 1)] * ndim, margin=int(rng.integers(0, 4))),
        lambda *a, **k: pad(*a, **k, width=width),
        lambda *a, **k: flip(*a, **k, axes=axes),
        lambda *a, **k: quarter_turns(*a, **k, turns=int(rng.integers(-4, 5)), axes=axes),
        lambda *a, **k: resize(*a, **k, shape=shape),
        lambda *a, **k: rotate(*a, **k, degrees=float(rng.uniform(-180, 180)), axes=axes),
        normalize,
        lambda *a, **k: match_channels(*a, **k, n_channels=3),
    ]


@given(scenes(), st.integers(0, 2**32 - 1))
def test_no_label_comes_to_be_and_what_takes_no_part_is_0(scene, seed):
    image, labels, options = scene
    before = image.copy(), labels.copy()
    for step in steps(labels.ndim, np.random.default_rng(seed)):
        found = step(image, labels, **options)
        assert found.labels.dtype == np.int32
        assert found.labels.shape == found.mask.shape
        assert set(found.labels.flat) <= {0, *labels.flat}
        assert not found.labels[~found.mask].any()
        values = found.image if found.channel_axis is None else np.moveaxis(found.image, found.channel_axis, -1)
        assert not values[~found.mask].any()
        home = found.undo(found.labels)
        assert home.shape == labels.shape
        assert set(home.flat) <= {0, *labels.flat}
    assert_array_equal(image, before[0])
    assert_array_equal(labels, before[1])


@given(scenes(), st.integers(0, 2**32 - 1))
def test_what_takes_no_part_gives_nothing(scene, seed):
    """Other values, NaN and other labels under the mask change nothing."""
    image, labels, options = scene
    rng = np.random.default_rng(seed)
    hidden = ~options["mask"]
    axis = options["channel_axis"]
    everywhere = hidden if axis is None else np.broadcast_to(np.expand_dims(hidden, axis), image.shape)
    other = np.where(everywhere, image.dtype.type(NAN if image.dtype.kind == "f" else 1), image)
    others = np.where(hidden, 9, labels)
    chosen = rng.integers(0, 2**32)
    one, two = (steps(labels.ndim, np.random.default_rng(chosen)) for _ in range(2))
    for step, again in zip(one, two, strict=True):
        first, second = step(image, labels, **options), again(other, others, **options)
        assert_array_equal(first.image, second.image)
        assert_array_equal(first.labels, second.labels)
        assert_array_equal(first.mask, second.mask)


@given(scenes(), st.integers(0, 2**32 - 1))
def test_the_extent_stays(scene, seed):
    image, labels, options = scene
    rng = np.random.default_rng(seed)
    extent = np.multiply(labels.shape, options["spacing"])
    resized = resize(image, labels, shape=[int(n) for n in rng.integers(1, 12, labels.ndim)], **options)
    assert_allclose(np.multiply(resized.mask.shape, resized.spacing), extent)
    wanted = rng.choice([0.5, 0.8, 2.0], labels.ndim)
    found = resize(image, labels, to_spacing=wanted, **options)
    assert_allclose(np.multiply(found.mask.shape, found.spacing), extent)
    assert (np.abs(extent / wanted - found.mask.shape) <= np.maximum(0.5, 1 - extent / wanted)).all()
    turned = quarter_turns(image, labels, **options)
    assert_allclose(np.multiply(turned.mask.shape, turned.spacing)[:2], extent[1::-1])


@given(scenes(), st.integers(0, 2**32 - 1))
def test_steps_go_back_one_after_the_other(scene, seed):
    """Where pixels only change their places, labels come home as they were."""
    image, labels, options = scene
    rng = np.random.default_rng(seed)
    first = pad(image, labels, width=2, **options)
    found = flip(quarter_turns(first, turns=int(rng.integers(4))), axes=0)
    assert len(found.steps) == 3
    home = found.undo(found.labels)
    assert_array_equal(home, np.where(options["mask"], labels, 0))
    part = crop(found, box=[(0, n - 1 or 1) for n in found.mask.shape])
    shown = part.undo(np.ones(part.mask.shape, int)) > 0
    assert_array_equal(part.undo(part.labels)[shown], home[shown])


def test_a_prepared_holds_what_it_was_given():
    found = flip([[1, 2]], axes=1, spacing=2)
    assert isinstance(found, Prepared)
    assert found.labels is None
    assert found.spacing == (2.0, 2.0)
    assert repr(found) == "Prepared(image (1, 2) int64, no labels, mask 100%, spacing (2.0, 2.0))"
    for option in ({"mask": found.mask}, {"spacing": 1}, {"channel_axis": None}, {"labels": found.mask}):
        with pytest.raises(TypeError, match=f"a Prepared, which has its own {next(iter(option))}"):
            flip(found, axes=0, **option)
    with pytest.raises(ValueError, match=r"labels have shape \(2, 1\); expected that of the mask, \(1, 2\)"):
        found.undo([[1], [2]])
    with pytest.raises(ValueError, match="labels have shape"):
        flip([[1, 2]], [[1, 2, 3]], axes=0)


def test_masked_arrays_and_missing_values_take_no_part():
    image = np.ma.array([[1.0, NAN, 3.0, 4.0]], mask=[[0, 0, 0, 1]])
    found = flip(image, [[1, 2, 3, 4]], axes=1)
    assert_array_equal(found.image, [[0, 3, 0, 1]])
    assert_array_equal(found.labels, [[0, 3, 0, 1]])
    assert_array_equal(found.mask, [[False, True, False, True]])


def test_the_result_is_the_caller_s_own():
    image = np.zeros((2, 2), np.uint8)
    flip(image, axes=0).image[:] = 1
    crop(image, box=[(0, 2), (0, 2)]).image[:] = 1
    assert not image.any()


def test_augmentations_come_from_the_generator():
    drawn = [augmentations(np.random.default_rng(3)) for _ in range(2)]
    assert [step.keywords for step in drawn[0]] == [step.keywords for step in drawn[1]]
    assert augmentations(np.random.default_rng(3), degrees=0, axes=()) == []
    rng = np.random.default_rng(0)
    several = [augmentations(rng, degrees=5) for _ in range(200)]
    mirrored = sum("axes" in step.keywords for steps in several for step in steps)
    angles = [step.keywords["degrees"] for steps in several for step in steps if "degrees" in step.keywords]
    assert 70 < mirrored < 130
    assert max(np.abs(angles)) <= 5
    assert min(angles) < -4 < 4 < max(angles)
    prepared = np.arange(12).reshape(3, 4)
    for augment in several[0]:
        prepared = augment(prepared)
    assert prepared.image.shape == (3, 4)

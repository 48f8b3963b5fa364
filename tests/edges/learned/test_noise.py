"""Noise of an image is measured where nothing else is, and taken away there and elsewhere; small images are looked
at in double size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from classicseg import boundary_probability
from classicseg.edges.learned import detector, noise


def noisy(rng, shape, deviation, n_channels=3):
    """Two tones of grey with noise in each channel."""
    height, width = shape
    tones = np.full((height, width, n_channels), 24_000.0)
    tones[:, width // 2 :] = 40_000
    return np.clip(tones + rng.normal(0, deviation, tones.shape), 0, 65535).astype(np.uint16)


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(1, 19), st.integers(1, 19)),
    n_channels=st.sampled_from([1, 3]),
    share=st.sampled_from([0.9, 1.0]),
)
def test_kernels(seed, shape, n_channels, share):
    rng = np.random.default_rng(seed)
    values = noisy(rng, shape, 4000, n_channels)
    inside = (rng.random(shape) < share).astype(np.uint8)
    inside[2:15, 3:17] = 1
    half = shape[0] // 2
    near, alike = rng.integers(0, 64, (7, 7)), np.sort(rng.integers(0, 256, 4097))[::-1].copy()
    answers = np.zeros(shape, np.int32)
    noise._answer.numpy(values, inside, answers, 0, shape[0])
    for kernel, out, arguments in (
        (noise._answer, np.zeros(shape, np.int32), (values, inside)),
        (noise._sum_places, np.zeros(shape, np.int32), (answers,)),
        (noise._mean_of_alike, np.zeros(values.shape, np.uint16), (values, inside, near, alike, 14)),
    ):
        both = out.copy(), out.copy()
        for run, own in zip((kernel, kernel.numpy), both, strict=True):
            if half:
                run(*arguments, own, 0, half)
            run(*arguments, own, half, shape[0])
        assert_array_equal(*both)


@pytest.mark.parametrize("deviation", [3000, 6000])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_noise_is_known_beside_an_edge(deviation, n_channels):
    values = noisy(np.random.default_rng(0), (60, 80), deviation, n_channels)
    inside = np.ones(values.shape[:2], bool)
    assert noise._noise_of(values, inside.view(np.uint8)) == pytest.approx(deviation, rel=0.2)
    calm = noise.calmed(values, inside)
    assert calm[10:-10, 10:30].std() < 0.6 * deviation
    assert np.ptp(calm.mean(axis=(0, 2))[[30, 50]]) == pytest.approx(16_000, rel=0.1)
    inside[:, :20] = False
    values[:, :20] = 0
    part, rest = noise.calmed(values, inside), noise.calmed(values[:, 20:].copy(), inside[:, 20:].copy())
    assert_array_equal(part[:, 20:], rest)
    assert not part[:, :20].any()


def test_what_has_no_noise_stays():
    rng = np.random.default_rng(0)
    for values in (noisy(rng, (40, 50), 200), noisy(rng, (7, 9), 6000), np.zeros((1, 1, 1), np.uint8)):
        assert noise.calmed(values, np.ones(values.shape[:2], bool)) is values


def test_flips_turns_dtypes_and_channels():
    values = (noisy(np.random.default_rng(1), (40, 50), 5000, 1) >> 8).astype(np.uint8)
    inside = np.ones(values.shape[:2], bool)
    found = noise.calmed(values, inside)
    assert found.dtype == np.uint16
    for turn in (np.flipud, np.fliplr, np.rot90):
        turned = np.ascontiguousarray(turn(values))
        assert_array_equal(noise.calmed(turned, np.ones(turned.shape[:2], bool)), turn(found))
    for same in (values * np.uint16(257), values / 255, values / np.float32(255)):
        assert_array_equal(noise.calmed(same, inside), found)
    assert_array_equal(noise.calmed(np.repeat(values, 3, axis=-1), inside), np.repeat(found, 3, axis=-1))


def test_small_images_are_seen_in_double_size():
    rng = np.random.default_rng(0)
    steps = rng.integers(-6000, 6000, (3, 5, 7)).astype(np.int16)
    inside = np.ones((5, 7), bool)
    double, whole = detector._doubled(steps, inside)
    assert double.shape == (3, 10, 14) and whole.all()
    for turn in (lambda a: a[..., ::-1, :], lambda a: a[..., ::-1], lambda a: np.swapaxes(a, -1, -2)):
        assert_array_equal(detector._doubled(turn(steps), turn(inside))[0], turn(double))
    apart = steps[:, 2, 3].astype(int)
    expected = (9 * apart + 3 * steps[:, 1, 3] + 3 * steps[:, 2, 2] + steps[:, 1, 2] + 8) // 16
    assert_array_equal(double[:, 4, 6], expected)
    inside[1, 2:5] = False
    hidden = np.where(inside, steps, np.int16(0))
    found, whole = detector._doubled(hidden, inside)
    assert_array_equal(found[:, 4, 6], (9 * apart + 3 * steps[:, 2, 2] + 6) // 12)
    assert_array_equal(found[:, 6:], double[:, 6:])
    assert_array_equal(whole, inside.repeat(2, axis=0).repeat(2, axis=1))


def test_sizes_around_the_small_ones(monkeypatch):
    image = np.zeros((20, 30), np.uint8)
    image[:, 15:] = 200
    small = boundary_probability(image, model=None)
    monkeypatch.setattr(detector, "_SMALL", 20 * 30)
    large = boundary_probability(image, model=None)
    for found in (small, large):
        assert found.strength.shape == image.shape
        assert set(found.strength[10].argsort()[-2:]) == {14, 15}
    widths = [(found.strength[10] > found.strength[10].max() / 2).sum() for found in (small, large)]
    assert widths[0] < widths[1]

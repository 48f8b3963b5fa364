"""Mixtures of Gaussians: the loops beside the definitions, and what is learned beside NumPy's covariances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from classicseg._core.bands import band_size
from classicseg.clustering import mixtures as module
from classicseg.clustering.mixtures import IMPOSSIBLE, Mixtures, costs_of, learn, learnable, start_mixtures


@st.composite
def problems(draw):
    """Values of few or many levels, and labels up to 3, 0 among them."""
    n, n_channels = draw(st.integers(1, 60)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = rng.integers(0, draw(st.sampled_from([1, 4, 256])), (n, n_channels))
    dtype = draw(st.sampled_from(["u1", "u2", "f4", "f8"]))
    return values.astype(dtype), rng.integers(0, 4, n).astype(np.int32)


@given(problems())
def test_costs_are_those_of_the_likeliest_gaussian(problem):
    values, labels = problem
    pixels = learnable(values)
    mixtures = learn(pixels, labels, start_mixtures(pixels, labels, 3, 2), 3)
    for label in (1, 2, 3):
        own = slice(2 * label - 2, 2 * label)
        costs = costs_of(values, pixels, mixtures, label, 3)
        differences = values[:, np.newaxis] - pixels.origin - mixtures.means[own]
        whitened = np.einsum("kij,nkj->nki", mixtures.whitening[own], differences)
        expected = (mixtures.constants[own] + 0.5 * (whitened**2).sum(-1)).min(-1)
        assert_allclose(costs, expected, rtol=1e-9, atol=1e-9)
        assert (costs >= IMPOSSIBLE / 2).all() or (labels == label).any()


def test_one_gaussian_is_the_mean_and_the_covariance():
    rng = np.random.default_rng(0)
    values = rng.normal(0, 1, (5000, 3)) @ np.array([[3, 0, 0], [1, 2, 0], [-1, 1, 0.5]]) + [1e6, 0, -40]
    pixels = learnable(values)
    mixtures = start_mixtures(pixels, np.ones(len(values), np.int32), 1, 1)
    assert_allclose(mixtures.means[0] + pixels.origin, values.mean(0), atol=1e-6)
    covariance = np.linalg.inv(mixtures.whitening[0].T @ mixtures.whitening[0])
    assert_allclose(covariance, np.cov(values.T, bias=True), rtol=1e-4, atol=1e-4)
    assert_allclose(mixtures.constants[0], 0.5 * np.log(np.linalg.det(covariance)), rtol=1e-6)


def test_the_start_finds_clusters_that_lie_apart():
    rng = np.random.default_rng(0)
    values = np.repeat([[0.0, 0], [10, 0], [0, 20]], 50, axis=0) + rng.normal(0, 0.5, (150, 2))
    pixels = learnable(values)
    mixtures = start_mixtures(pixels, np.ones(150, np.int32), 1, 3)
    centers = mixtures.means + pixels.origin
    assert_allclose(centers[np.argsort(centers @ [1, 10])], [[0, 0], [10, 0], [0, 20]], atol=0.3)


@given(problems(), st.integers(0, 2**32 - 1))
def test_the_order_of_pixels_and_bands_do_not_count(problem, seed):
    values, labels = problem
    order = np.random.default_rng(seed).permutation(len(values))
    pixels = learnable(values)
    expected = start_mixtures(pixels, labels, 3, 3)
    with band_size(7):
        other = learnable(values[order])
        found = start_mixtures(other, labels[order], 3, 3)
    for one, two in zip((*pixels[1:], *expected), (*other[1:], *found), strict=True):
        assert_array_equal(one, two)


@pytest.mark.jit
@given(problems())
def test_loops_and_definitions(problem):
    values, labels = problem
    pixels, n = learnable(values), len(values)
    mixtures = start_mixtures(pixels, labels, 3, 2)
    components = (np.arange(n) % 2).astype(np.uint8)
    planes, limits = np.linspace(-1, 1, 3 * values.shape[1]).reshape(3, -1), np.array([0.0, 1.0, np.inf])
    whole = Mixtures(*(array[:2] for array in mixtures))
    calls = {
        "_add_moments": lambda: (values, labels, components, pixels.origin, 2, np.zeros((6, 99))),
        "_divide": lambda: (
            values,
            labels,
            components.copy(),
            pixels.origin,
            np.array([0, 1, 0]),
            planes,
            limits,
            2,
        ),
        "assign": lambda: (values, labels, pixels.origin, mixtures, 2, np.zeros(n, np.uint8)),
        "cost_of_each": lambda: (values, pixels.origin, whole, np.zeros(n)),
    }
    for name, arguments in calls.items():
        kernel, one, two = getattr(module, name), arguments(), arguments()
        kernel(*one, 0, n)
        kernel.numpy(*two, 0, n)
        for array, defined in zip(one, two, strict=True):
            if isinstance(array, Mixtures):
                continue
            assert_allclose(array, defined, rtol=1e-12, atol=1e-9 * 255**2, err_msg=name)

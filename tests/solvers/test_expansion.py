"""Costs of neighbors and expansions, beside all labelings of a few pixels."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import images, masks

from classicseg._core.grid import pad
from classicseg._core.image import as_image
from classicseg.solvers import contrast, expansion
from classicseg.solvers.contrast import contrast_arcs, contrast_of
from classicseg.solvers.expansion import Expansion, Pixels, least_cost_labels

SMALL = st.sampled_from([(1, 1), (2, 2), (2, 3), (1, 5)])


@st.composite
def problems(draw, n_labels):
    """Arcs of an image, pixels with some labels fixed, and costs in whole multiples of the capacities' unit."""
    shape = draw(SMALL)
    image = as_image(draw(images(shape)), mask=draw(masks(shape)))
    arcs = contrast_arcs(image, contrast_of(image, draw(st.sampled_from([0, 0.5, 3])), (1.0, 2.0), 2))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    is_fixed = rng.random(shape) < 0.2
    labels = np.where(is_fixed, rng.integers(1, n_labels + 1, shape), 1).astype(np.int32) * image.mask_array()
    costs = rng.integers(0, 4 * arcs.bound, (n_labels, *shape)) / arcs.scale
    return arcs, Pixels(labels.astype(np.int32), is_fixed), costs


def cost(arcs, labels, costs):
    """By the definition, in capacities."""
    flat = pad(labels, 2).ravel()
    ends = np.clip(np.arange(len(flat))[:, np.newaxis] + arcs.grid.offsets, 0, len(flat) - 1)
    of_pixels = np.take_along_axis(costs, np.maximum(labels, 1)[np.newaxis] - 1, 0)[0]
    return arcs.grid.arcs[flat[:, np.newaxis] != flat[ends]].sum() // 2 + of_pixels[labels > 0].sum() * arcs.scale


def all_labelings(pixels, n_labels):
    moving = (pixels.labels > 0) & ~pixels.is_fixed
    for choice in itertools.product(range(1, n_labels + 1), repeat=np.count_nonzero(moving)):
        labels = pixels.labels.copy()
        labels[moving] = choice
        yield labels


@given(problems(2))
def test_two_labels_are_of_least_cost(problem):
    arcs, pixels, costs = problem
    before = arcs._replace(grid=arcs.grid._replace(arcs=arcs.grid.arcs.copy()))
    least = min(cost(before, labels, costs) for labels in all_labelings(pixels, 2))
    labels = least_cost_labels(arcs, pixels, 2, lambda label: costs[label - 1])
    assert cost(before, labels, costs) == least
    assert_array_equal(labels[pixels.is_fixed], pixels.labels[pixels.is_fixed])


@given(problems(2), st.integers(0, 2**32 - 1))
def test_an_expansion_goes_on_with_other_costs(problem, seed):
    arcs, pixels, costs = problem
    before = arcs._replace(grid=arcs.grid._replace(arcs=arcs.grid.arcs.copy()))
    expansion = Expansion(arcs, pixels, 2)
    expansion.taken(costs[0] - costs[1])
    others = np.random.default_rng(seed).permuted(costs, axis=0)
    expected = Expansion(before, pixels, 2).taken(others[0] - others[1])
    assert_array_equal(expansion.taken(others[0] - others[1]), expected)


@given(problems(3))
def test_no_expansion_of_three_labels_is_cheaper(problem):
    arcs, pixels, costs = problem
    found = least_cost_labels(arcs, pixels, 3, lambda label: costs[label - 1])
    paid = cost(arcs, found, costs)
    for labels in all_labelings(pixels, 3):
        if len(set(labels[labels != found].tolist())) == 1:
            assert cost(arcs, labels, costs) >= paid


@pytest.mark.jit
@given(images(n_channels=2) | images(n_channels=1), st.data())
def test_arcs_by_machine_code_and_by_the_definition(values, data):
    image = as_image(values, channel_axis=-1, mask=data.draw(masks(values.shape[:-1])))
    nodes = contrast._padded(image)
    made = contrast_arcs(image, contrast_of(image, 50.0, (1.0, 1.0), 2)).grid
    arguments = (*nodes, made.offsets)
    assert contrast._sum_differences(*arguments, 0, len(nodes[0])) == contrast._sum_differences.numpy(
        *arguments, 0, len(nodes[0])
    )
    capacities, one, other = np.linspace(9, 300, len(made.offsets)), *np.zeros((2, *made.arcs.shape), np.int32)
    contrast._make_arcs(*arguments, capacities, 1e-3, one, 0, len(one))
    contrast._make_arcs.numpy(*arguments, capacities, 1e-3, other, 0, len(one))
    assert_array_equal(one, other)


@pytest.mark.jit
@given(problems(3))
def test_folding_by_machine_code_and_by_the_definition(problem):
    arcs, pixels, _ = problem
    n_nodes, found = len(arcs.grid.terminals), []
    others = np.random.default_rng(0).integers(1, 4, pixels.labels.shape).astype(np.int32)
    labels, is_fixed = (pad(part, 2).ravel() for part in (pixels.labels * others, pixels.is_fixed))
    for fold in (expansion._fold, expansion._fold.numpy):
        folded, links = np.zeros_like(arcs.grid.arcs), np.zeros(n_nodes, np.int32)
        fold(labels, is_fixed, 2, arcs.grid.offsets, arcs.grid.arcs, folded, links, 0, n_nodes)
        found.append((folded, links))
    assert_array_equal(found[0][0], found[1][0])
    assert_array_equal(found[0][1], found[1][1])

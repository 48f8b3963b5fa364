"""Costs of neighbors and expansions, beside all labelings of a few pixels."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import images, masks

from classicseg._core.grid import interior_nodes
from classicseg._core.image import as_image
from classicseg.solvers import contrast, expansion
from classicseg.solvers.contrast import contrast_arcs, contrast_of
from classicseg.solvers.expansion import Nodes, least_cost_labels

SMALL = st.sampled_from([(1, 1), (2, 2), (2, 3), (1, 5)])


@st.composite
def problems(draw, n_labels):
    """Arcs of an image, nodes with some labels fixed, and costs."""
    shape = draw(SMALL)
    image = as_image(draw(images(shape)), mask=draw(masks(shape)))
    arcs = contrast_arcs(image, contrast_of(image, draw(st.sampled_from([0, 0.5, 3])), (1.0, 2.0), 2))
    n_nodes, nodes = len(arcs.grid.terminals), interior_nodes(shape)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    labels, costs = np.zeros(n_nodes, np.int32), np.zeros((n_nodes, n_labels), np.int32)
    is_fixed = np.zeros(n_nodes, bool)
    is_fixed[nodes] = rng.random(len(nodes)) < 0.2
    labels[nodes] = np.where(is_fixed[nodes], rng.integers(1, n_labels + 1, len(nodes)), 1)
    labels[nodes] *= image.mask_array().ravel()
    costs[nodes] = rng.integers(0, 4 * arcs.bound, (len(nodes), n_labels))
    return arcs, Nodes(labels, is_fixed), costs


def cost(arcs, labels, costs):
    """By the definition."""
    ends = np.clip(np.arange(len(labels))[:, np.newaxis] + arcs.grid.offsets, 0, len(labels) - 1)
    differ = labels[:, np.newaxis] != labels[ends]
    own = np.flatnonzero(labels)
    return arcs.grid.arcs[differ].sum() // 2 + costs[own, labels[own] - 1].sum()


def all_labelings(nodes, n_labels):
    moving = np.flatnonzero((nodes.labels > 0) & ~nodes.is_fixed)
    for choice in itertools.product(range(1, n_labels + 1), repeat=len(moving)):
        labels = nodes.labels.copy()
        labels[moving] = choice
        yield labels


@given(problems(2))
def test_two_labels_are_of_least_cost(problem):
    arcs, nodes, costs = problem
    before = arcs._replace(grid=arcs.grid._replace(arcs=arcs.grid.arcs.copy()))
    least = min(cost(before, labels, costs) for labels in all_labelings(nodes, 2))
    kept = nodes.labels.copy()
    least_cost_labels(arcs, nodes, costs)
    assert cost(before, nodes.labels, costs) == least
    assert_array_equal(nodes.labels[nodes.is_fixed], kept[nodes.is_fixed])


@given(problems(3))
def test_no_expansion_of_three_labels_is_cheaper(problem):
    arcs, nodes, costs = problem
    least_cost_labels(arcs, nodes, costs)
    found = cost(arcs, nodes.labels, costs)
    for labels in all_labelings(nodes, 3):
        changed = labels[labels != nodes.labels]
        if len(set(changed.tolist())) == 1:
            assert cost(arcs, labels, costs) >= found


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
    arcs, nodes, _ = problem
    n_nodes, found = len(nodes.labels), []
    nodes.labels[nodes.labels > 0] = np.random.default_rng(0).integers(1, 4, np.count_nonzero(nodes.labels))
    for fold in (expansion._fold, expansion._fold.numpy):
        folded, links = np.zeros_like(arcs.grid.arcs), np.zeros(n_nodes, np.int32)
        fold(*nodes, 2, arcs.grid.offsets, arcs.grid.arcs, folded, links, 0, n_nodes)
        found.append((folded, links))
    assert_array_equal(found[0][0], found[1][0])
    assert_array_equal(found[0][1], found[1][1])

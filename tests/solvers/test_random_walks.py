"""Random walkers beside a direct solution of the sparse system, and the kernels beside their definitions."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import splu, spsolve
from skimage import data
from strategies import shapes

from classicseg._core.bands import band_size
from classicseg._core.image import as_image
from classicseg.labeling.components import connected_components
from classicseg.solvers import coarse_grids, conjugate_gradients, grid_laplacian, multigrid, sweeps, two_steps
from classicseg.solvers.coarse_grids import cells_of, coarse_laplacian, coarse_shape, prolong, restrict
from classicseg.solvers.conjugate_gradients import solve, system_of
from classicseg.solvers.grid_laplacian import CHUNK, laplacian, padding, strides_of
from classicseg.solvers.multigrid import cycle, grids_of
from classicseg.solvers.random_walks import LEAST_LINK, Scale, Seeded, arrivals, links_of, nearby_arrivals
from classicseg.solvers.two_steps import Steps


def random_system(rng, shape, density=0.9):
    """Links of any size, some of 0, and grounds here and there."""
    size, pad = math.prod(shape), padding(shape)
    axes = [axis for axis, length in enumerate(shape) if length > 1]
    links = np.zeros((max(1, len(axes)), size + 2 * pad), np.float32)
    for row, axis in enumerate(axes):
        grid = 10.0 ** rng.uniform(-4, 0, shape) * (rng.random(shape) < density)
        grid[(slice(None),) * axis + (-1,)] = 0
        links[row, pad : pad + size] = grid.ravel()
    return links, (rng.random(size) * (rng.random(size) < 0.2)).astype(np.float32)


def matrix_of(shape, links, absorption):
    """The system as a sparse matrix; 1 on the diagonal where it would be 0."""
    size, pad = absorption.size, padding(shape)
    diagonal, rows, columns, values = absorption.astype(float), [], [], []
    for link, step in zip(links.astype(float), strides_of(shape).tolist(), strict=True):
        first = np.flatnonzero(link[pad : pad + size])
        weight = link[pad + first]
        rows += [first, first + step]
        columns += [first + step, first]
        values += [-weight, -weight]
        np.add.at(diagonal, first, weight)
        np.add.at(diagonal, first + step, weight)
    every = np.arange(size)
    diagonal[diagonal == 0] = 1
    where = np.concatenate([*rows, every]), np.concatenate([*columns, every])
    return coo_matrix((np.concatenate([*values, diagonal]), where), (size, size)).tocsc()


any_shape = st.integers(1, 4).flatmap(lambda ndim: shapes(ndim, 1, (40, 12, 7, 5)[ndim - 1]))


@given(any_shape, st.integers(0, 10**6))
def test_cells_are_mirrored_and_sums_are_prolonged(shape, seed):
    rng = np.random.default_rng(seed)
    cells, values = cells_of(shape), rng.random(shape).astype(np.float32)
    coarse = np.zeros(math.prod(coarse_shape(shape)), np.float32)
    restrict(cells, values.ravel(), coarse)
    flipped = coarse.copy()
    restrict(cells, np.flip(values).ravel(), flipped)
    assert_array_equal(flipped.reshape(coarse_shape(shape)), np.flip(coarse.reshape(coarse_shape(shape))))
    assert np.isclose(coarse.sum(), values.sum(), rtol=1e-5)
    ones, sizes = np.zeros(values.size, np.float32), np.zeros(coarse.size, np.float32)
    prolong(cells, np.ones(coarse.size, np.float32), ones)
    assert_array_equal(ones, 1)
    restrict(cells, ones, sizes)
    assert sizes.max() <= 27
    assert sizes.sum() == values.size


@given(any_shape, st.integers(0, 10**6))
def test_coarse_links_are_those_between_cells(shape, seed):
    """P.T @ A @ P, where P says which pixel is in which cell."""
    links, absorption = random_system(np.random.default_rng(seed), shape)
    fine, coarser = laplacian(shape, links, absorption), coarse_shape(shape)
    coarse, cell = coarse_laplacian(fine, shape), np.zeros(absorption.size, np.float32)
    prolong(cells_of(shape), np.arange(math.prod(coarser), dtype=np.float32), cell)
    every = np.arange(cell.size)
    join = coo_matrix((np.ones(cell.size), (every, cell.astype(int))), (cell.size, math.prod(coarser)))
    diagonal = matrix_of(shape, links, absorption)
    alone = (fine.inverse == 0).astype(float)
    expected = (join.T @ (diagonal - coo_matrix((alone, (every, every)))) @ join).toarray()
    found = matrix_of(coarser, coarse.links, coarse.absorption).toarray() - np.diag(coarse.inverse == 0)
    assert np.allclose(found, expected, rtol=1e-5, atol=1e-6)


@given(any_shape, st.integers(0, 10**6))
def test_solutions_are_those_of_a_direct_solver(shape, seed):
    rng = np.random.default_rng(seed)
    links, absorption = random_system(rng, shape, density=1)
    absorption[0] = 1
    right = (absorption * rng.random(absorption.size)).astype(np.float32)
    exact = np.linalg.solve(matrix_of(shape, links, absorption).toarray(), right.astype(float))
    system = system_of(laplacian(shape, links, absorption), shape)
    system.grids.levels[0].right[:] = right
    found, _ = solve(system, 1e-8)
    assert np.abs(found - exact).max() < 1e-4


@pytest.mark.parametrize(
    "name",
    [
        "_invert",
        "restrict_rows",
        "prolong_rows",
        "sweep_down",
        "sweep_up",
        "products",
        "step_first",
        "step_second",
        "_judge",
        "_turn",
        "_apply",
    ],
)
@given(any_shape, st.integers(0, 10**6))
def test_kernels_equal_their_definitions(name, shape, seed):
    rng = np.random.default_rng(seed)
    links, absorption = random_system(rng, shape)
    of, pad, size = laplacian(shape, links, absorption), padding(shape), absorption.size
    cells = cells_of(shape)
    n_coarse = int(cells.coarse.prod())

    def floats(length, dtype=np.float32):
        return rng.standard_normal(length).astype(dtype)

    right, padded, out = floats(size), floats(size + 2 * pad), floats(size + 2 * pad)
    steps = Steps(floats(size), floats(size))
    first_chunk = int(rng.integers(0, -(-size // CHUNK)))
    chunks = first_chunk, int(rng.integers(first_chunk, -(-size // CHUNK))) + 1
    rows = tuple(np.sort(rng.integers(0, int(cells.coarse[:3].prod()) + 1, 2)).tolist())
    wide = floats(size + 2 * pad, float)
    arguments = {
        "_invert": (of.strides, links, absorption, floats(size), *chunks),
        "restrict_rows": (cells, right, floats(n_coarse), *rows),
        "prolong_rows": (cells, floats(n_coarse + 2 * padding(coarse_shape(shape))), out, *rows),
        "sweep_down": (of, right, out, floats(size), *chunks),
        "sweep_up": (of, right, padded, out, *chunks),
        "products": (of, right, padded, steps, bool(seed % 2), *chunks),
        "step_first": (0.25, right, padded, steps, *chunks),
        "step_second": (0.25, 0.75, steps, padded, *chunks),
        "_judge": (padded, floats(size, float), floats(size, float), *chunks),
        "_turn": (padded, 0.25, wide, 0, -(-wide.size // CHUNK)),
        "_apply": (of, wide, floats(size, float), *chunks),
    }[name]
    modules = (grid_laplacian, coarse_grids, sweeps, two_steps, conjugate_gradients)
    tried = next(vars(module)[name] for module in modules if name in vars(module))
    others = copy.deepcopy(arguments)
    returned, expected = tried(*arguments), tried.numpy(*others)
    if expected is not None:  # sums in two floats: the second ones are what rounding has left
        assert returned[::2] == expected[::2]
        assert np.allclose(returned[1::2], expected[1::2], atol=1e-13)
    for one, other in zip(
        (*arguments, *steps), (*others, *next((o for o in others if isinstance(o, Steps)), steps)), strict=True
    ):
        if isinstance(one, np.ndarray):
            assert_array_equal(one, other)


@given(any_shape, st.integers(0, 10**6), st.integers(1, 100))
def test_a_cycle_is_the_same_in_one_call_and_in_many(shape, seed, small):
    rng = np.random.default_rng(seed)
    links, absorption = random_system(rng, shape)
    right, found = rng.standard_normal(absorption.size).astype(np.float32), []
    former = multigrid._SMALL
    for multigrid._SMALL in (former, small):
        grids = grids_of(laplacian(shape, links, absorption), shape)
        grids.levels[0].right[:] = right
        with band_size(3 * CHUNK):
            cycle(grids)
        found.append(grids.levels[0].x)
    multigrid._SMALL = former
    assert_array_equal(*found)


@given(any_shape, st.integers(0, 10**6))
def test_steps_equal_their_definition(shape, seed):
    rng = np.random.default_rng(seed)
    size, pad = math.prod(shape), padding(shape)
    vectors = [rng.standard_normal(length) for length in (size + 2 * pad, size, size, size)]
    right = np.zeros(size, np.float32)
    others, other_right = [vector.copy() for vector in vectors], right.copy()
    bounds = 0, -(-size // CHUNK)
    conjugate_gradients._move(0.3, *vectors, right, *bounds)
    conjugate_gradients._move.numpy(0.3, *others, other_right, *bounds)
    for one, other in zip((*vectors, right), (*others, other_right), strict=True):
        assert_array_equal(one, other)


@pytest.mark.large
@pytest.mark.parametrize(("crop", "beta"), [((150, 180), 1.0), ((290, 110), 3.0)])
def test_photographs_are_solved_within_a_thousandth(crop, beta):
    image = data.coffee()[crop[0] : crop[0] + 90, crop[1] : crop[1] + 101].astype(float)
    nodes = np.array([3000, 3001, 3002, 7000, 7001, 400, 401])
    seeds = Seeded(np.sort(nodes), np.array([3, 3, 1, 1, 1, 2, 2], np.int32), 3)
    scale = Scale(image.reshape(-1, 3).var(axis=0).sum() / 10 / beta, (1.0, 1.0))
    parsed = as_image(image)
    matrix = matrix_of(parsed.shape, links_of(parsed, scale), np.zeros(90 * 101, np.float32)).tolil()
    for node in seeds.nodes:
        matrix[node] = 0
        matrix[node, node] = 1
    right = np.zeros((90 * 101, 2))
    for number in (1, 2):
        right[seeds.nodes[seeds.numbers == number], number - 1] = 1
    exact = spsolve(matrix.tocsr(), right)
    for number, found in enumerate(arrivals(parsed, seeds, scale)):
        assert np.abs(exact[:, number] - found.ravel()).max() < 1e-3


@pytest.mark.large
def test_large_systems_are_solved_within_a_thousandth():
    rng = np.random.default_rng(0)
    image = np.where(np.hypot(*np.indices((90, 101)) - 45.0) < 30, 80, 20) + rng.integers(0, 40, (90, 101))
    nodes = np.array([0, 45 * 101 + 45, 89 * 101 + 100])
    seeds, scale = Seeded(nodes, np.array([1, 2, 3], np.int32), 3), Scale(image.var() / 5, (1.0, 0.5))
    parsed = as_image(image)
    links = links_of(parsed, scale)
    assert links[links > 0].min() >= np.float32(LEAST_LINK)
    matrix = matrix_of(image.shape, links, np.zeros(image.size, np.float32)).tolil()
    for node in nodes:
        matrix[node] = 0
        matrix[node, node] = 1
    with band_size(2048):
        for number, found in enumerate(arrivals(parsed, seeds, scale)):
            right = np.zeros(image.size)
            right[nodes[number]] = 1
            assert np.abs(spsolve(matrix.tocsr(), right) - found.ravel()).max() < 1e-3


@pytest.mark.large
@pytest.mark.parametrize("density", [1, 0.8])
def test_many_labels_are_solved_near_their_seeds(density):
    """Beside a direct solution; what lies beyond a box counts as 0."""
    shape, n_labels = (12, 15), 20
    rng = np.random.default_rng(0)
    image, nodes = rng.integers(0, 20, shape), np.sort(rng.choice(math.prod(shape), n_labels, replace=False))
    mask = rng.random(shape) < density
    mask.reshape(-1)[nodes] = True
    pieces = connected_components(mask.view(np.uint8), 1)
    mask &= np.isin(pieces, pieces.reshape(-1)[nodes])
    parsed, scale = as_image(image, mask=mask), Scale(image.var(), (1.0, 0.5))
    matrix = matrix_of(shape, links_of(parsed, scale), np.zeros(image.size, np.float32)).tolil()
    for node in nodes:
        matrix[node] = 0
        matrix[node, node] = 1
    right = np.zeros((image.size, n_labels))
    right[nodes, np.arange(n_labels)] = 1
    exact = splu(matrix.tocsc()).solve(right)
    seeds = Seeded(nodes, np.arange(1, n_labels + 1, dtype=np.int32), n_labels)
    for number, (box, found) in enumerate(nearby_arrivals(parsed, seeds, scale)):
        rest = exact[:, number].reshape(shape).copy()
        rest[box] -= found
        assert np.abs(rest[mask]).max() < 0.1 / n_labels

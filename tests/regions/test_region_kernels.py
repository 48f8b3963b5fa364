"""What measures regions, in machine code and as plain loops, beside its definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from strategies import classes

from classicseg._core.kernel import engine
from classicseg.regions import (
    crossings,
    graph,
    hulls,
    places,
    quantiles,
    region_runs,
    run_contacts,
    solid_hulls,
    values,
)


def ways(kernel):
    """The definition, the plain loops, and what is called."""
    return kernel.numpy, kernel.loops, *([kernel.compiled()] if engine() == "numba" else [])


def filled(kernel, shape, *arguments):
    """What each way writes into a table of 0."""
    tables = []
    for way in ways(kernel):
        table = np.zeros(shape)
        way(*arguments, table, 0, len(table))
        tables.append(table)
    return tables


@st.composite
def runs_of_labels(draw, ndims=(1, 4)):
    labels = draw(classes(hnp.array_shapes(min_dims=ndims[0], max_dims=ndims[-1], max_side=6)))
    return labels, *region_runs.region_runs(*region_runs.line_runs(labels))


@given(classes())
def test_runs_are_found_and_sorted(labels):
    lines = labels.reshape(-1, labels.shape[-1])
    n_lines = len(lines)
    for count, write, sort in zip(
        ways(region_runs._count_runs), ways(region_runs._write_runs), ways(region_runs._sort_runs), strict=True
    ):
        counts = np.zeros(n_lines, np.int64)
        count(lines, counts, 0, n_lines)
        first = np.append(0, np.cumsum(counts))
        names, numbers, begins, ends = np.full((4, first[-1]), -1, np.int32)
        middle = n_lines // 2
        write(lines, first, names, numbers, begins, ends, middle, n_lines)
        write(lines, first, names, numbers, begins, ends, 0, middle)
        painted = np.zeros_like(lines)
        for name, number, begin, end in zip(names, numbers, begins, ends, strict=True):
            assert (painted[number, begin:end] == 0).all()
            painted[number, begin:end] = name
        np.testing.assert_array_equal(painted, lines)
        together = zip(numbers[:-1], begins[1:], ends[:-1], numbers[1:], names[:-1], names[1:], strict=True)
        assert not any(a == c and b == e and n == m for a, b, e, c, n, m in together)  # no run could be longer
        places_of = np.append(0, np.cumsum(np.bincount(names, minlength=6)[1:]))[:-1].astype(np.int64)
        found = np.empty((3, len(names)), np.int32)
        sort(names, numbers, begins, ends, places_of, *found, 0, len(names))
        order = np.argsort(names, kind="stable")
        np.testing.assert_array_equal(found, np.stack([numbers, begins, ends])[:, order])


@given(runs_of_labels())
def test_regions_are_in_the_order_of_their_first_pixels(case):
    labels, present, runs = case
    flat = labels.reshape(-1)
    first = [int(np.argmax(flat == label)) for label in present]
    assert first == sorted(first)
    assert len(present) == len(np.unique(flat[flat > 0])) == runs.n_regions
    for region, label in enumerate(present):
        pixels = region_runs.pixels_of(runs, region, np.array(labels.shape))
        np.testing.assert_array_equal(pixels, np.argwhere(labels == label))


@given(classes(hnp.array_shapes(min_dims=1, max_dims=4, max_side=6)))
def test_runs_share_the_faces_that_pixels_share(labels):
    found = run_contacts.contacts_of_runs(*region_runs.line_runs(labels), labels.shape)
    expected = graph.contacts_of(labels, None, 1)
    np.testing.assert_array_equal(found.ends, expected.ends)
    np.testing.assert_array_equal(found.counts, expected.counts)


@given(runs_of_labels(), st.booleans())
def test_places(case, in_floats):
    labels, present, runs = case
    shape, ndim = np.array(labels.shape, np.int64), labels.ndim
    one = np.float64(1) if in_floats else np.int64(1)
    middles = np.random.default_rng(0).integers(0, 9, (len(present), ndim))
    for kernel, size, arguments in [
        (places._find_places, (1 + 3 * ndim,), (shape,)),
        (places._add_squares, (ndim, ndim), (shape, middles, one)),
    ]:
        if not len(present):
            continue
        tables = []
        for way in ways(kernel):
            table = np.zeros((len(present), *size), type(one) if kernel is places._add_squares else np.int64)
            way(runs, *arguments, table, 0, len(table))
            tables.append(table)
        for table in tables[1:]:
            np.testing.assert_array_equal(table, tables[0])


@given(runs_of_labels((1, 3)))
def test_crossings(case):
    labels, present, runs = case
    steps = np.array(crossings._STEPS[labels.ndim], np.int64).reshape(-1, 2)
    n_rows = labels.shape[-2] if labels.ndim > 1 else 1
    tables = filled(crossings._count_crossings, (len(present), 2 + 3 * len(steps)), runs, n_rows, steps)
    for table in tables[1:]:
        np.testing.assert_array_equal(table, tables[0])


@given(runs_of_labels((2, 2)), st.booleans())
def test_hulls_in_the_plane(case, spaced):
    labels, present, runs = case
    spacing = np.array([0.7, 2.1] if spaced else [1.0, 1.0])
    arguments = runs, np.array(labels.shape, np.int64), spacing, labels.shape[0]
    tables = filled(hulls._measure_hulls, (len(present), 3), *arguments)
    for table in tables[1:]:
        np.testing.assert_array_equal(table[:, 0], tables[0][:, 0])
        np.testing.assert_allclose(table, tables[0], rtol=1e-12)


@given(runs_of_labels((2, 3)))
def test_hulls_in_space(case):
    labels, _, runs = case
    spacing = np.array([0.7, 2.1, 1.0])[: labels.ndim]
    for region in range(runs.n_regions):
        own = slice(runs.offsets[region], runs.offsets[region + 1])
        pixels = solid_hulls.outermost(
            runs.lines[own], runs.begins[own], runs.ends[own], np.array(labels.shape, np.int64)
        )
        facets, corners = solid_hulls.hull_of(pixels)
        low, high = np.zeros((2, 3), np.int64)
        high[3 - labels.ndim :] = labels.shape
        counts = {way(facets, low, high) for way in ways(solid_hulls._count_inside)}
        assert len(counts) == 1
        np.testing.assert_allclose(
            [way(corners, spacing) for way in ways(solid_hulls._longest)], _longest(corners, spacing)
        )


def _longest(corners, spacing):
    return max(np.linalg.norm((np.abs(a - b) + 1) * spacing) for a in corners for b in corners)


@given(
    runs_of_labels((1, 3)),
    st.sampled_from([np.uint8, np.uint16, np.float32, np.float64]),
    st.integers(0, 2**32 - 1),
)
def test_values(case, dtype, seed):
    labels, present, runs = case
    rng = np.random.default_rng(seed)
    image = rng.integers(0, rng.choice([2, 256]), (labels.size, 2)).astype(dtype)
    if image.dtype.kind == "f":
        image[rng.random(image.shape) < 0.5] += dtype(0.3)
    shape, n, ndim = np.array(labels.shape, np.int64), len(present), labels.ndim
    length, middles = np.int64(shape[-1]), rng.integers(0, 9, (n, ndim))
    for zero in [np.float64(0), *([np.int64(0)] if image.dtype.kind == "u" else [])]:
        sums = filled(values._sum_values, (n, 2, 5), runs, length, image, zero)
        moments = filled(values._weigh_values, (n, 2, ndim, 2), runs, shape, image, middles, zero)
        for table in sums[1:]:
            np.testing.assert_array_equal(table[..., :2], sums[0][..., :2])
            np.testing.assert_allclose(table[..., 2:4].sum(axis=-1), sums[0][..., 2], rtol=1e-15)
            np.testing.assert_allclose(table[..., 4], sums[0][..., 4], rtol=1e-12, atol=1e-20)
        for table in moments[1:]:
            np.testing.assert_allclose(table.sum(axis=-1), moments[0].sum(axis=-1), rtol=1e-15)
    shares = np.array([0, 0.05, 0.5, 1 / 3, 0.5, 1])
    tables = filled(quantiles._find_percentiles, (n, 2, len(shares)), runs, length, image, shares)
    for table in tables[1:]:
        np.testing.assert_allclose(table, tables[0], rtol=1e-15)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 400])
def test_values_are_parted(n):
    rng = np.random.default_rng(n)
    for way in ways(quantiles._part)[1:]:
        for place in rng.integers(0, n, 5):
            own = rng.integers(0, 20, n)
            expected = np.sort(own)[place]
            way(own, np.int64(place), np.int64(0), np.int64(n - 1))
            assert own[place] == expected == max(own[: place + 1]) == min(own[place:])

"""Components of tiles, merged over the seams, are the components of the whole image, however it is cut."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from strategies import tilings

from classicseg.labeling.components import connected_components, connected_runs
from classicseg.labeling.reconstruction import reconstruct
from classicseg.labeling.run_lengths import expand, labels_at
from classicseg.labeling.tile_merging import (
    components_of_tile,
    hysteresis_of_tile,
    join_numbers,
    marked_components,
    merge_marked,
    number_table,
    paint_marked,
    pairs_at_cut,
)


def cut(array, chunks):
    """The tiles of an array in raster order."""
    edges = [np.cumsum([0, *lengths]) for lengths in chunks]
    return [
        array[tuple(slice(e[i], e[i + 1]) for e, i in zip(edges, index, strict=True))]
        for index in np.ndindex(tuple(len(lengths) for lengths in chunks))
    ]


def paste(tiles, chunks, like):
    whole = np.zeros_like(like)
    for place, tile in zip(cut(np.arange(like.size).reshape(like.shape), chunks), tiles, strict=True):
        whole.reshape(-1)[place] = tile
    return whole


def touching(layers, chunks, connectivity, connects):
    grid = tuple(len(lengths) for lengths in chunks)
    numbers = np.arange(len(layers)).reshape(grid)
    for axis, length in enumerate(grid):
        for i in range(length - 1):
            tiles = np.stack([numbers.take(i + side, axis).ravel() for side in (0, 1)], axis=1)
            above = [layers[one][axis, -1] for one in tiles[:, 0]]
            below = [layers[other][axis, 0] for other in tiles[:, 1]]
            along = (*grid[:axis], *grid[axis + 1 :])
            yield pairs_at_cut(above, below, tiles, along, connectivity, connects)


@given(st.data())
def test_numbers_are_those_of_the_whole(data):
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=9))
    classes = data.draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, 2)))
    chunks, connectivity = data.draw(tilings(shape)), data.draw(st.integers(1, len(shape)))
    tiles = cut(classes, chunks)
    patches = [components_of_tile(tile, tile, connectivity) for tile in tiles]
    counts = [patch.counts for patch in patches]
    pairs = touching([patch.layers for patch in patches], chunks, connectivity, np.equal)
    numbers = join_numbers(chunks, counts, pairs)
    joined = [
        expand(patch.runs, number_table(patch.counts, number, np.int64))
        for patch, number in zip(patches, numbers, strict=True)
    ]
    whole = connected_components(classes, connectivity)
    assert_array_equal(paste(joined, chunks, whole), whole)


@given(st.data())
def test_what_is_marked_anywhere_is_marked_everywhere(data):
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=9))
    levels = data.draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, 2)))
    chunks = data.draw(tilings(shape))
    tiles = cut(levels, chunks)
    components = [connected_components(tile > 0, len(shape)) for tile in tiles]
    marked = [
        np.isin(np.arange(component.max() + 1), component[tile == 2])
        for component, tile in zip(components, tiles, strict=True)
    ]
    whole = reconstruct(levels > 0, levels == 2)
    for patches in (
        [marked_components(*parts) for parts in zip(components, marked, tiles, strict=True)],
        [hysteresis_of_tile(np.ascontiguousarray(tile)) for tile in tiles],
    ):
        layers = [patch.layers for patch in patches]
        pairs = touching(layers, chunks, len(shape), lambda a, b: a + b > 0)
        kept = merge_marked([patch.marked for patch in patches], pairs)
        found = [paint_marked(*parts) for parts in zip(patches, kept, strict=True)]
        assert_array_equal(paste(found, chunks, whole), whole)


@given(hnp.arrays(np.int32, hnp.array_shapes(max_dims=3, max_side=70), elements=st.integers(0, 3)))
def test_runs_hold_the_components(labels):
    components, runs = connected_components(labels, 1), connected_runs(labels, 1)
    assert (np.diff(runs.stops, prepend=0) > 0).all()
    assert_array_equal(expand(runs, np.arange(components.max() + 1)), components)
    pixels = np.arange(labels.size)
    assert_array_equal(labels_at(runs, pixels), components.reshape(-1))

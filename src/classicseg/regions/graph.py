"""The adjacency graph of regions as arrays: which touch, along how long a border, and what lies between them.

Two regions touch where a pixel of one is a neighbor of a pixel of the other. The strength there is the greater one
of the two pixels, so that a line one pixel wide counts in full from either side. Sums of strengths keep what
rounding takes (`two_floats`): they are the same in any order of the pixels.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_bands, run_interruptible
from classicseg._core.grid import neighbor_offsets, neighbor_views, pad, padded_strides
from classicseg._core.image import as_image, as_labels, as_spacing
from classicseg._core.kernel import kernel
from classicseg._core.numbers import as_count
from classicseg._core.two_floats import lost
from classicseg.labeling.numbering import compact_labels
from classicseg.regions.label_pairs import LOW, N_HASHES, add_pair, twice_as_long
from classicseg.regions.statistics import region_sums
from classicseg.types import ChannelAxis, RegionGraph, Spacing


def region_graph(
    labels: ArrayLike,
    image: ArrayLike | None = None,
    *,
    boundaries: ArrayLike | None = None,
    connectivity: int = 1,
    channel_axis: ChannelAxis = "auto",
    spacing: Spacing = None,
) -> RegionGraph:
    """List the pairs of regions that touch, with what lies between them.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Segments; 0 belongs to none.
    image : array_like, shape (M, N[, …][, C]), optional
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    boundaries : array_like, shape (M, N[, …]), optional
        How strong a boundary is at each pixel, such as the magnitude of the gradient.
    connectivity : int, default 1
        How many coordinates of two neighbors may differ by 1: from 1 (they share a face) to the number of axes
        (they share at least a corner).
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    RegionGraph
        A named tuple of arrays ``pairs``, ``lengths``, ``differences``, ``borders``, with one row for each pair of
        labels that touch, in ascending order.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, `image` or `boundaries` does not hold real numbers, or
        `connectivity` is not a whole number.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, `image` or `boundaries` has another shape,
        `boundaries` holds a number that is not finite within a segment, or `connectivity` or `spacing` does not
        fit the axes.

    See Also
    --------
    merge_tree : Merges regions along this graph.
    region_table : What is measured of each region.

    Notes
    -----
    The cost is linear in the number of pixels. Sums are rounded once, whatever the order of the pixels.

    Examples
    --------
    >>> from classicseg import region_graph
    >>> graph = region_graph([[1, 1, 2], [1, 3, 2]], [[5, 5, 9], [5, 6, 9]])
    >>> graph.pairs.tolist(), graph.lengths
    ([[1, 2], [1, 3], [2, 3]], array([1., 2., 1.]))
    >>> graph.differences[:, 0]
    array([ 4.,  1., -3.])
    """
    segments = as_labels(labels)
    spacings = as_spacing(spacing, segments.ndim)
    connectivity = as_count("connectivity", connectivity, most=segments.ndim)
    present, compact = compact_labels(segments)
    regions = compact.astype(np.int32)
    strengths = None if boundaries is None else as_boundaries(boundaries, regions > 0)
    contacts = contacts_of(regions, strengths, connectivity)
    ends = contacts.ends
    means = np.empty((len(present), 0)) if image is None else _means(regions, image, channel_axis, len(present))
    borders = np.empty(0) if strengths is None else contacts.strengths.sum(axis=1) / contacts.counts.sum(axis=1)
    return RegionGraph(
        np.asarray(present, np.int32)[ends],
        lengths_of(contacts.counts, spacings),
        means[ends[:, 1]] - means[ends[:, 0]],
        borders,
    )


class RegionContacts(NamedTuple):
    """What is counted of each pair of regions that touch."""

    ends: NDArray[np.int32]
    """(m, 2), the regions, from 0, the lower first; ascending, each pair once."""
    counts: NDArray[np.float64]
    """(m, ndim + 1), the pairs of pixels that share a face across each axis, and those that share less."""
    strengths: NDArray[np.float64]
    """(m, 2), the sum over these pairs of pixels of the greater strength, and its rest (`two_floats`); (m, 0)
    where there are no strengths."""


def contacts_of(labels: NDArray[np.int32], strengths: NDArray[Any] | None, connectivity: int) -> RegionContacts:
    """Count the contacts of regions 1 … n, and add up the strengths of their borders."""
    ndim, offsets = labels.ndim, neighbor_offsets(labels.shape, connectivity)
    offsets, strides = offsets[offsets < 0], padded_strides(labels.shape)
    across = [next((axis for axis in range(ndim) if -strides[axis] == offset), ndim) for offset in offsets]
    nodes = pad(labels, ndim).reshape(-1)
    grid = np.zeros(0, np.float32) if strengths is None else pad(strengths, ndim).reshape(-1)
    n_counts, n_columns = ndim + 1, ndim + 1 + 2 * (len(grid) > 0)
    given = nodes, grid, offsets, np.array(across, np.int64), n_counts, n_columns
    return joined_contacts(run_bands(_contacts_between, len(nodes), 1, *given), n_counts)


def joined_contacts(found: list[tuple[NDArray[np.int64], NDArray[np.float64]]], n_counts: int) -> RegionContacts:
    """Add up what bands have found of each pair: numbers (`label_pairs`), and rows of counts and strengths."""
    pairs, tables = (np.concatenate(parts) for parts in zip(*found, strict=True))
    found.clear()
    order = run_interruptible(np.argsort, pairs)
    pairs = pairs[order]
    is_first = np.diff(pairs, prepend=-1) != 0
    rows, pairs = np.cumsum(is_first) - 1, pairs[is_first]
    added = np.zeros((len(pairs), tables.shape[1]))
    run_interruptible(_add_up_contacts, order, rows, tables, n_counts, added)
    ends = np.stack([pairs >> 32, pairs & LOW], axis=1) - 1
    return RegionContacts(ends.astype(np.int32), added[:, :n_counts], added[:, n_counts:])


def pixel_contacts(numbers: NDArray[np.int32], connectivity: int) -> NDArray[np.int32]:
    """The pairs of pixels that touch, (m, 2), by numbers from 1 that rise in raster order; 0 takes no part."""
    steps = neighbor_steps(numbers.ndim, connectivity)
    found = []
    for step in steps:
        here, there = (view.reshape(-1) for view in neighbor_views(numbers, step))
        both = np.stack([there, here], axis=1) - np.int32(1)
        found.append(both if both.min(initial=0) >= 0 else both[(both >= 0).all(axis=1)])
    return np.concatenate(found)


def neighbor_steps(ndim: int, connectivity: int) -> list[tuple[int, ...]]:
    """The steps to the neighbors of a pixel that come before it."""
    around = np.ndindex(*(3,) * ndim)
    steps = [tuple(index - 1 for index in step) for step in around]
    return [step for step in steps if step < (0,) * ndim and np.count_nonzero(step) <= connectivity]


def lengths_of(counts: NDArray[np.float64], spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """The area of counted faces (n, ndim or more): of one face, the product of the spacings along it.

    Faces of equal area are counted together, the smallest first: no order of the axes shows.
    """
    faces = np.array(face_areas(spacing))
    lengths = np.zeros(len(counts))
    for face in np.unique(faces):
        lengths += face * counts[:, : len(faces)][:, faces == face].sum(axis=1)
    return lengths


def face_areas(spacing: tuple[float, ...]) -> list[float]:
    """The area of a pixel's face across each axis: the product of the spacings of the other axes."""
    return [
        float(np.prod([step for other, step in enumerate(spacing) if other != axis]))
        for axis in range(len(spacing))
    ]


def as_boundaries(boundaries: ArrayLike, inside: NDArray[np.bool_]) -> NDArray[Any]:
    """Parse strengths of the spatial shape, finite wherever a pixel takes part."""
    parsed = as_image(boundaries, channel_axis=None, name="boundaries")
    if parsed.shape != inside.shape:
        raise ValueError(f"boundaries has shape {parsed.shape}; expected the spatial shape {inside.shape}")
    if parsed.mask is not None and (inside & ~parsed.mask).any():
        raise ValueError(
            "boundaries is masked or not finite where a pixel takes part; fill it, or mask these pixels"
        )
    return parsed.values[..., 0]


def _means(
    regions: NDArray[np.int32], image: ArrayLike, channel_axis: ChannelAxis, n_regions: int
) -> NDArray[np.float64]:
    """The mean of each region, (n, channels); NaN over no pixel."""
    parsed = as_image(image, channel_axis=channel_axis)
    if parsed.shape != regions.shape:
        raise ValueError(
            f"image has spatial shape {parsed.shape}; expected the labels' shape {regions.shape}; crop one, "
            "or name the image's channel_axis"
        )
    inside = regions if parsed.mask is None else np.where(parsed.mask, regions, np.int32(0))
    found = region_sums(inside, parsed.values, n_regions)
    return np.where(found.areas[:, np.newaxis] > 0, found.means, np.nan)[1:]


@kernel()
def _contacts_between(
    labels: NDArray[np.int32],
    strengths: NDArray[Any],
    offsets: NDArray[np.int64],
    across: NDArray[np.int64],
    n_counts: int,
    n_columns: int,
    start: int,
    stop: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The pairs whose later pixel is one of the nodes `start` to `stop`, most of them once.

    A row of the table has the counts, then the strengths and their rest where there are any.
    """
    seen, indices = np.zeros(N_HASHES, np.int64), np.zeros(N_HASHES, np.int64)
    pairs, table = np.empty(N_HASHES, np.int64), np.zeros((N_HASHES, n_columns))
    size: Any = np.int64(0)  # as a literal it would be compiled for once more
    for i in range(len(offsets)):
        begin, column = max(start, -offsets[i]), across[i]  # what comes before is padding
        here, there = labels[begin:stop], labels[begin + offsets[i] :]
        x: Any = np.int64(0)
        x = _first_apart(here, there, x)
        while x < len(here):
            if size == len(pairs):
                pairs, table = twice_as_long(pairs, table)
            index = size
            size, slot = add_pair(here[x], there[x], seen, pairs, size)
            if size > index:
                indices[slot] = index
            else:
                index = indices[slot]
            table[index, column] += 1
            if len(strengths) > 0:
                node = begin + x
                total = table[index, n_counts]
                value = np.float64(max(strengths[node], strengths[node + offsets[i]]))
                table[index, n_counts] = total + value
                table[index, n_counts + 1] += lost(total, value, total + value)
            x = _first_apart(here, there, x + 1)
    return pairs[:size].copy(), table[:size].copy()


@kernel()
def _first_apart(here: NDArray[np.int32], there: NDArray[np.int32], x: int) -> int:
    """The first place from `x` on where two regions are side by side; the length if there is none."""
    while x < len(here) and (here[x] == there[x] or here[x] <= 0 or there[x] <= 0):
        x += 1
    return x


@kernel()
def _add_up_contacts(
    order: NDArray[np.int64],
    rows: NDArray[np.int64],
    table: NDArray[np.float64],
    n_counts: int,
    added: NDArray[np.float64],
) -> None:
    """Add what is counted of each pair, in order, to its row."""
    for i in range(len(order)):
        here, row = order[i], rows[i]
        for k in range(n_counts):
            added[row, k] += table[here, k]
        if table.shape[1] > n_counts:
            total, value = added[row, n_counts], table[here, n_counts]
            added[row, n_counts] = total + value
            added[row, n_counts + 1] += table[here, n_counts + 1] + lost(total, value, total + value)

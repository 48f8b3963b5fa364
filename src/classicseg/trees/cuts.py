"""Cuts of a tree: labels at any scale.

Nodes are numbered by their heights, so a cut is an index: nodes from it on are undone. One pass from the root down
tells each region the node that it is in. Of several cuts, only the finest is made from the finest regions; the
others are made from its regions, which are few.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.bands import run_interruptible
from classicseg._core.grid import look_up
from classicseg._core.kernel import kernel
from classicseg._core.numbers import as_count, as_number, members
from classicseg.labeling.run_lengths import RunLengths, expand, first_runs, runs_of_lines
from classicseg.trees.checked_tree import CheckedTree, as_tree
from classicseg.trees.small_pieces import SmallPieces, small_pieces
from classicseg.types import Regions, RegionTree


def cut_tree(
    tree: RegionTree,
    *,
    n_segments: int | Sequence[int] | None = None,
    height: float | Sequence[float] | None = None,
    min_area: float | None = None,
) -> Regions:
    """Cut a tree of regions: into exactly so many segments, or at a height.

    Parameters
    ----------
    tree : RegionTree
        As `merge_tree` and others return it.
    n_segments : int or sequence of int, optional
        How many segments there shall be: at least as many as the image, or its mask, has pieces (roots of the
        tree), and at most as many as there are finest regions.
    height : float or sequence of float, optional
        What merges at this height or below is merged, at least 0. Either `n_segments` or `height` must be given.
    min_area : float, optional
        A segment of a smaller area, in units of the tree's areas, joins over its lowest pass, after the cut; there
        may be fewer segments then than asked. By default none is joined.

    Returns
    -------
    ndarray of int32, shape (M, N[, …]) or (n_cuts, M, N[, …])
        Regions 1 … n by their first pixel in raster order; 0 where a pixel takes no part. Of a sequence, one for
        each of its numbers, along the first axis.

    Raises
    ------
    TypeError
        If `tree` is not a RegionTree, or a number has the wrong type.
    ValueError
        If `tree` is no tree, both or none of `n_segments` and `height` are given, a sequence is empty, or a number
        is out of its range.

    See Also
    --------
    contour_strengths : All cuts in one picture.
    merges_of : The tree for SciPy, which has other ways to cut it.

    Notes
    -----
    Cuts of one tree are nested: a coarser segment is made of whole finer ones, with the same `min_area`, too.
    Where several merges have the height that decides, `n_segments` undoes the last ones of them in the order of
    the tree.

    With `min_area`, a merge above the cut is made as well where one of the two sides is smaller. Where the other
    side is several segments, the small one joins one of those that touch it (over faces, if there are any): the
    one whose finest region beside it merges lowest, then is larger, then comes first.

    The cost is linear in the number of pixels and of nodes; several cuts cost little more than the finest of them.

    Examples
    --------
    >>> from classicseg import cut_tree, flat_zone_tree
    >>> tree = flat_zone_tree([[1, 2, 6, 7, 9]])
    >>> cut_tree(tree, n_segments=2)
    array([[1, 1, 2, 2, 2]], dtype=int32)
    >>> cut_tree(tree, height=[0, 1, 2])
    array([[[1, 2, 3, 4, 5]],
    <BLANKLINE>
           [[1, 1, 2, 2, 3]],
    <BLANKLINE>
           [[1, 1, 2, 2, 2]]], dtype=int32)
    """
    checked = as_tree(tree)
    if (n_segments is None) == (height is None):
        what = "neither of n_segments and height is" if height is None else "both n_segments and height are"
        raise ValueError(f"{what} given; expected one of them, e.g. n_segments=200 or height=0 for the finest")
    given: Any = n_segments if height is None else height
    ends = _undone_from(checked, n_segments, height)
    area = 0.0 if min_area is None else as_number("min_area", min_area, least=0.0)
    fine = coarsened(checked, min(ends))
    small = small_pieces(checked, fine, area) if area > 0 else _NOTHING_SMALL
    shift = len(fine.parents) - len(checked.tree.parents)
    if members(given)[0] is given:
        return fine.regions if area == 0 else look_up(_numbers(fine, small, ends[0] + shift), fine.regions)
    return _painted([_numbers(fine, small, end + shift) for end in ends], fine.regions)


def _undone_from(
    checked: CheckedTree, n_segments: int | Sequence[int] | None, height: float | Sequence[float] | None
) -> list[int]:
    """The first node that each cut undoes."""
    name, given = ("n_segments", n_segments) if height is None else ("height", height)
    if not members(given):
        raise ValueError(f"{name} is empty; expected at least one number")
    n, inner = checked.n_regions, checked.tree.heights[checked.n_regions :]
    if height is not None:
        heights = [as_number(name, number, least=0.0) for number in members(given)]
        return [n + int(np.searchsorted(inner, number, side="right")) for number in heights]
    counts = [as_count(name, number) for number in members(given)]
    for count in counts if n else []:
        if count < checked.n_roots:
            raise ValueError(
                f"n_segments is {count}, and the tree has {checked.n_roots} pieces that never merge; expected at "
                f"least {checked.n_roots}; mask the others, or build the tree with a larger connectivity"
            )
        if count > n:
            raise ValueError(f"n_segments is {count}, and the tree has {n} finest regions; expected at most {n}")
    return [max(0, 2 * n - count) for count in counts]


def coarsened(checked: CheckedTree, undone_from: int) -> RegionTree:
    """The tree whose finest regions are those of a cut, by their first pixels: what merges before the node
    `undone_from` is merged."""
    tree, n = checked.tree, checked.n_regions
    joins = np.empty(undone_from, np.int32)
    run_interruptible(_join, tree.parents, undone_from, _NOTHING_SMALL, joins)
    table, tops = np.zeros(n + 1, np.int32), np.empty(n, np.int32)
    n_tops = run_interruptible(_number, joins, checked.order, table, tops)
    kept = np.concatenate([tops[:n_tops], np.arange(undone_from, len(tree.parents), dtype=np.int32)])
    parents = tree.parents[kept]
    is_root = parents == kept
    parents += np.int32(n_tops - undone_from)
    parents[is_root] = np.flatnonzero(is_root)
    heights = tree.heights[kept]
    heights[:n_tops] = 0
    return RegionTree(look_up(table, tree.regions), parents, heights, tree.areas[kept])


def _painted(tables: list[NDArray[np.int32]], regions: Regions) -> NDArray[np.int32]:
    """Give each region its number in each of several tables: (n_tables, M, N[, …])."""
    out = np.empty((len(tables), *regions.shape), np.int32)
    lines = regions.reshape(-1, regions.shape[-1])
    begins = first_runs(lines)
    if begins[-1] * _PIXELS_A_RUN > regions.size:
        for table, labels in zip(tables, out, strict=True):
            look_up(table, regions, out=labels)
        return out
    runs = RunLengths(regions.shape, *runs_of_lines(lines, begins))
    for table, labels in zip(tables, out, strict=True):
        expand(runs, table, out=labels)
    return out


def _numbers(fine: RegionTree, small: SmallPieces, undone_from: int) -> NDArray[np.int32]:
    """The number that a cut gives each of the finest regions; of 0, 0."""
    joins = np.empty(max(undone_from, len(small.targets)), np.int32)
    _join(fine.parents, undone_from, small, joins)
    n_regions = (len(fine.parents) + int((fine.parents == np.arange(len(fine.parents))).sum())) // 2
    table, tops = np.zeros(n_regions + 1, np.int32), np.empty(n_regions, np.int32)
    _number(joins, np.arange(n_regions, dtype=np.int32), table, tops)
    return table


_PIXELS_A_RUN = 8
"""Longer runs of a region than this are painted run by run: 20 cuts of 0.8 Mpx take 2.5 ms then instead of 10."""

_NOTHING_SMALL = SmallPieces(np.empty(0, np.uint8), np.empty(0, np.int32))


@kernel()
def _join(parents: NDArray[np.int32], undone_from: int, small: SmallPieces, joins: NDArray[np.int32]) -> None:
    """Give each node what it is in: the node that its parent is in, a region that it joins, or itself.

    A merge is made before the node `undone_from`, and where both of its sides are small.
    """
    n_small, targets = small.n_small, small.targets
    with_small = len(n_small) > 0
    for node in range(len(joins) - 1, -1, -1):
        parent = parents[node]
        if parent != node and (parent < undone_from or (with_small and n_small[parent] == 2)):
            joins[node] = joins[parent]
        elif with_small and targets[node] >= 0:
            joins[node] = targets[node]
        else:
            joins[node] = node


@kernel()
def _number(
    joins: NDArray[np.int32], order: NDArray[np.int32], table: NDArray[np.int32], tops: NDArray[np.int32]
) -> int:
    """Number what regions are in, 1 …, in the order of the regions; return how many there are, and the nodes.

    A node that has a number holds its complement.
    """
    n_tops = np.int32(0)
    for i in range(len(order)):
        node = order[i]
        while joins[node] >= 0 and joins[node] != node:
            onward = joins[node]
            if joins[onward] >= 0 and joins[onward] != onward:
                onward = joins[node] = joins[onward]
            node = onward
        if joins[node] >= 0:
            tops[n_tops] = node
            joins[node] = ~n_tops
            n_tops += np.int32(1)
        table[order[i] + 1] = -joins[node]
    return int(n_tops)

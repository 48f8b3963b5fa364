"""A tree of regions as SciPy's linkage matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg.trees.checked_tree import as_tree
from classicseg.trees.leaf_order import leaf_order
from classicseg.types import RegionTree


def merges_of(tree: RegionTree) -> NDArray[np.float64]:
    """List the merges of a tree as SciPy's linkage matrix, which `scipy.cluster.hierarchy` draws and cuts.

    Parameters
    ----------
    tree : RegionTree
        Of one piece: with one root.

    Returns
    -------
    ndarray of float64, shape (n - 1, 4)
        A row for each merge: the two nodes, the lower one first, the height, and how many of the n finest regions
        are in it. Region i + 1 is node i; row i makes node n + i.

    Raises
    ------
    TypeError
        If `tree` is not a RegionTree.
    ValueError
        If `tree` is no tree, or has several pieces that never merge.

    See Also
    --------
    cut_tree : Labels from the tree, without SciPy.

    Notes
    -----
    The cost is linear in the number of regions. What SciPy draws is only readable for some hundred: take the tree
    of fewer regions for it.

    Examples
    --------
    >>> from classicseg import flat_zone_tree, merges_of
    >>> merges_of(flat_zone_tree([[1, 2, 6, 7]]))
    array([[0., 1., 1., 2.],
           [2., 3., 1., 2.],
           [4., 5., 4., 4.]])
    """
    checked = as_tree(tree)
    parents, heights, n = checked.tree.parents, checked.tree.heights, checked.n_regions
    if checked.n_roots > 1:
        raise ValueError(
            f"tree has {checked.n_roots} pieces that never merge, and a linkage has one; mask all but one of "
            "them, or build the tree with a larger connectivity"
        )
    row = leaf_order(parents, heights, n)
    children = np.argsort(parents[:-1], kind="stable").reshape(-1, 2)  # of a node, in ascending order
    counts = row.stops[n:] - row.starts[n:]
    return np.column_stack([children, heights[n:], counts]).astype(np.float64)

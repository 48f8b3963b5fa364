"""A random forest: trees that each learn from a draw of the samples, and ask at each node the best of a few
features (Breiman, "Random forests", 2001). A leaf says which share of its samples each class has; the shares that
the trees say add up.

Trees lie level by level: the two children of a node follow each other, and those of the k-th node that asks are
nodes 1 + 2k and 2 + 2k of its tree, so that no file has to say where they are. Shares are whole numbers: their
sums are exact, and a class that leads by more than the trees that are left can give has won.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAF = 2**16 - 1
"""The feature of a node that asks nothing."""

WHOLE = 2**16 - 1
"""The shares of a leaf add up to this."""


class RandomForest(NamedTuple):
    """Trees, one after the other."""

    roots: NDArray[np.int32]
    """(n_trees + 1,), where each tree begins, and the number of nodes."""

    features: NDArray[np.uint16]
    """(n_nodes,), which feature is asked for; `LEAF` in a leaf."""

    thresholds: NDArray[np.float32]
    """(n_nodes,): what is above goes to the second child. 0 in a leaf."""

    children: NDArray[np.int32]
    """(n_nodes,), the first child; of a leaf its row of `shares`."""

    shares: NDArray[np.uint16]
    """(n_rows, n_classes)"""

    @property
    def n_trees(self) -> int:
        """How many trees there are."""
        return len(self.roots) - 1

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return int(self.shares.shape[1])


def first_children(features: NDArray[np.uint16], roots: NDArray[np.int32]) -> NDArray[np.int32]:
    """The first child of each node that asks, which its place says; 0 in leaves."""
    children = np.zeros(len(features), np.int32)
    for start, stop in itertools.pairwise(roots.tolist()):
        asking = start + np.flatnonzero(features[start:stop] != LEAF)
        children[asking] = start + 1 + 2 * np.arange(len(asking))
    return children

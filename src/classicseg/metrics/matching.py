"""Points paired one to one: a maximum matching of points at most a radius apart, of the least sum of distances.

Dulmage–Mendelsohn [1]: a maximum matching splits the graph in two. In one part, which holds the first points that
it leaves over, every second point is matched in every maximum matching; in the other, every first point is. So
each part is an assignment problem in which one side is matched as a whole, and shortest augmenting paths end
near where they begin.

.. [1] Dulmage A. L., Mendelsohn N. S. Coverings of bipartite graphs. Canadian Journal of Mathematics 10, 1958.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg.metrics.assignment import assign_some
from classicseg.metrics.hopcroft_karp import hopcroft_karp
from classicseg.metrics.pairings import pairings_within


def match_points(
    first: NDArray[Any], second: NDArray[Any], radius: float, spacing: tuple[float, ...] | None = None
) -> NDArray[np.int64]:
    """Return for each of the first points of a grid, (n, ndim), the number of its partner among the second; or -1.

    Partners are at most `radius` apart. The matching is a maximum matching, and of these one of the least sum of
    distances.
    """
    partners = np.full(len(first), -1)
    if not len(first) or not len(second):
        return partners
    units = (1.0,) * first.shape[1] if spacing is None else spacing
    pairings = pairings_within(first, second, radius, units)
    largest, crowded = hopcroft_karp(pairings, len(second))
    taken = np.zeros(len(second), bool)
    taken[largest[crowded & (largest >= 0)]] = True
    of_first = assign_some(pairings, ~crowded, ~taken)
    del pairings, largest
    of_second = assign_some(pairings_within(second, first, radius, units), taken, crowded)
    partners[of_second[of_second >= 0]] = np.flatnonzero(of_second >= 0)
    return np.where(of_first >= 0, of_first, partners)

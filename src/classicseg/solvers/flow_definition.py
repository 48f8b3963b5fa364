"""The definition of the maximum flow on a grid: SciPy's, on a sparse matrix of all arcs.

The flow may be another one than that of the kernels; the nodes that the source reaches are the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, maximum_flow


def maximum_flow_numpy(trees: Any, queues: NDArray[np.void], n_visits: int, start: int, stop: int) -> bool:
    """Solve the whole grid at once: take the flow off the capacities, and mark what the source reaches."""
    arcs, terminals, offsets, states = trees[:4]
    n_nodes = len(terminals)
    source, sink = n_nodes, n_nodes + 1
    tails, towards = np.nonzero(arcs)
    from_source, to_sink = np.flatnonzero(terminals > 0), np.flatnonzero(terminals < 0)
    rows = np.concatenate([tails, np.full(len(from_source), source), to_sink])
    columns = np.concatenate([tails + offsets[towards], from_source, np.full(len(to_sink), sink)])
    capacities = np.concatenate([arcs[tails, towards], terminals[from_source], -terminals[to_sink]])
    matrix = coo_matrix((capacities, (rows, columns)), (n_nodes + 2, n_nodes + 2)).tocsr()
    flow = maximum_flow(_with_32_bits(matrix), source, sink).flow.tocsr()
    left = _with_32_bits((matrix - flow).tocsr())
    left.eliminate_zeros()
    reached = breadth_first_order(left, source, return_predecessors=False)

    ends = np.arange(n_nodes)[:, np.newaxis] + offsets
    pairs = (np.repeat(np.arange(n_nodes), len(offsets)), np.clip(ends, 0, n_nodes - 1).ravel())
    is_inside = (ends >= 0) & (ends < n_nodes)
    arcs[...] = np.where(is_inside, np.asarray(left[pairs]).reshape(arcs.shape), 0)
    terminals[from_source] = np.asarray(left[source][:, from_source].toarray()).ravel()
    terminals[to_sink] = -np.asarray(left[:, [sink]].toarray()).ravel()[to_sink]
    states[reached[reached < n_nodes]] = 0
    return False


def _with_32_bits(matrix: Any) -> Any:
    """SciPy's graphs have indices and capacities of 32 bits."""
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    matrix.data = matrix.data.astype(np.int32)
    return matrix

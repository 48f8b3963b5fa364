"""One task in place of several that only hand on: fewer to schedule, and nothing for a scheduler to put off.

After a join all tiles could go on at once. Schedulers then take one step of every tile before they take the next
of any, and hold a whole image of what lies between.
"""

from __future__ import annotations

from collections import Counter

import dask.array as da
from dask._task_spec import DataNode, GraphNode, convert_legacy_graph
from dask.core import flatten
from dask.highlevelgraph import HighLevelGraph

_STEPS = ("on_tile", "wide", "inner", "again")
"""Tasks of these names become a part of the one that needs them, where that is one; others are the user's own."""

PAINT = "painting"
"""Those of this name become a part of each that needs them: the patches that pixels are painted from are small."""


def fused(array: da.Array) -> da.Array:
    """The same array in fewer tasks."""
    graph: dict[object, GraphNode] = convert_legacy_graph(dict(array.__dask_graph__()))
    n_needed = Counter(key for node in graph.values() for key in node.dependencies)
    kept = set(flatten(array.__dask_keys__()))
    parts = {
        key
        for key, node in graph.items()
        if key not in kept and not isinstance(node, DataNode) and _is_part(key, n_needed[key])
    }
    done: dict[object, GraphNode] = {}

    def whole(key: object) -> GraphNode:
        if key not in done:
            node = graph[key]
            own = {near: whole(near) for near in node.dependencies & parts}
            done[key] = node.substitute(own).substitute({}, key=key) if own else node  # one that is an alias goes
        return done[key]

    layer = {key: whole(key) for key in graph if key not in parts}
    return da.Array(HighLevelGraph.from_collections(array.name, layer), array.name, array.chunks, meta=array._meta)


def _is_part(key: object, n_needed: int) -> bool:
    name = key[0] if isinstance(key, tuple) else key
    step = str(name).partition("-")[0]
    return step == PAINT or (step in _STEPS and n_needed == 1)

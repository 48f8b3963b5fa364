"""One task in place of several that only hand on: fewer to schedule, and nothing for a scheduler to put off.

After a join all tiles could go on at once. Schedulers then take one step of every tile before they take the next
of any, and hold a whole image of what lies between.
"""

from __future__ import annotations

from collections import Counter
from graphlib import TopologicalSorter
from typing import Any

import dask.array as da
from dask._task_spec import Alias, DataNode, GraphNode, convert_legacy_graph
from dask.base import tokenize
from dask.core import flatten
from dask.highlevelgraph import HighLevelGraph

_STEPS = ("on_tile", "wide", "inner", "again")
"""Tasks of these names become a part of the one that needs them, where that is one; others are the user's own."""

PAINT = "painting"
"""Those of this name become a part of each that needs them: the patches that pixels are painted from are small."""


def fused(array: da.Array) -> da.Array:
    """The same array in fewer tasks. Those that are not what they were have names of their own."""
    graph: dict[Any, GraphNode] = convert_legacy_graph(dict(array.__dask_graph__()))
    n_needed = Counter(key for node in graph.values() for key in node.dependencies)
    kept = set(flatten(array.__dask_keys__()))
    parts = {
        key
        for key, node in graph.items()
        if key not in kept and not isinstance(node, DataNode) and _is_part(node, n_needed[key])
    }
    prefix, name = f"fused-{tokenize(array.name)}", f"fused-{array.name}"
    done: dict[Any, GraphNode] = {}
    for key in TopologicalSorter({key: node.dependencies for key, node in graph.items()}).static_order():
        own: dict[Any, Any] = {}
        for near in graph[key].dependencies:
            if near in parts or done[near].key != near:
                own[near] = done[near] if near in parts else done[near].key
        new = (name, *key[1:]) if key in kept else f"{prefix}-{key}" if own else key
        made = graph[key].substitute(own).substitute({}, key=new)  # twice: an alias of a part is that part
        done[key] = Alias(new, made.target) if isinstance(made, Alias) else made
    layer = {node.key: node for key, node in done.items() if key not in parts}
    return da.Array(HighLevelGraph.from_collections(name, layer), name, array.chunks, meta=array._meta)


def _is_part(node: GraphNode, n_needed: int) -> bool:
    step = str(node.key[0] if isinstance(node.key, tuple) else node.key).partition("-")[0]
    return isinstance(node, Alias) or step == PAINT or (step in _STEPS and n_needed == 1)

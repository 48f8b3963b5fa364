"""Inline tasks that only hand on into the task that needs them: fewer to schedule, and none to put off.

After a join all tiles could be finished. Schedulers then take one step of every tile before they take the next
step of any, and so hold a whole image of intermediate results.
"""

from __future__ import annotations

from collections import Counter
from graphlib import TopologicalSorter
from typing import Any

import dask.array as da
from dask.base import tokenize
from dask.core import flatten
from dask.highlevelgraph import HighLevelGraph

from classicseg.extras.dask.graph_tricks import Node, inlined, is_alias, is_data, nodes_of

_INTERMEDIATE = ("on_tile", "wide", "inner", "again")
"""Prefixes of our own intermediate tasks. One with a single consumer is inlined into it."""

PAINT = "painting"
"""Prefix of tasks that are inlined into each of their consumers: the components that they paint are small."""


def fused(array: da.Array) -> da.Array:
    """The same array in fewer tasks. A task that has changed has a new key."""
    graph = nodes_of(array)
    n_consumers = Counter(key for node in graph.values() for key in node.dependencies)
    kept = set(flatten(array.__dask_keys__()))
    parts = {
        key
        for key, node in graph.items()
        if key not in kept and not is_data(node) and _is_part(node, n_consumers[key])
    }
    prefix, name = f"fused-{tokenize(array.name)}", f"fused-{array.name}"
    done: dict[Any, Node] = {}
    for key in TopologicalSorter({key: node.dependencies for key, node in graph.items()}).static_order():
        changed: dict[Any, Any] = {}
        for needed in graph[key].dependencies:
            if needed in parts or done[needed].key != needed:
                changed[needed] = done[needed] if needed in parts else done[needed].key
        new_key = (name, *key[1:]) if key in kept else f"{prefix}-{key}" if changed else key
        done[key] = inlined(graph[key], new_key, changed)
    layer = {node.key: node for key, node in done.items() if key not in parts}
    return da.Array(HighLevelGraph.from_collections(name, layer), name, array.chunks, meta=array._meta)


def _is_part(node: Node, n_consumers: int) -> bool:
    """Whether a task becomes a part of the tasks that need it."""
    prefix = str(node.key[0] if isinstance(node.key, tuple) else node.key).partition("-")[0]
    return is_alias(node) or prefix == PAINT or (prefix in _INTERMEDIATE and n_consumers == 1)

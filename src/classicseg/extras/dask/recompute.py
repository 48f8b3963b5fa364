"""Pixels that are needed before a join, and after it: made twice, or a whole image of them would wait in memory.

What is made again begins when the join is done; workers that wait for that would read ahead, and keep all.
"""

from __future__ import annotations

import itertools
from typing import Any

import dask.array as da
from dask._task_spec import DataNode, Task, TaskRef, convert_legacy_graph
from dask.highlevelgraph import HighLevelGraph

from classicseg.extras.dask.chunks import Chunked
from classicseg.extras.dask.component_graph import join_of, with_layer

_numbers = itertools.count()


def recompute_after(parsed: Chunked, join: da.Array) -> Chunked:
    """The same image, read after the pieces of `join` are joined."""
    mask = None if parsed.mask is None else _read_again(parsed.mask, join)
    return Chunked(_read_again(parsed.values, join), mask, parsed.has_channels)


def recomputed(painted: da.Array, join: da.Array) -> da.Array:
    """The same pixels, painted from their patches after the pieces of `join` are joined."""
    name, barrier = f"{painted.name}-{next(_numbers)}", join_of(join)
    tasks = painted.dask.layers[painted.name].items()
    layer = {(name, *key[1:]): (_first, task, barrier) for key, task in tasks}
    return _like(name, layer, painted, painted.dask.dependencies[painted.name], join)


def _read_again(array: da.Array, join: da.Array) -> da.Array:
    """All tasks by other names; `dask.graph_manipulation.bind` loses track of rechunked arrays."""
    graph = convert_legacy_graph(dict(array.__dask_graph__()))
    name, barrier = f"again-{next(_numbers)}-{array.name}", TaskRef(join_of(join))
    names = {key: (name, *key[1:]) if key[0] == array.name else f"{name}-{key}" for key in graph}
    layer = {}
    for key, node in graph.items():
        task = node.substitute(names, key=names[key])
        begins = not node.dependencies and not isinstance(node, DataNode)
        layer[names[key]] = Task(names[key], _first, task, barrier) if begins else task
    return _like(name, layer, array, set(), join)


def _like(name: str, layer: dict[Any, Any], array: da.Array, needed: set[str], join: da.Array) -> da.Array:
    """An array like another, with one more layer in its graph and in that of the join."""
    graph = with_layer(HighLevelGraph.merge(array.dask, join.dask), name, layer, {*needed, join_of(join)})
    return da.Array(graph, name, array.chunks, meta=array._meta)


def _first(found: Any, after: Any) -> Any:
    return found

"""Recompute pixels after a global join instead of keeping every tile in memory until it is done.

The copy begins when the join is done: a worker that waits for the join would otherwise read ahead and keep all
tiles.
"""

from __future__ import annotations

import itertools
from typing import Any

import dask.array as da
from dask.highlevelgraph import HighLevelGraph

from classicseg.extras.dask.chunks import Chunked
from classicseg.extras.dask.component_graph import join_of, with_layer
from classicseg.extras.dask.graph_tricks import begins, nodes_of, renamed, result_of, waiting

_numbers = itertools.count()


def recompute_after(parsed: Chunked, join: da.Array) -> Chunked:
    """The same image, read again after the components of `join` are joined."""
    mask = None if parsed.mask is None else _read_again(parsed.mask, join)
    return Chunked(_read_again(parsed.values, join), mask, parsed.has_channels)


def recomputed(painted: da.Array, join: da.Array) -> da.Array:
    """The same pixels, painted again from the components of tiles after those of `join` are joined."""
    name, barrier = f"{painted.name}-{next(_numbers)}", join_of(join)
    tasks = painted.dask.layers[painted.name].items()
    layer = {(name, *key[1:]): (result_of, task, barrier) for key, task in tasks}
    return _like(name, layer, painted, painted.dask.dependencies[painted.name], join)


def _read_again(array: da.Array, join: da.Array) -> da.Array:
    """Copy all tasks under new keys; `dask.graph_manipulation.bind` loses track of rechunked arrays."""
    graph, barrier = nodes_of(array), join_of(join)
    name = f"again-{next(_numbers)}-{array.name}"
    keys = {key: (name, *key[1:]) if key[0] == array.name else f"{name}-{key}" for key in graph}
    copies = [renamed(node, keys[key], keys) for key, node in graph.items()]
    layer = {node.key: waiting(node, barrier) if begins(node) else node for node in copies}
    return _like(name, layer, array, set(), join)


def _like(name: str, layer: dict[Any, Any], array: da.Array, needed: set[str], join: da.Array) -> da.Array:
    """An array like another, with one more layer in its graph and in that of the join."""
    graph = with_layer(HighLevelGraph.merge(array.dask, join.dask), name, layer, {*needed, join_of(join)})
    return da.Array(graph, name, array.chunks, meta=array._meta)

"""The task graph of a dask array, node by node. All that is used of Dask's private module `_task_spec` is here.

Dask's public interface can neither inline chosen tasks into the ones that need them nor copy a graph under other
names. The module was tried in Dask 2025.1.0 to 2026.8.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import dask
import dask.array as da

_TRIED = "2025.1.0 to 2026.8.0"

try:
    from dask._task_spec import Alias, DataNode, GraphNode, Task, TaskRef, convert_legacy_graph
except ImportError as error:
    raise ImportError(
        f"Dask {dask.__version__} has other task graphs ({error}); expected one of {_TRIED}; "
        "pip install 'dask[array]<=2026.8.0'"
    ) from error

Node: TypeAlias = GraphNode
"""A task, data, or another name of either."""


def nodes_of(array: da.Array) -> dict[Any, Node]:
    """The graph of an array: what each key stands for, `node.dependencies` being the keys that it needs."""
    return convert_legacy_graph(dict(array.__dask_graph__()))


def is_data(node: Node) -> bool:
    """Whether a node holds its value."""
    return isinstance(node, DataNode)


def is_alias(node: Node) -> bool:
    """Whether a node is another name of one."""
    return isinstance(node, Alias)


def renamed(node: Node, key: Any, keys: Mapping[Any, Any]) -> Node:
    """The same task under another key; what it needs has other keys, too."""
    return node.substitute(dict(keys), key=key)


def inlined(node: Node, key: Any, parts: Mapping[Any, Any]) -> Node:
    """The same task under another key, with nodes or keys in the place of some of those that it needs."""
    made = node.substitute(dict(parts)).substitute({}, key=key)  # twice: an alias of a node is that node
    return Alias(key, made.target) if isinstance(made, Alias) else made


def waiting(node: Node, barrier: Any) -> Node:
    """The same task, which begins when the task `barrier` is done."""
    return Task(node.key, result_of, node, TaskRef(barrier))


def result_of(result: Any, _: Any) -> Any:
    """The first of two: the second need only be done before."""
    return result


def begins(node: Node) -> bool:
    """Whether a node is work that needs no other: it reads pixels."""
    return not node.dependencies and not is_data(node)

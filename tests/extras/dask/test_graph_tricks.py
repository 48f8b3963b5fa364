"""Dask's private task classes are used in one file, which says so where a version of Dask has others."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

da = pytest.importorskip("dask.array")

import classicseg  # noqa: E402
from classicseg.extras.dask import graph_tricks  # noqa: E402


def test_one_file_knows_the_private_module() -> None:
    package = Path(classicseg.__file__).parent
    users = [path.name for path in package.rglob("*.py") if "_task_spec" in path.read_text(encoding="utf-8")]
    assert users == ["graph_tricks.py"]


def test_another_dask_is_an_error_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask._task_spec", None)
    with pytest.raises(ImportError, match=r"expected one of 2025.1.0 to .*; pip install 'dask\[array\]<="):
        importlib.reload(graph_tricks)


def test_nodes_are_inlined_renamed_and_made_to_wait() -> None:
    array = da.ones(4, chunks=2) + 1
    nodes = graph_tricks.nodes_of(array)
    (last,) = [node for key, node in nodes.items() if key == (array.name, 0)]
    (needed,) = last.dependencies
    whole = graph_tricks.inlined(last, "whole", {needed: nodes[needed]})
    assert (whole.key, set(whole.dependencies)) == ("whole", set())
    assert whole({}).tolist() == [2, 2]
    assert graph_tricks.begins(whole)
    late = graph_tricks.waiting(whole, "barrier")
    assert set(late.dependencies) == {"barrier"}
    assert late({"barrier": None}).tolist() == [2, 2]
    copy = graph_tricks.renamed(last, "copy", {needed: "other"})
    assert (copy.key, set(copy.dependencies)) == ("copy", {"other"})

"""Kernels are cheap to compile: no array is assigned to a slice or a row, which costs seconds that scalars do not.

``a[i] = b[j]`` on rows, slices on the left of an assignment and arrays made of lists bring numba's broadcasting
along, and the texts of its errors: about two seconds in the first kernel of a process that has one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import classicseg

PACKAGE = Path(classicseg.__file__).parent

ALLOWED = {
    "edges/gap_bridging.py _follow_gradient": "a scalar fills a row of a few numbers",
    "growing/run_flood.py _flood": "a scalar fills a run of pixels",
    "labeling/run_lengths.py _fill": "a scalar fills a run of pixels",
    "labeling/runs.py index_runs": "a scalar fills a block of pixels",
    "labeling/runs.py _fill_line": "a scalar fills a block of pixels",
    "thresholds/local/moments.py _decide_row": "a scalar fills a row",
    "thresholds/local/window_histograms.py _update": "a scalar clears a histogram",
    "thresholds/local/window_histograms.py sliding_medians": "a scalar clears histograms",
}
"""Kernels with a slice on the left, and why: a scalar brings no broadcasting along."""


def kernels() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Each kernel's loops, by file and name."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and any(is_kernel(mark) for mark in node.decorator_list):
                yield f"{path.relative_to(PACKAGE).as_posix()} {node.name}", node


def is_kernel(mark: ast.expr) -> bool:
    return isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "kernel"


def costly_lines(function: ast.FunctionDef) -> list[str]:
    """The assignments to slices, and those of a new array, or of a slice, to a part of another one."""
    found = []
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AugAssign):
            targets, value = [node.target], node.value
        else:
            continue
        parts = [target for target in targets if isinstance(target, ast.Subscript)]
        if any(is_sliced(target) for target in parts) or (parts and is_array(value)):
            found.append(ast.unparse(node))
    return found


def is_sliced(node: ast.expr) -> bool:
    if not isinstance(node, ast.Subscript):
        return False
    indices = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return any(isinstance(index, ast.Slice) for index in indices)


def is_array(node: ast.expr) -> bool:
    """Whether an expression makes an array: a slice, or a function of NumPy that returns one."""
    makers = {"array", "zeros", "ones", "empty", "full", "arange", "concatenate", "stack", "where"}
    return is_sliced(node) or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in makers
    )


def test_no_kernel_assigns_arrays() -> None:
    found = {name: lines for name, function in kernels() if (lines := costly_lines(function))}
    new = {name: lines for name, lines in found.items() if name not in ALLOWED}
    assert not new, f"assign scalars in a loop, or say in ALLOWED why not: {new}"
    assert not set(ALLOWED) - set(found), "what is allowed and no longer there can go"


@pytest.mark.parametrize(
    ("line", "is_costly"),
    [
        ("a[:size] = b[:size]", True),
        ("a[i, :] = 0", True),
        ("a[:] += 1", True),
        ("a[i] = np.array([1, 2])", True),
        ("a[i] = b[2:4]", True),
        ("a[i, 0], a[i, 1] = 1, 2", False),
        ("part = a[2:4]", False),
        ("a[i] = b[i] + 1", False),
    ],
)
def test_what_is_costly(line: str, is_costly: bool) -> None:
    function = ast.parse(f"def loops(a, b, i, size):\n    {line}\n").body[0]
    assert isinstance(function, ast.FunctionDef)
    assert bool(costly_lines(function)) is is_costly

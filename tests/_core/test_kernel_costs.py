"""Kernels are cheap to compile: no array is assigned to a slice or a row, which costs seconds that scalars do not.

``a[i] = b[j]`` on rows, slices on the left of an assignment, arrays made of lists and arithmetic with arrays bring
numba's broadcasting along, and the texts of its errors: about two seconds in the first kernel of a process that
has one. Texts bring its strings along. What the source does not show, since ``a[i]`` may be a row or a number, is
seen where the loops run as plain Python on arrays that say what is done with them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import classicseg
from classicseg._core.bands import use_workers
from classicseg._core.kernel import Kernel

PACKAGE = Path(classicseg.__file__).parent

ALLOWED = {
    "edges/gap_bridging.py _follow_gradient": "a scalar fills a row of a few numbers",
    "growing/run_flood.py _flood": "a scalar fills a run of pixels",
    "labeling/components.py _paint": "a scalar fills a block of pixels",
    "labeling/run_lengths.py _fill": "a scalar fills a run of pixels",
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


def test_no_kernel_has_texts() -> None:
    found = {name: texts for name, function in kernels() if (texts := texts_in(function))}
    assert not found, f"texts cost seconds to compile: {found}"


def texts_in(function: ast.FunctionDef) -> list[str]:
    """The texts in a function, but for names of fields and for what says to people what it does."""
    parts = [function, *ast.walk(function)]
    said = [node.value for node in function.body if isinstance(node, ast.Expr)]
    hints = [getattr(node, name) for node in parts for name in ("annotation", "returns") if hasattr(node, name)]
    fields = [node.slice for node in parts if isinstance(node, ast.Subscript)]
    spared = {id(node) for part in (*said, *hints, *fields) if part is not None for node in ast.walk(part)}
    return [
        ast.unparse(node)
        for node in ast.walk(function)
        if id(node) not in spared
        and (isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)))
    ]


class Watched(np.ndarray):
    """Arrays that note the name of the kernel in which one is assigned to another, or computed with."""

    kernels: list[str] = []  # noqa: RUF012
    found: set[str] = set()  # noqa: RUF012

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(value, np.ndarray) and value.ndim and self.kernels:
            self.found.add(f"{self.kernels[-1]} assigns an array")
        self.view(np.ndarray)[index] = value

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        is_array = any(isinstance(value, np.ndarray) and value.ndim for value in inputs)
        if self.kernels and is_array and method == "__call__":  # the maximum of an array, say, costs little
            self.found.add(f"{self.kernels[-1]} computes with an array ({ufunc.__name__})")
        plain = [value.view(np.ndarray) if isinstance(value, Watched) else value for value in inputs]
        outputs = tuple(out.view(np.ndarray) for out in options.pop("out", ()))
        return getattr(ufunc, method)(*plain, **options, **({"out": outputs} if outputs else {}))


def watched(value: Any) -> Any:
    if isinstance(value, tuple):
        fields = [watched(part) for part in value]
        return type(value)(*fields) if hasattr(value, "_fields") else tuple(fields)
    return value.view(Watched) if isinstance(value, np.ndarray) else value


def plain(value: Any) -> Any:
    if isinstance(value, tuple):
        fields = [plain(part) for part in value]
        return type(value)(*fields) if hasattr(value, "_fields") else tuple(fields)
    return value.view(np.ndarray) if isinstance(value, Watched) else value


def run_watched(kernel: Kernel[..., Any], *arguments: Any) -> Any:
    """Run the loops of a kernel, and of those that it calls."""
    Watched.kernels.append(f"{kernel.__module__}.{kernel.__name__}")
    try:
        return plain(kernel.loops(*watched(arguments)))
    finally:
        Watched.kernels.pop()


def image_of(dtype: str, *, is_color: bool) -> np.ndarray[Any, Any]:
    shape = (12, 14, 3) if is_color else (12, 14)
    return (np.random.default_rng(0).random(shape) * 250).astype(dtype)


@pytest.mark.parametrize("name", sorted(classicseg.segmenters()))
def test_no_kernel_computes_with_arrays(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kernel, "__call__", run_watched)
    monkeypatch.setattr(Watched, "found", set())
    with use_workers(1):
        for dtype, is_color in (("uint8", True), ("float32", False)):
            with np.errstate(all="ignore"):
                getattr(classicseg, name)(image_of(dtype, is_color=is_color))
    assert not Watched.found, "assign and compute with scalars in a loop"


def test_what_is_watched() -> None:
    def loops(a: Any, b: Any, i: int) -> None:
        a[i] = b[i]
        a[i] += 1

    Watched.found.clear()
    run_watched(Kernel(loops, None), np.zeros((2, 3)), np.ones((2, 3)), 1)
    assert len(Watched.found) == 2
    Watched.found.clear()
    run_watched(Kernel(loops, None), np.zeros(3), np.ones(3), 1)
    assert not Watched.found

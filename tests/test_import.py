"""What `import classicseg` costs, what it loads, and that the catalogue is the stub's."""

from __future__ import annotations

import ast
import importlib.metadata as metadata
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

import classicseg

_N_RUNS = 10
_MOST = 1.3
_FLAT = {"CLASSICSEG_ENGINE": "", "COV_CORE_SOURCE": "", "COVERAGE_PROCESS_START": ""}
"""Nothing of the test run itself may ride along in the processes that are measured."""


def _run(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=os.environ | _FLAT, check=True, capture_output=True, text=True, timeout=120
    ).stdout


def _stub_names() -> list[str]:
    tree = ast.parse(Path(classicseg.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    names = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            names += [alias.asname or alias.name for alias in node.names]
        elif isinstance(node, ast.FunctionDef):
            names.append(node.name)
    return names


def test_costs_little_more_than_numpy() -> None:
    """Whole processes, taking turns, so that a busy machine slows both."""
    seconds: dict[str, list[float]] = {"import numpy": [], "import classicseg": []}
    for _ in range(_N_RUNS):
        for code, times in seconds.items():
            start = time.perf_counter()
            _run(code)
            times.append(time.perf_counter() - start)
    medians = {code: statistics.median(times) for code, times in seconds.items()}
    assert medians["import classicseg"] <= _MOST * medians["import numpy"], medians


@pytest.mark.parametrize(
    "code",
    ["import classicseg", "import classicseg; dir(classicseg)", "from classicseg import types"],
)
def test_loads_no_heavy_package(code: str) -> None:
    loaded = json.loads(_run(f"{code}\nimport json, sys\nprint(json.dumps(list(sys.modules)))"))
    heavy = {"numba", "llvmlite", "scipy", "matplotlib", "PIL", "skimage", "cyclopts", "rich"}
    assert not heavy & {name.partition(".")[0] for name in loaded}


def test_a_name_loads_only_its_own_module() -> None:
    code = "import classicseg, sys; classicseg.set_workers; print('numba' in sys.modules, 'scipy' in sys.modules)"
    assert _run(code).split() == ["False", "False"]


def test_catalogue_is_the_stub() -> None:
    assert sorted(classicseg.__all__) == sorted(_stub_names())
    assert len(set(classicseg.__all__)) == len(classicseg.__all__)
    assert set(classicseg.__all__) <= set(dir(classicseg))
    public = {name for name in dir(classicseg) if not name.startswith("_")}
    submodules = {path.stem for path in Path(classicseg.__file__).parent.iterdir()} - {"metrics"}
    assert public - submodules == set(classicseg.__all__)


def test_the_stub_renames_nothing() -> None:
    """``from x import a as a`` is how a stub says that a name is public."""
    tree = ast.parse(Path(classicseg.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            assert node.level == 1
            assert all(alias.asname == alias.name for alias in node.names)


@pytest.mark.parametrize("name", classicseg.__all__)
def test_every_name_resolves(name: str) -> None:
    value = getattr(classicseg, name)
    assert value is getattr(classicseg, name)
    if callable(value) and name.islower():
        assert value.__name__ == name
        assert value.__module__.partition(".")[0] == "classicseg"


def test_star_import() -> None:
    names = _run("from classicseg import *\nprint(*[n for n in dir() if not n.startswith('_')])").split()
    assert sorted(names) == sorted(classicseg.__all__)


def test_segmenters_are_the_names_that_say_so() -> None:
    members = classicseg.segmenters()
    assert list(members) == [name for name in _stub_names() if name.endswith("_segment")]
    assert all(member is getattr(classicseg, name) for name, member in members.items())


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match=r"module 'classicseg' has no attribute 'no_such_segment'"):
        classicseg.no_such_segment  # noqa: B018
    with pytest.raises(ImportError, match="no_such_segment"):
        exec("from classicseg import no_such_segment", {})
    assert not hasattr(classicseg, "__wrapped__")


def test_version_is_the_distribution_s() -> None:
    try:
        installed = metadata.version("classicseg")
    except metadata.PackageNotFoundError:
        pytest.skip("run from the sources: nothing is installed to compare with")
    assert classicseg.__version__ == installed

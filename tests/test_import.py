"""What `import classicseg` costs and loads."""

from __future__ import annotations

import importlib.metadata as metadata
import json
import math
import os
import subprocess
import sys
import time

import pytest

import classicseg

_LEAST_RUNS, _MOST_RUNS = 5, 30
_MOST = 1.3
_FLAT = {"CLASSICSEG_ENGINE": "", "COV_CORE_SOURCE": "", "COVERAGE_PROCESS_START": ""}
"""Nothing of the test run itself may ride along in the processes that are measured."""


def _run(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=os.environ | _FLAT, check=True, capture_output=True, text=True, timeout=120
    ).stdout


def _loaded_by(code: str) -> set[str]:
    return set(json.loads(_run(f"{code}\nimport json, sys\nprint(json.dumps(list(sys.modules)))")))


def test_loads_itself_and_what_numpy_loads_anyway() -> None:
    assert _loaded_by("import classicseg") - _loaded_by("import numpy") == {"classicseg"}


@pytest.mark.jit
def test_costs_little_more_than_numpy() -> None:
    """Whole processes, taking turns, and the shortest time of each: what else the machine does only adds to it."""
    shortest = {"import numpy": math.inf, "import classicseg": math.inf}
    for n_runs in range(1, _MOST_RUNS + 1):
        for code in shortest:
            start = time.perf_counter()
            _run(code)
            shortest[code] = min(shortest[code], time.perf_counter() - start)
        if n_runs >= _LEAST_RUNS and shortest["import classicseg"] <= _MOST * shortest["import numpy"]:
            return
    pytest.fail(f"{shortest}")


@pytest.mark.parametrize(
    "code",
    ["import classicseg", "import classicseg; dir(classicseg)", "from classicseg import types"],
)
def test_loads_no_heavy_package(code: str) -> None:
    heavy = {"numba", "llvmlite", "scipy", "matplotlib", "PIL", "skimage", "cyclopts", "rich"}
    assert not heavy & {name.partition(".")[0] for name in _loaded_by(code)}


def test_a_name_loads_only_its_own_module() -> None:
    code = "import classicseg, sys; classicseg.set_workers; print('numba' in sys.modules, 'scipy' in sys.modules)"
    assert _run(code).split() == ["False", "False"]


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

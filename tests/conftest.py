"""How much hypothesis tries, and which tests wait for compiled kernels."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

_REPEATABLE = bool(os.environ.get("CI"))

settings.register_profile("default", deadline=None, derandomize=_REPEATABLE, max_examples=30)
settings.register_profile("quick", deadline=None, derandomize=_REPEATABLE, max_examples=8)
settings.register_profile("thorough", deadline=None, derandomize=_REPEATABLE, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    from classicseg._core.kernel import engine

    plain_loops = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
    for item in items:
        if item.get_closest_marker("jit") and (plain_loops or engine() == "numpy"):
            item.add_marker(pytest.mark.skip(reason="needs compiled kernels"))
        if item.get_closest_marker("large") and plain_loops:
            item.add_marker(pytest.mark.skip(reason="too large for loops in plain Python"))

"""Stores of labels for tests: inputs, runs that are cut, commands that must be refused."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from classicseg.extras.cli import main

da = pytest.importorskip("dask.array")
zarr = pytest.importorskip("zarr")

from classicseg.extras.dask import storing  # noqa: E402
from classicseg.extras.files import manifest  # noqa: E402

OLD = np.random.default_rng(0).integers(0, 250, (40, 60), dtype=np.uint8)
NEW = 249 - OLD
posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")


def write(path, pixels, chunks=(20, 20), **options):
    shutil.rmtree(path, ignore_errors=True)
    zarr.create_array(path, shape=pixels.shape, chunks=chunks, dtype=pixels.dtype, **options)[:] = pixels


def ones(n=4):
    return da.ones((n, n), chunks=2, dtype="i4")


@contextmanager
def cut_after(n_chunks):
    """Cut what runs after so many chunks."""
    done = []

    def mark(draft, index):
        manifest.mark(draft, index)
        done.append(index)
        if len(done) == n_chunks:
            raise RuntimeError("cut")

    with pytest.MonkeyPatch.context() as patch, pytest.raises(RuntimeError, match="cut"):
        patch.setattr(storing, "mark", mark)
        yield


def files():
    return {path: path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}


def refused(capsys, *arguments):
    """Run a command that must be refused and leave all as it was; return its line."""
    before = files()
    assert main([*map(str, arguments)]) == 2
    assert files() == before
    said = capsys.readouterr().err.lstrip("\n")  # old versions of rich end a bar with an empty line
    assert said.startswith("classicseg: error: ") and said.count("\n") == 1
    return said

"""A folder in which commands write stores of labels."""

import pytest


@pytest.fixture
def store_folder(tmp_path, monkeypatch):
    """A folder of the test's own, small chunks, and no thread that goes on writing when a run is cut."""
    dask = pytest.importorskip("dask")
    from classicseg.extras.files import chunked

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chunked, "_CHUNK_BYTES", 2**10)
    with dask.config.set(scheduler="synchronous"):
        yield

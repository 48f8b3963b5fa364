"""Folders in which commands work: one with two images, and one for stores of labels."""

import pytest
from command_line import COLOR, GREY


@pytest.fixture
def store_folder(tmp_path, monkeypatch):
    """A folder of the test's own, small chunks, and no thread that goes on writing when a run is cut."""
    dask = pytest.importorskip("dask")
    from classicseg.extras.files import chunked

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chunked, "_CHUNK_BYTES", 2**10)
    with dask.config.set(scheduler="synchronous"):
        yield


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of the test's own, with a grey and a color image."""
    image = pytest.importorskip("PIL.Image")
    monkeypatch.chdir(tmp_path)
    image.fromarray(GREY).save("grey.png")
    image.fromarray(COLOR).save("color.png")
    return tmp_path

"""Drafts that are damaged anywhere, in any way: the right store, or one clear error; nothing of others is lost."""

from __future__ import annotations

import json
import os
import shutil

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import classicseg

da = pytest.importorskip("dask.array")
dask = pytest.importorskip("dask")
zarr = pytest.importorskip("zarr")

from classicseg.extras.dask import checkpoints, storing  # noqa: E402
from classicseg.extras.dask.storing import store_labels  # noqa: E402
from classicseg.extras.files import manifest  # noqa: E402

N_MUTATIONS = 300
IMAGE = np.random.default_rng(0).integers(0, 255, (4, 8), dtype=np.uint8)
LABELS = classicseg.threshold_segment(IMAGE)
RECIPE = {"image": "noise", "shape": (4, 8)}
ODD = [None, True, False, 0, -1, 4, 10**30, 1.5, float("nan"), "", "x", "é" * 99, [], [1], {}, {"a": None}]
LITTER = [".DS_Store", ".nfs0001", "._0.0"]
NO_MARKS = ["0", "0.0.0", "-1.0", "99.99", "00.1", "1_0.0", "0.0~", "x", "٠.1", "0.0.tmp"]


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    with dask.config.set(scheduler="synchronous"):
        yield


def make():
    """As `threshold_segment` in tiles does it, without a graph for the histogram."""
    histogram = checkpoints.kept(lambda: classicseg.pixel_histogram(IMAGE), classicseg.PixelHistogram)
    return da.from_array(1 + (classicseg.otsu_threshold(histogram) <= IMAGE).astype(np.int32), chunks=4)


@pytest.fixture(scope="module")
def cut(tmp_path_factory):
    """The draft of a run that was cut after one of two chunks."""
    folder = tmp_path_factory.mktemp("cut")

    def mark(draft, index):
        manifest.mark(draft, index)
        raise RuntimeError("cut")

    with pytest.MonkeyPatch.context() as patch, dask.config.set(scheduler="synchronous"):
        patch.setattr(storing, "mark", mark)
        with pytest.raises(RuntimeError, match="cut"):
            store_labels(folder / "labels.zarr", make, RECIPE)
    return folder / "labels.zarr.part"


def damaged(content, rng):
    """Bytes with some of them flipped, lost, doubled or others, or cut short."""
    kind, place, size = rng.integers(7), int(rng.integers(max(len(content), 1))), int(rng.integers(1, 20))
    if kind == 0 and content:
        return content[:place] + bytes([content[place] ^ (1 << int(rng.integers(8)))]) + content[place + 1 :]
    if kind == 1:
        return content[:place]
    if kind == 2:
        return content[:place] + rng.bytes(size) + content[place:]
    if kind == 3:
        return content[:place] + content[place + size :]
    if kind == 4:
        return content[:place] + rng.bytes(size) + content[place + size :]
    return b"" if kind == 5 else rng.bytes(size)


def other_json(content, rng):
    """JSON with a value in the place of another, or one more, or one less."""
    tree = json.loads(content)
    parent, odd, kind = tree, ODD[rng.integers(len(ODD))], rng.integers(4)
    if rng.integers(3) == 0:
        parent = tree["recipe"]
    name = str(rng.choice(list(parent)))
    if kind == 0:
        del parent[name]
    elif kind == 1:
        parent[f"{name}2"] = odd
    elif kind == 2:
        parent[name] = odd
    else:
        tree = odd
    return json.dumps(tree).encode()


def mutate_manifest(draft, rng):
    path = draft / manifest.MANIFEST
    path.write_bytes((other_json if rng.integers(2) else damaged)(path.read_bytes(), rng))


def mutate_marks(draft, rng):
    marks = draft / manifest.MARKS
    (one,) = marks.iterdir()
    kind = rng.integers(6)
    if kind == 0:
        one.write_bytes(damaged(one.read_bytes(), rng))
    elif kind == 1:
        one.unlink()
    elif kind == 2:
        one.unlink()
        one.mkdir()
    elif kind == 3:  # one more, of a chunk that is there or not
        (marks / f"{rng.integers(3)}.{rng.integers(3)}").write_bytes(one.read_bytes())
    elif kind == 4:
        names = LITTER + NO_MARKS
        (marks / names[rng.integers(len(names))]).write_bytes(rng.bytes(9))
    else:
        one.rename(marks / f"0.{1 - int(one.name[-1])}")


def mutate_found(draft, rng):
    for path in (draft / ".found").iterdir():
        path.write_bytes(damaged(path.read_bytes(), rng))


def mutate_draft(draft, rng):
    """Any file is damaged, lost, another or a folder or a link, or a folder is lost."""
    files = sorted(path for path in draft.rglob("*") if path.is_file() and path.name != ".lock")
    one, other = (files[i] for i in rng.choice(len(files), 2, replace=False))
    kind = rng.integers(6)
    if kind == 0:
        one.write_bytes(damaged(one.read_bytes(), rng))
    elif kind == 1:
        one.unlink()
    elif kind == 2:
        one.unlink()
        one.mkdir()
    elif kind == 3:
        shutil.copy(other, one)
    elif kind == 4:
        shutil.rmtree(one.parent if one.parent != draft else draft / manifest.MARKS)
    else:
        one.unlink()
        one.symlink_to(other)


def mutate_finished(store, rng):
    """A file is there that no run has written, a chunk is another, or the store says other things of its array."""
    name = str(rng.choice(["notes.txt", "c/notes.txt", "c/0/1~", "zarr.json", "c/0/1"]))
    (store / name).write_bytes(rng.bytes(9))


def n_stored(source, folder, mutate, seeds):
    """Store labels beside damaged copies of a draft or a store, and count the runs that end in a store.

    Each ends in the right store, or in one line that leaves a store as it was.
    """
    n_right = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        own = folder / str(seed)
        copy, store = own / source.name, own / "labels.zarr"
        shutil.copytree(source, copy)
        mutate(copy, rng)
        is_draft = copy != store
        thesis = (copy if is_draft and rng.integers(20) == 0 else own) / "thesis"
        thesis.write_text("ten years")
        before = files_of(store)
        try:
            store_labels(store, make, RECIPE)
        except (OSError, ValueError) as error:
            assert len(str(error).splitlines()) == 1, seed
            assert files_of(store) == before, seed
            assert store.exists() != is_draft, seed
        else:
            assert_array_equal(zarr.open(store, mode="r")[:], LABELS, err_msg=str(seed))
            n_right += 1
        assert thesis.read_text() == "ten years", seed
        assert is_draft or sorted(path.name for path in own.iterdir()) == ["labels.zarr", "thesis"], seed
        shutil.rmtree(own)
    return n_right


@pytest.mark.large
@pytest.mark.sweep
@pytest.mark.parametrize("mutate", [mutate_manifest, mutate_marks, mutate_found, mutate_draft])
def test_a_damaged_draft_gives_the_right_store_or_an_error(cut, tmp_path, mutate):
    n_right = n_stored(cut, tmp_path, mutate, range(N_MUTATIONS))
    assert N_MUTATIONS // 20 < n_right < N_MUTATIONS


@pytest.mark.large
@pytest.mark.sweep
@pytest.mark.parametrize("mutate", [mutate_manifest, mutate_finished])
def test_a_store_is_replaced_where_it_is_known_and_else_left_as_it_is(tmp_path, mutate):
    store_labels(tmp_path / "labels.zarr", make, RECIPE)
    n_right = n_stored(tmp_path / "labels.zarr", tmp_path, mutate, range(N_MUTATIONS // 4))
    assert 0 < n_right < N_MUTATIONS // 4


def files_of(store):
    return {str(path.relative_to(store)): path.read_bytes() for path in sorted(store.rglob("*")) if path.is_file()}

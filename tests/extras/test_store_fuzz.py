"""Drafts that are damaged anywhere, in any way: the right store, or one clear error; nothing of others is lost."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import classicseg

da = pytest.importorskip("dask.array")
dask = pytest.importorskip("dask")
zarr = pytest.importorskip("zarr")

from classicseg.extras import dask as tiled  # noqa: E402
from classicseg.extras.dask import storing  # noqa: E402
from classicseg.extras.dask.storing import store_labels  # noqa: E402
from classicseg.extras.files import manifest  # noqa: E402

N_MUTATIONS = 300
IMAGE = np.random.default_rng(0).integers(0, 255, (6, 8), dtype=np.uint8)
LABELS = classicseg.threshold_segment(IMAGE)
RECIPE = {"image": "noise", "shape": (6, 8)}
ODD = [
    None,
    True,
    False,
    0,
    -1,
    4,
    10**30,
    1.5,
    float("nan"),
    "",
    "x",
    "é" * 99,
    [],
    [1],
    {},
    {"a": None},
    "\ud800",
]


def make():
    return tiled.threshold_segment(da.from_array(IMAGE, chunks=4))


@pytest.fixture(scope="module")
def cut(tmp_path_factory):
    """The draft of a run that was cut after two of four chunks."""
    folder, marks = tmp_path_factory.mktemp("cut"), []

    def mark(draft, index):
        manifest.mark(draft, index)
        marks.append(index)
        if len(marks) == 2:
            raise RuntimeError("cut")

    with pytest.MonkeyPatch.context() as patch, dask.config.set(scheduler="synchronous"):
        patch.setattr(storing, "mark", mark)
        with pytest.raises(RuntimeError, match="cut"):
            store_labels(folder / "labels.zarr", make, RECIPE)
    return folder / "labels.zarr.part"


def damaged(content, rng):
    """Bytes with some of them flipped, lost, doubled or others, or cut short."""
    kind, length = rng.integers(7), len(content)
    place, size = int(rng.integers(max(length, 1))), int(rng.integers(1, 20))
    if kind == 0 and length:
        return content[:place] + bytes([content[place] ^ (1 << int(rng.integers(8)))]) + content[place + 1 :]
    if kind == 1:
        return content[:place]
    if kind == 2:
        return content[:place] + rng.bytes(size) + content[place:]
    if kind == 3:
        return content[:place] + content[place + size :]
    if kind == 4:
        return content[:place] + rng.bytes(size) + content[place + size :]
    if kind == 5:
        return b""
    return rng.bytes(size)


def other_json(content, rng):
    """JSON with a value in the place of another, or one more, or one less."""
    tree = json.loads(content)
    node, name = tree, None
    while isinstance(node, dict) and node and (name is None or rng.integers(2)):
        parent, name = node, str(rng.choice(list(node)))
        node = node[name]
    odd = ODD[rng.integers(len(ODD))]
    kind = rng.integers(4)
    if kind == 0:
        del parent[name]
    elif kind == 1:
        parent[f"{name}2"] = odd
    elif kind == 2:
        return json.dumps(odd).encode()
    else:
        parent[name] = odd
    return json.dumps(tree).encode()


def mutate_manifest(draft, rng):
    path = draft / manifest.MANIFEST
    path.write_bytes((other_json if rng.integers(2) else damaged)(path.read_bytes(), rng))


def mutate_marks(draft, rng):
    marks = draft / manifest.MARKS
    found = sorted(marks.iterdir())
    one = found[rng.integers(len(found))]
    kind = rng.integers(6)
    if kind == 0:
        one.write_bytes(damaged(one.read_bytes(), rng))
    elif kind == 1:
        one.unlink()
    elif kind == 2:
        one.unlink()
        one.mkdir()
    elif kind == 3:  # one more, of a chunk that is there or not
        shutil.copy(one, marks / f"{rng.integers(3)}.{rng.integers(3)}")
    elif kind == 4:
        names = [
            ".DS_Store",
            ".nfs0001",
            "0",
            "0.0.0",
            "-1.0",
            "99.99",
            "00.1",
            "1_0.0",
            "0.0~",
            "x",
            "٠.1",
            "0.0.tmp",
        ]
        (marks / names[rng.integers(len(names))]).write_bytes(rng.bytes(9))
    else:
        found[0].rename(marks / "swap")
        found[1].rename(found[0])
        (marks / "swap").rename(found[1])


def mutate_found(draft, rng):
    for path in (draft / ".found").iterdir():
        path.write_bytes(damaged(path.read_bytes(), rng))


def mutate_draft(draft, rng):
    """Any file is damaged, lost, doubled or a folder; or one that is no part of a draft is there."""
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


@pytest.mark.large
@pytest.mark.parametrize("mutate", [mutate_manifest, mutate_marks, mutate_found, mutate_draft])
def test_a_damaged_draft_gives_the_right_store_or_an_error(cut, tmp_path, mutate):
    right = 0
    with dask.config.set(scheduler="synchronous"):
        for seed in range(N_MUTATIONS):
            rng = np.random.default_rng(seed)
            folder = tmp_path / str(seed)
            draft, store = folder / "labels.zarr.part", folder / "labels.zarr"
            shutil.copytree(cut, draft)
            mutate(draft, rng)
            thesis = [folder / "thesis", draft / "c/thesis"][rng.integers(20) == 0]
            thesis.parent.mkdir(exist_ok=True)
            thesis.write_text("ten years")
            try:
                store_labels(store, make, RECIPE)
            except (OSError, ValueError) as error:
                assert len(str(error).splitlines()) == 1, seed
                assert not store.exists(), seed
            else:
                assert_array_equal(zarr.open(store, mode="r")[:], LABELS, err_msg=str(seed))
                right += 1
            assert thesis.read_text() == "ten years", seed
            shutil.rmtree(folder)
    assert right > N_MUTATIONS // 20


@pytest.mark.large
def test_a_store_that_is_no_longer_ours_is_not_replaced(tmp_path):
    """Finished stores, damaged: replaced where they are known, else left as they are."""
    with dask.config.set(scheduler="synchronous"):
        store_labels(tmp_path / "labels.zarr", make, RECIPE)
        kept = 0
        for seed in range(N_MUTATIONS):
            rng = np.random.default_rng(seed)
            folder = tmp_path / str(seed)
            store = folder / "labels.zarr"
            shutil.copytree(tmp_path / "labels.zarr", store)
            (mutate_manifest if rng.integers(2) else mutate_finished)(store, rng)
            before = files_of(store)
            try:
                store_labels(store, make, RECIPE)
            except (OSError, ValueError):
                assert files_of(store) == before, seed
                kept += 1
            else:
                assert_array_equal(zarr.open(store, mode="r")[:], LABELS, err_msg=str(seed))
            shutil.rmtree(folder)
    assert 0 < kept < N_MUTATIONS


def mutate_finished(store, rng):
    (store / ["notes.txt", "c/0/7~", "c/0/notes.txt", "zarr.json", "c/5/5"][rng.integers(5)]).parent.mkdir(
        exist_ok=True
    )
    (store / ["notes.txt", "c/0/7~", "c/0/notes.txt", "zarr.json", "c/1/1"][rng.integers(5)]).write_bytes(b"mine")


def files_of(store):
    return {str(path.relative_to(store)): path.read_bytes() for path in sorted(store.rglob("*")) if path.is_file()}

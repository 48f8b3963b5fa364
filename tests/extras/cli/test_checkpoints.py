"""What a run finds of the whole image is kept, and no file that is read runs."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

import classicseg
from classicseg.extras.cli import main

da = pytest.importorskip("dask.array")
zarr = pytest.importorskip("zarr")

from stores import OLD, cut_after, refused  # noqa: E402

from classicseg.extras import dask as tiled  # noqa: E402
from classicseg.extras.dask import checkpoints  # noqa: E402
from classicseg.extras.dask.chunks import ValueRange  # noqa: E402
from classicseg.extras.dask.region_sums import NamedSums  # noqa: E402
from classicseg.extras.dask.storing import store_labels  # noqa: E402
from classicseg.growing.tolerance import ValueSums  # noqa: E402

pytestmark = pytest.mark.usefixtures("store_folder")


def place(number=0, recipe="recipe"):
    return checkpoints.Place(Path(f"{number}.npz"), recipe)


FOUND = [
    (ValueRange(np.dtype(">u2"), 0, 2**64, 10**30), ValueRange),
    (ValueSums(4, (2**80, 1), (0,)), ValueSums),
    (classicseg.pixel_histogram([[1.5, np.inf]]), classicseg.PixelHistogram),
    (NamedSums(np.arange(2), np.arange(2), np.ones((2, 3)), np.zeros((2, 3)), np.empty(0, np.int64)), NamedSums),
    ([np.array([True]), np.array([], bool)], list[NDArray[np.bool_]]),
    ((3, [None, "x", np.float32(0.1)], float("nan")), tuple[int, list, float]),
]


@pytest.mark.parametrize(("found", "kind"), FOUND)
def test_a_checkpoint_holds_what_was_found(found, kind):
    checkpoints.save(place(), found)
    assert checkpoints.is_kept(place())
    again = checkpoints.load(place(), kind)
    assert type(again) is type(found)
    assert repr(again) == repr(found)


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (5, ValueRange),
        ([1, 2], ValueRange),
        (["u1", 0, 0, 0], ValueRange),
        ([np.arange(2), [1, 2]], classicseg.PixelHistogram),
        ([np.arange(2), np.ones(2)], classicseg.PixelHistogram),
        (True, int),
        (1.5, int),
        ([1], list[NDArray[np.bool_]]),
        ([np.arange(2)], list[NDArray[np.bool_]]),
        ((1, 2, 3), tuple[int, int]),
        ("x", float),
    ],
)
def test_a_checkpoint_of_another_kind_is_one_clear_error(found, kind):
    checkpoints.save(place(), found)
    with pytest.raises(ValueError, match=r"0.npz: damaged .*; remove it, then run the same command again"):
        checkpoints.load(place(), kind)


def test_a_checkpoint_belongs_to_its_place_and_its_recipe():
    checkpoints.save(place(), 5)
    assert not checkpoints.is_kept(place(recipe="other"))
    Path("0.npz").rename("1.npz")
    assert not checkpoints.is_kept(place(1))
    with pytest.raises(TypeError, match="is not kept"):
        checkpoints.save(place(), np.array([{}]))


def hostile():
    """What made the process end, import, or hold gigabytes."""
    objects, bomb, bare = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.savez(objects, np.array([1, None]))
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("arr_0.npy", bytes(10**6))
    with zipfile.ZipFile(bare, "w") as archive:
        header = {"descr": "|u1", "fortran_order": False, "shape": (10**15,)}
        member = io.BytesIO()
        np.lib.format.write_array_header_1_0(member, header)
        archive.writestr("arr_0.npy", member.getvalue())
    return [pickle.dumps(os.getcwd), objects.getvalue(), bomb.getvalue(), bare.getvalue(), b"", b"PK"]


@pytest.mark.parametrize("content", hostile(), ids=["pickle", "objects", "bomb", "bare", "empty", "cut"])
@pytest.mark.parametrize("signed", [True, False])
def test_a_hostile_checkpoint_is_found_again_or_refused(capsys, content, signed):
    np.save("i.npy", OLD)
    command = ["threshold", "i.npy", "--out", "l.zarr"]
    with cut_after(2):
        main(command)
    path = Path("l.zarr.part/.found/0.npz")
    recipe = json.loads(Path("l.zarr.part/classicseg.json").read_text())["recipe"]
    one = checkpoints.Place(path, json.dumps(recipe, sort_keys=True))
    assert checkpoints.is_kept(one)
    digest = checkpoints._digest(one)
    digest.update(content)
    path.write_bytes((digest.digest() if signed else b"") + content)
    if signed:
        assert "0.npz: damaged" in refused(capsys, *command)
        path.unlink()
    assert main(command) == 0
    assert_array_equal(zarr.open("l.zarr")[:], classicseg.threshold_segment(OLD))


def test_no_pickle_is_read():
    for path in Path(classicseg.__file__).parent.rglob("*.py"):
        if path.name != "kernel.py":  # numba's own, from places where no other user may write
            text = path.read_text()
            assert "Unpickler" not in text and "pickle.load" not in text, path
            assert text.count("np.load(") == text.count("allow_pickle=False"), path


OPTIONS = {
    "region_growing_segment": {"seeds": [(3, 4)]},
    "local_threshold_segment": {"method": "isauvola", "window": 5},
}
SEGMENTERS = [name for name in classicseg.segmenters() if hasattr(tiled, name)]


@pytest.mark.large
@pytest.mark.parametrize("dtype", ["u1", "f4"])
@pytest.mark.parametrize("name", [*SEGMENTERS, "canny_edges", "connected_regions"])
def test_whatever_a_method_finds_of_the_whole_image_is_kept(monkeypatch, name, dtype):
    image = np.kron(OLD[:5, :6], np.ones((5, 5), int)).astype("u1" if name[0] in "ck" else dtype)
    make = lambda: getattr(tiled, name)(da.from_array(image, chunks=13), **OPTIONS.get(name, {}))  # noqa: E731
    with cut_after(1):
        store_labels("l.zarr", make, {})
    monkeypatch.setattr(checkpoints, "save", lambda place, found: pytest.fail("found again"))
    store_labels("l.zarr", make, {})
    assert_array_equal(zarr.open("l.zarr")[:], getattr(classicseg, name)(image, **OPTIONS.get(name, {})))

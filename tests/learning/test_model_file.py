"""A model is read as it was written; whatever else is in a file is refused, and no kernel sees it."""

from __future__ import annotations

import io
import json
import pickle
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from classicseg.learning import model_file
from classicseg.learning.fitting import Boosting, fit_forest
from classicseg.learning.forest import Forest, predict_forest
from classicseg.learning.model import BoundaryModel, ModelError, check_model
from classicseg.learning.model_file import bytes_of, load_model, model_of

EXPECTED = {"first": ("light", "dark", "flat"), "second": ("light", "dark", "flat", "first")}


def a_model(n_trees: int = 3, depth: int = 2) -> BoundaryModel:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(4, 200)).astype(np.float32)
    targets = features[0] * features[1]
    forests = {
        name: fit_forest(features[: len(own)].copy(), targets, boosting=Boosting(n_trees, depth))
        for name, own in EXPECTED.items()
    }
    return BoundaryModel(forests, EXPECTED, {"images": 200, "data": "drawn for a test"})


MODEL = a_model()
CONTENT = bytes_of(MODEL)


def refused(content: bytes) -> str:
    """What is said of a file that is no model."""
    with pytest.raises(ModelError) as caught:
        check_model(model_of(content), EXPECTED)
    said = str(caught.value)
    assert "; " in said  # the mend
    return said


def packed(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, member in members.items():
            file.writestr(name, member)
    return content.getvalue()


def members_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def npy(array: np.ndarray, *, allow_pickle: bool = False) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=allow_pickle)
    return file.getvalue()


def with_forest(**changed: object) -> BoundaryModel:
    return MODEL._replace(forests={**MODEL.forests, "first": MODEL.forests["first"]._replace(**changed)})


def test_as_it_was_written() -> None:
    found = check_model(model_of(CONTENT), EXPECTED)
    assert found.about == MODEL.about
    assert found.features == MODEL.features
    for name, forest in MODEL.forests.items():
        for part, same in zip(forest, found.forests[name], strict=True):
            assert_array_equal(part, same)
            assert np.asarray(part).dtype == np.asarray(same).dtype
    assert bytes_of(found) == CONTENT


def test_from_a_path(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(CONTENT)
    features = np.random.default_rng(1).normal(size=(3, 9)).astype(np.float32)
    found = load_model(path, EXPECTED).forests["first"]
    assert_array_equal(predict_forest(found, features), predict_forest(MODEL.forests["first"], features))
    path.write_bytes(CONTENT[:-100])
    with pytest.raises(ModelError, match=r"model\.npz: is no model, or is damaged"):
        load_model(path, EXPECTED)


def test_no_zip() -> None:
    for content in (b"", b"PK", b"\x93NUMPY", pickle.dumps(MODEL), packed({})):
        refused(content)


@given(st.integers(0, len(CONTENT) - 1))
def test_cut_short(length: int) -> None:
    refused(CONTENT[:length])


@given(st.integers(0, len(CONTENT) - 1), st.integers(1, 255))
def test_a_byte_changed(place: int, by: int) -> None:
    changed = bytearray(CONTENT)
    changed[place] ^= by
    try:
        found = check_model(model_of(bytes(changed)), EXPECTED)
    except ModelError:
        return
    assert bytes_of(found) == CONTENT  # a date in the zip, say


@given(st.sampled_from(sorted(members_of(CONTENT))), st.integers(0, 2**20), st.binary(max_size=9))
def test_a_member_changed(name: str, place: int, by: bytes) -> None:
    members = members_of(CONTENT)
    place %= len(members[name])
    changed = members[name][:place] + by + members[name][place + 1 :]
    if changed != members[name]:
        refused(packed({**members, name: changed}))


def test_other_members() -> None:
    members = members_of(CONTENT)
    for name in members:
        refused(packed({key: member for key, member in members.items() if key != name}))
    assert "other arrays" in refused(packed({**members, "more.npy": npy(np.zeros(3))}))
    assert "other arrays" in refused(packed({**members, "../first.edges.npy": npy(np.zeros(3))}))


def test_other_headers() -> None:
    members = members_of(CONTENT)

    def said(text: bytes) -> str:
        return refused(packed({**members, "header.npy": npy(np.frombuffer(text, np.uint8))}))

    header = json.loads(members["header.npy"][128:].split(b"\n", 1)[-1] or "{}")
    assert header["version"] == model_file.VERSION
    assert "is of version 7; expected 1" in said(json.dumps({**header, "version": 7}).encode())
    assert "other numbers" in said(json.dumps({**header, "about": {}}).encode())
    for text in (b"", b"[]", b"{", b"\xff", b"[" * 10**5, b'{"version": ' + b"1" * 5000 + b"}"):
        assert "no header" in said(text)
    for name, value in (("format", 0), ("features", [1]), ("features", {"first": 3}), ("about", 3)):
        assert "no header" in said(json.dumps({**header, name: value}).encode())


def test_pickled_objects() -> None:
    members = members_of(CONTENT)
    objects = npy(np.array([{}, 1], object), allow_pickle=True)
    assert "expected float32, no Python objects" in refused(packed({**members, "first.edges.npy": objects}))
    assert "no header" in refused(packed({**members, "header.npy": objects}))


def test_arrays_that_say_more_than_there_is() -> None:
    members = members_of(CONTENT)
    for shape in ((2**60,), (2**40, 2**40), (-1,), (0, 5), ()):
        file = io.BytesIO()
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        refused(packed({**members, "first.edges.npy": file.getvalue() + bytes(8)}))


def test_a_zip_that_unpacks_to_very_much() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("header.npy", bytes(2**26 + 1), compresslevel=1)
    assert "unpacks to more" in refused(content.getvalue())


def test_other_forests_and_features() -> None:
    more = check_model(model_of(CONTENT), {"first": EXPECTED["first"]})
    assert set(more.forests) == set(EXPECTED)
    fewer = MODEL._replace(forests={"first": MODEL.forests["first"]})
    assert "has the forests first; expected first, second" in refused(bytes_of(fewer))
    for features, text in (
        (("light", "dark"), "has 2 features; expected 3"),
        (("light", "hue", "flat"), "has 'hue' as its feature 1; expected 'dark'"),
    ):
        assert text in refused(bytes_of(MODEL._replace(features={**EXPECTED, "first": features})))


def spoiled(array: np.ndarray, place: tuple[int, ...], value: float) -> np.ndarray:
    array = array.copy()
    array[place] = value
    return array


FIRST = MODEL.forests["first"]
WRONG: dict[str, Callable[[], BoundaryModel]] = {
    "a feature that is not there": lambda: with_forest(features=spoiled(FIRST.features, (1, 1), 3)),
    "an edge that is not there": lambda: with_forest(bins=spoiled(FIRST.bins, (1, 1), 255)),
    "edges that descend": lambda: with_forest(edges=np.sort(FIRST.edges)[::-1].copy() * 0),
    "edges that are no numbers": lambda: with_forest(edges=spoiled(FIRST.edges, (0,), np.nan)),
    "starts before the first": lambda: with_forest(starts=spoiled(FIRST.starts, (0,), -1)),
    "starts beyond the last": lambda: with_forest(starts=spoiled(FIRST.starts, (-1,), 10**9)),
    "starts that descend": lambda: with_forest(starts=spoiled(FIRST.starts, (1,), 10**9)),
    "starts of other features": lambda: with_forest(starts=FIRST.starts[1:].copy()),
    "no starts": lambda: with_forest(starts=FIRST.starts[:0].copy()),
    "fewer leaves": lambda: with_forest(leaves=FIRST.leaves[:, :2].copy()),
    "fewer trees with leaves": lambda: with_forest(leaves=FIRST.leaves[:1].copy()),
    "fewer questions": lambda: with_forest(bins=FIRST.bins[:, :1].copy()),
    "flat questions": lambda: with_forest(bins=FIRST.bins.ravel()),
    "no depth": lambda: with_forest(
        features=FIRST.features[:, :0].copy(), bins=FIRST.bins[:, :0].copy(), leaves=FIRST.leaves[:, :1].copy()
    ),
    "a base that is no number": lambda: with_forest(base=float("nan")),
    "a step beyond all": lambda: with_forest(step=1e300),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_numbers_that_lead_out_of_arrays(what: str) -> None:
    """With a digest that is right: the file was made so."""
    assert refused(bytes_of(WRONG[what]())).startswith("its forest first ")


def test_arrays_of_a_model_made_by_hand() -> None:
    for changed in (
        {"edges": FIRST.edges.astype(np.float64)},
        {"edges": list(FIRST.edges)},
        {"leaves": np.asfortranarray(FIRST.leaves)},
        {"base": "0"},
    ):
        with pytest.raises(ModelError, match="its forest first has"):
            check_model(with_forest(**changed), EXPECTED)


def test_small_and_fast() -> None:
    """Five forests of 300 trees with edges of 100 features: 300 KB at most, read in 20 ms."""
    rng = np.random.default_rng(0)
    names = tuple(f"feature {i}" for i in range(100))
    asked = rng.integers(0, 100, (300, 6)).astype(np.uint16)
    leaves = rng.normal(0, 300, (300, 64)).astype(np.int16)
    edges = np.sort(rng.random((100, 12)).astype(np.float32), axis=1).ravel()
    starts = np.arange(0, 1201, 12, dtype=np.int32)
    forest = Forest(edges, starts, asked, rng.integers(0, 12, (300, 6)).astype(np.uint8), leaves, 0.1, 1e-5)
    stages = {f"stage_{i}": names for i in range(5)}
    content = bytes_of(BoundaryModel(dict.fromkeys(stages, forest), stages, {}))
    assert len(content) < 300_000
    times = []
    for _ in range(5):
        begin = time.process_time()
        check_model(model_of(content), stages)
        times.append(time.process_time() - begin)
    assert min(times) < 0.02

"""The learned detector: what it finds, what takes no part, and that it knows no corner."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from strategies import images, masks, scenes

from classicseg import BoundaryMap, boundary_probability, thin_boundaries
from classicseg._core.bands import band_size
from classicseg.edges.learned import dense
from classicseg.edges.learned.features import FIRST, SECOND, names
from classicseg.edges.learned.orientation import STEPS, normals, steps_of
from classicseg.learning.forest import Forest
from classicseg.learning.model import BoundaryModel
from classicseg.learning.model_file import bytes_of

TURNS = {
    "upside down": (lambda a: a[::-1], lambda k: -k),
    "left to right": (lambda a: a[:, ::-1], lambda k: -k),
    "transposed": (lambda a: np.swapaxes(a, 0, 1), lambda k: STEPS // 2 - k),
    "by a quarter": (np.rot90, lambda k: k + STEPS // 2),
}


def a_forest(n_features, seed, n_trees=40):
    """Trees of random questions, each of which some pixel answers with yes."""
    rng = np.random.default_rng(seed)
    edges = np.tile(np.array([2, 20, 60, 120], np.float32), n_features)
    features = rng.integers(0, n_features, (n_trees, 4)).astype(np.uint16)
    bins, leaves = rng.integers(0, 4, (n_trees, 4)), rng.integers(0, 1000, (n_trees, 16))
    starts = np.arange(0, 4 * n_features + 1, 4, dtype=np.int32)
    return Forest(edges, starts, features, bins.astype(np.uint8), leaves.astype(np.int16), 0.0, 2e-5)


def a_model():
    asked = names()
    forests = {name: a_forest(len(own), seed) for seed, (name, own) in enumerate(asked.items())}
    return BoundaryModel(forests, asked, {})


MODELS = st.sampled_from([None, a_model()])


def a_step(shape=(40, 50), low=30, high=160):
    image = np.full(shape, low, np.uint8)
    image[:, shape[1] // 2 :] = high
    return image


def test_a_step_is_a_boundary():
    strength, orientation = boundary_probability(a_step(), model=None)
    assert strength.dtype == orientation.dtype == np.float32
    thin = thin_boundaries(BoundaryMap(strength, orientation))
    assert set(strength[20].argsort()[-2:]) == {24, 25}
    assert {25} <= set(np.flatnonzero(thin[20] > 0.05)) <= {24, 25}
    assert_allclose(orientation[5:-5, 24:26], np.pi / 2, atol=0.05)


@pytest.mark.parametrize("image", [np.zeros((1, 1)), np.full((9, 1, 3), 200, np.uint8), np.ones((30, 31), bool)])
@pytest.mark.parametrize("model", [None, a_model()], ids=["none", "forests"])
def test_an_image_without_differences_has_no_boundary(image, model):
    strength, orientation = boundary_probability(image, model=model)
    assert not strength.any() and not orientation.any()


@given(data=st.data(), model=MODELS)
def test_flips_and_turns(data, model):
    shape = data.draw(st.tuples(st.integers(1, 24), st.integers(1, 24)))
    image = data.draw(scenes(shape) | images(shape) | images(shape, n_channels=3))
    mask = data.draw(st.none() | masks(shape))
    name = data.draw(st.sampled_from(sorted(TURNS)))
    turn, turned_angle = TURNS[name]
    found = boundary_probability(image, model=model, mask=mask)
    turned = boundary_probability(turn(image), model=model, mask=None if mask is None else turn(mask))
    assert_array_equal(turned.strength, turn(found.strength))
    known = turn(found.strength > 0)
    steps = turned_angle(steps_of(turn(found.orientation)).astype(int)) % STEPS
    free = (steps_of(turned.orientation) % (STEPS // 2) == 0) & (steps % (STEPS // 2) == 0)
    assert_array_equal(steps_of(turned.orientation)[known & ~free], steps[known & ~free])


@given(data=st.data())
def test_thin_maps_turn(data):
    shape = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    strength = rng.integers(0, data.draw(st.sampled_from([3, 1000])), shape) / np.float32(1000)
    steps = rng.integers(0, STEPS, shape)
    turn, turned_angle = TURNS[data.draw(st.sampled_from(sorted(TURNS)))]

    def thin(strength, steps):
        angles = (steps % STEPS * (np.pi / STEPS)).astype(np.float32)
        return thin_boundaries(BoundaryMap(strength, angles))

    assert_array_equal(thin(turn(strength), turned_angle(turn(steps))), turn(thin(strength, steps)))


def test_closed_contours_make_lines_stronger():
    rng = np.random.default_rng(0)
    found = BoundaryMap(rng.random((9, 12), np.float32), np.zeros((9, 12), np.float32))
    lines, contours = thin_boundaries(found), np.zeros((9, 12))
    contours[4, 5] = 0.5
    near = np.zeros((9, 12), bool)
    near[3:6, 4:7] = True
    expected = np.where(lines > 0, (2 * lines + np.where(near, np.float32(0.5), np.float32(0))) / np.float32(3), 0)
    assert_array_equal(thin_boundaries(found, contours=contours), expected.astype(np.float32))
    with pytest.raises(ValueError, match="contours has shape"):
        thin_boundaries(found, contours=contours[:, 1:])
    with pytest.raises(ValueError, match="contours holds values from -1"):
        thin_boundaries(found, contours=contours - 1)


@given(data=st.data(), model=MODELS)
def test_what_takes_no_part_touches_nothing(data, model):
    shape = data.draw(st.tuples(st.integers(1, 20), st.integers(1, 20)))
    image = data.draw(images(shape, n_channels=3)) / np.float32(255)
    mask = data.draw(masks(shape))
    other = np.where(mask[..., np.newaxis], image, np.float32(np.nan))
    found, same = boundary_probability(image, model=model, mask=mask), boundary_probability(other, model=model)
    assert_array_equal(found.strength, same.strength)
    assert_array_equal(found.orientation, same.orientation)
    assert not found.strength[~mask].any()


@pytest.mark.large
@given(image=scenes())
def test_dtypes_and_channels(image):
    expected = boundary_probability(image, model=None).strength
    for same in (image.astype(np.uint16) * 257, np.stack([image] * 3, axis=-1)):
        assert_array_equal(boundary_probability(same, model=None).strength, expected)
    assert_allclose(boundary_probability(image / 255, model=None).strength, expected, atol=0.02)


def test_bool_is_black_and_white():
    image = a_step(high=31) > 30
    expected = boundary_probability(image.astype(float), model=None)
    assert_array_equal(boundary_probability(image, model=None).strength, expected.strength)


@pytest.mark.large
def test_bands_do_not_show(monkeypatch):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (150, 41, 3), dtype=np.uint8)
    expected = [boundary_probability(image, model=model) for model in (None, a_model())]
    monkeypatch.setattr(dense, "_BAND", 1)
    with band_size(200):
        found = [boundary_probability(image, model=model) for model in (None, a_model())]
    assert_array_equal(found, expected)


@pytest.mark.large
def test_models_from_files(tmp_path):
    (tmp_path / "a.npz").write_bytes(bytes_of(a_model()))
    image = a_step()
    found = boundary_probability(image, model=tmp_path / "a.npz")
    assert_array_equal(found, boundary_probability(image, model=a_model()))
    assert_array_equal(found, boundary_probability(image, model=str(tmp_path / "a.npz")))
    other = a_model()._replace(features={FIRST: ("x",), SECOND: names()[SECOND]})
    with pytest.raises(ValueError, match="train it again"):
        boundary_probability(image, model=other)


@pytest.mark.parametrize(
    ("image", "options", "error", "words"),
    [
        (np.zeros((4, 5, 6)), {"channel_axis": None}, ValueError, "3 spatial axes; expected 2"),
        (np.zeros((4, 5, 5)), {"channel_axis": -1}, ValueError, "5 channels; expected 1, or 3"),
        (np.zeros((4, 5, 4)), {}, ValueError, r"leave the others out, e.g. image\[..., :3\]"),
        (np.full((4, 5), 9.0), {}, ValueError, "divide it by its white first"),
        (np.zeros((4, 5)), {"model": 3}, TypeError, "model is int"),
        (np.zeros((4, 5)), {"model": "paintings"}, ValueError, "photographs"),
    ],
)
def test_what_is_refused(image, options, error, words):
    with pytest.raises(error, match=words):
        boundary_probability(image, **options)


@pytest.mark.parametrize(
    ("boundaries", "error", "words"),
    [
        (np.zeros((4, 5)), TypeError, "expected a BoundaryMap"),
        (BoundaryMap(np.zeros((4, 5)), np.zeros((5, 4))), ValueError, "expected that of boundaries.strength"),
        (BoundaryMap(np.zeros(4), np.zeros(4)), ValueError, "expected two axes"),
        (BoundaryMap(-np.ones((4, 5)), np.zeros((4, 5))), ValueError, "np.abs"),
        (BoundaryMap(np.full((4, 5), np.nan), np.zeros((4, 5))), ValueError, "holds NaN"),
    ],
)
def test_maps_that_are_refused(boundaries, error, words):
    with pytest.raises(error, match=words):
        thin_boundaries(boundaries)


def test_normals_turn_exactly():
    rows, columns = normals(np.float32)
    k = np.arange(STEPS)
    assert_array_equal(rows[-k % STEPS], np.where(k == 0, rows, -rows))
    assert_allclose(rows, np.cos(k * np.pi / STEPS), atol=1e-6)
    assert_allclose(columns, -np.sin(k * np.pi / STEPS), atol=1e-6)

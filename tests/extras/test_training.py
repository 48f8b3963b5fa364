"""Training goes stage by stage, each image by a forest that has not seen it, and ends in the same model."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

pytest.importorskip("PIL.Image")
pytest.importorskip("skimage")

from classicseg._core.bands import use_workers
from classicseg.extras.degrading import degraded
from classicseg.extras.files import write_image, write_labels
from classicseg.extras.training import N_FOLDS, Samples, Stage, train_boundaries, train_stages, write_model
from classicseg.extras.training_sets import Drawn, boundaries_of, find_examples, read_example
from classicseg.learning.fitting import Boosting
from classicseg.learning.forest import Forest, predict_forest
from classicseg.learning.model import BoundaryModel
from classicseg.learning.model_file import bytes_of, load_model


def photograph(seed: int, shape: tuple[int, int] = (24, 32)) -> tuple[np.ndarray, np.ndarray]:
    """A bright square on a dark ground with noise, and its labels."""
    rng = np.random.default_rng(seed)
    labels = np.ones(shape, np.int32)
    row, column = rng.integers(2, 10, 2)
    labels[row : row + 10, column : column + 12] = 2
    image = 60 * labels + rng.integers(0, 20, shape)
    return image.astype(np.uint8), labels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six images beside labels, those of one by two people."""
    place = tmp_path / "drawn"
    place.mkdir()
    for seed in range(6):
        image, labels = photograph(seed)
        write_image(place / f"photo{seed}.png", image)
        write_labels(place / f"photo{seed}_labels", labels)
    write_labels(place / "photo0_labels_2", np.ones((24, 32), np.int32))
    return place


def differences(image: np.ndarray) -> np.ndarray:
    """Two features of each pixel: how far the right and the lower neighbor differ."""
    values = np.pad(image.astype(np.float32), ((0, 1), (0, 1)), mode="edge")
    return np.abs([values[:-1, 1:] - values[:-1, :-1], values[1:, :-1] - values[:-1, :-1]]).reshape(2, -1)


class State(NamedTuple):
    features: np.ndarray
    targets: np.ndarray


def prepare(drawn: Drawn, former: np.ndarray | None) -> State:
    found = differences(drawn.image)
    features = found if former is None else np.concatenate([found, former[np.newaxis]])
    return State(features, np.mean(drawn.boundaries, axis=0).ravel())


def samples(state: State, rng: np.random.Generator) -> Samples:
    chosen = rng.permutation(state.targets.size)[:500]
    features = np.ascontiguousarray(state.features[:, chosen])
    return Samples(features, state.targets[chosen], np.ones(len(chosen)))


def advance(state: State, forest: Forest) -> np.ndarray:
    return predict_forest(forest, state.features)


STAGES = (
    Stage("first", ("right", "below"), Boosting(8, 2), prepare, samples, advance),
    Stage("second", ("right", "below", "first"), Boosting(5, 2), prepare, samples, advance),
)
EXPECTED = {stage.name: stage.features for stage in STAGES}


def test_a_model_that_works(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    model = train_boundaries(folder, STAGES, show_progress=False)
    assert write_model(path, model) == path.stat().st_size
    found = load_model(path, EXPECTED)
    image, labels = photograph(99)
    drawn, state = Drawn(image, [labels], [boundaries_of(labels)]), None
    for stage in STAGES:
        state = advance(prepare(drawn, state), found.forests[stage.name])
    is_drawn = drawn.boundaries[0].ravel()
    assert state[is_drawn].mean() > 3 * state[~is_drawn].mean()
    assert found.about["images"] == 6
    assert found.about["stages"]["first"]["n_trees"] == 8


def test_the_same_model_each_time(folder: Path) -> None:
    contents = []
    for n_workers in (1, 3):
        with use_workers(n_workers):
            contents.append(bytes_of(train_boundaries(folder, STAGES, show_progress=False)))
    assert contents[0] == contents[1]
    assert bytes_of(train_boundaries(folder, STAGES, rng=1, show_progress=False)) != contents[0]


def test_no_forest_says_anything_of_an_image_that_it_was_fitted_on() -> None:
    """A stage that writes down the images that its forest saw; features and targets are the image's number."""
    seen: dict[int, set[int]] = {}

    def number(drawn: Drawn, former: None) -> int:
        return int(drawn.image[0, 0])

    def own_number(state: int, rng: np.random.Generator) -> Samples:
        return Samples(np.array([[state, state + 0.5]], np.float32), np.full(2, float(state)), np.ones(2))

    def note(state: int, forest: Forest) -> None:
        values = predict_forest(forest, np.arange(6, dtype=np.float32)[np.newaxis])
        seen[state] = {i for i in range(6) if abs(values[i] - i) < 1e-3}

    drawn = [[Drawn(np.full((1, 1), i, np.uint8), [], [])] * 2 for i in range(6)]
    boosting = Boosting(60, 4, 1.0, 1e-9)
    train_stages(drawn, [Stage(name, ("own",), boosting, number, own_number, note) for name in ("one", "two")])
    assert seen == {i: {k for k in range(6) if k % N_FOLDS != i % N_FOLDS} for i in range(6)}


def test_every_step_is_counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import contextmanager

    from classicseg.extras import progress

    counts: list[Any] = []

    @contextmanager
    def bar(doing: str, n_items: int) -> Any:
        counts.append(n_items)
        yield lambda done, name: counts.append((done, name))

    monkeypatch.setattr(progress, "bar", bar)
    train_boundaries(folder, STAGES)
    assert [done for done, _ in counts[1:]] == list(range(1, counts[0] + 1))
    assert {name for _, name in counts[1:]} == {"reading", "first", "second"}


def test_ctrl_c_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    def interrupted(state: Any, forest: Forest) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_boundaries(folder, [STAGES[0]._replace(advance=interrupted), STAGES[1]], show_progress=False)


def test_nothing_to_learn_from() -> None:
    def nothing(state: Any, rng: np.random.Generator) -> Samples:
        return Samples(np.empty((2, 0), np.float32), np.empty(0), np.empty(0))

    drawn = [[Drawn(np.zeros((1, 1)), [], [])]] * 2
    stage = Stage("arcs", ("right", "below"), Boosting(), lambda *_: None, nothing, lambda *_: None)
    with pytest.raises(ValueError, match="have nothing that arcs could learn from; expected"):
        train_stages(drawn, [stage])


def test_boundaries_of_labels() -> None:
    labels = np.array([[1, 1, 2, 2], [1, 1, 2, 2], [1, 1, 2, 2]], np.int32)
    assert_array_equal(boundaries_of(labels).sum(axis=1), [1, 1, 1])
    assert not boundaries_of(np.ones((3, 3), np.int32)).any()


def bsds_folder(place: Path, n_images: int = 2) -> Path:
    from scipy.io import savemat

    for split in ("train", "val"):
        (place / "images" / split).mkdir(parents=True)
        (place / "groundTruth" / split).mkdir(parents=True)
        for seed in range(n_images):
            image, labels = photograph(seed)
            write_image(place / "images" / split / f"{seed}.png", image)
            people = np.empty((1, 2), object)
            for person in range(2):
                people[0, person] = {"Segmentation": labels.astype(np.uint16), "Boundaries": labels > 1}
            savemat(place / "groundTruth" / split / f"{seed}.mat", {"groundTruth": people})
    return place


def test_the_layout_of_bsds(tmp_path: Path) -> None:
    place = bsds_folder(tmp_path)
    assert len(find_examples(place, ["train"])) == 2
    found = find_examples(place, ["train", "val"])
    assert [example.image.parent.name for example in found] == ["train", "train", "val", "val"]
    image, labels = photograph(1)
    drawn = read_example(found[1])
    assert_array_equal(drawn.image, image)
    assert len(drawn.segmentations) == 2
    assert_array_equal(drawn.segmentations[0], labels)
    assert_array_equal(drawn.boundaries[1], boundaries_of(labels))


def test_the_photographs_of_bsds() -> None:
    """Boundaries made of labels are those that come with them."""
    place = Path("/work/shared/data/bsds500")
    if not place.is_dir():
        pytest.skip("BSDS500 is not here")
    from scipy.io import loadmat

    example = find_examples(place, ["train"])[0]
    drawn = read_example(example)
    people = loadmat(example.truths[0])["groundTruth"][0]
    for own, one in zip(drawn.boundaries, people, strict=True):
        assert_array_equal(own, one["Boundaries"][0, 0] > 0)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "bool"])
@pytest.mark.parametrize("shape", [(6, 9), (6, 9, 3), (1, 1)])
def test_worse_photographs(dtype: str, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    white = {"u1": 255, "u2": 65535}.get(dtype, 1)
    labels = rng.integers(1, 3, shape[:2]).astype(np.int32)
    drawn = Drawn((rng.random(shape) * white).astype(dtype), [labels], [boundaries_of(labels)])
    for kind in range(3):
        found = degraded(drawn, kind, np.random.default_rng(1))
        assert found.image.dtype == drawn.image.dtype
        is_half = kind == 2 and shape[0] > 1
        assert found.image.shape == ((3, 4, *shape[2:]) if is_half else shape)
        assert found.segmentations[0].shape == found.boundaries[0].shape == found.image.shape[:2]
        assert found.share < drawn.share
        assert_array_equal(found.image, degraded(drawn, kind, np.random.default_rng(1)).image)


def test_several_people(folder: Path) -> None:
    examples = find_examples(folder, ["train"])
    assert [len(example.truths) for example in examples] == [2, 1, 1, 1, 1, 1]
    drawn = read_example(examples[0])
    assert_allclose(np.mean(drawn.boundaries, axis=0).max(), 0.5)


@pytest.mark.parametrize("what", ["nothing", "no folder", "one image", "no labels", "no truth", "a file"])
def test_folders_without_images_or_truths(what: str, folder: Path, tmp_path: Path) -> None:
    place, said = tmp_path / "other", "has 0 images with labels; expected two or more"
    if what == "no folder":
        place, said = tmp_path / "nowhere", "is no folder; expected"
    elif what == "a file":
        place, said = folder / "photo0.png", "is no folder; expected"
    elif what == "nothing":
        place.mkdir()
    elif what == "one image":
        place.mkdir()
        (folder / "photo1.png").rename(place / "photo1.png")
        (folder / "photo1_labels.png").rename(place / "photo1_labels.png")
        said = "has 1 images with labels; expected two or more"
    elif what == "no labels":
        (folder / "photo3_labels.png").unlink()
        place, said = folder, r"photo3\.png: has no labels; expected .*photo3_labels\.png; add it"
    else:
        bsds_folder(place)
        (place / "groundTruth" / "train" / "1.mat").unlink()
        said = r"1\.png: has no truth; expected .*1\.mat; add it"
    with pytest.raises(ValueError, match=said):
        train_boundaries(place, STAGES, show_progress=False)


def test_truths_of_another_shape(folder: Path) -> None:
    write_labels(folder / "photo2_labels", np.ones((24, 31), np.int32))
    with pytest.raises(ValueError, match=r"photo2_labels\.png: has labels of the shape \(24, 31\); expected"):
        train_boundaries(folder, STAGES, show_progress=False)


@pytest.mark.parametrize("content", [b"", b"MATLAB", "other"])
def test_damaged_truths(content: bytes | str, tmp_path: Path) -> None:
    from scipy.io import savemat

    place = bsds_folder(tmp_path)
    if isinstance(content, str):
        file = io.BytesIO()
        savemat(file, {"groundTruth": np.eye(3)})
        content = file.getvalue()
    (place / "groundTruth" / "train" / "0.mat").write_bytes(content)
    with pytest.raises(ValueError, match=r"0\.mat: is no truth, or is damaged; expected groundTruth"):
        train_boundaries(place, STAGES, show_progress=False)


def test_a_model_is_not_written_over_a_folder(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="is a folder"):
        write_model(tmp_path, BoundaryModel({}, {}, {}))

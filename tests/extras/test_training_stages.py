"""The stages of the detector are trained on a few small images, by the command too, and the detector asks them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

pytest.importorskip("PIL.Image")
pytest.importorskip("skimage")
pytest.importorskip("cyclopts")

from command_line import mistake

import classicseg
from classicseg import boundary_probability
from classicseg._core.bands import use_workers
from classicseg.edges.learned.features import names
from classicseg.extras import training_stages
from classicseg.extras.cli import main
from classicseg.extras.files import write_image, write_labels
from classicseg.extras.training import train_stages
from classicseg.extras.training_sets import Drawn
from classicseg.learning.fitting import Boosting
from classicseg.learning.model import check_model
from classicseg.learning.model_file import load_model, shipped_model

pytestmark = pytest.mark.large


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Images beside labels, one without a boundary and one of a single pixel; and forests of few trees."""
    small = tuple(stage._replace(boosting=Boosting(6, 3)) for stage in training_stages.STAGES)
    monkeypatch.setattr(training_stages, "STAGES", small)
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "drawn"
    place.mkdir()
    for seed in range(2):
        rng = np.random.default_rng(seed)
        labels = np.ones((32, 48), np.int32)
        labels[8 + 2 * seed : 24, 10 : 40 - 4 * seed] = 2
        image = np.array([[200, 180, 90], [40, 90, 60]])[labels - 1] + rng.integers(-20, 20, (32, 48, 3))
        write_image(place / f"{seed}.png", image.astype(np.uint8))
        write_labels(place / f"{seed}_labels", labels)
    for name, shape in (("8", (20, 30)), ("9", (1, 1))):
        write_image(place / f"{name}.png", np.full(shape, 9, np.uint8))
        write_labels(place / f"{name}_labels", np.ones(shape, np.int32))
    return place


def test_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with use_workers(1):
        assert main(["train-boundaries", str(folder), "-o", "model.npz", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["about"]["images"] == 4
    assert said["bytes"] == Path("model.npz").stat().st_size
    expected = {stage.name: stage.features for stage in training_stages.STAGES}
    assert set(load_model("model.npz", expected).forests) == set(expected)
    image = np.zeros((32, 48, 3), np.uint8)
    image[:, 24:] = 200
    strength, _ = boundary_probability(image, model="model.npz")
    assert strength[16, 22:26].max() > 2 * strength[16, [8, 40]].max()
    assert_array_equal(strength[:, ::-1], boundary_probability(image[:, ::-1], model="model.npz").strength)
    with use_workers(3):
        assert main(["train-boundaries", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("boundaries.npz: 5 forests of 4 images, ")
    assert Path("boundaries.npz").read_bytes() == Path("model.npz").read_bytes()


def test_splits(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = mistake(["train-boundaries", str(folder), "--splits", "train,val", "--splits", "more"], capsys)
    assert "is for folders that have images and groundTruth" in said


def test_mistakes(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "has 0 images with labels; expected two or more" in mistake(["train-boundaries", str(empty)], capsys)
    assert "is no folder" in mistake(["train-boundaries", "nowhere"], capsys)
    inside = str(folder / "model.npz")
    assert "lies in" in mistake(["train-boundaries", str(folder), "-o", inside], capsys)
    assert "is a folder" in mistake(["train-boundaries", str(folder), "-o", str(empty)], capsys)
    (folder / "0_labels.png").unlink()
    assert "0.png: has no labels" in mistake(["train-boundaries", str(folder)], capsys)
    assert not Path("boundaries.npz").exists()


def test_the_model_that_comes_with_the_package() -> None:
    path = Path(classicseg.__file__).parent / "models" / "photographs.npz"
    if not path.is_file():
        pytest.skip("no model has come with it yet")
    assert path.stat().st_size <= 300_000
    expected = {stage.name: stage.features for stage in training_stages.STAGES}
    times = []
    for _ in range(5):
        begin = time.process_time()
        found = shipped_model("photographs", expected)
        times.append(time.process_time() - begin)
    assert min(times) < 0.02
    assert found.about["images"] >= 200


def a_drawing(seed):
    """Noise with a brighter half, and the line between them as the truth."""
    rng = np.random.default_rng(seed)
    column = int(rng.integers(20, 40))
    image = rng.integers(0, 60, (50, 60, 3))
    image[:, column:] += 120
    labels = np.ones((50, 60), np.int32)
    labels[:, column:] = 2
    boundary = np.zeros((50, 60), bool)
    boundary[:, column] = True
    return Drawn(image.astype(np.uint8), [labels], [boundary])


def test_a_drawn_line_is_learned():
    stages = [own._replace(boosting=own.boosting._replace(n_trees=20)) for own in training_stages.STAGES[:2]]
    model = train_stages([[a_drawing(seed)] for seed in range(4)], stages)
    check_model(model, names())
    again = train_stages([[a_drawing(seed)] for seed in range(4)], stages)
    for name, forest in model.forests.items():
        for found, expected in zip(again.forests[name], forest, strict=True):
            assert_array_equal(found, expected)
    drawn = a_drawing(9)
    column = np.flatnonzero(drawn.boundaries[0][0])[0]
    strength = boundary_probability(drawn.image, model=model).strength
    assert abs(strength.mean(axis=0).argmax() - column) <= 2
    assert strength[:, column].mean() > 3 * strength.mean()

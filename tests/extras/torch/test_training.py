"""A training learns, gives the same each time, and goes on where it was cut off."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

pytest.importorskip("torch")
pytest.importorskip("safetensors")

import torch
from streets import frame, frames

from classicseg.extras.networks import NetworkSegmenter
from classicseg.extras.torch import (
    SegNetBasic,
    load_network,
    median_frequency_weights,
    save_network,
    train_network,
)
from classicseg.metrics import cross_entropy
from classicseg.preprocess import augmentations

IMAGES, TRUTHS = frames(4)


def small(**options):
    return SegNetBasic(4, **({"features": 8, "kernel": 3, "depth": 2} | options))


def trained(model=None, images=IMAGES, truths=TRUTHS, **options):
    given = {"n_epochs": 2, "batch_size": 2, "ignore_label": 9, "progress": False} | options
    return train_network(small() if model is None else model, images, truths, **given)


def test_two_frames_are_learned_by_heart():
    images, truths = frames(2, (96, 128))
    model = SegNetBasic(4, features=16, kernel=3, depth=3)
    result = trained(model, images, truths, n_epochs=60, learning_rate=1e-2)
    labels = [NetworkSegmenter.from_torch(result.model)(image) - 1 for image in images]
    right = [(own == truth)[truth != 9].mean() for own, truth in zip(labels, truths, strict=True)]
    assert min(right) > 0.95
    assert result.history[-1].loss < result.history[0].loss / 5
    assert result.history[-1].mean_iou > 0.8


def test_the_same_seed_gives_the_same_training():
    options = {"augment": augmentations, "validation": (IMAGES[:1], TRUTHS[:1])}
    first, again, other = (trained(small(rng=seed), **options) for seed in (0, 0, 1))
    assert_allclose(np.array(first.history), np.array(again.history), rtol=0, atol=1e-6)
    assert np.abs(np.array(first.history) - np.array(other.history)).max() > 1e-3
    one, two = (NetworkSegmenter.from_torch(result.model)(IMAGES[0]) for result in (first, again))
    assert_array_equal(one, two)
    assert trained(rng=1).history != trained(rng=2).history


def test_a_training_goes_on_where_it_was_cut_off(tmp_path):
    whole = trained(n_epochs=4, augment=augmentations)
    path = tmp_path / "street.safetensors"
    trained(n_epochs=2, augment=augmentations, checkpoint=path)
    resumed = trained(n_epochs=4, augment=augmentations, checkpoint=path)
    assert resumed.history == whole.history
    kept = load_network(path).state_dict()
    assert all(torch.equal(own, kept[name]) for name, own in whole.model.state_dict().items())
    assert trained(n_epochs=4, augment=augmentations, checkpoint=path).history == whole.history


KILLED = """
import os, sys
sys.path[:0] = {folders!r}
import torch; torch.set_num_threads(1)
from test_training import trained
count = 0
def augment(rng):
    global count
    count += 1
    if count == 11:  # in the third epoch
        os.kill(os.getpid(), 9)
    return []
trained(n_epochs=4, augment=augment, checkpoint={path!r})
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills itself by SIGKILL")
def test_one_that_is_killed_goes_on(tmp_path):
    from pathlib import Path

    path = tmp_path / "street.safetensors"
    here = Path(__file__).parent
    code = KILLED.format(folders=[str(here), str(here.parents[1])], path=str(path))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == -9, run.stderr
    assert trained(n_epochs=4, augment=lambda rng: [], checkpoint=path).history == trained(n_epochs=4).history
    assert [entry.name for entry in tmp_path.iterdir()] == ["street.safetensors"]


def test_ctrl_c_leaves_the_last_epoch(tmp_path):
    path = tmp_path / "street.safetensors"
    count = iter(range(100))

    def augment(rng):
        if next(count) == 5:
            raise KeyboardInterrupt
        return []

    with pytest.raises(KeyboardInterrupt):
        trained(n_epochs=4, augment=augment, checkpoint=path)
    assert len(trained(n_epochs=1, augment=augment, checkpoint=path).history) == 1


def test_pairs_of_other_libraries_are_taken_as_they_are():
    class Pairs:
        def __len__(self):
            return len(IMAGES)

        def __getitem__(self, i):
            return torch.from_numpy(IMAGES[i]).permute(2, 0, 1), torch.from_numpy(TRUTHS[i].astype(np.int64))

    due = trained(validation=(IMAGES, TRUTHS)).history
    assert trained(images=Pairs(), truths=None, validation=Pairs()).history == due
    assert trained(images=list(zip(IMAGES, TRUTHS, strict=True)), truths=None).history[0][:3] == due[0][:3]
    image_module = pytest.importorskip("PIL.Image")
    pictures = [image_module.fromarray(image) for image in IMAGES]
    assert trained(images=pictures, validation=(IMAGES, TRUTHS)).history == due


def test_images_of_several_sizes_and_what_takes_no_part():
    odd = [frame(0, (33, 40)), frame(1, (20, 51))]
    images, truths = ([pair[k] for pair in odd] for k in (0, 1))
    assert np.isfinite(trained(images=images, truths=truths).history[-1].loss)
    mask = np.arange(48) < 24
    half = [np.ma.array(truth, mask=np.broadcast_to(~mask, truth.shape)) for truth in TRUTHS]
    ignored = [np.where(mask, truth, 9) for truth in TRUTHS]
    assert trained(truths=half).history == trained(truths=ignored).history


def test_the_loss_is_that_of_the_metrics():
    result = trained(class_weights=None, n_epochs=3, validation=(IMAGES[:1], TRUTHS[:1]), batch_size=1)
    probabilities = NetworkSegmenter.from_torch(result.model).probabilities(IMAGES[0])
    due = cross_entropy(probabilities, TRUTHS[0], ignore_label=9)
    assert result.history[-1].validation_loss == pytest.approx(due, rel=0.03)  # bfloat16 has 8 bits


def test_median_frequencies_by_hand():
    first, second = np.array([[0, 0, 0, 1]]), np.array([[0, 0, 9, 9]])
    found = median_frequency_weights([first, second], n_classes=3, ignore_label=9)
    frequency = np.array([5 / 6, 1 / 4])
    assert_allclose(found, [*np.median(frequency) / frequency, 0])
    with pytest.raises(ValueError, match="truth 0 goes to label 9; expected classes from 0 to 2"):
        median_frequency_weights([second], n_classes=3)
    with pytest.raises(ValueError, match="truths hold no pixel of a class"):
        median_frequency_weights([[9, 9]], n_classes=2, ignore_label=9)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"truths": TRUTHS[:2]}, "there are 4 images and 2 truths"),
        ({"images": [], "truths": []}, "images are empty"),
        (
            {"truths": [truth[1:] for truth in TRUTHS]},
            r"truth 0 has shape \(31, 48\); expected that of its image, \(32, 48\)",
        ),
        ({"ignore_label": None}, "truth 0 goes to label 9; expected classes from 0 to 3; say ignore_label"),
        ({"model": small(depth=6)}, "image 0 has 32 x 48 pixels; expected 64 each way"),
        ({"model": small(n_channels=5)}, "image 0: image has 3 channels and the network takes 5"),
        ({"class_weights": "best"}, "class_weights is 'best'; expected None or 'median_frequency'"),
        ({"truths": [np.full_like(truth, 9) for truth in TRUTHS]}, "truths hold no pixel of a class"),
        ({"n_epochs": 0}, "n_epochs is 0"),
        ({"learning_rate": 0}, "learning_rate is 0"),
    ],
)
def test_mistakes_are_told_before_any_work(options, said):
    with pytest.raises(ValueError, match=said):
        trained(**options)


def test_a_loss_that_is_no_number_stops_and_leaves_the_checkpoint(tmp_path):
    path = tmp_path / "street.safetensors"
    trained(n_epochs=1, checkpoint=path)
    before = path.read_bytes()

    def augment(rng):
        with torch.no_grad():
            model.last.weight.fill_(float("nan"))
        return []

    model = small()
    with pytest.raises(ValueError, match=r"the loss is nan in epoch 2, at image \d, \d; a lower learning_rate"):
        trained(model, n_epochs=2, checkpoint=path, augment=augment)
    assert path.read_bytes() == before


def test_a_full_memory_is_told(monkeypatch):
    def forward(self, images):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(SegNetBasic, "forward", forward)
    with pytest.raises(MemoryError, match="memory of the device is full; take a smaller batch_size"):
        trained()


def test_files_are_read_whole_or_not_at_all(tmp_path):
    path = tmp_path / "street.safetensors"
    model = small()
    assert save_network(path, model) == path.stat().st_size
    same = load_network(path)
    assert same.about == model.about
    assert not same.training
    path.write_bytes(path.read_bytes()[:-10])
    for read in (load_network, lambda path: trained(checkpoint=path)):
        with pytest.raises(ValueError, match="is cut short, damaged, or no safetensors file"):
            read(path)
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        load_network(tmp_path / "other")
    from safetensors.numpy import save_file

    save_file({"x": np.zeros(3)}, path)
    with pytest.raises(ValueError, match="holds no network that was written here"):
        load_network(path)
    with pytest.raises(TypeError, match="model is of type int"):
        save_network(path, 5)


def test_checkpoints_of_other_trainings_are_refused(tmp_path):
    path = tmp_path / "street.safetensors"
    trained(n_epochs=1, checkpoint=path)
    with pytest.raises(ValueError, match=r"checkpoint .* is of .*expected .*'features': 4"):
        trained(small(features=4), checkpoint=path)
    with pytest.raises(
        ValueError, match=r"of a training with learning_rate 0\.001; expected 0\.1; train to another"
    ):
        trained(checkpoint=path, learning_rate=0.1)
    with pytest.raises(ValueError, match="of a training with images 4; expected 3"):
        trained(images=IMAGES[:3], truths=TRUTHS[:3], checkpoint=path)
    save_network(path, small())
    with pytest.raises(ValueError, match="of a training with batch_size None; expected 2"):
        trained(checkpoint=path)


def test_augmentations_are_drawn_for_each_epoch():
    drawn = []

    def augment(rng):
        drawn.append(rng.random())
        return augmentations(rng)

    trained(augment=augment)
    assert len(set(drawn)) == 2 * len(IMAGES)
    assert trained(augment=partial(augmentations, degrees=0, axes=())).history == trained().history

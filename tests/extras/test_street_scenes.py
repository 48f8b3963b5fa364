"""Data sets as they lie on disk: pairs are found, ids become classes, and what is missing is named."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

pytest.importorskip("PIL.Image")

from classicseg.extras.files import write_image
from classicseg.extras.street_scenes import CAMVID, CITYSCAPES, read_camvid, read_cityscapes, read_pairs

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 255, (6, 8, 3)).astype(np.uint8)
PUBLISHED = {
    7: 0, 8: 1, 11: 2, 12: 3, 13: 4, 17: 5, 19: 6, 20: 7, 21: 8, 22: 9, 23: 10, 24: 11, 25: 12, 26: 13, 27: 14,
    28: 15, 31: 16, 32: 17, 33: 18,
}  # fmt: skip
"""The ids of Cityscapes that are evaluated, and their train ids."""


def put(path: Path, image: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, image)
    return path


@pytest.fixture
def camvid(tmp_path):
    for split, n in (("train", 3), ("val", 1)):
        for k in range(n):
            put(tmp_path / split / f"frame{k}.png", IMAGE)
            put(tmp_path / f"{split}annot" / f"frame{k}.png", np.full((6, 8), [0, 10, 11][k], np.uint8))
    return tmp_path


@pytest.fixture
def cityscapes(tmp_path):
    for city in ("ulm", "bonn"):
        for k in range(2):
            name = f"{city}_{k:06d}_000019"
            put(tmp_path / "leftImg8bit" / "train" / city / f"{name}_leftImg8bit.png", IMAGE)
            truth = np.arange(48, dtype=np.uint8).reshape(6, 8)
            put(tmp_path / "gtFine" / "train" / city / f"{name}_gtFine_labelIds.png", truth)
            put(tmp_path / "gtFine" / "train" / city / f"{name}_gtFine_color.png", IMAGE)
    return tmp_path


def test_camvid_is_read_pair_by_pair(camvid):
    frames = read_camvid(camvid, "train")
    assert len(frames) == 3
    assert len(read_camvid(camvid, "val")) == 1
    image, truth = frames[1]
    assert_array_equal(image, IMAGE)
    assert (truth == 10).all()
    assert frames.ignore_label == 11
    assert frames.classes == tuple(CAMVID)
    assert len(frames.classes) == len(frames.colors) == 11
    assert len(frames[1:]) == 2
    assert (frames[1:][1][1] == 11).all()
    put(camvid / "trainannot" / "frame2.png", np.full((6, 8), 12, np.uint8))
    with pytest.raises(ValueError, match=r"frame2\.png: goes to label 12; expected classes from 0 to 10, and 11"):
        frames[2]
    put(camvid / "trainannot" / "frame2.png", np.zeros((6, 9), np.uint8))
    with pytest.raises(ValueError, match=r"has shape \(6, 9\); expected that of frame2.png, \(6, 8\)"):
        frames[2]


def test_what_has_no_partner_is_named(camvid):
    (camvid / "trainannot" / "frame1.png").unlink()
    with pytest.raises(
        ValueError, match=r"frame1.png: has no truth; expected .*frame1.png \(3 images, 2 truths\)"
    ):
        read_camvid(camvid)
    (camvid / "train" / "frame1.png").unlink()
    (camvid / "train" / "frame0.png").unlink()
    with pytest.raises(ValueError, match=r"frame0.png: has no image \(1 images, 2 truths\)"):
        read_camvid(camvid)
    with pytest.raises(ValueError, match="test: there is no such folder"):
        read_camvid(camvid, "test")
    (camvid / "test").mkdir()
    with pytest.raises(ValueError, match=r"test: has no files \*.png"):
        read_camvid(camvid, "test")


def test_the_ids_of_cityscapes_become_its_train_ids(cityscapes):
    images = read_cityscapes(cityscapes)
    assert [path.parent.name for path in images.images] == ["bonn", "bonn", "ulm", "ulm"]
    _, truth = images[0]
    due = np.array([PUBLISHED.get(number, 255) for number in range(48)]).reshape(6, 8)
    assert_array_equal(truth, due)
    assert images.ignore_label == 255
    assert len(images.classes) == 19
    assert (images.classes[0], images.classes[18]) == ("road", "bicycle")
    assert CITYSCAPES["car"] == (26, (0, 0, 142))
    next((cityscapes / "gtFine/train/ulm").glob("ulm_000001*labelIds.png")).unlink()
    with pytest.raises(ValueError, match=r"ulm_000001_000019_leftImg8bit.png: has no truth"):
        read_cityscapes(cityscapes)
    with pytest.raises(ValueError, match="there is no such folder; expected one for each city"):
        read_cityscapes(cityscapes, "val")
    (cityscapes / "leftImg8bit" / "val").mkdir()
    with pytest.raises(ValueError, match="no folder in it has files"):
        read_cityscapes(cityscapes, "val")


def test_pairs_are_files_beside_each_other(tmp_path):
    for name in ("a", "b"):
        put(tmp_path / f"{name}.png", IMAGE)
        put(tmp_path / f"{name}_labels.png", np.full((6, 8), 3, np.uint8))
    pairs = read_pairs(tmp_path, ignore_label=255)
    assert [path.name for path in pairs.truths] == ["a_labels.png", "b_labels.png"]
    assert pairs[0][1].shape == (6, 8)
    (tmp_path / "b_labels.png").unlink()
    with pytest.raises(ValueError, match=r"b\.png: has no truth; expected .*b_labels\.png"):
        read_pairs(tmp_path)
    (tmp_path / "b.png").unlink()
    (tmp_path / "a.png").unlink()
    with pytest.raises(ValueError, match=r"has no images; expected x\.png beside x_labels\.png"):
        read_pairs(tmp_path)


def test_the_frames_on_this_machine_are_read():
    if "CLASSICSEG_DATA" not in os.environ:
        pytest.skip("set CLASSICSEG_DATA to the folder of the data sets")
    frames = read_camvid(Path(os.environ["CLASSICSEG_DATA"]) / "camvid", "val")
    assert len(frames) == 20
    image, truth = frames[0]
    assert image.shape[:2] == truth.shape
    assert set(truth.flat) <= set(range(12))

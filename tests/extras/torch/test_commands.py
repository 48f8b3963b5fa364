"""classicseg train-network, network and compare --model, from a folder to pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")
pytest.importorskip("cyclopts")
pytest.importorskip("PIL.Image")

from streets import frame

from classicseg.extras.cli import main
from classicseg.extras.files import read_image, read_markers, write_image
from classicseg.extras.torch import SegNetBasic, load_network, save_network

SMALL = ["--features", "8", "--depth", "2", "--plain", "--epochs", "2"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """CamVid's layout, in whose colors nobody drives."""
    monkeypatch.chdir(tmp_path)
    for split, n in (("train", 3), ("val", 1)):
        Path("camvid", split).mkdir(parents=True)
        Path("camvid", f"{split}annot").mkdir()
        for k in range(n):
            image, truth = frame(k)
            write_image(f"camvid/{split}/frame{k}.png", image)
            write_image(f"camvid/{split}annot/frame{k}.png", np.where(truth == 9, 11, truth).astype(np.uint8))
    return tmp_path


def test_a_network_is_trained_goes_on_and_segments(capsys):
    training = ["train-network", "camvid", "--validation", "val", "--scale", "0.5", *SMALL]
    assert main([*training, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["history"]) == 2
    assert said["history"][0]["validation_mean_iou"] > 0
    assert read_image("network_history.png").pixels.shape[0] > 100
    model = load_network("network.safetensors")
    assert model.notes["scale"] == 0.5
    assert model.notes["classes"][:2] == ["sky", "building"]
    assert main([*training[:-1], "3"]) == 0
    out = capsys.readouterr().out
    assert "validation mean iou" in out
    assert "segnet-basic of 3 images, 11 classes" in out
    assert main(["network", "camvid/val", "--model", "network.safetensors", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert sum(row["shares"].values()) == pytest.approx(1)
    assert set(row["shares"]) <= set(model.notes["classes"])
    labels = read_markers("segmented/frame0_network_labels.png")
    assert labels.shape == (32, 48)
    assert 1 <= labels.min() <= labels.max() <= 11
    assert Path("segmented/frame0_network_overlay.png").exists()
    record = json.loads(Path("segmented/frame0_network.json").read_text())
    assert record["model"].endswith("network.safetensors")
    assert main(["network", "camvid/val", "--model", "network.safetensors"]) == 2
    assert "is there already; add --overwrite" in capsys.readouterr().err
    assert main(["network", "camvid/val", "--model", "network.safetensors", "--overwrite"]) == 0
    assert "frame0.png" in capsys.readouterr().out


def test_it_stands_in_the_sheet_beside_the_methods(capsys):
    save_network("street.safetensors", SegNetBasic(3, features=4, kernel=3, depth=1))
    command = [
        "compare",
        "camvid/val/frame0.png",
        "--methods",
        "kmeans",
        "--model",
        "street.safetensors",
        "--json",
    ]
    assert main(command) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["method"] for row in rows] == ["kmeans", "network:street"]
    record = json.loads(Path("segmented/frame0_comparison.json").read_text())
    assert record["command"][-1].startswith("--model=")
    assert main(command) == 0  # the same again
    assert main([*command[:-2], "camvid/val/frame0.png"]) == 2


def test_pairs_have_as_many_classes_as_labels(capsys):
    Path("pairs").mkdir()
    for k in range(2):
        image, truth = frame(k)
        write_image(f"pairs/{k}.png", image)
        write_image(f"pairs/{k}_labels.png", truth)
    assert main(["train-network", "pairs", "--layout", "pairs", "--ignore-label", "9", *SMALL, "-q"]) == 0
    assert load_network("network.safetensors").n_classes == 4
    assert main(["train-network", "pairs", "--layout", "pairs", "--split", "val", *SMALL]) == 2
    assert "pairs have no splits" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train-network", "nowhere"], "nowhere/train: there is no such folder"),
        (["train-network", "camvid", "--ignore-label", "3"], "camvid has its own"),
        (["train-network", "camvid", "--out", "camvid/model"], "lies in camvid"),
        (["network", "camvid/val", "--model", "none.safetensors"], "there is no such file"),
        (["network", "camvid/val", "--model", "camvid/val/frame0.png"], "is cut short, damaged"),
        (["network", "camvid/val", "--model", "none.onnx"], "none.onnx: there is no such file"),
    ],
)
def test_mistakes_are_one_line(words, said, capsys):
    if words[-1].endswith("onnx"):
        pytest.importorskip("onnxruntime")
    assert main(words) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1

"""A trained network as a segmenter, in PyTorch and from an ONNX file."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

pytest.importorskip("torch")
pytest.importorskip("safetensors")

import torch
from streets import frame, frames

from classicseg.extras.networks import NetworkSegmenter
from classicseg.extras.torch import SegNetBasic, export_onnx, train_network


@pytest.fixture(scope="module")
def model():
    torch.set_num_threads(1)
    images, truths = frames(4)
    small = SegNetBasic(4, features=8, kernel=3, depth=2)
    return train_network(
        small, images, truths, n_epochs=25, ignore_label=9, learning_rate=1e-2, progress=False
    ).model


def test_it_knows_its_own_numbers_and_is_not_changed(model):
    before = pickle.dumps(model.state_dict())
    segment = NetworkSegmenter.from_torch(model)
    assert (segment.n_classes, segment.n_channels, segment.stride) == (4, 3, 4)
    image, truth = frame(9, (50, 61))
    labels = segment(image)
    assert ((labels - 1) == truth)[truth != 9].mean() > 0.8
    assert pickle.dumps(model.state_dict()) == before


def test_tiles_with_overlap_beside_the_whole_frame(model):
    image, _ = frame(9, (300, 400))
    whole = NetworkSegmenter.from_torch(model)(image)
    tiled = NetworkSegmenter.from_torch(model, tile=128, overlap=32)(image)
    assert (whole == tiled).mean() > 0.995


def test_examples_run():
    import doctest

    from classicseg.extras import networks
    from classicseg.extras import torch as ours

    members = [getattr(room, name) for room in (ours, networks) for name in vars(room) if not name.startswith("_")]
    tests = [
        test for own in members if callable(own) for test in doctest.DocTestFinder(recurse=False).find(own, "x")
    ]
    assert sum(bool(test.examples) for test in tests) >= 5
    for test in tests:
        said: list[str] = []
        failed = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=said.append).failed
        assert failed == 0, "".join(said)


def test_other_modules_are_taken_with_their_number_of_classes():
    plain = torch.nn.Conv2d(3, 2, 1)
    labels = NetworkSegmenter.from_torch(plain, n_classes=2, stride=1)(frame(0)[0])
    assert set(labels.flat) <= {1, 2}
    with pytest.raises(ValueError, match="predict returned shape"):
        NetworkSegmenter.from_torch(plain, n_classes=3)(frame(0)[0])
    with pytest.raises(TypeError, match="model is of type function; expected"):
        NetworkSegmenter.from_torch(lambda tiles: tiles)


def test_onnx_gives_the_same(model, tmp_path):
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name)
    path = tmp_path / "street.onnx"
    assert export_onnx(path, model) == path.stat().st_size
    ours, theirs = NetworkSegmenter.from_torch(model), NetworkSegmenter.from_onnx(path)
    assert (theirs.n_classes, theirs.n_channels, theirs.stride) == (4, 3, 4)
    n_same = n_pixels = 0
    for seed, shape in enumerate([(32, 48), (37, 90), (100, 61)]):
        image, _ = frame(seed, shape)
        assert_allclose(theirs.probabilities(image), ours.probabilities(image), atol=1e-5)
        n_same, n_pixels = n_same + (theirs(image) == ours(image)).sum(), n_pixels + image[..., 0].size
    assert n_same / n_pixels >= 0.9999
    with pytest.raises(TypeError, match="model is of type Conv2d"):
        export_onnx(path, torch.nn.Conv2d(3, 2, 1))


def test_other_onnx_files(tmp_path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from onnx import TensorProto, helper

    def write(path, shape):
        ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("x", "y")]
        graph = helper.make_graph([helper.make_node("Softmax", ["x"], ["y"], axis=1)], "g", ends[:1], ends[1:])
        opset = [helper.make_opsetid("", 17)]
        onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)

    path = tmp_path / "other.onnx"
    write(path, (1, 3, 8, 8))
    segment = NetworkSegmenter.from_onnx(path, overlap=2)
    assert (segment.n_classes, segment.tile, segment.stride) == (3, 8, 8)
    image = np.random.default_rng(0).random((20, 30, 3))
    assert_array_equal(segment(image), image.argmax(axis=-1) + 1)
    write(path, (1, 3, "rows", "columns"))
    assert_array_equal(NetworkSegmenter.from_onnx(path)(image), image.argmax(axis=-1) + 1)
    write(path, (1, 3, 8, 9))
    with pytest.raises(ValueError, match="takes 8 x 9 pixels; expected squares"):
        NetworkSegmenter.from_onnx(path)
    write(path, (1, 3))
    with pytest.raises(ValueError, match="expected one image of float32"):
        NetworkSegmenter.from_onnx(path)
    path.write_bytes(b"no network")
    with pytest.raises(ValueError, match="is no network that onnxruntime can run"):
        NetworkSegmenter.from_onnx(path)
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        NetworkSegmenter.from_onnx(tmp_path / "none.onnx")

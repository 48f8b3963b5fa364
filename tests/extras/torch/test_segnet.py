"""The networks are those of the paper, and put maxima back where they were."""

from __future__ import annotations

import pytest
from numpy.testing import assert_array_equal

pytest.importorskip("torch")
pytest.importorskip("safetensors")

import torch
from torch import nn
from torch.nn import functional

from classicseg.extras.torch import SegNet, SegNetBasic
from classicseg.extras.torch.segnet import unpooled


def n_parameters(network):
    return sum(weights.numel() for weights in network.parameters())


def test_segnet_has_the_parameters_and_the_shapes_of_the_paper():
    network = SegNet(11)
    assert round(n_parameters(network) / 1e6, 1) == 29.4
    convolutions = [module for module in network.encoder.modules() if isinstance(module, nn.Conv2d)]
    assert [own.out_channels for own in convolutions] == [64] * 2 + [128] * 2 + [256] * 3 + [512] * 6
    assert {own.kernel_size for own in convolutions} == {(3, 3)}
    mirrored = [module.out_channels for module in network.decoder.modules() if isinstance(module, nn.Conv2d)]
    assert mirrored == [512] * 5 + [256] * 3 + [128] * 2 + [64] * 2
    assert network.stride == 32
    with torch.no_grad():
        assert network.eval()(torch.zeros(1, 3, 32, 64)).shape == (1, 11, 32, 64)


def test_segnet_learns_by_each_of_its_layers():
    network = SegNet(3)
    functional.cross_entropy(network(torch.rand(2, 3, 32, 32)), torch.randint(0, 3, (2, 32, 32))).backward()
    assert all(weights.grad is not None and weights.grad.abs().max() > 0 for weights in network.parameters()
               if weights.ndim == 4)  # fmt: skip


def test_the_small_one_has_those_of_the_paper():
    network = SegNetBasic(11)
    assert abs(n_parameters(network) / 1.425e6 - 1) < 0.01
    assert network.stride == 16
    decoder = [module for module in network.decoder.modules() if isinstance(module, nn.Conv2d)]
    assert all(own.bias is None and own.kernel_size == (7, 7) for own in decoder)
    assert not any(isinstance(module, nn.ReLU) for module in network.decoder.modules())
    with torch.no_grad():
        odd = SegNetBasic(5, n_channels=1, features=4, kernel=3, depth=2).eval()(torch.zeros(2, 1, 13, 19))
    assert odd.shape == (2, 5, 13, 19)


def test_maxima_go_back_to_where_they_were():
    """Worked out by hand: of each 2 × 2 pixels the largest stays in its place, and the others become 0."""
    plane = torch.tensor([[1.0, 5, 2, 2], [3, 4, 0, 9], [7, 7, 6, 1], [0, 8, 1, 2]])[None, None]
    values, places = functional.max_pool2d(plane, 2, 2, return_indices=True)
    assert_array_equal(values[0, 0], [[5, 9], [8, 6]])
    found = unpooled(10 * values, places, plane.shape)
    assert_array_equal(found[0, 0], [[0, 50, 0, 0], [0, 0, 0, 90], [0, 0, 60, 0], [0, 80, 0, 0]])
    rng = torch.Generator().manual_seed(0)
    odd = torch.rand(2, 3, 7, 9, generator=rng)
    values, places = functional.max_pool2d(odd, 2, 2, return_indices=True)
    theirs = functional.max_unpool2d(values, places, 2, 2, output_size=odd.shape)
    assert_array_equal(unpooled(values, places, odd.shape), theirs)


def test_the_same_seed_gives_the_same_network():
    first, again, other = (SegNetBasic(2, features=4, kernel=3, rng=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["last.weight"], other["last.weight"])


def test_mistakes_are_told():
    for option in ("n_channels", "features", "kernel", "depth"):
        with pytest.raises(ValueError, match=f"{option} is 0; expected a whole number"):
            SegNetBasic(2, **{option: 0})
    with pytest.raises(ValueError, match="kernel is 4; expected an odd number"):
        SegNetBasic(2, kernel=4)
    with pytest.raises(ValueError, match="n_classes is 0"):
        SegNet(0)

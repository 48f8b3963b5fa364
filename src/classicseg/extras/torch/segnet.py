"""SegNet: an encoder that halves the image and remembers where each maximum was, and a decoder that puts it there.

Badrinarayanan V., Kendall A., Cipolla R. SegNet: a deep convolutional encoder-decoder architecture for image
segmentation. IEEE Transactions on Pattern Analysis and Machine Intelligence 39(12), 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from classicseg._core.numbers import as_count

_VGG16 = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""The features of its 13 convolutions, by the five levels between which the image is halved."""


class Network(nn.Module):
    """What the two networks share: levels of convolutions down, and the same up again.

    Images come as (images, channels, rows, columns), white as 1, and leave as scores of the classes, before the
    softmax. The channels' means and deviations, which `train_network` takes from the images, are part of the
    network.
    """

    def __init__(self, n_classes: int, n_channels: int, levels: int, about: dict[str, Any]) -> None:
        super().__init__()
        self.n_classes, self.n_channels = n_classes, n_channels
        self.stride = 2**levels
        self.about = {"n_classes": n_classes, "n_channels": n_channels, **about}
        """What makes an untrained network of this kind, but the seed."""
        self.notes: dict[str, Any] = {}
        """What else its files say: ``scale`` of the images that it was trained on, ``classes``, ``colors``."""
        self.register_buffer("mean", torch.full((1, n_channels, 1, 1), 0.5))
        self.register_buffer("deviation", torch.full((1, n_channels, 1, 1), 0.25))
        self.encoder, self.decoder = nn.ModuleList(), nn.ModuleList()

    def look(self, mean: NDArray[np.float64], deviation: NDArray[np.float64]) -> None:
        """Take over the mean and the deviation of each channel."""
        for buffer, values in ((self.mean, mean), (self.deviation, deviation)):
            buffer.copy_(torch.from_numpy(values).view(1, -1, 1, 1))

    def forward(self, images: Any) -> Any:
        """Scores of the classes at each pixel."""
        values, places = (images - self.mean) / self.deviation, []
        for level in self.encoder:
            values = level(values)
            places.append((values.shape, None))
            values, indices = functional.max_pool2d(values, 2, 2, return_indices=True)
            places[-1] = (places[-1][0], indices)
        for level, (shape, indices) in zip(self.decoder, reversed(places), strict=True):
            values = level(unpooled(values, indices, shape))
        return self.last(values)


class SegNet(Network):
    """The 13 convolutions of VGG16 with batch normalization, and the same mirrored: 29.4 million parameters.

    Parameters
    ----------
    n_classes : int
        How many classes there are.
    n_channels : int, default 3
        How many channels images have.
    rng : int, default 0
        The seed of the weights, which are drawn as He et al. do.

    Raises
    ------
    TypeError
        If a number is none.
    ValueError
        If a number is too small.

    See Also
    --------
    SegNetBasic : A small one.

    Examples
    --------
    >>> from classicseg.extras.torch import SegNet
    >>> round(sum(weights.numel() for weights in SegNet(11).parameters()) / 1e6, 1)
    29.4
    """

    def __init__(self, n_classes: int, *, n_channels: int = 3, rng: int = 0) -> None:
        classes, channels = as_count("n_classes", n_classes), as_count("n_channels", n_channels)
        super().__init__(classes, channels, len(_VGG16), {"network": "SegNet"})
        before = channels
        for level in _VGG16:
            self.encoder.append(nn.Sequential(*_convolutions([before, *level])))
            before = level[-1]
        for k in reversed(range(1, len(_VGG16))):
            level = _VGG16[k]
            self.decoder.append(nn.Sequential(*_convolutions([*level, _VGG16[k - 1][-1]])))
        self.decoder.append(nn.Sequential(*_convolutions(_VGG16[0])))
        self.last = nn.Conv2d(_VGG16[0][0], classes, 3, padding=1)
        _draw(self, rng)


class SegNetBasic(Network):
    """One convolution a level, and a decoder without rectifiers: the small SegNet.

    Parameters
    ----------
    n_classes : int
        How many classes there are.
    n_channels : int, default 3
        How many channels images have.
    features : int, default 64
        Of each convolution.
    kernel : int, default 7
        Rows and columns of the convolutions, an odd number. 3 is four times as fast, and sees less around a pixel.
    depth : int, default 4
        How often the image is halved.
    rng : int, default 0
        The seed of the weights, which are drawn as He et al. do.

    Raises
    ------
    TypeError
        If a number is none.
    ValueError
        If a number is too small, or `kernel` is even.

    See Also
    --------
    SegNet : The large one.

    Examples
    --------
    >>> from classicseg.extras.torch import SegNetBasic
    >>> round(sum(weights.numel() for weights in SegNetBasic(11).parameters()) / 1e6, 2)
    1.42
    """

    def __init__(
        self,
        n_classes: int,
        *,
        n_channels: int = 3,
        features: int = 64,
        kernel: int = 7,
        depth: int = 4,
        rng: int = 0,
    ) -> None:
        classes, channels = as_count("n_classes", n_classes), as_count("n_channels", n_channels)
        width, size = as_count("features", features), as_count("kernel", kernel)
        levels = as_count("depth", depth, most=12)
        if size % 2 == 0:
            raise ValueError(f"kernel is {size}; expected an odd number, which has a middle")
        about = {"network": "SegNetBasic", "features": width, "kernel": size, "depth": levels}
        super().__init__(classes, channels, levels, about)
        for k in range(levels):
            self.encoder.append(nn.Sequential(*_convolutions([width if k else channels, width], size)))
            plain = nn.Conv2d(width, width, size, padding=size // 2, bias=False)
            self.decoder.append(nn.Sequential(plain, nn.BatchNorm2d(width)))
        self.last = nn.Conv2d(width, classes, 1)
        _draw(self, rng)


NETWORKS = {"SegNet": SegNet, "SegNetBasic": SegNetBasic}
"""By the name that stands in a file."""


def unpooled(values: Any, indices: Any, shape: Sequence[int]) -> Any:
    """Put each value back to where it was the maximum, in a plane of rows times columns, among zeros."""
    planes = values.new_zeros((*values.shape[:2], shape[2] * shape[3]))
    return planes.scatter(2, indices.flatten(2), values.flatten(2)).view(shape)


def _convolutions(features: Sequence[int], size: int = 3) -> list[nn.Module]:
    """Convolutions from one number of features to the next, each normalized and rectified."""
    found: list[nn.Module] = []
    for before, after in pairwise(features):
        found += [nn.Conv2d(before, after, size, padding=size // 2), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
    return found


def _draw(network: nn.Module, rng: int) -> None:
    """Draw the weights from a generator of their own: the same seed gives the same network."""
    generator = torch.Generator().manual_seed(as_count("rng", rng, least=0))
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)

"""A trained network as a segmenter: tiles of an image in, labels out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import Image
from classicseg._core.numbers import as_count, as_number
from classicseg.extras.networks.tiles import Box, Probabilities, blended, checked, cut_axis, mirrored
from classicseg.extras.networks.values import as_seen, scaled
from classicseg.preprocess import Prepared, resize
from classicseg.types import ChannelAxis, Classes, Mask


class NetworkSegmenter:
    """A function from tiles to probabilities of classes, as a segmenter of images of any size.

    It keeps the laws that a network can keep: any real dtype, the mask, int32 labels, an image that is not written
    to, the same labels for the same call whatever the number of workers. It cannot keep those of flips and turns
    (what it learned has an up and a down), of scaled values, nor that of the far pixel beyond its field of view;
    and a class that it does not see leaves a gap in the labels.

    Parameters
    ----------
    predict : callable
        Takes float32 of shape (1, `n_channels`, rows, columns), rows and columns multiples of `stride`, and
        returns probabilities of shape (1, `n_classes`, rows, columns), whose sum over the classes is 1.
    n_classes : int
        How many classes there are. Class c, from 0, becomes label c + 1.
    n_channels : int, default 3
        How many channels `predict` takes. A grey image is repeated for three, and of a color image the luminance
        is taken for one.
    tile : int, default 512
        Rows and columns of a tile at most, or one stride.
    overlap : int, default 64
        Pixels that neighboring tiles share, at most half of a tile: over them one prediction passes into the
        other.
    stride : int, default 32
        Rows and columns of a tile are multiples of it: 2 for each time that the network halves its image.
    scale : float, default 1.0
        Images are resized by this factor first, and labels and probabilities brought back: 0.5 for a network that
        was trained on images of half the size.
    normalize : callable, optional
        Takes a tile, (rows, columns, channels) in float32, white as 1, and returns one of that shape for
        `predict`; each pixel by itself, for a tile knows nothing of the image. By default the tile as it is.

    Raises
    ------
    TypeError
        If `predict` or `normalize` cannot be called, or a number is none.
    ValueError
        If a number is too small.

    See Also
    --------
    classicseg.segmenters : Those of the catalogue.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg.extras.networks import NetworkSegmenter
    >>> def bright_or_dark(tiles):
    ...     return np.concatenate([1 - tiles, tiles], axis=1)
    >>> segment = NetworkSegmenter(bright_or_dark, n_classes=2, n_channels=1, stride=1)
    >>> segment(np.array([[0, 200, 255]], np.uint8))
    array([[1, 2, 2]], dtype=int32)
    """

    def __init__(
        self,
        predict: Callable[[NDArray[np.float32]], ArrayLike],
        *,
        n_classes: int,
        n_channels: int = 3,
        tile: int = 512,
        overlap: int = 64,
        stride: int = 32,
        scale: float = 1.0,
        normalize: Callable[[NDArray[np.float32]], ArrayLike] | None = None,
    ) -> None:
        for name, given in (("predict", predict), ("normalize", normalize)):
            if not (callable(given) or (name == "normalize" and given is None)):
                raise TypeError(f"{name} is {given!r}; expected a function of tiles")
        self.predict, self.normalize = predict, normalize
        self.n_classes = as_count("n_classes", n_classes)
        self.n_channels = as_count("n_channels", n_channels)
        self.tile = as_count("tile", tile)
        self.overlap = as_count("overlap", overlap, least=0)
        self.stride = as_count("stride", stride)
        self.scale = as_number("scale", scale, above=0.0)

    @classmethod
    def from_onnx(cls, path: str | os.PathLike[str], **options: Any) -> NetworkSegmenter:
        """Load a network from an ONNX file, as `classicseg.extras.torch.export_onnx` writes it, or others do.

        Its input is (images, channels, rows, columns) with white as 1, its output the probabilities. The number of
        classes is found by a trial, `n_channels` and fixed rows and columns in the file; `options` are those of
        the class. Needs classicseg[onnx].
        """
        from classicseg.extras.networks.onnx import options_of_onnx

        return cls(**(options_of_onnx(path) | options))

    @classmethod
    def from_torch(cls, model: Any, **options: Any) -> NetworkSegmenter:
        """Take a PyTorch module whose output are scores of classes, before the softmax.

        One of `classicseg.extras.torch` says its own numbers of classes and channels and its stride; of another
        module say `n_classes`. `options` are those of the class. Needs classicseg[torch].
        """
        from classicseg.extras.torch.running import options_of_module

        return cls(**(options_of_module(model) | options))

    def __call__(self, image: ArrayLike, /, *, channel_axis: ChannelAxis = "auto", mask: Mask = None) -> Classes:
        """Give each pixel the label of its most probable class: 1 … n_classes, and 0 where it takes no part."""
        parsed, white = as_seen(image, self.n_channels, channel_axis, mask)
        seen, home = self._at_scale(parsed)
        labels = np.zeros(seen.shape, np.int32)
        for box, probabilities in self._boxes(seen, white):
            labels[box] = probabilities.argmax(axis=-1)
        labels += 1
        if home is not None:
            labels = home.undo(labels)
        if parsed.mask is not None:
            labels[~parsed.mask] = 0
        return labels

    def probabilities(
        self, image: ArrayLike, /, *, channel_axis: ChannelAxis = "auto", mask: Mask = None
    ) -> NDArray[np.float32]:
        """Give each pixel the probability of each class, (rows, columns, n_classes), for `metrics.cross_entropy`.

        Their sum is 1, also where a pixel takes no part.
        """
        parsed, white = as_seen(image, self.n_channels, channel_axis, mask)
        seen, home = self._at_scale(parsed)
        found = np.empty((*seen.shape, self.n_classes), np.float32)
        for box, probabilities in self._boxes(seen, white):
            found[box] = probabilities
        return found if home is None else resize(found, shape=parsed.shape, channel_axis=-1).image

    def _at_scale(self, image: Image) -> tuple[Image, Prepared | None]:
        """The image as the network sees it, and the way back; None where it sees it as it is."""
        shape = [max(1, round(self.scale * n)) for n in image.shape]
        if tuple(shape) == image.shape:
            return image, None
        resized = resize(image.values, shape=shape, channel_axis=-1, mask=image.mask)
        return Image(resized.image, None if image.mask is None else resized.mask), resized

    def _boxes(self, image: Image, white: float) -> Iterator[tuple[Box, Probabilities]]:
        """Boxes of the image with their probabilities, one after the other."""
        rows, columns = (cut_axis(n, self.tile, self.overlap, self.stride) for n in image.shape)

        def predict(box: Box) -> Probabilities:
            places = np.ix_(*(mirrored(part, n) for part, n in zip(box, image.shape, strict=True)))
            tile = scaled(image.values[places], white, self.n_channels)
            seen = tile if self.normalize is None else np.asarray(self.normalize(tile), np.float32)
            if seen.shape != tile.shape:
                raise ValueError(f"normalize returned shape {seen.shape}; expected that of the tile, {tile.shape}")
            given = np.ascontiguousarray(np.moveaxis(seen, -1, 0)[np.newaxis])
            return checked(self.predict(given), (1, self.n_classes, *given.shape[2:]))

        return blended(predict, rows, columns)

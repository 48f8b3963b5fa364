"""Images with their truths, as networks are trained on them: read when they are needed, each checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from classicseg._core.arrays import masked_in
from classicseg._core.image import as_classes
from classicseg.extras.networks.values import as_seen, scaled
from classicseg.extras.torch.segnet import Network
from classicseg.extras.torch.weights import class_counts
from classicseg.preprocess import Prepared

IGNORED = -100
"""The truth of pixels that take no part in the loss."""

Augment = Callable[[np.random.Generator], Sequence[Callable[[Prepared], Prepared]]]


class Sample(NamedTuple):
    """One image and what is true of it."""

    image: NDArray[np.float32]
    """(channels, rows, columns), white as 1."""
    truth: NDArray[np.int64]
    """(rows, columns), the class of each pixel, or `IGNORED`."""


class Samples:
    """Pairs of images and truths, one at a time."""

    def __init__(self, images: Any, truths: Any, model: Network, ignore_label: int | None) -> None:
        if truths is not None and len(images) != len(truths):
            raise ValueError(
                f"there are {len(images)} images and {len(truths)} truths; expected a truth of each image"
            )
        if not len(images):
            raise ValueError("images are empty; expected one at least")
        self.images, self.truths = images, truths
        self.n_classes, self.n_channels, self.ignore_label = model.n_classes, model.n_channels, ignore_label

    def __len__(self) -> int:
        """How many pairs there are."""
        return len(self.images)

    def sample(self, i: int, steps: Sequence[Callable[[Prepared], Prepared]] = ()) -> Sample:
        """Read a pair, and change it by steps."""
        image, truth = self.images[i] if self.truths is None else (self.images[i], self.truths[i])
        axis: Any = 0 if isinstance(image, torch.Tensor) and image.ndim == 3 else "auto"
        try:
            parsed, white = as_seen(_array(image), self.n_channels, axis, None)
        except (TypeError, ValueError) as error:
            raise type(error)(f"image {i}: {error}") from None
        classes = np.asarray(as_classes(_array(truth), f"truth {i}"))
        if classes.shape != parsed.shape:
            raise ValueError(f"truth {i} has shape {classes.shape}; expected that of its image, {parsed.shape}")
        inside = parsed.mask_array()
        if (hidden := masked_in(truth)) is not None:
            inside = inside & ~hidden
        prepared = Prepared(scaled(parsed.values, white, self.n_channels), classes, inside, (1.0, 1.0), 2)
        for step in steps:
            prepared = step(prepared)
        found = np.asarray(prepared.labels).astype(np.int64)
        left_out = ~prepared.mask if self.ignore_label is None else ~prepared.mask | (found == self.ignore_label)
        found[left_out] = IGNORED
        class_counts(found[~left_out], self.n_classes, i)
        return Sample(np.moveaxis(prepared.image, -1, 0), found)


class Statistics(NamedTuple):
    """What one look at all images says."""

    mean: NDArray[np.float64]
    """Of each channel."""
    deviation: NDArray[np.float64]
    """Of each channel; 1 where there is none."""
    counts: NDArray[np.int64]
    """(images, classes), pixels."""


def statistics_of(samples: Samples, stride: int) -> Statistics:
    """Look at all images once, before any work; refuse what cannot be learned from."""
    sums, squares, n_pixels = np.zeros(samples.n_channels), np.zeros(samples.n_channels), 0
    counts = np.zeros((len(samples), samples.n_classes), np.int64)
    for i in range(len(samples)):
        image, truth = samples.sample(i)
        if min(truth.shape) < stride:
            raise ValueError(
                f"image {i} has {truth.shape[0]} x {truth.shape[1]} pixels; expected {stride} each way at least, "
                "which the network makes one; take a network of less depth, or larger images"
            )
        values = image.astype(np.float64)
        sums += values.sum(axis=(1, 2))
        squares += np.square(values).sum(axis=(1, 2))
        n_pixels += truth.size
        counts[i] = class_counts(truth[truth != IGNORED], samples.n_classes, i)
    if not counts.any():
        raise ValueError("truths hold no pixel of a class; expected one at least")
    mean = sums / n_pixels
    deviation = np.sqrt(np.maximum(squares / n_pixels - np.square(mean), 0))
    return Statistics(mean, np.where(deviation > 1e-6, deviation, 1.0), counts)


def batch_of(samples: Sequence[Sample]) -> tuple[Any, Any]:
    """Images and truths of one shape: smaller ones have room behind them, which is ignored."""
    shape = np.max([own.truth.shape for own in samples], axis=0)
    images = np.zeros((len(samples), len(samples[0].image), *shape), np.float32)
    truths = np.full((len(samples), *shape), IGNORED, np.int64)
    for k, own in enumerate(samples):
        rows, columns = own.truth.shape
        images[k, :, :rows, :columns], truths[k, :rows, :columns] = own
    return torch.from_numpy(images), torch.from_numpy(truths)


def _array(value: Any) -> Any:
    """An array of an image of another library; lists and arrays as they are."""
    return value if isinstance(value, list | tuple | np.ndarray) else np.asarray(value)

"""The stages of training that make the dense map of boundaries: which pixels are learned from, and what they are to be.

A pixel's target is how near people drew: the mean over the people of exp(-d² / 2σ²), d being the distance to the
nearest boundary that one drew. Beside each photograph a worse one is learned from, with noise, compressed to little,
or of half the size: what was learned from clean pictures alone takes noise for texture.
"""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from classicseg.edges.learned.dense import FirstLook, as_codes, first_look, predict_stage, second_features
from classicseg.edges.learned.detector import image_steps
from classicseg.edges.learned.features import FIRST, SECOND, names
from classicseg.edges.learned.grids import halve
from classicseg.extras.training import Samples, Stage
from classicseg.extras.training_sets import Drawn
from classicseg.learning.fitting import Boosting
from classicseg.learning.forest import Forest

_SIGMA = 1.7
"""Pixels by which people differ on where a boundary runs."""

_NEAR, _FAR = 900, 1300
"""Pixels of an image that are learned from: so many that someone drew near, and others."""

_NEARBY = 0.03
"""The target from which on a pixel is near."""

_WORSE = 0.3
"""Times as many of a worse picture."""

_WHOLE = 4095.0


class _Picture(NamedTuple):
    """What is learned from, and the map of the first stage."""

    image: NDArray[np.uint8]
    targets: NDArray[np.float32]
    """At half the resolution."""
    share: float
    codes: NDArray[np.uint8] | None


def boundary_stages(first: Boosting, second: Boosting) -> list[Stage]:
    """The two stages of the dense map, for `train_stages`."""
    asked = names()
    return [
        Stage(FIRST, asked[FIRST], first, _prepare, _first_samples, _advance),
        Stage(SECOND, asked[SECOND], second, lambda drawn, state: state, _second_samples, lambda state, forest: state),
    ]


def _prepare(drawn: Drawn, state: None) -> list[_Picture]:
    """The photograph and a worse one."""
    image = np.asarray(drawn.image)
    image = np.stack([image] * 3, axis=-1) if image.ndim == 2 else image[..., :3]
    found = [_Picture(image, _targets(drawn.boundaries), 1.0, None)]
    if image.dtype == np.uint8 and min(image.shape[:2]) >= 64:
        worse, boundaries = _worsened(image, drawn.boundaries)
        found.append(_Picture(worse, _targets(boundaries), _WORSE, None))
    return found


def _targets(boundaries: list[NDArray[np.bool_]]) -> NDArray[np.float32]:
    """The targets of the pixels of half the resolution."""
    each = [
        np.exp(-(ndimage.distance_transform_edt(~own) ** 2) / (2 * _SIGMA**2)) if own.any() else np.zeros(own.shape)
        for own in boundaries
    ]
    whole = np.rint(np.mean(each, axis=0) * _WHOLE).astype(np.float32)
    return halve(whole[np.newaxis])[0] / np.float32(_WHOLE)


def _worsened(
    image: NDArray[np.uint8], boundaries: list[NDArray[np.bool_]]
) -> tuple[NDArray[np.uint8], list[NDArray[np.bool_]]]:
    """The image with noise, compressed, or of half the size, and the boundaries on it."""
    from PIL import Image

    rng = np.random.default_rng(int(image.sum()))
    kind = rng.integers(3)
    if kind == 0:
        noise = rng.normal(0.5, rng.uniform(8, 26), image.shape)
        return np.clip(image + noise, 0, 255).astype(np.uint8), boundaries
    if kind == 1:
        packed = io.BytesIO()
        Image.fromarray(image).save(packed, "JPEG", quality=int(rng.integers(20, 45)))
        return np.asarray(Image.open(packed)), boundaries
    height, width = (length // 2 * 2 for length in image.shape[:2])
    half = image[:height, :width].reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3))
    drawn = [own[:height, :width].reshape(height // 2, 2, width // 2, 2).any(axis=(1, 3)) for own in boundaries]
    return np.rint(half).astype(np.uint8), drawn


def _look(picture: _Picture) -> FirstLook:
    return first_look(image_steps(picture.image), np.ones(picture.image.shape[:2], bool))


def _first_samples(pictures: list[_Picture], rng: np.random.Generator) -> Samples:
    return _joined([_samples(own, _look(own).features, rng) for own in pictures])


def _second_samples(pictures: list[_Picture], rng: np.random.Generator) -> Samples:
    found = []
    for own in pictures:
        assert own.codes is not None
        look = _look(own)
        more = second_features(own.codes, look.frames.ties, 0, len(own.codes))
        found.append(_samples(own, np.concatenate([look.features, more]), rng))
    return _joined(found)


def _samples(picture: _Picture, features: NDArray[np.uint8], rng: np.random.Generator) -> Samples:
    """Some pixels that someone drew near, and some others, each for as many as the root of those that it is one
    of."""
    targets = picture.targets.ravel()
    chosen, weights = [], []
    for group, most in ((targets > _NEARBY, _NEAR), (targets <= _NEARBY, _FAR)):
        pixels = np.flatnonzero(group)
        own = rng.choice(pixels, min(int(most * picture.share), len(pixels)), replace=False)
        chosen.append(np.sort(own))
        weights.append(np.full(len(own), np.sqrt(len(pixels) / max(len(own), 1))))
    places = np.concatenate(chosen)
    flat = features.reshape(len(features), -1)[:, places]
    return Samples(flat, targets[places].astype(np.float64), np.concatenate(weights))


def _joined(samples: list[Samples]) -> Samples:
    return Samples(*(np.concatenate(parts, axis=-1) for parts in zip(*samples, strict=True)))


def _advance(pictures: list[_Picture], forest: Forest) -> list[_Picture]:
    """Each picture with the map of a forest that was fitted without it."""
    return [own._replace(codes=as_codes(predict_stage(forest, _look(own)))) for own in pictures]

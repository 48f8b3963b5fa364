"""The stages that make the dense map of boundaries: which pixels are learned from, and what they are to be.

A pixel's target is how near people drew: the mean over the people of exp(-d² / 2σ²), d being the distance to the
nearest boundary that one drew.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from classicseg.edges.learned.dense import FirstLook, as_codes, first_look, predict_stage, second_features
from classicseg.edges.learned.detector import image_counts
from classicseg.edges.learned.features import FIRST, SECOND, names
from classicseg.edges.learned.grids import halve
from classicseg.extras.training import Samples, Stage
from classicseg.extras.training_sets import Drawn
from classicseg.learning.fitting import Boosting
from classicseg.learning.forest import Forest

_SIGMA = 1.7
"""Pixels by which people differ on where a boundary runs."""

_NEAR, _FAR = 650, 900
"""Pixels of an image that are learned from: so many that someone drew near, and others."""

_NEARBY = 0.03
"""The target from which on a pixel is near."""

_WHOLE = 4095.0


class _Picture(NamedTuple):
    """What is learned from, and the map of the first stage."""

    image: NDArray[Any]
    targets: NDArray[np.float32]
    """At half the resolution."""
    codes: NDArray[np.uint8] | None = None


def _prepare(drawn: Drawn, state: None) -> _Picture:
    return _Picture(drawn.image, _targets(drawn.boundaries))


def _targets(boundaries: list[NDArray[np.bool_]]) -> NDArray[np.float32]:
    """The targets of the pixels of half the resolution."""
    each = [
        np.exp(-(ndimage.distance_transform_edt(~own) ** 2) / (2 * _SIGMA**2))
        if own.any()
        else np.zeros(own.shape)
        for own in boundaries
    ]
    whole = np.rint(np.mean(each, axis=0) * _WHOLE).astype(np.float32)
    return halve(whole[np.newaxis])[0] / np.float32(_WHOLE)


def _nearness(boundary: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How near one person drew."""
    if not boundary.any():
        return np.zeros(boundary.shape)
    distances: NDArray[np.float64] = ndimage.distance_transform_edt(~boundary)
    return np.exp(-(distances**2) / (2 * _SIGMA**2))


def _look(picture: _Picture) -> FirstLook:
    return first_look(image_counts(picture.image))


def _first_samples(picture: _Picture, rng: np.random.Generator) -> Samples:
    return _samples(picture, _look(picture).features, rng)


def _second_samples(picture: _Picture, rng: np.random.Generator) -> Samples:
    look, codes = _look(picture), picture.codes
    assert codes is not None
    more = second_features(codes, look.frames.ties, 0, len(codes))
    return _samples(picture, np.concatenate([look.features, more]), rng)


def _samples(picture: _Picture, features: NDArray[np.uint8], rng: np.random.Generator) -> Samples:
    """Some pixels that someone drew near, and some others; each weighs the root of how many it stands for."""
    targets = picture.targets.ravel()
    chosen, weights = [], []
    for group, most in ((targets > _NEARBY, _NEAR), (targets <= _NEARBY, _FAR)):
        pixels = np.flatnonzero(group)
        own = rng.choice(pixels, min(most, len(pixels)), replace=False)
        chosen.append(np.sort(own))
        weights.append(np.full(len(own), np.sqrt(len(pixels) / max(len(own), 1))))
    places = np.concatenate(chosen)
    flat = features.reshape(len(features), -1)[:, places]
    return Samples(flat, targets[places].astype(np.float64), np.concatenate(weights))


def _advance(picture: _Picture, forest: Forest) -> _Picture:
    """The picture with the map of a forest that was fitted without it."""
    return picture._replace(codes=as_codes(predict_stage(forest, _look(picture))))


STAGES = (
    Stage(FIRST, names()[FIRST], Boosting(200, 6, 0.15), _prepare, _first_samples, _advance),
    Stage(
        SECOND, names()[SECOND], Boosting(250, 6, 0.15),
        lambda drawn, state: state, _second_samples, lambda state, forest: state,
    ),
)  # fmt: skip
"""What `train_boundaries` fits, one after the other."""

"""The stages of the detector of boundaries, a row for each forest: what it learns from, and what it is to say.

Of the dense map, a pixel's target is how near people drew: the mean over the people of exp(-d² / 2σ²), d being the
distance to the nearest boundary that one drew. Of an arc between two regions of the map, it is how much of it
people drew; of a merge, how often they see two things there.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from classicseg.edges.learned.dense import (
    FirstLook,
    as_codes,
    first_look,
    predict_second,
    predict_stage,
    second_features,
)
from classicseg.edges.learned.detector import image_counts, image_steps, is_small, whole_map
from classicseg.edges.learned.features import FIRST, SECOND, names
from classicseg.edges.learned.grids import halve
from classicseg.extras.training import Samples, Stage
from classicseg.extras.training_sets import Drawn
from classicseg.learning.fitting import Boosting
from classicseg.learning.forest import Forest
from classicseg.trees.arcs.arcs import Boundaries
from classicseg.trees.arcs.fitting import (
    ARC_BOOSTING,
    MERGE_BOOSTING,
    ArcExample,
    MergeExample,
    advanced,
    arc_example,
    arc_samples,
    merge_example,
    merge_samples,
)
from classicseg.trees.arcs.merges import MERGE_FEATURES
from classicseg.trees.arcs.stages import ARC_FORESTS, CUTS, MERGES

_SIGMA = 1.7
"""Pixels by which people differ on where a boundary runs."""

_NEAR, _FAR = 900, 1300
"""Pixels of an image that are learned from: so many that someone drew near, and others."""

_NEARBY = 0.03
"""The target from which on a pixel is near."""

_WHOLE = 4095.0


class _Picture(NamedTuple):
    """What is learned from, and the map of the first stage."""

    image: NDArray[Any]
    share: float
    targets: NDArray[np.float32]
    """At half the resolution."""
    codes: NDArray[np.uint8] | None = None


def _prepare(drawn: Drawn, state: None) -> _Picture:
    return _Picture(drawn.image, drawn.share, _targets(drawn.boundaries))


def _targets(boundaries: list[NDArray[np.bool_]]) -> NDArray[np.float32]:
    """The targets of the pixels of half the resolution, of a small image of half the double one."""
    small = is_small(boundaries[0].shape)
    each = [_nearness(own, _SIGMA / 2 if small else _SIGMA) for own in boundaries]
    whole = np.rint(np.mean(each, axis=0) * _WHOLE).astype(np.float32)
    return (whole if small else halve(whole[np.newaxis])[0]) / np.float32(_WHOLE)


def _nearness(boundary: NDArray[np.bool_], sigma: float) -> NDArray[np.float64]:
    """How near one person drew."""
    if not boundary.any():
        return np.zeros(boundary.shape)
    distances: NDArray[np.float64] = ndimage.distance_transform_edt(~boundary)
    return np.exp(-(distances**2) / (2 * sigma**2))


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
        own = rng.choice(pixels, min(int(most * picture.share), len(pixels)), replace=False)
        chosen.append(np.sort(own))
        weights.append(np.full(len(own), np.sqrt(len(pixels) / max(len(own), 1))))
    places = np.concatenate(chosen)
    flat = features.reshape(len(features), -1)[:, places]
    return Samples(flat, targets[places].astype(np.float64), np.concatenate(weights))


def _advance(picture: _Picture, forest: Forest) -> _Picture:
    """The picture with the map of a forest that was fitted without it."""
    return picture._replace(codes=as_codes(predict_stage(forest, _look(picture))))


def _map(picture: _Picture, forest: Forest) -> NDArray[np.uint16]:
    """The map by both forests, at half the resolution."""
    assert picture.codes is not None
    return predict_second(forest, _look(picture), picture.codes)


def _arcs(drawn: Drawn, half: NDArray[np.uint16]) -> ArcExample:
    """The finest arcs of the map."""
    inside = np.ones(drawn.image.shape[:2], bool)
    found = whole_map(half, inside)
    return arc_example(image_steps(drawn.image), inside, Boundaries(*found), drawn.boundaries, drawn.segmentations)


def _as_before(drawn: Drawn, state: Any) -> Any:
    return state


def _some_arcs(example: ArcExample, rng: np.random.Generator) -> Samples:
    return Samples(*arc_samples(example, rng))


def _all_merges(example: MergeExample, rng: np.random.Generator) -> Samples:
    return Samples(*merge_samples(example, rng))


STAGES = (
    Stage(FIRST, names()[FIRST], Boosting(300, 6, 0.12), _prepare, _first_samples, _advance),
    Stage(SECOND, names()[SECOND], Boosting(400, 6, 0.12), _as_before, _second_samples, _map),
    Stage(
        "arcs_first", ARC_FORESTS["arcs_first"], ARC_BOOSTING, _arcs, _some_arcs, partial(advanced, cut=CUTS[0])
    ),
    Stage(
        "arcs_second",
        ARC_FORESTS["arcs_second"],
        ARC_BOOSTING,
        _as_before,
        _some_arcs,
        merge_example,
    ),
    Stage(MERGES, MERGE_FEATURES, MERGE_BOOSTING, _as_before, _all_merges, _as_before),
)
"""What `train_boundaries` fits, one after the other."""

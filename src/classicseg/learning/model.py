"""A model of boundaries: forests by name, the features that each one asks of, and what it was learned from."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from classicseg.learning.forest import Forest

MOST_EDGES = 255
"""Of one feature: bins are bytes."""

MOST_LEVELS = 8
"""The number of a leaf is a byte."""

_MOST_TREES = 2**16 - 1
"""A sum of so many leaves of 16 bits has 32 bits."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class BoundaryModel(NamedTuple):
    """What was learned of the boundaries that people draw: `classicseg train-boundaries` writes one to a file."""

    forests: dict[str, Forest]
    """By the name of the stage that asks them."""

    features: dict[str, tuple[str, ...]]
    """What each forest's features are, in their order."""

    about: dict[str, Any]
    """On which images it was trained, and how: words and numbers, as JSON has them."""


TrainedModel: TypeAlias = str | os.PathLike[str] | BoundaryModel | None
"""A model as it is asked for: by its name, by its file, or itself; None for what needs no training."""


class ModelError(ValueError):
    """A model that cannot be used: says what is wrong with it, and the mend."""


def check_model(model: BoundaryModel, expected: Mapping[str, Sequence[str]]) -> BoundaryModel:
    """See that a model has the forests and features that are expected, and that no number of these leads out of an
    array. It may have more forests: not everyone asks all."""
    if set(expected) - set(model.forests):
        found, wanted = (", ".join(sorted(names)) for names in (model.forests, expected))
        raise ModelError(f"has the forests {found}; expected {wanted}; train it again with this version")
    for name, features in expected.items():
        _check_features(name, model.features.get(name, ()), features)
        problem = problem_of(model.forests[name], len(features))
        if problem:
            raise ModelError(f"its forest {name} {problem}; train it again, or get a sound copy")
    return model


def _check_features(name: str, found: Sequence[str], expected: Sequence[str]) -> None:
    """See that a forest was trained on the features that are computed now."""
    if tuple(found) == tuple(expected):
        return
    other = next((i for i, pair in enumerate(zip(found, expected, strict=False)) if pair[0] != pair[1]), None)
    what = (
        f"has {len(found)} features; expected {len(expected)}"
        if other is None
        else f"has {found[other]!r} as its feature {other}; expected {expected[other]!r}"
    )
    raise ModelError(f"its forest {name} {what}; train it again with this version")


def problem_of(forest: Forest, n_features: int) -> str:
    """What is wrong with a forest, or nothing."""
    edges, starts, features, bins, leaves, base, step = forest
    dtypes = np.float32, np.int32, np.uint16, np.uint8, np.int16
    for array, dtype, n_axes in zip(forest, dtypes, (1, 1, 2, 2, 2), strict=False):
        if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != n_axes:
            return f"has an array that is no {np.dtype(dtype)} of {n_axes} axes"
        if not array.flags.c_contiguous:
            return "has an array that is not contiguous"
    if not all(isinstance(number, float) and abs(number) < 1e6 for number in (base, step)):
        return "has a base or a step that is no number below 1e6"
    n_trees, depth = features.shape
    if not 1 <= depth <= MOST_LEVELS or n_trees > _MOST_TREES:
        return f"has {n_trees} trees of depth {depth}"
    if bins.shape != features.shape or leaves.shape != (n_trees, 2**depth):
        return f"has questions {features.shape} and {bins.shape}, and leaves {leaves.shape}"
    return _problem_of_edges(edges, starts, n_features) or _problem_of_questions(starts, features, bins)


def _problem_of_edges(edges: NDArray[np.float32], starts: NDArray[np.int32], n_features: int) -> str:
    if starts.shape != (n_features + 1,):
        return f"has edges of {len(starts) - 1} features; expected {n_features}"
    counts = np.diff(starts.astype(np.int64))
    if starts[0] != 0 or starts[-1] != len(edges) or (counts < 0).any() or (counts > MOST_EDGES).any():
        return "has edges that belong to no feature, or too many of one"
    within = np.ones(len(edges), bool)
    within[starts[:-1][counts > 0]] = False  # the first of each feature follows no other
    if not np.isfinite(edges).all() or (np.diff(edges, prepend=np.float32(0))[within] <= 0).any():
        return "has edges that are not ascending numbers"
    return ""


def _problem_of_questions(starts: NDArray[np.int32], features: NDArray[np.uint16], bins: NDArray[np.uint8]) -> str:
    counts = np.diff(starts)
    if (features >= len(counts)).any() or (bins >= counts[features]).any():
        return "asks for a feature or an edge that it does not have"
    return ""


def is_name(text: object) -> bool:
    """Whether a forest may be called so."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None

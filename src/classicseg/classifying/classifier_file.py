"""A classifier of pixels in a file: what stands where nodes are says the shape of the trees. No pickles.

    header.npy         the bytes of the header: format, version, features, scales, spacing, channels, score, digest
    sizes.npy          the number of nodes of each tree
    asked.npy          of each node the feature; 65535 in a leaf
    thresholds.npy     of each node that asks
    rows.npy           of each leaf, its row of shares
    shares.npy, labels.npy, importances.npy

What is read may have been made by anyone: no number of a sound classifier leads out of an array (`_problem_of`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.arrays import MOST_AXES
from classicseg.classifying.classifier import MOST_CLASSES, PixelClassifier, is_forest
from classicseg.filters.features.plans import as_plan
from classicseg.learning.archive import ArchiveKind, array_of, check_digest, pack, unpack
from classicseg.learning.model import ModelError
from classicseg.learning.random_forest import LEAF, WHOLE, RandomForest, first_children

MOST_BYTES = 2**30
"""Of a file, and of what is packed in it."""

_KIND = ArchiveKind("classicseg pixel classifier", 1, "write_pixel_classifier", MOST_BYTES, "fit it again")

_DTYPES = {
    "sizes": "<i4",
    "asked": "<u2",
    "thresholds": "<f4",
    "rows": "<u2",
    "shares": "<u2",
    "labels": "<i4",
    "importances": "<f8",
}


def bytes_of_classifier(classifier: PixelClassifier) -> bytes:
    """Return the content of a file that holds a classifier."""
    if not is_forest(classifier):
        raise TypeError(
            f"classifier has an estimator of type {type(classifier.model).__name__}, which no file without a "
            "pickle can hold; fit without an estimator"
        )
    forest = classifier.model
    leaf = forest.features == LEAF
    parts = {
        "sizes": np.diff(forest.roots),
        "asked": forest.features,
        "thresholds": forest.thresholds[~leaf],
        "rows": forest.children[leaf],
        "shares": forest.shares,
        "labels": classifier.labels,
        "importances": classifier.importances,
    }
    header = {
        "features": classifier.features,
        "scales": classifier.scales,
        "spacing": classifier.spacing,
        "n_channels": classifier.n_channels,
        "score": None if math.isnan(classifier.score) else classifier.score,
    }
    if len(forest.shares) > LEAF:
        raise ValueError(
            f"classifier has {len(forest.shares)} kinds of leaves; expected at most {LEAF}; draw less"
        )
    return pack(_KIND, header, {name: np.ascontiguousarray(parts[name], of) for name, of in _DTYPES.items()})


def classifier_of(content: bytes) -> PixelClassifier:
    """Read a classifier from the content of a file, and see that it is sound."""
    header, members = unpack(_KIND, content)
    if set(members) != set(_DTYPES):
        raise ModelError(f"has other arrays than a classifier has; {_KIND.mend}")
    arrays = {name: array_of(_KIND, name, members[name], dtype) for name, dtype in _DTYPES.items()}
    check_digest(_KIND, header, arrays)
    try:
        spacing = tuple(map(float, header["spacing"][:MOST_AXES]))
        score = math.nan if header["score"] is None else float(header["score"])
        plan = as_plan(header["features"], header["scales"], len(spacing), header["n_channels"])
        names = plan.names(len(spacing), header["n_channels"])
    except (TypeError, ValueError, KeyError):
        raise ModelError(f"has a header that names no features; {_KIND.mend}") from None
    own = {name: arrays[name].astype(np.dtype(dtype).newbyteorder("=")) for name, dtype in _DTYPES.items()}
    problem = _problem_of(own, len(names)) or ("" if _are_positive(spacing) else "has a spacing that is none")
    if problem:
        raise ModelError(f"{problem}; {_KIND.mend}")
    known = names, plan.features, plan.scales, spacing, header["n_channels"]
    return PixelClassifier(_forest_of(own), own["labels"], *known, own["importances"], score)


def _are_positive(spacing: tuple[float, ...]) -> bool:
    return len(spacing) > 0 and all(0 < step < math.inf for step in spacing)


def _forest_of(own: dict[str, NDArray[Any]]) -> RandomForest:
    asked = own["asked"]
    roots = np.concatenate([[0], np.cumsum(own["sizes"])]).astype(np.int32)
    leaf = asked == LEAF
    children, thresholds = first_children(asked, roots), np.zeros(len(asked), np.float32)
    children[leaf], thresholds[~leaf] = own["rows"], own["thresholds"]
    return RandomForest(roots, asked, thresholds, children, own["shares"])


def _problem_of(own: dict[str, NDArray[Any]], n_features: int) -> str:
    """What is wrong with the arrays, or nothing."""
    axes = {"shares": 2}
    if any(array.ndim != axes.get(name, 1) for name, array in own.items()):
        return "has an array of another shape"
    sizes, asked, shares, labels = (own[name] for name in ("sizes", "asked", "shares", "labels"))
    leaf = asked == LEAF
    if not len(sizes) or (sizes < 1).any() or sizes.sum(dtype=np.int64) != len(asked):
        return "has trees of other sizes than it says"
    if len(own["thresholds"]) != np.sum(~leaf) or len(own["rows"]) != np.sum(leaf):
        return "has other numbers of thresholds and leaves than of nodes"
    if (asked[~leaf] >= n_features).any() or not np.isfinite(own["thresholds"]).all():
        return "asks for a feature or a number that there is not"
    if (own["rows"] >= len(shares)).any() or (shares.sum(axis=1, dtype=np.int64) != WHOLE).any():
        return "has leaves without shares"
    if len(labels) != shares.shape[1] or not 1 <= len(labels) <= MOST_CLASSES or (np.diff(labels) <= 0).any():
        return "has other labels than classes"
    if labels[0] < 1 or own["importances"].shape != (n_features,):
        return "has labels or importances that are none"
    return _problem_of_trees(sizes, leaf)


def _problem_of_trees(sizes: NDArray[np.int32], leaf: NDArray[np.bool_]) -> str:
    """See that the children of each node come after it, and are all nodes of its tree but the first."""
    starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    asking = np.concatenate([[0], np.cumsum(~leaf)])
    within = asking[starts[1:]] - asking[starts[:-1]]
    if (2 * within + 1 != sizes).any():
        return "has trees with other numbers of children than of nodes"
    tree = np.repeat(np.arange(len(sizes)), sizes)
    number = asking[:-1] - asking[starts[tree]]  # how many nodes of the tree ask before this one
    place = np.arange(len(leaf)) - starts[tree]
    if (2 * number[~leaf] + 1 <= place[~leaf]).any():
        return "has a tree that leads back to its own nodes"
    return ""

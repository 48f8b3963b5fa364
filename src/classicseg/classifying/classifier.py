"""What is learned from strokes: a forest, and which features of an image it asks for."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg._core.numbers import shown
from classicseg.filters.features.plans import Plan
from classicseg.learning.random_forest import RandomForest

MOST_CLASSES = 255
"""Samples have the number of their class in a byte."""


class PixelClassifier(NamedTuple):
    """What `pixel_classifier_fit` learned."""

    model: Any
    """A `RandomForest`, or the estimator that was passed in, fitted."""

    labels: NDArray[np.int32]
    """(n_classes,), the labels that were drawn, ascending."""

    names: tuple[str, ...]
    """What each feature is, in their order; as in `pixel_features`."""

    features: tuple[str, ...]
    scales: tuple[float, ...]
    """What `pixel_features` computes."""

    spacing: tuple[float, ...]
    """Of the images that were learned from, one number for each axis."""

    n_channels: int

    importances: NDArray[np.float64]
    """(n_features,), the share of each feature in the impurity that all trees took away, 1 in sum; NaN where an
    estimator does not say it."""

    score: float
    """The share of drawn pixels that those trees know which have not seen them (out of bag); NaN of an estimator.
    Pixels of one stroke are much alike: it is an upper bound."""

    @property
    def plan(self) -> Plan:
        """The features and their scales."""
        return Plan(self.features, self.scales)


def feature_importance(classifier: PixelClassifier) -> dict[str, float]:
    """Return how much each feature counts for a classifier of pixels, the most important one first.

    Parameters
    ----------
    classifier : PixelClassifier
        What `pixel_classifier_fit` returned.

    Returns
    -------
    dict
        By the name of the feature, its share in what all questions of all trees took from the impurity of the
        drawn pixels (Gini's); 1 in sum, or 0 where nothing had to be asked.

    Raises
    ------
    TypeError
        If `classifier` is none.
    ValueError
        If it has an estimator that does not say it, as ``feature_importances_``.

    See Also
    --------
    pixel_classifier_fit : Learns from strokes.
    pixel_features : Computes the features.

    Notes
    -----
    Of two features that say the same, each has about half of what one would have alone. Trees see the pixels that
    they are measured on, so a feature of many values counts a little too much (mean decrease of impurity, [1]_).

    References
    ----------
    .. [1] Breiman L. Random forests. Machine Learning 45, 2001.

    Examples
    --------
    >>> from classicseg import feature_importance, pixel_classifier_fit
    >>> classifier = pixel_classifier_fit(
    ...     [[1, 1, 1, 9, 9, 9]], strokes={1: [(0, 0), (0, 1)], 2: [(0, 5)]}, features="gaussian", scales=1
    ... )
    >>> feature_importance(classifier)
    {'gaussian, scale 1': 1.0}
    """
    known = as_classifier(classifier)
    if np.isnan(known.importances).any():
        raise ValueError(
            f"classifier has an estimator of type {type(known.model).__name__} without feature_importances_; "
            "measure it by permutation, or fit without an estimator"
        )
    order = np.argsort(-known.importances, kind="stable")
    return {known.names[i]: float(known.importances[i]) for i in order}


def as_classifier(classifier: Any) -> PixelClassifier:
    """See that something is a classifier of pixels."""
    if not isinstance(classifier, PixelClassifier) or not isinstance(classifier.labels, np.ndarray):
        raise TypeError(
            f"classifier is {shown(classifier)}; expected what pixel_classifier_fit or read_pixel_classifier "
            "returns"
        )
    return classifier


def check_image(classifier: PixelClassifier, image: Image) -> None:
    """See that an image has the axes and channels of those that were learned from."""
    check_shape(classifier, len(image.shape), image.n_channels)


def check_shape(classifier: PixelClassifier, ndim: int, n_channels: int) -> None:
    """The same of the numbers of axes and channels."""
    if n_channels != classifier.n_channels:
        raise ValueError(
            f"image has {n_channels} channels; expected {classifier.n_channels}, as the images have that the "
            "classifier learned from; pass those channels, or fit again"
        )
    if ndim != len(classifier.spacing):
        raise ValueError(
            f"image has {ndim} spatial axes; expected {len(classifier.spacing)}, as the images have that the "
            "classifier learned from; see channel_axis, or fit again"
        )


def is_forest(classifier: PixelClassifier) -> bool:
    """Whether it has a forest of our own."""
    return isinstance(classifier.model, RandomForest)

"""How much each class weighs in the loss: rare ones more."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import as_classes
from classicseg._core.numbers import as_count


def median_frequency_weights(
    truths: Iterable[ArrayLike], *, n_classes: int, ignore_label: int | None = None
) -> NDArray[np.float64]:
    """Weigh each class by how rare it is in the images that show it (median frequency balancing).

    Parameters
    ----------
    truths : iterable of array_like of int
        The classes of the pixels of each image, from 0.
    n_classes : int
        How many classes there are.
    ignore_label : int, optional
        Pixels that have this label in `truths` count for nothing.

    Returns
    -------
    ndarray of float64, shape (n_classes,)
        The median of the frequencies over that of the class; 0 for one that no image shows. The frequency of a
        class is its share of the pixels of those images in which it occurs.

    Raises
    ------
    TypeError
        If a number is none, or a truth holds no integers.
    ValueError
        If a truth holds labels that are no classes, or no truth holds any.

    See Also
    --------
    train_network : Takes them by name.

    Notes
    -----
    Eigen D., Fergus R. Predicting depth, surface normals and semantic labels with a common multi-scale
    convolutional architecture. ICCV 2015.

    Examples
    --------
    >>> from classicseg.extras.torch import median_frequency_weights
    >>> median_frequency_weights([[0, 0, 0, 1]], n_classes=2)
    array([0.66666667, 2.        ])
    """
    count = as_count("n_classes", n_classes)
    ignored = None if ignore_label is None else as_count("ignore_label", ignore_label, least=0)
    rows = []
    for i, truth in enumerate(truths):
        classes = as_classes(truth, f"truth {i}").astype(np.int64)
        rows.append(class_counts(classes[classes != ignored] if ignored is not None else classes, count, i))
    if not rows or not np.any(rows):
        raise ValueError("truths hold no pixel of a class; expected one at least")
    return weights_of_counts(np.array(rows))


def class_counts(classes: NDArray[np.int64], n_classes: int, i: int) -> NDArray[np.int64]:
    """How many pixels each class has in truth i."""
    counts = np.bincount(classes.ravel(), minlength=n_classes)
    if len(counts) > n_classes:
        raise ValueError(
            f"truth {i} goes to label {len(counts) - 1}; expected classes from 0 to {n_classes - 1}; say "
            "ignore_label, or n_classes of the model"
        )
    return counts


def weights_of_counts(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The weights by the pixels of each image (rows) and class (columns)."""
    of_class = counts.sum(axis=0)
    where = ((counts > 0) * counts.sum(axis=1, keepdims=True)).sum(axis=0)
    shown = of_class > 0
    frequency = of_class[shown] / where[shown]
    weights = np.zeros(counts.shape[1])
    weights[shown] = np.median(frequency) / frequency
    return weights

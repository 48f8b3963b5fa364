"""How much a model of probabilities is surprised by the truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from classicseg._core.arrays import as_array, masked_in
from classicseg._core.image import as_classes, as_mask
from classicseg._core.numbers import as_count
from classicseg.types import Mask

_TOLERANCE = 1e-5


def cross_entropy(
    probabilities: ArrayLike, truth: ArrayLike, *, ignore_label: int | None = None, mask: Mask = None
) -> float:
    """Take the mean of minus the logarithm of the true class's probability.

    Parameters
    ----------
    probabilities : array_like of float, shape (M, N[, …], C)
        The probabilities of the classes 0 … C - 1 at each pixel; their sum there is 1.
    truth : array_like of int or bool, shape (M, N[, …])
        The class of each pixel, 0 … C - 1.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    float
        In nats, at least 0; infinity where a true class has probability 0.

    Raises
    ------
    TypeError
        If `probabilities` does not hold real numbers, `truth` holds neither integers nor bool, `mask` is not bool,
        or `ignore_label` is not a whole number.
    ValueError
        If shapes do not fit together, a class has no probability, no pixel takes part, or probabilities are not
        from 0 to 1 or do not add up to 1 within 1e-5 where a pixel takes part.

    See Also
    --------
    pixel_accuracy : The fraction of right classes, without probabilities.

    Notes
    -----
    -Σ log p(x) / n over the n pixels x, with p(x) the probability of the true class at x, the loss by which
    networks are trained [1]_. The probabilities come first, as in the networks' libraries. The cost is linear in
    the number of pixels; the mean is in float64.

    References
    ----------
    .. [1] Good I. J. Rational decisions. Journal of the Royal Statistical Society B 14(1), 1952.

    Examples
    --------
    >>> from classicseg.metrics import cross_entropy
    >>> cross_entropy([[0.5, 0.5], [0.25, 0.75]], [0, 0])
    1.0397207708399179
    """
    classes = as_classes(truth, "truth")
    given, unknown = as_array("probabilities", probabilities, "biuf", "real numbers")
    if given.ndim == 0 or given.shape[:-1] != classes.shape or given.shape[-1] == 0:
        raise ValueError(
            f"probabilities have shape {given.shape}; expected that of truth, {classes.shape}, and a last axis "
            "for the classes"
        )
    inside = as_mask(mask, classes.shape)
    inside = np.ones(classes.shape, bool) if inside is None else inside
    if ignore_label is not None:
        inside = inside & (classes != as_count("ignore_label", ignore_label, least=0))
    if (hidden := masked_in(truth)) is not None:
        inside = inside & ~hidden
    if unknown is not None:
        inside = inside & ~unknown.any(axis=-1)
    if not inside.any():
        raise ValueError("mask and ignore_label leave no pixel of truth; expected at least one that takes part")
    chosen, values = classes[inside].astype(np.intp), given[inside].astype(np.float64)
    if chosen.max() >= values.shape[1]:
        raise ValueError(f"truth goes to {chosen.max()}; expected classes from 0 to {values.shape[1] - 1}")
    if not (values.min() >= 0 and values.max() <= 1 + _TOLERANCE):
        raise ValueError(f"probabilities go from {values.min():g} to {values.max():g}; expected 0 to 1")
    if (farthest := float(np.abs(values.sum(axis=1) - 1).max())) > _TOLERANCE:
        raise ValueError(f"probabilities of a pixel add up to 1 within {farthest:g}; expected within 1e-5")
    own = values[np.arange(len(chosen)), chosen]
    if own.min() == 0:
        return float("inf")
    return max(0.0, float(-np.log(own).mean()))

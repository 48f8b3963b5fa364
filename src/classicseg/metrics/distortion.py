"""How much a two-valued page differs from the truth as a reader sees it: PSNR and DRD."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_array
from classicseg._core.image import as_image
from classicseg._core.numbers import as_number
from classicseg.metrics.binary import as_sets
from classicseg.types import ChannelAxis, Mask

_REACH = 2
"""Lu's neighborhood of a wrong pixel: so many pixels to each side."""

_BLOCK = 8
"""The side of the blocks that Lu divides a page into."""


def psnr(
    truth: ArrayLike,
    image: ArrayLike,
    *,
    peak: float | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> float:
    """Measure how near an image comes to another one: the ratio of its peak to the noise, in decibels.

    Parameters
    ----------
    truth, image : array_like, shape (M, N[, …][, C])
        Two images of one shape, of any real dtype, or two binary ones, as in the contests. Pixels that are not
        finite in either take no part.
    peak : float, optional
        The greatest value that there may be, in the images' units, more than 0. By default 1 for bool, 255 for
        uint8 and 65535 for uint16; other images need it.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    float
        The ratio in decibels; infinity where nothing differs.

    Raises
    ------
    TypeError
        If an image does not hold real numbers, `mask` is not bool, or `peak` is not a number.
    ValueError
        If an image is empty or its channel axis is unclear, shapes differ, no pixel takes part, or `peak` is
        missing where the dtype does not tell it, or not more than 0.

    See Also
    --------
    f_measure : Counts right pixels of binary images.
    drd : Weighs wrong pixels by their neighbors.
    ssim : Sees whether the structure stays.

    Notes
    -----
    PSNR = 10 log10(peak² / mean((truth - image)²)), the mean being over pixels and channels [1]_. The measure is
    symmetric. The cost is linear in the number of pixels; sums are in float64.

    References
    ----------
    .. [1] Gatos B., Ntirogiannis K., Pratikakis I. ICDAR 2009 document image binarization contest (DIBCO 2009).
       International Conference on Document Analysis and Recognition, 2009.

    Examples
    --------
    >>> from classicseg.metrics import psnr
    >>> psnr([[0, 10, 20, 30]], [[0, 10, 20, 31]], peak=100)
    46.020599913279625
    """
    first, second, inside, highest = as_two_images(truth, image, peak, channel_axis, mask)
    differences = first[inside].astype(np.float64) - second[inside]
    squares = float(np.mean(differences**2))
    return 10 * math.log10(highest**2 / squares) if squares > 0 else math.inf


def drd(truth: ArrayLike, labels: ArrayLike, *, ignore_label: int | None = None, mask: Mask = None) -> float:
    """Measure the distance-reciprocal distortion: how much wrong pixels disturb the eye.

    Parameters
    ----------
    truth, labels : array_like of bool, or of integers that hold one value beside 0, shape (M, N[, …])
        The pixels that are looked for, and those that were found: True, or not 0.
    ignore_label : int, optional
        Pixels that have this label in `truth` take no part.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    float
        0 where nothing is wrong, without an upper bound; infinity where something is wrong and no block of `truth`
        holds both values.

    Raises
    ------
    TypeError
        If `truth` or `labels` holds neither integers nor bool, `mask` is not bool, or `ignore_label` is not a
        whole number.
    ValueError
        If `truth` or `labels` is empty or holds more than one label beside 0, shapes differ, or no pixel takes
        part.

    See Also
    --------
    f_measure : Counts wrong pixels, wherever they are.
    psnr : Counts them in decibels.

    Notes
    -----
    DRD = Σ d(x) / n over the wrong pixels x [1]_. For each, d(x) adds the weights of those of its 24 neighbors
    within 2 pixels along each axis that have in `truth` the value that x should have; the weights are reciprocals
    of the distance and sum to 1. n is the number of blocks of 8 × 8 pixels of `truth` that hold both values.
    Blocks that the border cuts are not counted, nor are neighbors beyond it. In n dimensions there are 5ⁿ - 1
    neighbors and blocks of 8ⁿ pixels. The measure is not symmetric. The cost is linear in the number of pixels.

    References
    ----------
    .. [1] Lu H., Kot A. C., Shi Y. Q. Distance-reciprocal distortion measure for binary document images. IEEE
       Signal Processing Letters 11(2), 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg.metrics import drd
    >>> truth = np.zeros((8, 8), bool)
    >>> truth[2:4] = True
    >>> labels = truth.copy()
    >>> labels[6, 4] = True
    >>> round(drd(truth, labels), 4)
    0.8479
    """
    ours, theirs, inside = as_sets(truth, labels, ignore_label, mask)
    wrong = ours != theirs
    if not wrong.any():
        return 0.0
    n_blocks = _n_mixed_blocks(ours, inside)
    return _distortion(ours, inside, wrong) / n_blocks if n_blocks else math.inf


def as_two_images(
    truth: ArrayLike, image: ArrayLike, peak: float | None, channel_axis: ChannelAxis, mask: Mask
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_], float]:
    """Parse two images: their values, channels last, where both have any, and the greatest possible value."""
    first = as_image(truth, channel_axis=channel_axis, mask=mask, name="truth")
    second = as_image(image, channel_axis=channel_axis, mask=mask)
    if first.values.shape != second.values.shape:
        raise ValueError(f"image has shape {second.shape}; expected that of truth, {first.shape}")
    highest = _as_peak(peak, truth, image)
    inside = first.mask_array() & second.mask_array()
    if not inside.any():
        raise ValueError("no pixel is finite in both images and in the mask; expected at least one")
    return first.values, second.values, inside, highest


def _as_peak(peak: float | None, truth: ArrayLike, image: ArrayLike) -> float:
    """Parse the greatest possible value, which bool, uint8 and uint16 have by themselves."""
    if peak is not None:
        return as_number("peak", peak, above=0.0)
    dtypes = [as_array("image", one, "biuf", "real numbers")[0].dtype for one in (truth, image)]
    for dtype in dtypes:
        if dtype.kind not in "bu" or dtype.itemsize > 2 or dtype != dtypes[0]:
            raise ValueError(
                f"truth and image have dtypes {dtypes[0]} and {dtypes[1]}, which do not say what their greatest "
                "value is; pass peak"
            )
    return 1.0 if dtypes[0].kind == "b" else float(np.iinfo(dtypes[0]).max)


def _distortion(truth: NDArray[np.bool_], inside: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> float:
    """The weights of the neighbors of wrong pixels that the truth has as those should be."""
    steps = np.array(list(itertools.product(range(-_REACH, _REACH + 1), repeat=truth.ndim)))
    steps = steps[steps.any(axis=1)]
    weights = 1 / np.sqrt((steps**2).sum(axis=1))
    values = np.pad(np.where(inside, truth, 2).astype(np.int8), _REACH, constant_values=2)  # 2 is neither
    places = np.argwhere(wrong)
    right = truth[wrong]
    found = 0.0
    for step, weight in zip(steps, weights / weights.sum(), strict=True):
        found += weight * np.count_nonzero(values[tuple((places + step + _REACH).T)] == right)
    return float(found)


def _n_mixed_blocks(truth: NDArray[np.bool_], inside: NDArray[np.bool_]) -> int:
    """How many whole blocks hold both values among the pixels that take part."""
    whole = tuple(slice(length // _BLOCK * _BLOCK) for length in truth.shape)
    split = [part for length in truth[whole].shape for part in (length // _BLOCK, _BLOCK)]
    within = tuple(range(1, 2 * truth.ndim, 2))
    has = [(members & inside)[whole].reshape(split).any(axis=within) for members in (truth, ~truth)]
    return int(np.count_nonzero(has[0] & has[1]))

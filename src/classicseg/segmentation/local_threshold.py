"""Local thresholds: each pixel is compared with a threshold that the window around it gives.

Where light or paper changes across an image no single threshold serves. Most methods take the mean m and the
standard deviation s of a window, and differ in how far below the mean the threshold lies; others take a smooth
mean, the median, or the middle of the extremes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, SupportsIndex, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_bands
from classicseg._core.histogram import optimal_split, value_histogram
from classicseg._core.hysteresis import pieces_that_hold
from classicseg._core.image import as_scalar_image
from classicseg._core.numbers import as_count, as_number
from classicseg._core.window_extremes import mark_contrast, split_by_extremes
from classicseg._core.window_medians import split_by_median
from classicseg._core.window_moments import (
    DEVIATION,
    EXPONENTIAL,
    PRODUCT,
    ROOT_MEAN_SQUARE,
    Rule,
    greatest_deviation,
    split_by_moments,
)
from classicseg._core.window_smooth import smooth_bits, smooth_window, split_by_smooth_mean
from classicseg._core.window_sums import columns_type
from classicseg._core.windows import Field, Scale, as_field, read_only
from classicseg.types import ChannelAxis, Labels, Mask

Method = Literal[
    "sauvola", "isauvola", "wolf", "phansalkar", "nick", "niblack", "su", "bernsen", "mean", "gaussian", "median"
]

_OPTIONS: dict[str, set[str]] = {
    "k": {"sauvola", "isauvola", "wolf", "phansalkar", "nick", "niblack"},
    "r": {"sauvola", "isauvola", "phansalkar"},
    "offset": {"mean", "gaussian", "median"},
    "contrast": {"bernsen"},
}
_K = {"sauvola": 0.2, "isauvola": 0.2, "wolf": 0.5, "phansalkar": 0.25, "nick": -0.15, "niblack": -0.2}
_FORMULA = {
    "sauvola": PRODUCT,
    "isauvola": PRODUCT,
    "wolf": PRODUCT,
    "phansalkar": EXPONENTIAL,
    "nick": ROOT_MEAN_SQUARE,
    "niblack": DEVIATION,
    "mean": DEVIATION,
}


def local_threshold_segment(
    image: ArrayLike,
    *,
    method: Method = "sauvola",
    window: int | Sequence[int] = 75,
    k: float | None = None,
    r: float | None = None,
    offset: float | None = None,
    contrast: float | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> Labels:
    """Divide the pixels into dark and bright, each by a threshold from the window around it.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey image or a volume; of three channels the luminance is taken.
    method : str
        What the threshold is: "sauvola", "isauvola", "wolf", "phansalkar", "nick", "niblack", "su", "bernsen",
        "mean", "gaussian" or "median", by the formulas in the notes.
    window : int or sequence of int
        The length of the window in pixels, odd, one number or one an axis. It is cut at the border of the
        image, and what takes no part is not in it.
    k : float, optional
        By default 0.2 for "sauvola" and "isauvola", 0.5 for "wolf", 0.25 for "phansalkar", -0.15 for "nick",
        -0.2 for "niblack".
    r : float, optional
        The range of the standard deviation, for "sauvola", "isauvola" and "phansalkar"; by default half the range
        of the values that take part. The papers have 128 for 8 bits.
    offset : float, optional
        For "mean", "gaussian" and "median"; by default 0.
    contrast : float, optional
        For "bernsen"; by default a tenth of the range of the values that take part.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.

    Returns
    -------
    ndarray of int32
        Classes 1 … n, of the spatial shape: 1 where a value is below its threshold, 2 where it is not, and 1
        everywhere if none is below; 0 where a pixel takes no part.

    Raises
    ------
    TypeError, ValueError
        If the image or the mask is not what is described, a window is not odd, an option is given that the
        method does not use, or the window of "gaussian" is so long that its sums could pass 64 bits (about 1500
        for 8 bits and 600 for more, in a volume 190 and 100).

    Notes
    -----
    The threshold T of a pixel, with m the mean, s the standard deviation and n the number of pixels of its window:

    - "sauvola": m (1 + k (s / r - 1)), made for ink on paper [1]_.
    - "isauvola": the same; of what is dark only those pieces (corners connect) remain that reach where the
      contrast is high, as in "su" [2]_. The best of all on the pages of the DIBCO contests, with window 25, k 0.1.
    - "wolf": m + k (s / S - 1) (m - M), with S the greatest s and M the least value of the image [3]_.
    - "phansalkar": m (1 + 2 exp(-5 m / r) + k (s / r - 1)), for dark images; in exp, m < 0 counts as 0 [4]_.
    - "nick": m + k sqrt((sum of squares - m²) / n) [5]_.
    - "niblack": m + k s [6]_.
    - "su": m + s / 2 of the pixels of high contrast in the window alone, if they are at least one in as many as
      the window is long; all is bright where they are fewer [7]_. Contrast is (max - min) / (|max| + |min|) of 3
      pixels an axis, in 254 steps; Otsu's threshold of it says what is high. s² is the mean of the squared
      differences, where the paper prints half their sum.
    - "bernsen": (max + min) / 2; but where max - min < `contrast`, a pixel is bright if that middle of its window
      is at or above the middle of the image [8]_.
    - "mean", "gaussian", "median": that of the window, less `offset`. The Gaussian is three boxes one after the
      other, which span the window together; its sigma is about window / 6.

    Linear in pixels, whatever the window, with a few rows of memory; "bernsen" keeps as many rows as the window
    has, "su" takes one byte a pixel and "isauvola" some twenty. "median" is that for 2-D images of uint8; for
    others it is linear in the pixels times those of one side of the window, and floats are taken in 65 536 levels.
    All sums are exact, and so are ties in flat areas. For that floats are taken in levels, of about 2**-24 of
    their range for windows of up to 128 × 128 pixels, and of more for larger ones, 2**-18 for 4000 × 4000.

    References
    ----------
    .. [1] Sauvola J., Pietikäinen M. Adaptive document image binarization. Pattern Recognition 33(2), 2000.
    .. [2] Hadjadj Z., Meziane A., Cherfa Y., Cheriet M., Setitra I. ISauvola: improved Sauvola's algorithm for
       document image binarization. Image Analysis and Recognition (ICIAR), 2016.
    .. [3] Wolf C., Jolion J.-M. Extraction and recognition of artificial text in multimedia documents. Pattern
       Analysis and Applications 6(4), 2003.
    .. [4] Phansalkar N., More S., Sabale A., Joshi M. Adaptive local thresholding for detection of nuclei in
       diversity stained cytology images. International Conference on Communications and Signal Processing, 2011.
    .. [5] Khurshid K., Siddiqi I., Faure C., Vincent N. Comparison of Niblack inspired binarization methods for
       ancient documents. Document Recognition and Retrieval XVI, 2009.
    .. [6] Niblack W. An Introduction to Digital Image Processing. Prentice-Hall, 1986.
    .. [7] Su B., Lu S., Tan C. L. Binarization of historical document images using the local maximum and minimum.
       Document Analysis Systems (DAS), 2010.
    .. [8] Bernsen J. Dynamic thresholding of grey-level images. International Conference on Pattern Recognition,
       1986.

    Examples
    --------
    >>> from classicseg import local_threshold_segment
    >>> local_threshold_segment([[10, 20, 10, 110, 120, 110]], method="mean", window=3)
    array([[1, 2, 1, 2, 2, 1]], dtype=int32)
    """
    if not isinstance(method, str) or method not in get_args(Method):
        raise ValueError(f"method is {method!r}; expected one of {', '.join(map(repr, get_args(Method)))}")
    options = _as_options(method, k=k, r=r, offset=offset, contrast=contrast)
    parsed = as_scalar_image(image, channel_axis=channel_axis, mask=mask)
    field = as_field(parsed, _as_window(window, len(parsed.shape)))
    split: _Split = {
        "gaussian": _split_by_smooth_mean,
        "median": _split_by_median,
        "bernsen": _split_by_extremes,
        "su": _split_by_edges,
        "isauvola": _split_and_connect,
    }.get(method, _split_by_moments)
    labels = np.empty(field.values.shape, np.int32)
    if field.n_pixels == 0 or split(field, method, options, labels) == 0:
        labels[:] = field.marks if len(field.marks) else 1  # one class only, which is the first
    return labels.reshape(parsed.shape)


_Split = Callable[[Field, str, dict[str, float], Labels], int]
"""Writes the labels and returns how many pixels are of class 1."""


def _as_options(method: str, **given: float | None) -> dict[str, float]:
    """Those that are given, as numbers; one that the method does not use is refused."""
    options = {}
    for name, value in given.items():
        if value is None:
            continue
        if method not in _OPTIONS[name]:
            takers = ", ".join(repr(other) for other in get_args(Method) if other in _OPTIONS[name])
            raise ValueError(f"{name} is {value!r}, which {method!r} does not use, but {takers}; leave it out")
        above = 0.0 if name == "r" else -np.inf
        options[name] = as_number(name, value, above=above, least=0.0 if name == "contrast" else -np.inf)
    return options


def _as_window(window: int | Sequence[int], ndim: int) -> tuple[int, ...]:
    given: list[SupportsIndex]
    if isinstance(window, Sequence | np.ndarray) and not isinstance(window, str) and np.ndim(window) > 0:
        given = list(window)
    else:
        given = [window] * ndim  # type: ignore[list-item]
    if len(given) != ndim:
        raise ValueError(f"window has {len(given)} numbers; expected one, or one for each of {ndim} axes")
    sizes = tuple(as_count("window", size) for size in given)
    for size in sizes:
        if size % 2 == 0:
            raise ValueError(f"window is {size}; expected an odd number, which has a middle; pass {size + 1}")
    return sizes


def _split_by_moments(field: Field, method: str, options: dict[str, float], labels: Labels) -> int:
    scale, window, columns = _fine_scale(field), field.window(), columns_type(field)
    zero, r = scale.low, options.get("r", field.span / 2)
    if method == "wolf":
        zero = scale.low - float(field.ends[0])
        r = max(field.run(greatest_deviation, field.marks, scale, window, columns)) / scale.inverse
    rule = Rule(
        formula=_FORMULA[method],
        zero=zero * scale.inverse,
        k=options.get("k", _K.get(method, 0.0)),
        inverse_r=1.0 / (r * scale.inverse) if r > 0 else 0.0,
        offset=options.get("offset", 0.0) * scale.inverse,
    )
    return sum(field.run(split_by_moments, field.marks, 1, scale, window, rule, columns, labels))


def _fine_scale(field: Field) -> Scale:
    """As many bits as let sums of squares fit 62, and as float32 has."""
    return field.scale(min(24, (62 - field.n_around.bit_length()) // 2))


def _split_by_smooth_mean(field: Field, method: str, options: dict[str, float], labels: Labels) -> int:
    bits, needed = smooth_bits(field), 8 * min(2, field.values.itemsize)
    if bits < needed:
        raise ValueError(
            f"window is {field.sizes}, too long for 'gaussian': the weighted sums of {needed} bits pass 64; "
            "take a shorter one, or method='mean'"
        )
    scale = field.scale(min(24, bits))
    offset = options.get("offset", 0.0) * scale.inverse
    return sum(field.run(split_by_smooth_mean, field.marks, scale, *smooth_window(field), offset, labels))


def _split_by_median(field: Field, method: str, options: dict[str, float], labels: Labels) -> int:
    scale, n_levels = field.scale(16), 256 if field.values.itemsize == 1 else 2**16 + 1
    offset = options.get("offset", 0.0) * scale.inverse
    arguments = field.marks, scale, field.window(), offset, n_levels, labels
    if n_levels == 256 and len(field.shape) == 2:
        return sum(field.run(split_by_median, *arguments))
    n_rows, row_size = field.values.shape
    side = math.prod(min(size, n) for size, n in zip(field.sizes, field.shape, strict=True)) // min(
        field.sizes[-1], field.shape[-1]
    )
    return sum(run_bands(split_by_median, n_rows, row_size * (1 + side // 32), field.values, *arguments))


def _split_by_extremes(field: Field, method: str, options: dict[str, float], labels: Labels) -> int:
    contrast = options.get("contrast", field.span / 10)
    return sum(field.run(split_by_extremes, field.marks, field.window(), field.ends, contrast, labels))


def _split_by_edges(field: Field, method: str, options: dict[str, float], labels: Labels) -> int:
    marks, least = _mark_contrast(field)
    rule = Rule(DEVIATION, k=0.5, length=float(max(field.sizes)))
    scale, columns = _fine_scale(field), columns_type(field)
    return sum(field.run(split_by_moments, marks, least, scale, field.window(), rule, columns, labels))


def _split_and_connect(field: Field, method: str, options: dict[str, float], labels: Labels) -> int:
    _split_by_moments(field, method, options, labels)
    marks, least = _mark_contrast(field)
    dark = labels == 1
    kept = pieces_that_hold(dark.reshape(field.shape), (dark & (marks >= least)).reshape(field.shape))
    labels[dark & ~kept.reshape(dark.shape)] = 2
    return int(kept.any())


def _mark_contrast(field: Field) -> tuple[NDArray[np.uint8], int]:
    """Mark the pixels by the contrast around them, from 1 on, and find the least mark of high contrast."""
    marks = np.empty(field.values.shape, np.uint8)
    field.run(mark_contrast, field.marks, field.window((3,) * len(field.shape)), field.ends, marks)
    levels, counts = value_histogram(marks.ravel())
    levels, counts = levels[levels > 0], counts[levels > 0]
    first = optimal_split(levels, counts, 2)
    return read_only(marks), int(levels[first[0]]) if len(first) else 2

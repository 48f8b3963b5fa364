"""An image in few colors: those of k-means, as few as a quality takes, and no specks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_filled
from classicseg._core.image import Image, as_image
from classicseg._core.numbers import as_count, as_number
from classicseg.clustering.bounding_boxes import nearest
from classicseg.clustering.features import Features, as_feature_space, image_features, paint_features
from classicseg.clustering.lloyd import Search, as_centers, as_generator, fit
from classicseg.labeling.components import connected_components
from classicseg.regions.adjacency import merge_small
from classicseg.regions.statistics import region_sums
from classicseg.types import ChannelAxis, Mask, PaletteImage, Random

_BY_DEFAULT = 256
"""What one byte a pixel can tell apart."""

_FIRST, _A_DOUBLING = 64, 2.6
"""For a quality so many colors are tried first; twice as many colors are about so many decibels nearer."""


def palette_image(
    image: ArrayLike,
    *,
    n_colors: int | None = None,
    min_psnr: float | None = None,
    colors: ArrayLike | None = None,
    min_area: float = 0.0,
    rng: Random = 0,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> PaletteImage:
    """Draw an image in few colors, as near to the original as so many allow.

    Parameters
    ----------
    image : array_like of uint8 or uint16, shape (M, N[, …][, C])
        A grey or color image or a volume. What a fourth channel means does not matter: of one with alpha, multiply
        the colors by it first.
    n_colors : int, optional
        The largest number of colors, at least 1; with `min_psnr` the search ends there. By default 256.
    min_psnr : float, optional
        Take the fewest colors with which the image comes so near to the original, in decibels (see `psnr`), more
        than 0.
    colors : array_like, shape (n, C), optional
        A palette, say of many images; none is sought then. Its colors are rounded to the image's dtype.
    min_area : float, default 0.0
        Connected pixels of one color that are fewer than these join the neighbors that are most like them, at
        least 0.
    rng : int, numpy.random.Generator or None, default 0
        The seed or the generator that draws the starting centers. None draws others at each call.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    PaletteImage
        A named tuple: ``labels``, which number each pixel's color from 1, and 0 where a pixel takes no part; and
        ``colors``, from dark to bright, in the image's dtype. ``colors[labels - 1]`` is the image.

    Raises
    ------
    TypeError
        If `image` is not uint8 or uint16, `colors` does not hold real numbers, `mask` is not bool, or a number has
        the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask` or `colors` does not fit, `colors` comes with
        `n_colors` or `min_psnr`, a number is out of its range, or `n_colors` colors do not reach `min_psnr`.

    See Also
    --------
    kmeans_segment : The same classes, of any image, without colors.
    label_means : Paints segments in their means.
    merge_small_regions : Joins small regions of any labels.
    psnr : How near two images are.

    Notes
    -----
    The colors are the centers of `kmeans_fit`, rounded. With a `min_psnr`, their number is found by bisection over
    one histogram: it reaches the quality, and one color less misses it. Where small regions have joined others,
    each region takes the color nearest to its mean, and the quality is that of the image that comes out. No colors
    are mixed by dithering, which makes files of photographs larger and their quality less.

    The cost is that of `kmeans_fit`, and with a `min_psnr` about eight times that.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import palette_image
    >>> image = np.array([[10, 12, 200, 202]], np.uint8)
    >>> palette_image(image, n_colors=2)
    PaletteImage(labels=array([[1, 1, 2, 2]], dtype=int32), colors=array([[ 11],
           [201]], dtype=uint8))
    >>> len(palette_image(image, min_psnr=60).colors)
    4
    """
    dtype = _as_dtype(image)
    most = None if n_colors is None else as_count("n_colors", n_colors)
    wanted = None if min_psnr is None else as_number("min_psnr", min_psnr, above=0.0)
    least = as_number("min_area", min_area, least=0.0)
    generator = as_generator(rng)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    small = math.ceil(min(least, math.prod(parsed.shape) + 1))
    features = image_features(parsed, None, as_feature_space())
    if colors is not None:
        if most is not None or wanted is not None:
            raise ValueError("colors come with n_colors or min_psnr, which choose colors; leave those out")
        return _drawn(parsed, features, _as_palette(colors, parsed, dtype), small)

    def with_at_most(count: int) -> PaletteImage:
        search = Search(count, None, 1, 300, 0.0, deepcopy(generator))  # the same draws for each number
        centers = fit(features.vectors, features.weights, features.brightness, search).centers
        return _drawn(parsed, features, np.rint(centers).astype(dtype), small)

    if wanted is None:
        return with_at_most(most or _BY_DEFAULT)
    return _fewest(with_at_most, parsed, most or _BY_DEFAULT, wanted)


def _as_dtype(image: ArrayLike) -> np.dtype[Any]:
    """The dtype of an image whose numbers have 8 or 16 bits."""
    dtype = as_filled("image", image, "biuf", "real numbers").dtype.newbyteorder("=")
    if dtype not in (np.uint8, np.uint16):
        raise TypeError(f"image is {dtype}; expected uint8 or uint16, whose range says what is near; convert it")
    return dtype


def _as_palette(colors: ArrayLike, image: Image, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Parse a palette."""
    palette, highest = as_centers("colors", colors), np.iinfo(dtype).max
    if palette.shape[1] != image.n_channels:
        raise ValueError(f"colors have shape {palette.shape}; expected (n, {image.n_channels}), one row a color")
    if not (palette.min() >= 0 and palette.max() <= highest):
        raise ValueError(f"colors hold {palette.min():g} to {palette.max():g}; expected 0 to {highest}")
    return np.rint(palette).astype(dtype)


def _drawn(image: Image, features: Features, rounded: NDArray[Any], min_area: int) -> PaletteImage:
    """Give each pixel the nearest color, without specks; colors that no pixel has are left out."""
    _, first = np.unique(rounded, axis=0, return_index=True)
    colors = rounded[np.sort(first)]
    centers = colors.astype(np.float64)
    if not len(features.vectors):
        return PaletteImage(image.scatter(np.empty(0, np.int32)), colors[:0])
    labels = paint_features(image, centers, as_feature_space(), features)
    if min_area > 1:
        labels = _without_specks(labels, image, centers, min_area)
    used = np.bincount(labels.reshape(-1), minlength=len(colors) + 1) > 0
    used[0] = False
    numbers = (np.cumsum(used) * used).astype(np.int32)
    return PaletteImage(numbers[labels], colors[used[1:]])


def _without_specks(
    labels: NDArray[np.int32], image: Image, centers: NDArray[np.float64], min_area: int
) -> NDArray[np.int32]:
    """Join small regions to others, which take the color nearest to their mean."""
    regions = merge_small(connected_components(labels, 1), image.values, min_area, 1)
    means = region_sums(regions, image.values, int(regions.max(initial=0))).means[1:]
    return np.append(np.int32(0), nearest(means, centers))[regions]


def _fewest(with_at_most: Callable[[int], PaletteImage], image: Image, most: int, wanted: float) -> PaletteImage:
    """The fewest colors that reach a quality, where one less misses it."""
    misses, reaches = (0, -math.inf), (most + 1, math.inf)  # numbers of colors, and the decibels that they reach
    count = min(_FIRST, most)
    found: PaletteImage | None = None
    for step in itertools.count(1):
        tried = with_at_most(count)
        reached = _psnr(tried, image)
        if reached >= wanted:
            reaches, found = (count, reached), tried
        else:
            misses = count, reached
        if reaches[0] - misses[0] == 1:
            break
        count = (misses[0] + reaches[0]) // 2
        if step % 5:  # a guess that is always a little off would take very many steps
            count = _count_between(misses, reaches, wanted) or count
    if found is None:
        raise ValueError(
            f"min_psnr is {wanted:g} dB, and {most} colors reach {misses[1]:.2f} dB; expected less, or more "
            "n_colors"
        )
    return found


def _count_between(misses: tuple[int, float], reaches: tuple[int, float], wanted: float) -> int | None:
    """About as many colors as are wanted: decibels are nearly even steps where colors double. None if unknown."""
    low, high = misses[1], reaches[1]
    if math.isfinite(low) and math.isfinite(high):
        doublings = math.log2(reaches[0] / misses[0]) * (wanted - low) / (high - low)
        guess = misses[0] * 2**doublings
    elif math.isfinite(low) or math.isfinite(high):
        count, reached = misses if math.isfinite(low) else reaches
        guess = count * 2 ** min((wanted - reached) / _A_DOUBLING, 40.0)
    else:
        return None
    return min(max(math.ceil(guess), misses[0] + 1), reaches[0] - 1)


def _psnr(found: PaletteImage, image: Image) -> float:
    """How near an image in few colors is to the original, in decibels."""
    inside = found.labels > 0
    if not inside.any():
        return math.inf
    differences = found.colors[found.labels[inside] - 1].astype(np.float64) - image.values[inside]
    squares = float(np.mean(differences**2))
    return 10 * math.log10(float(np.iinfo(found.colors.dtype).max) ** 2 / squares) if squares > 0 else math.inf

"""How sure a person would draw a boundary at each pixel: learned from photographs that people drew on.

At half the resolution, histograms of lightness, color and texture in two half-discs are compared at eight
orientations and four scales (Martin, Fowlkes and Malik, 2004). What differs, and what is around, are about a
hundred features of a pixel. A boosted forest makes a map of them, and a second one sees the map as well.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_array
from classicseg._core.bands import run_bands
from classicseg._core.image import Image, as_image
from classicseg.edges.learned.dense import WHOLE, first_look, half_disc_map, predict_map
from classicseg.edges.learned.features import FIRST, SECOND, names
from classicseg.edges.learned.grids import WEIGHTS, double
from classicseg.edges.learned.histograms import soft_histograms
from classicseg.edges.learned.noise import calmed
from classicseg.edges.learned.orientation import ridge_orientation
from classicseg.edges.learned.planes import Counts, counts_of
from classicseg.filters.color import LAB_STEPS, as_lab, lab_steps
from classicseg.learning.model import BoundaryModel, TrainedModel
from classicseg.learning.model_file import asked_model
from classicseg.types import BoundaryMap, ChannelAxis, Mask

_SMALL = 2**16
"""Images of fewer pixels are looked at in double size: the half-discs are of the size for photographs of more."""


def boundary_probability(
    image: ArrayLike,
    *,
    model: TrainedModel = "photographs",
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> BoundaryMap:
    """Say how sure a person would draw a boundary at each pixel, and which way it runs.

    Parameters
    ----------
    image : array_like, shape (M, N[, C])
        A grey image, or a color image in red, green and blue, of any real dtype: white is 255 as uint8, 65535 as
        uint16, True as bool and 1 in other dtypes. NaN and infinite values take no part.
    model : "photographs", path, BoundaryModel or None, default "photographs"
        What tells boundaries from other differences. "photographs": two forests that learned from the photographs
        of BSDS500. A path is that of a model by ``classicseg train-boundaries``. None: a sum of how much the
        half-discs differ, with the weights that stand in the source; nothing is loaded.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N), optional
        True where a pixel takes part, by default everywhere. The border of the mask is no boundary.

    Returns
    -------
    BoundaryMap
        The strength, float32 from 0 to 1: about the share of people who draw a boundary here, blurred as far as
        they differ on where it runs; and the orientation, in radians.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or `model` is no model.
    ValueError
        If `image` is empty, has not two spatial axes or other than one or three channels, or holds floats outside
        0 to 1; if `mask` does not fit its shape, or the model is damaged or made for other features.

    See Also
    --------
    thin_boundaries : Its lines, one pixel wide.
    contour_tree : Closed contours of the map, at all scales.
    gradient_magnitude : Differences between neighbors, which need no model.
    canny_edges : Thin edges of the gradient.

    Notes
    -----
    Half-discs, their straight side along a boundary, are compared by the chi-square distance of their soft
    histograms [1]_; what their differences mean is learned by boosted trees [2]_, as a regression of the share of
    people who drew near.

    The image has two spatial axes: half-discs have eight orientations in a plane, and an orientation is an angle.

    Colors are compared in CIE Lab, which has a white: multiplying all values by a number changes the contrasts, as
    a darker print does. An image of uint8 and the same times 257 in uint16 give the same map, and so do grey and
    the same three times as red, green and blue.

    Flips and quarter turns of the image give flipped and turned maps, bit for bit: sums are whole numbers, and
    where several orientations are equally good a feature is the greatest of theirs. Where a ridge runs no way more
    than across it, the orientation is 0. An image without differences has strength 0.

    The noise of an image is what the smoothest tenth of it has at the most; where it is above a hundredth of
    white, a bilateral filter [3]_ takes most of it away first. But for that, a pixel changes nothing farther
    away than some 250 pixels. An image of less than 65536 pixels is looked at in double size: half-discs are of
    the size for photographs of more.

    The cost is linear in the number of pixels: some 50 bytes each, and a fifth of a second for a photograph of
    481 × 321 on one core.

    References
    ----------
    .. [1] Martin D. R., Fowlkes C. C., Malik J. Learning to detect natural image boundaries using local
       brightness, color, and texture cues. IEEE Transactions on Pattern Analysis and Machine Intelligence 26(5),
       2004.
    .. [2] Friedman J. H. Greedy function approximation: a gradient boosting machine. Annals of Statistics 29(5),
       2001.
    .. [3] Tomasi C., Manduchi R. Bilateral filtering for gray and color images. International Conference on
       Computer Vision, 1998.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import boundary_probability
    >>> image = np.zeros((40, 40), np.uint8)
    >>> image[:, 20:] = 200
    >>> strength, orientation = boundary_probability(image, model=None)
    >>> strength[20].argmax() in (19, 20), round(float(orientation[20, 20]), 3)
    (True, 1.571)
    """
    found = as_model(model)
    forests = None if found is None else (found.forests[FIRST], found.forests[SECOND])
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    _check_shape(parsed)
    inside = parsed.mask_array()
    counts = _counts(parsed, is_bool=holds_bool(image))
    half = half_disc_map(counts) if forests is None else predict_map(first_look(counts), forests)
    del counts
    return whole_map(half, inside)


def whole_map(half: NDArray[np.uint16], inside: NDArray[np.bool_]) -> BoundaryMap:
    """The map of an image by that of half the resolution; of a small image, that of half the double size."""
    height, width = inside.shape
    whole = half.astype(np.float32)
    if not is_small(inside.shape):
        whole = double(whole[np.newaxis], (height, width), 0, height)[0]
    whole *= inside
    orientation = ridge_orientation(whole)
    orientation *= whole > 0
    whole /= np.float32(WHOLE)
    return BoundaryMap(whole, orientation)


def as_model(model: Any) -> BoundaryModel | None:
    """Parse a model that has the forests of the map; a name and a path are looked up."""
    return None if model is None else asked_model(model, "photographs", names(), "None")


def _check_shape(image: Image) -> None:
    """Refuse what is no picture."""
    if len(image.shape) != 2:
        raise ValueError(
            f"image has {len(image.shape)} spatial axes; expected 2, in which a boundary has an angle; pass one "
            "plane, e.g. image[0]"
        )
    if image.n_channels not in (1, 3):
        raise ValueError(
            f"image has {image.n_channels} channels; expected 1, or 3 (red, green, blue); leave the others out, "
            "e.g. image[..., :3]"
        )


def image_steps(image: NDArray[Any]) -> NDArray[np.int16]:
    """Steps of Lab, (3, M, N), of an image without a mask."""
    return as_steps(as_image(image), is_bool=holds_bool(image))


def image_counts(image: NDArray[Any]) -> Counts:
    """What is known of an image without a mask at half the resolution."""
    return _counts(as_image(image), is_bool=holds_bool(image))


def _counts(image: Image, *, is_bool: bool) -> Counts:
    steps, inside = as_steps(image, is_bool=is_bool), image.mask_array()
    if is_small(inside.shape):
        steps, inside = _doubled(steps, inside)
    return counts_of(soft_histograms(steps, inside))


def is_small(shape: tuple[int, ...]) -> bool:
    """Whether an image is looked at in double size."""
    return math.prod(shape) < _SMALL


def _doubled(steps: NDArray[np.int16], inside: NDArray[np.bool_]) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Steps of Lab in double size, between those of the pixels that take part."""
    height, width = (2 * length for length in inside.shape)
    shares = inside.astype(np.float32)[np.newaxis] * np.float32(WEIGHTS)
    sums, total = (double(own, (height, width), 0, height) for own in (shares * steps, shares))
    found = np.floor(sums / np.maximum(total, np.float32(1)) + np.float32(0.5)).astype(np.int16)
    return found, inside.repeat(2, axis=0).repeat(2, axis=1)


def holds_bool(image: ArrayLike) -> bool:
    """Whether an image is of True and False, which are white and black."""
    return bool(as_array("image", image, "biuf", "real numbers")[0].dtype == np.bool_)


def as_steps(image: Image, *, is_bool: bool) -> NDArray[np.int16]:
    """Steps of Lab, (3, M, N), of an image with less noise than it has."""
    values = image.values
    if is_bool:
        values = values * np.uint8(255)
    steps = np.empty((3, *image.shape), np.int16)
    run_bands(_convert, len(values), values.shape[1] * 3, values, steps)
    calm = calmed(values, image.mask_array())  # after floats above white are refused
    if calm is not values:
        run_bands(_convert, len(calm), calm.shape[1] * 3, calm, steps)
    return steps


def _convert(values: NDArray[Any], steps: NDArray[np.int16], start: int, stop: int) -> None:
    rows = values[start:stop]
    pixels = np.ascontiguousarray(np.broadcast_to(rows, (*rows.shape[:2], 3))).reshape(-1, 3)
    if pixels.dtype.kind == "u":
        found = lab_steps(pixels)
    else:
        found = np.floor(as_lab(pixels).T * LAB_STEPS + 0.5).astype(np.int16)
    steps[:, start:stop] = found.reshape(3, *rows.shape[:2])

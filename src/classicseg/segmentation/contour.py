"""Regions from closed contours: a map of boundaries, the tree of its contours, and one cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.chosen import chose
from classicseg._core.image import Image, as_image
from classicseg.edges.learned.detector import as_model
from classicseg.filters.color import in_color_space, is_lab
from classicseg.filters.gradients import magnitude_of
from classicseg.learning.model import TrainedModel
from classicseg.trees.arcs.stages import stages_of
from classicseg.trees.boundary_tree import boundary_tree
from classicseg.trees.checked_tree import as_tree
from classicseg.trees.contour_tree import contour_tree
from classicseg.trees.cuts import cut_tree
from classicseg.types import ChannelAxis, Heights, Mask, Regions, RegionTree, SegmentCounts

_SIGMA = 2.0
"""Of the Gaussian before the default gradient."""

_DRAWN = 0.5
"""The default height of boundaries that people draw: the covering of photographs of BSDS500 is best there. It was
looked for on the training images, by forests that had not seen the image."""

_N_LEFT, _FACTOR = 50, 0.65
"""The default height is so many times that at which so many segments are left."""


def contour_segment(
    image: ArrayLike,
    *,
    n_segments: SegmentCounts = None,
    height: Heights = None,
    min_area: float | None = None,
    detector: Callable[[ArrayLike], Any] | None = None,
    model: TrainedModel = "auto",
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> Regions:
    """Close the boundaries that a detector finds, and divide the image by those that are strong.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    n_segments : int or sequence of int, optional
        How many segments there shall be: at least as many as the image, or its mask, has pieces, and at most as
        many as merge.
    height : float or sequence of float, optional
        Regions merge where the mean strength of the boundary between them is this or less, at least 0, in the
        units of the detector. By default, where `n_segments` is not given either, 0.5 by a model of boundaries,
        about the share of people who see two things there; else 0.65 times the height at which 50 segments are
        left.
    min_area : float, optional
        A segment of a smaller area joins over its lowest pass, after the cut; there may be fewer segments then
        than asked. By default none is joined.
    detector : callable, optional
        What finds boundaries. It is called with `image`, as it is given here, and returns how strong a boundary is
        at each pixel, an array of the spatial shape of numbers that are at least 0; or that and which way the
        boundary runs, as `boundary_probability` does; or the tree itself, as `boundary_tree`. By default what
        `model` says.
    model : "auto", "photographs", path, BoundaryModel or None, default "auto"
        Without a `detector`, the model that tells boundaries that people draw from other differences, as in
        `boundary_tree`; a path is that of a model by ``classicseg train-boundaries``. "auto": "photographs" for
        planes of three channels of 8 or 16 bits; for other images no model, and the magnitude of the gradient at
        sigma 2 (of volumes of such colors, in CIE Lab).
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.

    Returns
    -------
    ndarray of int32, shape (M, N[, …]) or (n_cuts, M, N[, …])
        Connected regions 1 … n by their first pixel in raster order; 0 where a pixel takes no part. Of several
        numbers, the regions for each along the first axis, which are nested.

    Raises
    ------
    TypeError
        If `image`, or what `detector` returns, does not hold real numbers, `mask` is not bool, `detector` is
        neither a function nor None, `model` is no model, or a number has the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask` does not fit its shape, nor what `detector`
        returns, which holds a negative number, or one that is not finite where a pixel takes part; if
        `n_segments` and `height` are both given, or `detector` and `model`, or a number is out of its range; if a
        model is asked for, and `image` is none for `boundary_tree`, or the model is damaged or made for other
        features.

    See Also
    --------
    contour_tree : The tree of all scales, from any map of boundaries.
    boundary_tree : The tree by boundaries that people draw: a detector here.
    contour_strengths : All contours in one picture.
    merge_segment : Merging by color and area, too.
    watershed_segment : Regions by the depth of their basins.
    boundary_segment : Regions between edges, of which gaps are closed.

    Notes
    -----
    The segmenter is `contour_tree` of the detector's map, then `cut_tree`: the oriented watershed and the
    ultrametric contours of [1]_. The default heights were set on images of BSDS500. The cost is that
    of the detector, and linear in the number of pixels beside it.

    References
    ----------
    .. [1] Arbeláez P., Maire M., Fowlkes C., Malik J. Contour detection and hierarchical image segmentation. IEEE
       Transactions on Pattern Analysis and Machine Intelligence 33(5), 2011.

    Examples
    --------
    >>> from classicseg import contour_segment
    >>> contour_segment([[1, 3, 0, 8, 2], [1, 2, 0, 8, 2]], detector=lambda image: image, n_segments=2)
    array([[1, 1, 1, 1, 2],
           [1, 1, 1, 1, 2]], dtype=int32)
    """
    if n_segments is not None and height is not None:
        raise ValueError("both n_segments and height are given; expected one of them at most; leave the other out")
    if not (detector is None or callable(detector)):
        raise TypeError(
            f"detector is {type(detector).__name__}; expected a function from an image to a map of boundaries, "
            "such as classicseg.gradient_magnitude; for a map itself, cut_tree(contour_tree(boundaries), height=…)"
        )
    if detector is not None and not _is_auto(model):
        raise ValueError("both detector and model are given; expected one of them at most; leave the other out")
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    is_photograph = len(parsed.shape) == 2 and is_lab(parsed.n_channels, parsed.values.dtype, "auto")
    default = None
    if detector is not None:
        tree = _tree_of(detector(image), parsed)
    elif is_photograph or not _is_auto(model):
        known = as_model("photographs" if _is_auto(model) else model)
        tree = boundary_tree(image, model=known, channel_axis=channel_axis, mask=mask)
        default = _DRAWN if known is not None and stages_of(known) is not None else None
    else:
        strengths = magnitude_of(in_color_space(parsed, "auto"), (1.0,) * len(parsed.shape), "sobel", _SIGMA)
        tree = contour_tree(strengths, mask=parsed.mask)
    if n_segments is None and height is None:
        height = _default_height(tree) if default is None else default
        chose(height=height)
    return cut_tree(tree, n_segments=n_segments, height=height, min_area=min_area)


def _is_auto(model: TrainedModel) -> bool:
    """Whether the image decides on the model."""
    return isinstance(model, str) and model == "auto"


def _tree_of(found: Any, image: Image) -> RegionTree:
    """The tree of what a detector returns: strengths, or these and orientations, or the tree."""
    if isinstance(found, RegionTree):
        return _as_tree_of(found, image)
    strengths, orientation = found if isinstance(found, tuple) and len(found) == 2 else (found, None)
    shape = np.shape(strengths)
    if shape != image.shape:
        raise ValueError(
            f"detector returns an array of shape {shape}; expected the image's spatial shape {image.shape}, or "
            "two such arrays, strengths and orientations"
        )
    inside: NDArray[np.bool_] | None = image.mask
    if inside is not None:
        strengths = np.where(inside, strengths, 0)
    parsed = as_image(strengths, channel_axis=None, name="what detector returns")
    if parsed.mask is not None:
        raise ValueError(
            "detector returns numbers that are masked or not finite where a pixel takes part; fill them, or mask "
            "these pixels"
        )
    return contour_tree(strengths, orientation=orientation, mask=inside)


def _as_tree_of(tree: RegionTree, image: Image) -> RegionTree:
    """See that a tree is one of the image, and of the pixels that take part."""
    regions = as_tree(tree).tree.regions
    if regions.shape != image.shape or ((regions > 0) != image.mask_array()).any():
        raise ValueError(
            "detector returns a tree of another shape than the image, or of other pixels than take part; expected "
            "one of all that do; give the detector the mask, too, e.g. functools.partial(boundary_tree, mask=mask)"
        )
    return tree


def _default_height(tree: RegionTree) -> float:
    """A multiple of the height at which few segments are left; 0 where nothing merges."""
    inner = tree.heights[int(tree.regions.max(initial=0)) :]
    return _FACTOR * float(inner[-_N_LEFT:][0]) if len(inner) else 0.0

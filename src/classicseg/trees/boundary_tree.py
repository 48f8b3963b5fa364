"""The tree of the regions that people see: a learned map of boundaries is flooded, and learned scores of arcs say
what merges."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from numpy.typing import ArrayLike

from classicseg._core.image import Image, as_image
from classicseg.edges.learned.detector import as_model, as_steps, boundary_probability, holds_bool
from classicseg.learning.model import TrainedModel
from classicseg.trees.arcs.arcs import Boundaries
from classicseg.trees.arcs.stages import FinestArcs, finest_arcs, stages_of, tree_by_stages
from classicseg.trees.contour_tree import contour_tree
from classicseg.types import BoundaryMap, ChannelAxis, Mask, RegionTree


def boundary_tree(
    image: ArrayLike,
    *,
    model: TrainedModel = "photographs",
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
) -> RegionTree:
    """Merge the regions of a photograph in the order in which people see fewer and fewer boundaries.

    Parameters
    ----------
    image : array_like, shape (M, N[, C])
        A grey image, or a color image in red, green and blue, of any real dtype: white is 255 as uint8, 65535 as
        uint16, True as bool and 1 in other dtypes. NaN and infinite values take no part.
    model : "photographs", path, BoundaryModel or None, default "photographs"
        What tells boundaries from other differences, as in `boundary_probability`. None, and a model without
        forests for arcs: the mean of its map along each arc.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N), optional
        True where a pixel takes part, by default everywhere. The border of the mask is no boundary.

    Returns
    -------
    RegionTree
        The finest regions are the basins of the map of boundaries. Heights are from 0 to 1: about the share of
        people who see two things where one is left there, less where one of the two has few pixels. Areas are
        numbers of pixels.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or `model` is no model.
    ValueError
        If `image` is empty, has not two spatial axes or other than one or three channels, or holds floats outside
        0 to 1; if `mask` does not fit its shape, or the model is damaged or made for other features.

    See Also
    --------
    boundary_probability : The map that is flooded.
    contour_tree : Contours of any map.
    cut_tree : Labels at a height, or of a number of segments.
    contour_strengths : All contours in one picture.
    merge_tree : Merges by color and area.

    Notes
    -----
    Of each arc, which is what two regions share, 74 numbers are measured: the map along it [1]_, gradients, how
    the colors and the texture of strips beside it and of the two regions differ, sizes and shapes, and the
    other arcs of both regions. A boosted forest makes a score of them; regions merge over the arc of the least
    mean score. Where the model has a second forest for arcs, they merge so up to a cut; then all is measured on
    the larger regions, and that forest scores what is left, as in the cascades of [2]_. Small strong specks
    would last longest: an arc counts less where a region has less than 400 pixels. Where the model has a forest
    for merges, it sees the two regions of each merge as they are then, as in [3]_, and its scores are seven tenths
    of the heights.

    Flips and quarter turns of the image give the same regions: all that is measured is a sum of whole numbers.

    The cost is linear in the number of pixels, and O(n log n) in that of the basins: a fifth of a second beside
    that of the map for a photograph of 481 × 321 on one core.

    References
    ----------
    .. [1] Arbeláez P., Maire M., Fowlkes C., Malik J. Contour detection and hierarchical image segmentation. IEEE
       Transactions on Pattern Analysis and Machine Intelligence 33(5), 2011.
    .. [2] Ren Z., Shakhnarovich G. Image segmentation by cascaded region agglomeration. Conference on Computer
       Vision and Pattern Recognition, 2013.
    .. [3] Chen Y., Dai D., Pont-Tuset J., Van Gool L. Scale-aware alignment of hierarchical image segmentation.
       Conference on Computer Vision and Pattern Recognition, 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import boundary_tree, cut_tree
    >>> image = np.zeros((40, 40), np.uint8)
    >>> image[:, 20:] = 200
    >>> cut_tree(boundary_tree(image, model=None), n_segments=2)[0, 18:22]
    array([1, 1, 2, 2], dtype=int32)
    """
    known = as_model(model)
    stages = None if known is None else stages_of(known)
    boundaries = partial(boundary_probability, image, model=known, channel_axis=channel_axis, mask=mask)
    parse = partial(as_image, image, channel_axis=channel_axis, mask=mask)
    if stages is None:
        found = boundaries()
        return contour_tree(found.strength, orientation=found.orientation, mask=parse().mask)
    return tree_by_stages(_finest(boundaries, parse, is_bool=holds_bool(image)), stages)


def _finest(boundaries: Callable[[], BoundaryMap], parse: Callable[[], Image], *, is_bool: bool) -> FinestArcs:
    """The arcs of an image. The map and the steps of Lab are here alone, and are gone when arcs are scored."""
    # Lab a second time is a hundredth of all; kept since the first it would add 6 bytes a pixel to the map's most.
    # The map comes first and has no name here, so that it is gone when strips are measured
    return finest_arcs(
        boundaries=Boundaries(*boundaries()),
        steps=as_steps(parsed := parse(), is_bool=is_bool),
        inside=parsed.mask_array(),
    )

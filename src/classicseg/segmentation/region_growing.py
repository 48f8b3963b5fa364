"""Region growing: from a seed to every connected pixel that its region accepts.

What a region accepts is its criterion: a row of `growing.criteria`, a file of `growing` each. Without seeds the
whole image falls into regions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, get_args

from numpy.typing import ArrayLike

from classicseg._core.chosen import chose
from classicseg._core.image import Image, as_image, as_spacing
from classicseg._core.numbers import as_choice, as_count, as_flag
from classicseg._core.seeds import as_seeds
from classicseg.growing import holes
from classicseg.growing.criteria import CRITERIA, GrowingCriterion, GrowUnseeded
from classicseg.growing.options import GrowingOptions, as_growing_options
from classicseg.growing.tolerance import default_tolerance
from classicseg.labeling.numbering import number_by_first_pixel
from classicseg.regions.adjacency import merge_small
from classicseg.types import ChannelAxis, Mask, Norm, Regions, Seeds, Spacing

Criterion: TypeAlias = Literal["seed", "neighbor", "mean", "confidence", "competition"]
"""What a region accepts; `region_growing_segment` has a line for each."""


def region_growing_segment(
    image: ArrayLike,
    *,
    seeds: Seeds = None,
    criterion: Criterion = "seed",
    tolerance: float | None = None,
    interval: Sequence[float] | None = None,
    norm: Norm = "euclidean",
    multiplier: float | None = None,
    max_iter: int | None = None,
    initial_radius: float | None = None,
    opening_radius: float | None = None,
    fill_holes: bool = False,
    connectivity: int = 1,
    min_area: int | None = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> Regions:
    """Grow regions of similar value from seeds, or over the whole image.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    seeds : array_like of int, shape (n, ndim), (ndim,) or (M, N[, …]), or mapping, optional
        Points (n, ndim), or one point (ndim,), in index order: the i-th point names region i. Or the points of
        each region under its label: ``{1: [(0, 3), (7, 7)], 5: [(2, 9)]}``. Or a marker image of the spatial
        shape, whose positive numbers name the regions. Without seeds the whole image is divided into regions by
        "seed", each grown from the flattest pixel that is left (that of the smallest gradient, then of the least
        value).
    criterion : {"seed", "neighbor", "mean", "confidence", "competition"}, default "seed"
        Which pixels a region accepts. "seed" (the magic wand): values within `tolerance` of its seed's (of the
        mean over its seeds), or in `interval`. "neighbor": values within `tolerance` of the neighbor it comes
        from. "mean": values within `tolerance` of the region's mean, which moves as it grows, ring by ring.
        "confidence": values within `multiplier` standard deviations of the mean of the region grown before, at
        first of boxes about its seeds; for several channels that is the Mahalanobis distance. "competition": all
        pixels, in the order of their distance to the mean of a region that they touch.
    tolerance : float, optional
        For "seed", "neighbor" and "mean": a distance in value units, at least 0. By default half the standard
        deviation of the image's values (for several channels, half the root of the sum of their variances), for
        "neighbor" a tenth and without seeds the whole of it. A value far from all others raises the default: mask
        that value, or give the tolerance.
    interval : sequence of two float, optional
        For "seed", on one channel and instead of `tolerance`: the least and the greatest value.
    norm : {"euclidean", "maximum"}, default "euclidean"
        The distance of two colors: the root of the sum of squared differences, or the largest difference. The
        criterion "confidence" has its own.
    multiplier : float, optional
        For "confidence": the number of standard deviations, at least 0. By default 2.5.
    max_iter : int, optional
        For "confidence": how often a region grows again by the moments of what it grew to, by default 4; it ends
        earlier where the region does not change.
    initial_radius : float, optional
        For "confidence": how far the first boxes extend from the seeds to each side, in units of `spacing`, at
        least 0. By default 2.
    opening_radius : float, optional
        For "seed" and "confidence": keeps a region from leaking through bridges, by a morphological opening. The
        region grows only over pixels that a ball of this radius covers, where the ball lies within the accepted
        pixels. In units of `spacing`, at least 0; by default 0.
    fill_holes : bool, default False
        With seeds: whether a region gets what it encloses, across the faces of pixels.
    connectivity : int, default 1
        How many coordinates of two neighbors may differ by 1: from 1 (they share a face) to the number of axes
        (they share at least a corner).
    min_area : int, optional
        Without seeds, the smallest area in pixels: a smaller region joins the neighbor of the nearest mean value;
        1 keeps all. By default a thousandth of the pixels that take part, but at most 150. With seeds no region is
        joined, and it must not be given.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1. It matters for the
        two radii only.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        With seeds, their numbers, and 0 where no region arrives. Without, connected regions 1 … n by their first
        pixel in raster order. 0 where a pixel takes no part.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, `seeds` does not hold integers, `fill_holes` is
        not True or False, or a number has the wrong type.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask`, `spacing` or `seeds` does not fit its shape, a
        number is out of its range, `criterion` or `norm` is unknown, an option belongs to another criterion or
        contradicts the seeds, or a seed lies outside the image, on a pixel that takes no part, outside `interval`,
        or where no ball of `opening_radius` fits.

    See Also
    --------
    separating_tolerance : The tolerance that keeps two places apart.
    watershed_segment : Regions from markers that end on edges.
    connected_regions : Regions of classes.
    boundary_segment : Regions between edges.

    Notes
    -----
    The criteria are those of [1]_ ("seed", "mean"), [2]_ ("confidence"), [3]_ and [4]_ ("competition") and [5]_
    ("neighbor"). A region holds its seeds in any case. Where several regions accept a pixel, all grow at once, one
    ring of neighbors after the other, and a pixel that several arrive at in the same ring goes to the nearest in
    value, then to the lower number.

    The defaults of `tolerance` are shares of the standard deviation that were tried on the training images of
    BSDS500: without seeds by how well all regions cover what people drew; with a seed in the middle of each region
    that somebody drew by how well the grown one overlaps it. By a whole deviation 62 % of them grow to more than
    twice their area, by half of it 24 %.

    The cost is linear in the number of pixels that are reached, and in all pixels with several channels, a mask or
    an opening; "mean", "competition" and growth without seeds take O(n log n). No criterion depends on the order
    of the image's axes or of the seeds.

    References
    ----------
    .. [1] Zucker S. W. Region growing: childhood and adolescence. Computer Graphics and Image Processing 5,
       1976.
    .. [2] Ibáñez L., Schroeder W., Ng L., Cates J. The ITK software guide. Kitware, 2005 (confidence connected).
    .. [3] Adams R., Bischof L. Seeded region growing. IEEE Transactions on Pattern Analysis and Machine
       Intelligence 16(6), 1994.
    .. [4] Mehnert A., Jackway P. An improved seeded region growing algorithm. Pattern Recognition Letters 18,
       1997.
    .. [5] Chen L., Cheng H. D., Zhang J. Fuzzy subfiber and its application to seismic lithology
       classification. Information Sciences 1(2), 1994 (λ-connectedness: "neighbor").

    Examples
    --------
    >>> from classicseg import region_growing_segment
    >>> image = [[1, 1, 7, 8], [1, 2, 7, 7]]
    >>> region_growing_segment(image, seeds=[(0, 0)], tolerance=1)
    array([[1, 1, 0, 0],
           [1, 1, 0, 0]], dtype=int32)
    >>> region_growing_segment(image, seeds={3: [(0, 0)], 5: [(0, 2)]}, criterion="competition")
    array([[3, 3, 5, 5],
           [3, 3, 5, 5]], dtype=int32)
    >>> region_growing_segment(image, tolerance=1)
    array([[1, 1, 2, 2],
           [1, 1, 2, 2]], dtype=int32)
    """
    given = {
        "tolerance": tolerance,
        "interval": interval,
        "multiplier": multiplier,
        "max_iter": max_iter,
        "initial_radius": initial_radius,
        "opening_radius": opening_radius,
    }
    rules = check_growing_options(criterion, norm, given)
    options = as_growing_options(norm, given)
    min_area = None if min_area is None else as_count("min_area", min_area)
    fill_holes = as_flag("fill_holes", fill_holes)

    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    spacing = as_spacing(spacing, len(parsed.shape))
    connectivity = as_count("connectivity", connectivity, most=len(parsed.shape))
    options = options._replace(spacing=spacing, connectivity=connectivity)
    if seeds is None:
        grow_unseeded = _without_seeds(criterion, options, fill_holes)
        labels = grow_unseeded(parsed, _with_tolerance(options, rules, parsed, given, 1.0))
        return number_by_first_pixel(merge_small(labels, parsed.values, min_area, connectivity))
    starts = as_seeds(seeds, parsed)
    if min_area is not None:
        raise ValueError("min_area is given with seeds; regions that seeds name are never joined; leave it out")
    options = _with_tolerance(options, rules, parsed, given, rules.deviation_divisor)
    labels = rules.grow(parsed, starts, options)
    return starts.labels_of(holes.fill_holes(labels, parsed) if fill_holes else labels)


def check_growing_options(criterion: str, norm: str, given: Mapping[str, object]) -> GrowingCriterion:
    """Refuse options that do not go with a criterion (None: not given); return the criterion's row."""
    as_choice("criterion", criterion, CRITERIA)
    rules, names = CRITERIA[criterion], {name for name, value in given.items() if value is not None}
    for name in sorted(names - rules.options):
        users = " or ".join(repr(other) for other, row in CRITERIA.items() if name in row.options)
        raise ValueError(f"{name} is given with criterion {criterion!r}; it belongs to {users}; leave it out")
    as_choice("norm", norm, get_args(Norm))
    if norm == "maximum" and rules.own_norm:
        raise ValueError(
            f"norm is 'maximum'; criterion {criterion!r} has its own, {rules.own_norm}; leave norm out"
        )
    if {"tolerance", "interval"} <= names:
        raise ValueError("tolerance and interval are both given; expected one of them; leave one out")
    return rules


def _with_tolerance(
    options: GrowingOptions, rules: GrowingCriterion, image: Image, given: Mapping[str, object], divisor: float
) -> GrowingOptions:
    """Set the default tolerance where the criterion takes one and neither it nor an interval is given."""
    if "tolerance" not in rules.options or given["tolerance"] is not None or given["interval"] is not None:
        return options
    tolerance = default_tolerance(image) / divisor
    chose(tolerance=tolerance)
    return options._replace(tolerance=tolerance)


def _without_seeds(criterion: str, options: GrowingOptions, fill_holes: bool) -> GrowUnseeded:
    """How a criterion grows without seeds. Refuse one that cannot, and options that need seeds."""
    grow_unseeded = CRITERIA[criterion].grow_unseeded
    if grow_unseeded is None:
        able = " or ".join(repr(other) for other, row in CRITERIA.items() if row.grow_unseeded is not None)
        raise ValueError(
            f"seeds is None, and criterion {criterion!r} needs seeds; pass seeds, or use criterion {able} without "
            "them"
        )
    needing = {
        "interval": options.interval is not None,
        "opening_radius": options.opening_radius > 0,
        "fill_holes": fill_holes,
    }
    for name in (name for name, is_given in needing.items() if is_given):
        raise ValueError(f"seeds is None, and {name} needs seeds; pass seeds, or leave {name} out")
    return grow_unseeded

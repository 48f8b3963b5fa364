"""Region growing: from a seed to every connected pixel that its region accepts.

What a region accepts is its criterion: a file of `growing` each. Without seeds the whole image falls into regions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, get_args

from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import Image, as_image, as_spacing
from classicseg._core.numbers import as_choice, as_count, as_flag, as_number, as_numbers, shown
from classicseg._core.seeds import SeedPixels, as_seeds, point
from classicseg.growing.acceptance import Acceptance, reach_of_interval, reach_of_seeds
from classicseg.growing.adams_bischof import compete
from classicseg.growing.confidence import confidence_reach
from classicseg.growing.holes import fill_holes as fill
from classicseg.growing.neighbor_difference import grow_by_steps
from classicseg.growing.running_mean import grow_by_mean
from classicseg.growing.seed_value import grow_by_reach
from classicseg.growing.tolerance import default_tolerance
from classicseg.growing.unseeded import grow_everywhere
from classicseg.labeling.numbering import number_by_first_pixel
from classicseg.regions.adjacency import merge_small_regions
from classicseg.types import ChannelAxis, Mask, Norm, Regions, Seeds, Spacing

Criterion: TypeAlias = Literal["seed", "neighbor", "mean", "confidence", "competition"]
"""What a region accepts; `region_growing_segment` has a line for each."""

_OPTIONS: dict[str, set[str]] = {
    "seed": {"tolerance", "interval", "opening_radius"},
    "neighbor": {"tolerance"},
    "mean": {"tolerance"},
    "confidence": {"multiplier", "max_iter", "initial_radius", "opening_radius"},
    "competition": set(),
}
"""The criteria, and which options are theirs."""


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
        For "seed", "neighbor" and "mean": a distance in value units, at least 0. By default the standard deviation
        of the image's values (for several channels, the root of the sum of their variances), which covers the
        training images of BSDS500 best; for "neighbor" a tenth of it. A value far from all others raises the
        default: mask that value, or give the tolerance.
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
        1 keeps all. By default a thousandth of the pixels that take part. With seeds no region is joined, and it
        must not be given.
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
    check_growing_options(criterion, norm, {name for name, value in given.items() if value is not None})
    limit = None if tolerance is None else as_number("tolerance", tolerance, least=0.0)
    factor = 2.5 if multiplier is None else as_number("multiplier", multiplier, least=0.0)
    most = 4 if max_iter is None else as_count("max_iter", max_iter, least=0)
    extent = 2.0 if initial_radius is None else as_number("initial_radius", initial_radius, least=0.0)
    radius = 0.0 if opening_radius is None else as_number("opening_radius", opening_radius, least=0.0)
    least = None if min_area is None else as_count("min_area", min_area)
    fill_holes = as_flag("fill_holes", fill_holes)

    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    spacings = as_spacing(spacing, len(parsed.shape))
    connectivity = as_count("connectivity", connectivity, most=len(parsed.shape))
    if seeds is None:
        if criterion != "seed" or interval is not None or radius > 0 or fill_holes:
            raise ValueError(
                "seeds is None; expected seeds, which a criterion other than 'seed', interval, opening_radius and "
                "fill_holes need; pass seeds, or leave those out"
            )
        reach = default_tolerance(parsed) if limit is None else limit
        labels = grow_everywhere(parsed, reach, connectivity, norm)
        return number_by_first_pixel(merge_small_regions(labels, parsed.values, least, connectivity))
    starts = as_seeds(seeds, parsed)
    if least is not None:
        raise ValueError("min_area is given with seeds; regions that seeds name are never joined; leave it out")
    if criterion == "competition":
        labels = compete(parsed, starts, connectivity, norm)
    elif criterion == "mean":
        limit = default_tolerance(parsed) if limit is None else limit
        labels = grow_by_mean(parsed, starts, limit, connectivity, norm)
    elif criterion == "neighbor":
        limit = default_tolerance(parsed) / 10 if limit is None else limit
        labels = grow_by_steps(parsed, starts, limit, connectivity, norm)
    else:
        if criterion == "confidence":
            box = tuple(int(extent / step) for step in spacings)
            accepted = confidence_reach(parsed, starts, factor, most, box, connectivity, radius, spacings)
        else:
            accepted = _given_reach(parsed, starts, limit, interval, norm)
        labels = grow_by_reach(parsed, starts, accepted, connectivity, radius, spacings)
    return starts.labels_of(fill(labels, parsed) if fill_holes else labels)


def check_growing_options(criterion: str, norm: str, given: set[str]) -> None:
    """Refuse options that do not go with a criterion."""
    as_choice("criterion", criterion, _OPTIONS)
    for name in sorted(given - _OPTIONS[criterion]):
        users = " or ".join(repr(other) for other, options in _OPTIONS.items() if name in options)
        raise ValueError(f"{name} is given with criterion {criterion!r}; it belongs to {users}; leave it out")
    as_choice("norm", norm, get_args(Norm))
    if norm == "maximum" and criterion == "confidence":
        raise ValueError("norm is 'maximum'; criterion 'confidence' has its own, the Mahalanobis distance")
    if {"tolerance", "interval"} <= given:
        raise ValueError("tolerance and interval are both given; expected one of them")


def _given_reach(
    image: Image, seeds: SeedPixels, tolerance: float | None, interval: Sequence[float] | None, norm: Norm
) -> Acceptance:
    if interval is None:
        return reach_of_seeds(image, seeds, default_tolerance(image) if tolerance is None else tolerance, norm)
    bounds = as_interval(interval, image.n_channels)
    check_seed_values(image.values.reshape(-1)[seeds.nodes], seeds, bounds, image.shape)
    return reach_of_interval(image, seeds, bounds)


def check_seed_values(
    values: NDArray[Any], seeds: SeedPixels, interval: tuple[float, float], shape: tuple[int, ...]
) -> None:
    """See that the values of all seed pixels lie in the interval."""
    low, high = interval
    if (outside := (values < low) | (values > high)).any():
        node, label = seeds.nodes[outside][0], seeds.labels[seeds.numbers[outside][0] - 1]
        raise ValueError(
            f"seed {label} is at {point(node, shape)}, whose value {values[outside][0]:g} lies outside interval "
            f"({low:g}, {high:g}); move the seed or widen the interval"
        )


def as_interval(interval: Sequence[float], n_channels: int) -> tuple[float, float]:
    """Parse an interval of the values of one channel."""
    if n_channels > 1:
        raise ValueError(
            f"interval is given, and the image has {n_channels} channels; expected one; pass tolerance, or one "
            "channel, e.g. image[..., 0]"
        )
    bounds = as_numbers("interval", interval)
    if len(bounds) != 2:
        raise ValueError(f"interval is {shown(interval)}; expected two numbers, the least and the greatest value")
    low, high = bounds
    if low > high:
        raise ValueError(f"interval is ({low:g}, {high:g}); expected the least value first")
    return low, high

"""Regions, measured and chosen by what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.arrays import as_array
from classicseg._core.grid import look_up
from classicseg._core.image import as_image, as_labels, as_spacing
from classicseg.labeling.numbering import small_labels
from classicseg.labeling.objects import as_masked_labels
from classicseg.regions.columns import RegionTable
from classicseg.regions.measurements import Measurements
from classicseg.regions.properties import as_properties, columns_of, percents_of
from classicseg.types import ChannelAxis, Labels, Mask, Spacing


def region_table(
    labels: ArrayLike,
    image: ArrayLike | None = None,
    *,
    properties: Literal["common", "all"] | Sequence[str] = "common",
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> RegionTable:
    """Measure each segment: its size and place, its shape, and its values.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Segments; 0 belongs to none.
    image : array_like, shape (M, N[, …][, C]), optional
        The values, with the labels' shape, with or without channels. Pixels that are masked (in a masked array) or
        not finite have no value, and belong to their segments all the same.
    properties : {"common", "all"} or sequence of str, default "common"
        What to measure, by the names in the notes; nothing else is computed. "common" is what stands there in
        bold, "all" all that is defined for so many axes. The label always comes first.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels of `image`. None: there is none, every axis is spatial. "auto": of three or more
        axes it is the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel belongs to its segment, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1. What is measured
        is in its units.

    Returns
    -------
    RegionTable
        One row for each segment in ascending order of label: a dictionary of columns that
        ``pandas.DataFrame(table)`` and ``polars.DataFrame(table)`` take as it is. ``table["row"]`` is a column and
        ``table.centroid`` a property, whose columns are side by side, (n, k).

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, `image` does not hold real numbers, `mask` is not bool, or
        `spacing` is no number.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, `image` has another shape or an unclear
        channel axis, `mask` or `spacing` does not fit the labels, or `properties` names what there is not, what is
        not defined for so many axes, or values without an image.

    See Also
    --------
    filter_regions : Keeps segments by what was measured.
    region_graph : Which segments touch, and how they differ.
    label_means : The means as an image.
    connected_regions : Makes regions of classes.

    Notes
    -----
    Lengths are in units of `spacing`, areas in its square, in three dimensions its cube; boxes are in pixels. A
    value over no pixel is NaN. Axes are called row and column, in volumes plane, row and column; the columns of
    three channels end in _red, _green and _blue, those of other numbers in _0, _1, …, and those of one in nothing.
    The attributes are properties, not columns: ``table.mean`` is (n, channels), ``table["mean_red"]`` (n,).

    =======================  ====================  ==============================================================
    property                 columns               definition
    =======================  ====================  ==============================================================
    **label**                label
    **area**                 area                  pixels times the area of one; in volumes, here and below, the
                                                   volume
    n_pixels                 n_pixels              how many pixels there are
    **centroid**             row, column           the mean place of the pixels
    **bounding_box**         row_min, column_min,  the first index, and one past the last
                             row_max, column_max
    extent                   extent                the share of the box that the segment fills
    **equivalent_diameter**  equivalent_diameter   of the disk, or ball, of the same area
    **major_axis_length**    major_axis_length     of the ellipse, or ellipsoid, of the same covariance, as in
                                                   scikit-image: of points, a line of pixels has a minor axis of
                                                   0
    **middle_axis_length**   middle_axis_length    the same; 3-D
    **minor_axis_length**    minor_axis_length     the same
    **eccentricity**         eccentricity          √(1 − minor² / major²); 0 for a single pixel
    **orientation**          orientation           the angle of the major axis with the axis of the rows, towards
                                                   the columns, −π/2 to π/2; NaN where no axis is longer; 2-D
    inertia_eigenvalues      inertia_eigenvalue_0  of the tensor of inertia over the mass, the greatest first
                             , …
    **perimeter**            perimeter             Crofton's, by lines in four directions; 2-D
    perimeter_faces          perimeter_faces       the sides of pixels counted, which is longer; 2-D
    **circularity**          circularity           4π area / perimeter²; small segments may pass 1; 2-D
    **surface**              surface               Crofton's, by lines in 13 directions; 3-D
    surface_faces            surface_faces         the faces of pixels counted; 3-D
    **sphericity**           sphericity            the surface of the ball of the same volume, over the surface;
                                                   3-D
    euler_number             euler_number          pieces less holes, in volumes plus cavities; pixels hang
                                                   together at corners; up to 3-D
    convex_area              convex_area           the pixels whose centers lie in the hull of the points half a
                                                   step from the segment's pixels; 2-D and 3-D
    solidity                 solidity              the segment's share of the convex area
    feret_diameter_max       feret_diameter_max    the greatest distance of parallel lines, or planes, around the
                                                   segment, its pixels as boxes; 2-D and 3-D
    feret_diameter_min       feret_diameter_min    the least such distance; 2-D
    **touches_border**       touches_border        whether it reaches the border of the image, or what the mask
                                                   leaves out
    n_neighbors              n_neighbors           how many segments share a face with it
    shared_border            shared_border         how long these faces are together
    **min**                  min, or min_red, …    of the values in each channel; so are those that follow
    **max**                  max, …
    **mean**                 mean, …               rounded once
    **std**                  std, …                the standard deviation of all pixels, not of a sample
    sum                      sum, …
    median                   median, …
    percentile_25            percentile_25, …      linear between two values; any from 0 to 100 can be named, 5,
                                                   25, 75 and 95 are part of "all"
    weighted_centroid        weighted_row, …       the mean place of the pixels weighted by their values
    =======================  ====================  ==============================================================

    Hulls are exact, and no sum depends on the order of the pixels. Crofton's measures average
    over all directions; each of the grid's stands for those that are nearest to it, whatever the spacing [1]_. The
    cost is linear in the number of pixels; in volumes, hulls (Qhull) take a few milliseconds for each segment.

    References
    ----------
    .. [1] Legland D., Kiêu K., Devaux M.-F. Computation of Minkowski measures on 2D and 3D binary images. Image
       Analysis & Stereology 26(2), 2007.

    Examples
    --------
    >>> from classicseg import region_table
    >>> table = region_table([[1, 1, 2]], [[10, 20, 7]])
    >>> table.area, table["mean"]
    (array([2., 1.]), array([15.,  7.]))
    >>> list(region_table([[1, 1, 2]], properties=["centroid", "perimeter"]))
    ['label', 'row', 'column', 'perimeter']
    """
    segments, inside, _ = as_masked_labels(labels, mask)
    spacings = as_spacing(spacing, segments.ndim)
    rows = as_properties(properties, segments.ndim, has_image=image is not None)
    parsed = None if image is None else as_image(image, channel_axis=channel_axis)
    if parsed is not None and parsed.shape != segments.shape:
        raise ValueError(
            f"image has spatial shape {parsed.shape}; expected the labels' shape {segments.shape}; crop one, "
            "or name the image's channel_axis"
        )
    measured = Measurements(segments, inside, parsed, spacings, percents_of(list(rows.values())))
    order = np.argsort(measured.labels)
    columns: dict[str, NDArray[Any]] = {}
    names: dict[str, str | list[str]] = {}
    for name, row in rows.items():
        its_columns = columns_of(row, segments.ndim, measured.n_channels)
        names[name] = its_columns[0] if row.columns == name else its_columns
        if its_columns:
            values = row.measure(measured).reshape(len(order), len(its_columns))[order]
            columns |= dict(zip(its_columns, np.ascontiguousarray(values.T), strict=True))
    return RegionTable(columns, names)


def filter_regions(labels: ArrayLike, keep: ArrayLike) -> Labels:
    """Keep some segments, and set the others to 0.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Segments; 0 belongs to none.
    keep : array_like of bool, shape (n,)
        For each segment, in ascending order of label, as in a table of them, whether it stays.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        The segments that are kept, under the labels that they had.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool, or `keep` is not bool.
    ValueError
        If `labels` is empty or holds numbers outside 0 … 2147483647, or `keep` has not one element a segment.

    See Also
    --------
    region_table : Measures what to choose by.
    remove_small_regions : Keeps what is large enough.
    clear_border : Keeps what the border of the image does not cut.

    Notes
    -----
    The cost is linear in the number of pixels n, or O(n log n) where labels are larger than n.

    Examples
    --------
    >>> from classicseg import filter_regions, region_table
    >>> labels = [[1, 1, 2, 5]]
    >>> filter_regions(labels, region_table(labels).area < 2)
    array([[0, 0, 2, 5]], dtype=int32)
    """
    numbers, names = small_labels(as_labels(labels))
    flags, hidden = as_array("keep", keep, "b", "bool, one element for each segment; pass e.g. table.area > 50")
    is_present = np.zeros(len(names), np.bool_)
    is_present[numbers] = True
    present = np.flatnonzero(is_present[1:]) + 1
    if flags.shape != present.shape:
        raise ValueError(f"keep has shape {flags.shape}; expected {present.shape}: labels has so many segments")
    kept = flags if hidden is None else flags & ~hidden
    names[present[~kept]] = 0
    return look_up(names, numbers)

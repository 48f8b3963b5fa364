"""Maps of boundaries thinned to lines: what is no maximum across its boundary becomes 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import maximum_filter

from classicseg._core.arrays import as_filled
from classicseg.edges.learned.orientation import normals, steps_of
from classicseg.edges.suppression_kernels import suppress_nonmaxima
from classicseg.types import BoundaryMap


def thin_boundaries(boundaries: BoundaryMap, *, contours: ArrayLike | None = None) -> NDArray[np.float32]:
    """Keep the strength of a map of boundaries where it is a maximum across the boundary.

    Parameters
    ----------
    boundaries : BoundaryMap
        What `boundary_probability` returns, or any strengths of at least 0 with orientations, (M, N).
    contours : array_like, shape (M, N), optional
        How strong closed contours are, at least 0, as ``contour_strengths(boundary_tree(image))`` has them. The
        strength of a line is then the mean of its own, which counts twice, and of that of the strongest contour
        within a pixel, so that what closes a region counts for more. By default lines have their own.

    Returns
    -------
    ndarray of float32, shape (M, N)
        The strength on the lines, 0 elsewhere: ``thin_boundaries(boundaries) >= height`` are the boundaries at a
        height.

    Raises
    ------
    TypeError
        If `boundaries` are not two arrays of real numbers, or `contours` is none.
    ValueError
        If the arrays are not two-dimensional or differ in shape, hold what is not finite, or strengths below 0.

    See Also
    --------
    boundary_probability : The map.
    boundary_tree : Regions that boundaries close, whose contours help here.
    canny_edges : Thin edges of the gradient.
    contour_tree : Closed contours of all strengths.

    Notes
    -----
    Non-maximum suppression, as Canny's: the strength is compared with that one pixel to either side, interpolated
    between neighbors, across the orientation in steps of 1/256 of half a turn. Where a strength is exactly that of
    its neighbor both stay, so that no side comes first. With `contours`, which weigh half as much, lines of
    photographs are a little more like those that people draw. Flipped and turned maps give flipped and turned
    lines, bit for bit. The cost is linear in the number of pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg import BoundaryMap, thin_boundaries
    >>> strength = np.array([[0.1, 0.3, 0.2]] * 2)
    >>> thin_boundaries(BoundaryMap(strength, np.full((2, 3), np.pi / 2)))
    array([[0. , 0.3, 0. ],
           [0. , 0.3, 0. ]], dtype=float32)
    """
    strength, orientation = _as_map(boundaries)
    steps = normals(np.float32)[:, steps_of(orientation)]
    lines = suppress_nonmaxima(steps, strength, np.zeros_like(strength), "interpolated", 0.0)
    if contours is None:
        return lines
    near = maximum_filter(_as_strengths("contours", contours, strength.shape), 3, mode="constant")
    closed: NDArray[np.float32] = np.where(lines > 0, (lines + lines + near) / np.float32(3), np.float32(0))
    return closed


def _as_map(boundaries: BoundaryMap) -> tuple[NDArray[np.float32], NDArray[Any]]:
    """Parse the two arrays of a map."""
    if not isinstance(boundaries, tuple) or len(boundaries) != 2:
        raise TypeError(
            f"boundaries is {type(boundaries).__name__}; expected a BoundaryMap; pass what boundary_probability "
            "returns, or BoundaryMap(strength, orientation)"
        )
    given, turned = boundaries
    strength = _as_strengths("boundaries.strength", given)
    orientation = _as_numbers("boundaries.orientation", turned, strength.shape)
    return strength, orientation


def _as_strengths(name: str, given: ArrayLike, shape: tuple[int, ...] | None = None) -> NDArray[np.float32]:
    """Parse numbers of at least 0."""
    strength = _as_numbers(name, given, shape)
    if (lowest := strength.min()) < 0:
        raise ValueError(f"{name} holds values from {lowest:g}; expected at least 0; take np.abs of it")
    return np.ascontiguousarray(strength, np.float32)


def _as_numbers(name: str, given: ArrayLike, shape: tuple[int, ...] | None) -> NDArray[Any]:
    """Parse a plane of finite numbers, 0 where they are masked."""
    array = as_filled(name, given, "biuf", "real numbers; cast it first")
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}; expected two axes and a pixel or more")
    if shape is not None and array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}; expected that of boundaries.strength, {shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinity; expected numbers; put 0 there")
    return array

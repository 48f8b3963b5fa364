"""Maps of boundaries thinned to lines: what is no maximum across its boundary becomes 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.arrays import as_array
from classicseg.edges.learned.orientation import normals, steps_of
from classicseg.edges.suppression_kernels import suppress_nonmaxima
from classicseg.types import BoundaryMap


def thin_boundaries(boundaries: BoundaryMap) -> NDArray[np.float32]:
    """Keep the strength of a map of boundaries where it is a maximum across the boundary.

    Parameters
    ----------
    boundaries : BoundaryMap
        What `boundary_probability` returns, or any strengths of at least 0 with orientations, (M, N).

    Returns
    -------
    ndarray of float32, shape (M, N)
        The strength on the lines, 0 elsewhere: ``thin_boundaries(boundaries) >= height`` are the boundaries at a
        height.

    Raises
    ------
    TypeError
        If `boundaries` are not two arrays of real numbers.
    ValueError
        If the arrays are not two-dimensional or differ in shape, hold what is not finite, or strengths below 0.

    See Also
    --------
    boundary_probability : The map.
    canny_edges : Thin edges of the gradient.
    contour_tree : Closed contours of all strengths.

    Notes
    -----
    Non-maximum suppression, as Canny's: the strength is compared with that one pixel to either side, interpolated
    between neighbors, across the orientation in steps of 1/256 of half a turn. Where a strength is exactly that of
    its neighbor both stay, so that no side comes first. Flipped and turned maps give flipped and turned lines, bit
    for bit. The cost is linear in the number of pixels.

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
    return suppress_nonmaxima(steps, strength, np.zeros_like(strength), "interpolated", 0.0)


def _as_map(boundaries: BoundaryMap) -> tuple[NDArray[np.float32], NDArray[Any]]:
    """Parse the two arrays of a map."""
    if not isinstance(boundaries, tuple) or len(boundaries) != 2:
        raise TypeError(
            f"boundaries is {type(boundaries).__name__}; expected a BoundaryMap; pass what boundary_probability "
            "returns, or BoundaryMap(strength, orientation)"
        )
    arrays = []
    for name, given in zip(("strength", "orientation"), boundaries, strict=True):
        array, hidden = as_array(f"boundaries.{name}", given, "biuf", "real numbers; cast it first")
        if array.ndim != 2 or array.size == 0:
            raise ValueError(f"boundaries.{name} has shape {array.shape}; expected two axes and a pixel or more")
        array = np.where(hidden, 0, array) if hidden is not None else array
        if not np.isfinite(array).all():
            raise ValueError(f"boundaries.{name} holds NaN or infinity; expected numbers; put 0 there")
        arrays.append(array)
    strength, orientation = arrays
    if strength.shape != orientation.shape:
        raise ValueError(
            f"boundaries.orientation has shape {orientation.shape}; expected that of boundaries.strength, "
            f"{strength.shape}"
        )
    if (lowest := strength.min()) < 0:
        raise ValueError(
            f"boundaries.strength holds values from {lowest:g}; expected at least 0; take np.abs of it"
        )
    return np.ascontiguousarray(strength, np.float32), orientation

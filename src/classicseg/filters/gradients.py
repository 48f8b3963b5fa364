"""How fast the values change: gradients of grey and color images in any number of dimensions.

An operator is a derivative along each axis: a difference along it, smoothed along all others. A neighbor that is
missing, because the image ends or a pixel takes no part, is replaced by another one (`gradient_borders`). The
gradient of a color image points where the color changes most; its magnitude is the square root of the largest
eigenvalue of Di Zenzo's tensor, the sum of the outer products of the channels' gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_bands
from classicseg._core.image import Image, as_image, as_spacing
from classicseg._core.numbers import as_number
from classicseg.filters.gradient_borders import fill_border_pixels
from classicseg.filters.gradient_rows import magnitude_kernel
from classicseg.filters.gradient_volumes import volume_gradient
from classicseg.filters.huge_values import HUGE_UNIT, computed_apart, has_huge_values
from classicseg.filters.operators import Operator, as_operator, operator_halo, stencil_of
from classicseg.filters.smoothing import smooth
from classicseg.filters.stencils import Stencil, derivatives
from classicseg.filters.tensor import magnitudes, principal_direction, vector_magnitudes
from classicseg.types import ChannelAxis, Mask, Spacing


def gradient_magnitude(
    image: ArrayLike,
    *,
    operator: Operator = "sobel",
    sigma: float = 0.0,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> NDArray[Any]:
    """Measure the magnitude of the gradient: how fast the values change.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part. The gradients
        of several channels are taken together, as Di Zenzo does.
    operator : {"sobel", "scharr", "prewitt", "roberts", "farid"}, default "sobel"
        The weights of the derivative: those of a difference along the axis, and those of a mean across it.
        "sobel": (-1, 0, 1) / 2 and (1, 2, 1) / 4. "scharr": the same difference and (3, 10, 3) / 16, whose
        magnitude depends less on the direction. "prewitt": the same difference and (1, 1, 1) / 3. "farid": two
        sets of five weights that fit each other best. "roberts": (-1, 1) and (1, 1) / 2, the sharpest, in the
        2**ndim windows of two pixels a side around a pixel, whose gradients are taken together as those of
        channels are, by their mean.
    sigma : float, default 0.0
        The standard deviation of the Gaussian that smooths the image first, in units of `spacing`, at least 0 (no
        smoothing). The Gaussian ends at four sigma; each value of float64 counts by its first 32 bits.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray, shape (M, N[, …])
        The magnitude in value units per unit of `spacing` (a ramp of slope 3 gives 3 with every operator), as
        float64 where the image works in float64 and as float32 elsewhere (at most its largest number); 0 where a
        pixel takes no part.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or `sigma` is not a number.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask` or `spacing` does not fit its shape, `operator`
        is unknown, or `sigma` is negative.

    See Also
    --------
    gradient_components : The derivative along each axis.
    gradient_segment : Flat pixels and steep ones, by a threshold of the magnitude.
    canny_edges : The ridges of the magnitude.
    watershed_segment : Regions between the ridges.

    Notes
    -----
    With g the vector of the derivatives along the axes, by the weights of Sobel [1]_, Scharr [2]_, Farid [3]_,
    Prewitt [5]_ or Roberts [6]_, the magnitude is √(g · g). With several channels, and with Roberts' windows, it
    is the square root of the largest eigenvalue of Di Zenzo's tensor Σ g gᵀ [4]_, the sum being over the channels,
    and the mean over the windows.

    Beyond the image's border the values count as reflected about the edge (SciPy's mode "reflect"). A pixel
    changes no gradient farther away than the operator and the Gaussian reach, however large its value is.

    The factors to other scales: OpenCV's ``Sobel`` components give the magnitude times 8, those of ``Scharr``
    times 32. scikit-image's ``sobel``, ``scharr`` and ``prewitt`` give it times 2 / sqrt(ndim), ``farid`` times
    0.9918 / sqrt(ndim). SciPy's ``sobel`` components give it times 2 * 4**(ndim - 1), those of ``prewitt`` times 2
    * 3**(ndim - 1).

    The cost is linear in the number of pixels and channels, times `sigma` for the smoothing; in two dimensions
    nothing is stored but the result.

    References
    ----------
    .. [1] Sobel I., Feldman G. A 3x3 isotropic gradient operator for image processing. Stanford AI Project,
       1968.
    .. [2] Scharr H. Optimale Operatoren in der digitalen Bildverarbeitung. Dissertation, Heidelberg, 2000.
    .. [3] Farid H., Simoncelli E. P. Differentiation of discrete multidimensional signals. IEEE Transactions on
       Image Processing 13(4), 2004.
    .. [4] Di Zenzo S. A note on the gradient of a multi-image. Computer Vision, Graphics, and Image
       Processing 33, 1986.
    .. [5] Prewitt J. M. S. Object enhancement and extraction. Picture Processing and Psychopictorics, 1970.
    .. [6] Roberts L. G. Machine perception of three-dimensional solids. MIT, 1963.

    Examples
    --------
    >>> from classicseg import gradient_magnitude
    >>> gradient_magnitude([[0, 3, 6, 9]] * 3)
    array([[1.5, 3. , 3. , 1.5],
           [1.5, 3. , 3. , 1.5],
           [1.5, 3. , 3. , 1.5]])
    """
    width = as_number("sigma", sigma, least=0.0)
    known = as_operator(operator)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    return magnitude_of(parsed, as_spacing(spacing, len(parsed.shape)), known, width)


def gradient_components(
    image: ArrayLike,
    *,
    operator: Operator = "sobel",
    sigma: float = 0.0,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> NDArray[Any]:
    """Measure the derivative of the values along each axis.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part. The gradients
        of several channels are taken together, as Di Zenzo does.
    operator : {"sobel", "scharr", "prewitt", "roberts", "farid"}, default "sobel"
        The weights of the derivative, as in `gradient_magnitude`.
    sigma : float, default 0.0
        The standard deviation of the Gaussian that smooths the image first, in units of `spacing`, at least 0 (no
        smoothing).
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.

    Returns
    -------
    ndarray, shape (ndim, M, N[, …])
        The derivative along each axis, in value units per unit of `spacing`, positive from dark to bright. The
        Euclidean norm over the axes is `gradient_magnitude`, and the dtype is the same. With several channels, and
        with "roberts", the vector is the direction of the largest change, with either sign. It is 0 where a pixel
        takes no part and, in two dimensions, where the values change equally in all directions.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, or `sigma` is not a number.
    ValueError
        If `image` is empty or its channel axis is unclear, `mask` or `spacing` does not fit its shape, `operator`
        is unknown, or `sigma` is negative.

    See Also
    --------
    gradient_magnitude : The Euclidean norm of these derivatives.
    canny_edges : The ridges of the gradient.

    Notes
    -----
    The cost is linear in the number of pixels and channels, times `sigma` for the smoothing. `gradient_magnitude`
    tells the operators apart and cites the papers.

    Examples
    --------
    >>> from classicseg import gradient_components
    >>> down, across = gradient_components([[0, 3, 6, 9]] * 3)
    >>> across[1]
    array([1.5, 3. , 3. , 1.5])
    """
    width = as_number("sigma", sigma, least=0.0)
    known = as_operator(operator)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    return components_of(parsed, as_spacing(spacing, len(parsed.shape)), known, width)


def magnitude_of(
    image: Image, spacing: tuple[float, ...], operator: Operator = "sobel", sigma: float = 0.0
) -> NDArray[Any]:
    """The gradient magnitude of a parsed image at each pixel."""
    smoothed = smooth(image, sigma, spacing)
    find = partial(_magnitude, spacing=spacing, operator=operator)
    return computed_apart(find, smoothed, spacing, operator_halo(operator))


def components_of(
    image: Image, spacing: tuple[float, ...], operator: Operator = "sobel", sigma: float = 0.0
) -> NDArray[Any]:
    """The gradient of a parsed image at each pixel, (ndim, *shape)."""
    return gradient_field(smooth(image, sigma, spacing), spacing, operator)


def gradient_field(image: Image, spacing: tuple[float, ...], operator: Operator = "sobel") -> NDArray[Any]:
    """The gradient as one vector a pixel, (ndim, *shape); of several channels it has either sign."""
    return computed_apart(
        lambda part: _field(part, stencil_of(part, spacing, operator)), image, spacing, operator_halo(operator)
    )


def scaled_gradient(image: Image, spacing: tuple[float, ...]) -> tuple[NDArray[Any], NDArray[Any], float]:
    """Sobel's gradient and its magnitude, divided by a power of two that keeps them in range; and that power."""
    if has_huge_values(image, spacing):
        field = gradient_field(image, spacing)
        magnitude = computed_apart(
            partial(_magnitude_in_units, spacing=spacing), image, spacing, operator_halo("sobel")
        )
        unit = field.dtype.type(HUGE_UNIT)
        return field / unit, magnitude / unit, float(unit)
    stencil = stencil_of(image, spacing)
    unit, stencil = float(stencil.back[0]), stencil._replace(back=np.ones_like(stencil.back))
    if image.mask is None and _is_plain_volume(image, stencil):
        field, magnitude = (np.empty(shape, stencil.even.dtype) for shape in ((3, *image.shape), image.shape))
        _fill_volume(image.values, stencil, field, magnitude)
        return field, magnitude, unit
    field = _field(image, stencil)
    return field, _magnitudes_of(field), unit


def _magnitude_in_units(image: Image, spacing: tuple[float, ...]) -> NDArray[Any]:
    """The magnitude of `scaled_gradient` in the units of the image."""
    _, magnitude, unit = scaled_gradient(image, spacing)
    return magnitude * magnitude.dtype.type(unit)


def _magnitudes_of(field: NDArray[Any]) -> NDArray[Any]:
    """The magnitude of each vector; of pairs with the same bits as in `edges.suppression_rows`."""
    return magnitudes(field[np.newaxis, np.newaxis]) if len(field) == 2 else vector_magnitudes(field)


def _magnitude(image: Image, spacing: tuple[float, ...], operator: Operator) -> NDArray[Any]:
    """The gradient magnitude of an image without huge values."""
    stencil, values = stencil_of(image, spacing, operator), image.values
    out, row_size = np.empty(image.shape, stencil.even.dtype), values[0].size
    if out.ndim == 2:
        run_bands(magnitude_kernel(values, stencil), len(values), row_size, values, stencil, out)
    elif _is_plain_volume(image, stencil):
        _fill_volume(values, stencil, np.empty((3, 0, 0), out.dtype), out)
    else:
        run_bands(_reduce_band, len(values), row_size, values, stencil, magnitudes, out)
    _redo_masked(image, stencil, magnitudes, out)
    return out


def _field(image: Image, stencil: Stencil) -> NDArray[Any]:
    """The gradient in the units of a stencil."""
    field = np.empty((len(image.shape), *image.shape), stencil.even.dtype)
    if _is_plain_volume(image, stencil):
        _fill_volume(image.values, stencil, field, np.empty((0, 0), field.dtype))
    else:
        row_size = image.values[0].size
        run_bands(_reduce_band, len(image.values), row_size, image.values, stencil, principal_direction, field)
    _redo_masked(image, stencil, principal_direction, field)
    return field


def _is_plain_volume(image: Image, stencil: Stencil) -> bool:
    """Whether `volume_gradient` can be used, which takes one channel and three taps."""
    return len(image.shape) == 3 and image.n_channels == 1 and stencil.taps == 3


def _fill_volume(values: NDArray[Any], stencil: Stencil, field: NDArray[Any], magnitude: NDArray[Any]) -> None:
    """The gradient of a volume or its magnitude, or both; an output without pixels is not wanted."""
    planes, width = values[..., 0], values.shape[2]
    outputs = field.reshape(3, -1, width) if field.size else field, magnitude.reshape(-1, width)
    run_bands(volume_gradient, values.shape[0] * values.shape[1], width, planes, stencil, *outputs)


def _reduce_band(
    values: NDArray[Any],
    stencil: Stencil,
    reduce: Callable[[NDArray[Any]], NDArray[Any]],
    out: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Write what `reduce` makes of the derivatives in rows `start` to `stop`, as if all pixels took part."""
    rows = out[:, start:stop] if out.ndim == values.ndim else out[start:stop]
    rows[:] = reduce(derivatives(values, stencil, start, stop)) * stencil.back


def _redo_masked(
    image: Image, stencil: Stencil, reduce: Callable[[NDArray[Any]], NDArray[Any]], out: NDArray[Any]
) -> None:
    """Overwrite what was computed at the border of the mask and beyond as if masked pixels took part."""
    if image.mask is not None:
        fill_border_pixels(image, stencil, reduce, out)
        np.copyto(out, 0, where=~image.mask)  # 10 times faster than by index

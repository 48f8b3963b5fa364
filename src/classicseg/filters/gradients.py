"""Sobel's gradient in any number of dimensions, of grey and color images.

A derivative along one axis is half the difference of the two neighbors, smoothed by (1, 2, 1) / 4 along each
other axis (Sobel and Feldman 1968). The gradient of a color image is the direction in which the color changes
most, and how much: the largest eigenvalue of Di Zenzo's tensor, the sum of the channels' outer products.

What lies outside the image, or takes no part, is one thing: a neighbor that is not there is replaced by the
neighbor that it becomes when the fewest of its steps are taken back (the mean, where there are several). At
the border of an image that is reflection about its edge, so masking a border off is the same as cropping.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classicseg._core.bands import run_bands
from classicseg._core.graph import interior_nodes, pad, padded_strides
from classicseg._core.image import Image, as_image, as_spacing
from classicseg._core.kernel import kernel
from classicseg.types import ChannelAxis, Mask, Spacing


def gradient_magnitude(
    image: ArrayLike, *, channel_axis: ChannelAxis = "auto", mask: Mask = None, spacing: Spacing = None
) -> NDArray[Any]:
    """Measure how fast the values change, by Sobel's operator.

    Parameters
    ----------
    image : array_like, any real dtype
        A grey or color image or a volume.
    channel_axis : int, None or "auto"
        The axis of the channels; None: every axis is spatial; "auto": a last axis of length 1 to 4 of three or
        more. Channels are taken together, as vectors.
    mask : array_like of bool, optional
        Spatial shape, True where a pixel takes part.
    spacing : float or sequence of float, optional
        The distance between neighbors, one number or one an axis.

    Returns
    -------
    ndarray
        The magnitude in value units per unit of `spacing` (a ramp of slope 3 gives 3), of the spatial shape,
        float64 where the image works in float64 and float32 elsewhere; 0 where a pixel takes no part.
        scikit-image's ``sobel`` gives it divided by the square root of 2, OpenCV's ``Sobel`` components give
        it times 8.

    Raises
    ------
    TypeError, ValueError
        If the image, the mask or the spacing is not what is described.

    Notes
    -----
    Linear in pixels and channels; 3**ndim values are read a pixel. Border rule: reflection about the edge.

    References
    ----------
    .. [1] Sobel I., Feldman G. A 3x3 isotropic gradient operator for image processing. Stanford AI Project,
       1968.
    .. [2] Di Zenzo S. A note on the gradient of a multi-image. Computer Vision, Graphics, and Image
       Processing 33, 1986.

    Examples
    --------
    >>> from classicseg import gradient_magnitude
    >>> gradient_magnitude([[0, 3, 6, 9]] * 3)
    array([[1.5, 3. , 3. , 1.5],
           [1.5, 3. , 3. , 1.5],
           [1.5, 3. , 3. , 1.5]])
    """
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    return field_magnitude(gradient_field(parsed, as_spacing(spacing, len(parsed.shape))))


def gradient_field(image: Image, spacing: tuple[float, ...]) -> NDArray[Any]:
    """The gradient as a vector a pixel, (ndim, *shape), with either sign where the image has several channels."""
    shape, n_channels = image.shape, image.n_channels
    dtype = np.float64 if image.values.dtype == np.float64 else np.float32
    field = np.empty((len(shape), *shape), dtype)
    scale = 1.0 / np.array(spacing)
    row_size = n_channels * int(np.prod(shape[1:]))
    if image.mask is None and len(shape) == 2:
        run_bands(_plane_band, shape[0], row_size, image.values, scale, field)
    else:
        inside = pad(image.inside(), len(shape))
        run_bands(_window_band, shape[0], row_size, pad(image.values, len(shape)), inside, scale, field)
    return field


def field_magnitude(field: NDArray[Any]) -> NDArray[Any]:
    """The length of each vector of a field, (ndim, *shape)."""
    magnitude = np.empty(field.shape[1:], field.dtype)
    flat = field.reshape(len(field), -1)
    run_bands(_lengths, flat.shape[1], 1, flat, magnitude.reshape(-1))
    return magnitude


def _plane_band(
    values: NDArray[Any], scale: NDArray[np.float64], field: NDArray[Any], start: int, stop: int
) -> None:
    jacobian = np.empty((values.shape[2], 2, stop - start, values.shape[1]))
    _plane_derivatives(values, scale, jacobian, start, stop)
    field[:, start:stop] = principal_direction(jacobian)


def _window_band(
    padded: NDArray[Any],
    inside: NDArray[np.bool_],
    scale: NDArray[np.float64],
    field: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    rows = slice(start, stop + 2)
    shape = (stop - start, *field.shape[2:])
    jacobian = np.empty((padded.shape[-1], len(shape), *shape))
    flat = padded[rows].reshape(-1, padded.shape[-1]), inside[rows].ravel()
    nodes = interior_nodes(shape)
    _window_derivatives(*flat, nodes, *_window(shape), scale, jacobian.reshape(*jacobian.shape[:2], -1))
    field[:, start:stop] = principal_direction(jacobian)


def principal_direction(jacobian: NDArray[np.float64]) -> NDArray[np.float64]:
    """Reduce derivatives (channels, ndim, *shape) to one vector a pixel, (ndim, *shape).

    The eigenvector of the largest eigenvalue of Di Zenzo's tensor, as long as that eigenvalue's square root.
    """
    if len(jacobian) == 1:
        return jacobian[0]
    if jacobian.shape[1] == 1:
        return np.sqrt((jacobian**2).sum(axis=0))
    tensor = np.einsum("ci...,cj...->...ij", jacobian, jacobian)
    if jacobian.shape[1] == 2:
        return _principal_of_two(tensor)
    value, vector = np.linalg.eigh(tensor)
    return np.moveaxis(vector[..., -1] * np.sqrt(np.maximum(value[..., -1:], 0)), -1, 0)


def _principal_of_two(tensor: NDArray[np.float64]) -> NDArray[np.float64]:
    """In closed form, so that turning the image turns the result to the bit."""
    yy, xx, yx = tensor[..., 0, 0], tensor[..., 1, 1], tensor[..., 0, 1]
    half = np.abs(yy - xx) / 2
    root = np.hypot(half, yx)
    long = np.hypot(half + root, yx)  # (half + root, yx) points along the axis of the larger of yy and xx first
    main = np.divide(half + root, long, out=np.ones_like(long), where=long > 0)
    rest = np.divide(yx, long, out=np.zeros_like(long), where=long > 0)
    length = np.sqrt((yy + xx) / 2 + root)
    return np.where(yy >= xx, np.stack([main, rest]), np.stack([rest, main])) * length


@functools.lru_cache(maxsize=64)
def _window(shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The 3**ndim places of the window around a node of a padded grid, in raster order.

    Returns their flat offsets (w,), and for each place those that stand in for it (w, 2**ndim) and how many
    steps each takes back (w, 2**ndim; -1 = none).
    """
    ndim = len(shape)
    steps = np.array(list(itertools.product((-1, 0, 1), repeat=ndim)), dtype=np.int64)
    place = {tuple(step): index for index, step in enumerate(steps.tolist())}
    stand_in = np.zeros((len(steps), 2**ndim), np.int64)
    taken_back = np.full((len(steps), 2**ndim), -1, np.int64)
    for index, step in enumerate(steps):
        kept = {tuple((step * keep).tolist()) for keep in itertools.product((0, 1), repeat=ndim)}
        for column, other in enumerate(sorted(kept)):
            stand_in[index, column] = place[other]
            taken_back[index, column] = np.count_nonzero(step) - np.count_nonzero(other)
    return steps @ padded_strides(shape), stand_in, taken_back


def _plane_derivatives_numpy(
    values: NDArray[Any], scale: NDArray[np.float64], out: NDArray[np.float64], start: int, stop: int
) -> None:
    p = np.pad(values, ((1, 1), (1, 1), (0, 0)), mode="edge")[start : stop + 2].astype(np.float64)
    p = np.moveaxis(p, -1, 0)
    top_left, top, top_right = p[:, :-2, :-2], p[:, :-2, 1:-1], p[:, :-2, 2:]
    left, right = p[:, 1:-1, :-2], p[:, 1:-1, 2:]
    low_left, low, low_right = p[:, 2:, :-2], p[:, 2:, 1:-1], p[:, 2:, 2:]
    out[:, 0] = ((low_left - top_left) + (low_right - top_right) + 2 * (low - top)) / 8 * scale[0]
    out[:, 1] = ((top_right - top_left) + (low_right - low_left) + 2 * (right - left)) / 8 * scale[1]


@kernel(numpy=_plane_derivatives_numpy)
def _plane_derivatives(
    values: NDArray[Any], scale: NDArray[np.float64], out: NDArray[np.float64], start: int, stop: int
) -> None:
    n_rows, n_columns, n_channels = values.shape
    for y in range(start, stop):
        above, below = max(y - 1, 0), min(y + 1, n_rows - 1)
        for x in range(n_columns):
            before, after = max(x - 1, 0), min(x + 1, n_columns - 1)
            for c in range(n_channels):
                top_left, top_right = float(values[above, before, c]), float(values[above, after, c])
                low_left, low_right = float(values[below, before, c]), float(values[below, after, c])
                down = float(values[below, x, c]) - float(values[above, x, c])
                across = float(values[y, after, c]) - float(values[y, before, c])
                out[c, 0, y - start, x] = (
                    ((low_left - top_left) + (low_right - top_right) + 2 * down) / 8 * scale[0]
                )
                out[c, 1, y - start, x] = (
                    ((top_right - top_left) + (low_right - low_left) + 2 * across) / 8 * scale[1]
                )


def _window_derivatives_numpy(
    values: NDArray[Any],
    inside: NDArray[np.bool_],
    nodes: NDArray[np.int64],
    offsets: NDArray[np.int64],
    stand_in: NDArray[np.int64],
    taken_back: NDArray[np.int64],
    scale: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    around = nodes[:, np.newaxis] + offsets
    there, seen = inside[around], values[around].astype(np.float64)
    window = np.zeros_like(seen)
    for place in range(len(offsets)):
        back = np.where(there[:, stand_in[place]] & (taken_back[place] >= 0), taken_back[place], len(offsets))
        chosen = (back == back.min(axis=1, keepdims=True)) & (back < len(offsets))
        total = np.where(chosen[..., np.newaxis], seen[:, stand_in[place]], 0.0).sum(axis=1)
        window[:, place] = total / np.maximum(chosen.sum(axis=1), 1)[:, np.newaxis]
    ndim = len(scale)
    window = np.moveaxis(window, 0, -1).reshape(*[3] * ndim, values.shape[1], len(nodes))
    for axis in range(ndim):
        low, _, high = np.moveaxis(window, axis, 0)
        folded = high - low
        for _ in range(ndim - 1):
            folded = folded[0] + folded[2] + 2 * folded[1]
        out[:, axis] = np.where(inside[nodes], folded / (2 * 4 ** (ndim - 1)) * scale[axis], 0.0)


@kernel(numpy=_window_derivatives_numpy)
def _window_derivatives(
    values: NDArray[Any],
    inside: NDArray[np.bool_],
    nodes: NDArray[np.int64],
    offsets: NDArray[np.int64],
    stand_in: NDArray[np.int64],
    taken_back: NDArray[np.int64],
    scale: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    n_places, ndim = len(offsets), len(scale)
    window, folded = np.empty(n_places), np.empty(n_places)
    for i in range(len(nodes)):
        node = nodes[i]
        for c in range(values.shape[1]):
            if not inside[node]:
                out[c, :, i] = 0.0
                continue
            for place in range(n_places):
                if inside[node + offsets[place]]:
                    window[place] = values[node + offsets[place], c]
                else:
                    window[place] = _stand_in(values, inside, node, c, offsets, stand_in[place], taken_back[place])
            for axis in range(ndim):
                stride = 3 ** (ndim - 1 - axis)
                for place in range(n_places):
                    if place // stride % 3 == 1:
                        folded[place] = window[place + stride] - window[place - stride]
                for other in range(ndim):
                    step = 3 ** (ndim - 1 - other)
                    for place in range(n_places):
                        if other != axis and place // stride % 3 == 1 and place // step % 3 == 1:
                            folded[place] = folded[place - step] + folded[place + step] + 2 * folded[place]
                out[c, axis, i] = folded[n_places // 2] / (2 * 4 ** (ndim - 1)) * scale[axis]


@kernel()
def _stand_in(
    values: NDArray[Any],
    inside: NDArray[np.bool_],
    node: int,
    channel: int,
    offsets: NDArray[np.int64],
    stand_in: NDArray[np.int64],
    taken_back: NDArray[np.int64],
) -> float:
    """The mean of the values that are reached by taking back the fewest steps."""
    fewest, total, n_chosen = len(offsets), 0.0, 0
    for k in range(len(stand_in)):
        other = node + offsets[stand_in[k]]
        if 0 <= taken_back[k] <= fewest and inside[other]:
            if taken_back[k] < fewest:
                fewest, total, n_chosen = taken_back[k], 0.0, 0
            total += float(values[other, channel])
            n_chosen += 1
    return total / n_chosen


def _lengths_numpy(vectors: NDArray[Any], out: NDArray[Any], start: int, stop: int) -> None:
    out[start:stop] = np.sqrt((vectors[:, start:stop].astype(np.float64) ** 2).sum(axis=0))


@kernel(numpy=_lengths_numpy)
def _lengths(vectors: NDArray[Any], out: NDArray[Any], start: int, stop: int) -> None:
    for i in range(start, stop):
        total = 0.0
        for axis in range(len(vectors)):
            total += float(vectors[axis, i]) ** 2
        out[i] = np.sqrt(total)

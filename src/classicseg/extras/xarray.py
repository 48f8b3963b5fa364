"""xarray in, xarray out: a segmenter of arrays on a `DataArray`, whose dimensions and coordinates the labels
keep."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray
from numpy.typing import NDArray

from classicseg.extras.files.geometry import relative_spacing
from classicseg.extras.files.pictures import equals

_CHANNELS = ("channel", "channels", "band", "bands", "c", "C", "rgb")
_MISSING = ("_FillValue", "missing_value", "nodata", "nodatavals")
_OF_PLACE = ("crs", "grid_mapping", "transform", "res")
_EVEN = 1e-3
"""Steps between coordinates may differ by so much of a step."""


def segment_dataarray(
    segmenter: Callable[..., NDArray[Any]],
    image: xarray.DataArray,
    /,
    *,
    channel_dim: str | None = "auto",
    **options: Any,
) -> xarray.DataArray:
    """Segment a `DataArray`, and return the labels as one, at the same coordinates.

    Parameters
    ----------
    segmenter : callable
        A segmenter, such as `kmeans_segment`, or a partial of one.
    image : DataArray
        The image, in any number of dimensions. Values that its attributes name as fill values take no part.
    channel_dim : str, default "auto"
        The dimension of the channels; None: every dimension is spatial. "auto": the one that is named channel,
        band, c or rgb, if there is one.
    **options
        Options of the segmenter. A mask, or any other, that is a `DataArray` is put in the order of the image's
        dimensions. `spacing` is by default the steps of the coordinates beside the shortest of them, so that
        lengths are in pixels of the finest dimension; given as a number for each, it is in the units of the
        coordinates.

    Returns
    -------
    DataArray of int32
        The labels, with the dimensions and coordinates of the image but for the channels', and the name of the
        segmenter in ``attrs["method"]``.

    Raises
    ------
    TypeError
        If the image is no `DataArray`.
    ValueError
        If it has no such dimension, its coordinates are not in even steps where the segmenter takes distances, or
        as the segmenter says.

    Examples
    --------
    >>> import xarray
    >>> from classicseg import threshold_segment
    >>> from classicseg.extras.xarray import segment_dataarray
    >>> image = xarray.DataArray([[1, 9], [9, 9]], dims=("y", "x"), coords={"y": [20.0, 10.0], "x": [0.0, 10.0]})
    >>> segment_dataarray(threshold_segment, image).sel(y=20.0).values
    array([1, 2], dtype=int32)
    """
    if not isinstance(image, xarray.DataArray):
        raise TypeError(
            f"image is a {type(image).__name__}; expected a DataArray; pass arrays to the segmenter itself"
        )
    channel = _channel_of(image, channel_dim)
    spatial = [dim for dim in image.dims if dim != channel]
    given = {
        name: value.transpose(*(dim for dim in spatial if dim in value.dims)).values
        if isinstance(value, xarray.DataArray)
        else value
        for name, value in options.items()
    }
    if "spacing" not in given and "spacing" in inspect.signature(segmenter).parameters:
        given["spacing"] = _spacing(image, spatial)
    axis = None if channel is None else image.dims.index(channel)
    values = image.values
    if (present := _present(image, values, axis)) is not None:
        given["mask"] = present if given.get("mask") is None else np.asarray(given["mask"], bool) & present
    labels = segmenter(values, channel_axis=axis, **given)
    kept = image if channel is None else image.isel({channel: 0}, drop=True)
    attributes = {name: image.attrs[name] for name in _OF_PLACE if name in image.attrs}
    return xarray.DataArray(
        labels, dims=spatial, coords=kept.coords, name="labels", attrs=attributes | {"method": _name_of(segmenter)}
    )


def _channel_of(image: xarray.DataArray, wanted: str | None) -> Any:
    """The dimension of the channels."""
    if wanted == "auto" and wanted not in image.dims:
        found = [dim for dim in image.dims if dim in _CHANNELS]
        return found[0] if len(found) == 1 and image.ndim > 2 else None
    if wanted is not None and wanted not in image.dims:
        raise ValueError(f"channel_dim is {wanted!r}; expected one of {', '.join(map(str, image.dims))}, or None")
    return wanted


def _present(image: xarray.DataArray, values: NDArray[Any], axis: int | None) -> NDArray[np.bool_] | None:
    """Where a pixel has no fill value; None where none is named."""
    found = [np.ravel(image.attrs[name])[0] for name in _MISSING if image.attrs.get(name) is not None]
    if not found:
        return None
    missing = np.logical_or.reduce([equals(values, float(value)) for value in found])
    return ~(missing if axis is None else missing.all(axis=axis))


def _spacing(image: xarray.DataArray, dims: Sequence[Any]) -> tuple[float, ...] | None:
    """The steps of the coordinates beside the shortest; None where they are equal, or there are none."""
    steps = [_step(image, dim) for dim in dims]
    letters = "".join("Q" if step is None else "X" for step in steps)
    return relative_spacing(letters, [1.0 if step is None else step for step in steps]) if "X" in letters else None


def _step(image: xarray.DataArray, dim: Any) -> float | None:
    """The step between the coordinates of a dimension; None where they are no numbers."""
    if dim not in image.coords or image.sizes[dim] < 2 or image.coords[dim].dtype.kind not in "iuf":
        return None
    places = image.coords[dim].values
    steps = np.diff(places.astype(np.float64))
    usual = float(steps.mean())
    rounding = 4.0 * float(np.spacing(np.abs(places).max())) if places.dtype.kind == "f" else 0.0
    if not usual or not np.abs(steps - usual).max() <= _EVEN * abs(usual) + rounding:
        raise ValueError(
            f"the coordinates of {dim!r} are not in even steps ({steps.min():g} to {steps.max():g}); expected "
            "even ones; interpolate the image, or give spacing"
        )
    return abs(usual)


def _name_of(segmenter: Any) -> str:
    """The name of a segmenter, or of that in a partial."""
    return str(getattr(getattr(segmenter, "func", segmenter), "__name__", type(segmenter).__name__))

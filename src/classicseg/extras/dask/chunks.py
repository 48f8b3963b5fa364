"""Images in chunks: parsed by the laws for images without a look at their pixels, then worked on tile by tile.

What must be known of the whole image first (the extremes of floats, a histogram) is gathered when a function is
called, in one pass that holds a few chunks a worker at a time. All else is lazy.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import dask.array as da
import numpy as np
from dask.base import compute, tokenize
from dask.core import flatten
from dask.delayed import Delayed, delayed
from dask.highlevelgraph import HighLevelGraph
from numpy.typing import NDArray

from classicseg._core.bands import without_threads
from classicseg._core.image import ValueRange, as_channel_axis, luminance, working_dtype
from classicseg.extras.dask.checkpoints import kept, kind_of
from classicseg.extras.dask.fusing import fused
from classicseg.extras.dask.parts import as_part, merge_ranges, range_of
from classicseg.types import ChannelAxis

_MERGED_AT_ONCE = 8
"""So many results of tiles are merged by one task, so that no worker holds more of them: histograms of colors may
have 40 MB each."""


class Chunked(NamedTuple):
    """A parsed image in chunks."""

    values: da.Array
    """Spatial shape, or that and the channels, which lie in one chunk."""
    mask: da.Array | None
    """Spatial shape and chunks, True where a pixel takes part; None where all do, but for what is not finite."""
    has_channels: bool

    @property
    def ndim(self) -> int:
        return int(self.values.ndim) - self.has_channels

    @property
    def shape(self) -> tuple[int, ...]:
        """The spatial shape."""
        return tuple(self.values.shape[: self.ndim])

    @property
    def chunks(self) -> tuple[tuple[int, ...], ...]:
        return tuple(self.values.chunks[: self.ndim])

    @property
    def grid(self) -> tuple[int, ...]:
        """How many tiles there are along each axis."""
        return tuple(map(len, self.chunks))

    @property
    def n_channels(self) -> int:
        return int(self.values.shape[-1]) if self.has_channels else 1

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.values.dtype)

    def each(
        self,
        function: Callable[..., Any],
        *others: da.Array,
        dtype: Any = object,
        lead: int | None = None,
        table: NDArray[Any] | None = None,
        **options: Any,
    ) -> da.Array:
        """Call ``function(values, mask, *others, **options)`` on each tile, channels last; lazily.

        Others have the spatial chunks, or one element a tile. The result is an array of the spatial shape, with a
        leading axis of length `lead` where that is given; of dtype object: one object a tile. A `table`, which may
        be large, is an option that is in the graph once, not with each tile.
        """
        places = tuple(range(1, self.ndim + 1))
        channels = (self.ndim + 1,) if self.has_channels else ()
        pairs: list[Any] = [self.values, places + channels, self.mask, None if self.mask is None else places]
        for other in others:
            pairs += [other, places]
        return da.blockwise(
            functools.partial(_on_tile, function, self.has_channels, options),
            ((0,) if lead is not None else ()) + places,
            *pairs,
            new_axes=None if lead is None else {0: lead},
            dtype=dtype,
            meta=np.empty((0,) * (self.ndim + (lead is not None)), dtype),
            align_arrays=False,
            **({} if table is None else {"table": delayed(table)}),
        )


def bare(array: da.Array) -> Chunked:
    """An array as it is, all of whose axes are spatial."""
    return Chunked(array, None, has_channels=False)


def as_chunked(image: Any, *, channel_axis: ChannelAxis = "auto", mask: Any = None) -> Chunked:
    """Parse an image in chunks; an array becomes one."""
    array = da.asanyarray(image)
    _check("image", array)
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"image has dtype {array.dtype}; expected real numbers (bool, integers or floats); cast it, e.g. "
            "image.astype(float)"
        )
    if array.ndim == 0:
        raise ValueError("image is a single number; expected an array with at least one axis")
    axis = as_channel_axis(array.shape, channel_axis)
    if array.size == 0:
        raise ValueError(f"image has shape {array.shape}: it holds no pixels; expected at least one")
    if axis is not None:
        array = da.moveaxis(array, axis, -1).rechunk({array.ndim - 1: -1})
    parsed = Chunked(array, None, axis is not None)
    return parsed if mask is None else parsed._replace(mask=as_layer("mask", mask, parsed, kinds="b"))


def as_labels(name: str, labels: Any) -> Chunked:
    """Parse a label image in chunks; whether its labels are in range the tiles will say."""
    array = da.asanyarray(labels)
    _check(name, array)
    if array.dtype.kind not in "iub":
        raise TypeError(f"{name} has dtype {array.dtype}; expected integers or bool; cast it first")
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}: it holds no pixels; expected at least one")
    return bare(array)


def as_layer(name: str, layer: Any, like: Chunked, *, kinds: str, means: str = "takes part") -> da.Array:
    """Parse an array of an image's spatial shape; it is given the image's chunks."""
    array = da.asanyarray(layer)
    _check(name, array)
    if array.dtype.kind not in kinds:
        expected = f"bool, True = {means}" if kinds == "b" else "integers or bool"
        raise TypeError(f"{name} has dtype {array.dtype}; expected {expected}")
    if tuple(array.shape) != like.shape:
        raise ValueError(f"{name} has shape {array.shape}; expected the image's spatial shape {like.shape}")
    return array.rechunk(like.chunks)


def merged(tiles: da.Array, merge: Callable[[list[Any]], Any]) -> Any:
    """Compute the objects of all tiles and merge them, some at a time."""
    tiles = fused(tiles)
    keys = list(flatten(tiles.__dask_keys__()))
    name = f"merge-{tokenize(tiles, merge)}"
    layer: dict[Any, Any] = {}
    for level in range(max(1, math.ceil(math.log(len(keys), _MERGED_AT_ONCE) - 1e-9))):
        groups = [keys[i : i + _MERGED_AT_ONCE] for i in range(0, len(keys), _MERGED_AT_ONCE)]
        layer |= {(name, level, i): (merge, group) for i, group in enumerate(groups)}
        keys = [(name, level, i) for i in range(len(groups))]
    graph = HighLevelGraph.from_collections(name, layer, dependencies=[tiles])
    return kept(lambda: Delayed(keys[0], graph, layer=name).compute(), kind_of(merge))


def global_range(parsed: Chunked, *, extremes: bool = False) -> ValueRange:
    """The value range of the whole image in one pass; without `extremes` the dtype alone, and no pass."""
    if not extremes:
        return ValueRange(parsed.dtype, 0, 0, 0)
    span = merged(parsed.each(_range_of_tile), merge_ranges)
    working_dtype(span)  # raises where there is none
    return span


def span_of_luminance(parsed: Chunked, span: ValueRange) -> ValueRange:
    """The value range of the luminance of an image whose value range is `span`."""
    return merged(parsed.each(_range_of_luminance, span=span), merge_ranges)


def _range_of_tile(values: NDArray[Any], mask: NDArray[np.bool_] | None) -> ValueRange:
    """The value range of a tile."""
    return range_of(values, mask=mask)


def _range_of_luminance(values: NDArray[Any], mask: NDArray[np.bool_] | None, *, span: ValueRange) -> ValueRange:
    """The value range of a tile's luminance."""
    part = luminance(as_part(values, span, mask=mask))
    return range_of(part.values, mask=part.mask)


def tile_numbers(chunks: Sequence[Sequence[int]]) -> da.Array:
    """The number of each tile in raster order, in one element a tile."""
    grid = tuple(len(lengths) for lengths in chunks)
    return da.map_blocks(
        _tile_number,
        grid=grid,
        chunks=tuple((1,) * n for n in grid),
        dtype=np.int64,
        meta=np.empty((0,) * len(grid), np.int64),
    )


def by_tile(grid: tuple[int, ...], items: Mapping[int, Any], other: Any) -> da.Array:
    """One object a tile: those given by the tile's number in raster order, and another for the rest."""
    name = f"items-{tokenize(grid, items, other)}"
    layer = {(name, *tile): items.get(number, other) for number, tile in enumerate(np.ndindex(grid))}
    graph = HighLevelGraph.from_collections(name, layer)
    return da.Array(graph, name, tuple((1,) * n for n in grid), dtype=object)


def computed(tiles: da.Array, numbers: Sequence[int], kind: Any = Any) -> list[Any]:
    """Compute some tiles alone; the kind of what they hold is an annotation."""
    keys = list(flatten(tiles.__dask_keys__()))
    chosen = [Delayed(keys[number], tiles.dask, layer=tiles.name) for number in numbers]
    return kept(lambda: list(compute(*chosen)), list[kind])


def any_tile(tiles: da.Array) -> bool:
    """Whether any tile says so: more and more at once are asked, so that mostly the first is enough."""
    n_tiles, asked, n_at_once = math.prod(tiles.numblocks), 0, 1
    while asked < n_tiles:
        if any(computed(tiles, range(asked, min(asked + n_at_once, n_tiles)), bool)):
            return True
        asked, n_at_once = asked + n_at_once, 2 * n_at_once
    return False


def _on_tile(
    function: Callable[..., Any],
    has_channels: bool,
    options: dict[str, Any],
    values: Any,
    mask: NDArray[np.bool_] | None,
    *others: NDArray[Any],
    **table: NDArray[Any],
) -> Any:
    """Call a function on one tile, channels last, in the scheduler's own thread."""
    block = values[0] if isinstance(values, list) else values  # the one chunk of the channels
    with without_threads():  # the scheduler has threads of its own
        return function(block if has_channels else block[..., np.newaxis], mask, *others, **options, **table)


def _check(name: str, array: da.Array) -> None:
    """Refuse an array whose chunks have unknown sizes."""
    if np.isnan(array.shape).any():
        raise ValueError(
            f"{name} has unknown chunk sizes {array.chunks}; call {name}.compute_chunk_sizes() on it first"
        )


def _tile_number(grid: tuple[int, ...], block_id: tuple[int, ...]) -> NDArray[np.int64]:
    """The number of a tile in raster order, as an array of one element."""
    return np.full((1,) * len(grid), np.ravel_multi_index(block_id, grid))

"""What notebooks show of labels and results: small pictures with a legend, and tables, by nothing but HTML."""

from __future__ import annotations

import base64
import html
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import classicseg
from classicseg._core.image import as_labels
from classicseg.extras.plot import overlay_image
from classicseg.extras.plot.colors import label_colors
from classicseg.extras.plot.slices import as_bytes, middle
from classicseg.types import BoundaryMap, ChannelAxis, KMeansResult, PaletteImage, RegionTree

_WIDEST = 480
"""Pictures are thinned to so many pixels a side: a notebook keeps each of them."""

_MOST_ROWS = 12

_SHOWN_OF_TREE = 50
"""A tree is shown as about so many segments."""


class LabelsView:
    """Labels as a picture with a legend, where the last line of a notebook's cell is one.

    Parameters
    ----------
    labels : array_like of int or bool, shape (M, N[, …])
        Segments; 0 belongs to none. Of a volume the middle plane is shown.
    image : array_like, shape (M, N[, …][, C]), optional
        What the colors are laid over.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool.
    ValueError
        If `labels` is empty, has one axis or holds numbers outside 0 … 2147483647, or `image` has another shape.

    Examples
    --------
    >>> from classicseg.extras.notebook import LabelsView
    >>> LabelsView([[1, 1, 2], [1, 0, 2]])._repr_html_().startswith("<figure><img alt=")
    True
    """

    def __init__(
        self, labels: ArrayLike, image: ArrayLike | None = None, *, channel_axis: ChannelAxis = "auto"
    ) -> None:
        self.labels = as_labels(labels)
        if self.labels.ndim < 2:
            raise ValueError(f"labels have shape {self.labels.shape}; expected two axes or more")
        plane = middle(self.labels, self.labels.ndim)
        if image is None:
            self.picture = _colored(plane)
        else:
            self.picture = overlay_image(image, self.labels, channel_axis=channel_axis)

    def _repr_html_(self) -> str:
        """The picture, and the largest segments with their colors."""
        names, counts = np.unique(self.labels[self.labels > 0], return_counts=True)
        order = np.argsort(-counts, kind="stable")[:_MOST_ROWS]
        colors = as_bytes(label_colors(names[order]))
        rows = [
            [_swatch(color), str(name), f"{100 * count / self.labels.size:.1f} %"]
            for color, name, count in zip(colors, names[order], counts[order], strict=True)
        ]
        said = "1 segment" if len(names) == 1 else f"{len(names)} segments"
        if len(names) > len(order):
            said += f", the largest {len(order)} listed"
        return _figure(self.picture, said) + _table(["", "label", "pixels"], rows)


def html_of(result: Any) -> str:
    """What a notebook shows of a result.

    Parameters
    ----------
    result : RegionTree, PaletteImage, KMeansResult or BoundaryMap
        A result of this package; other results are tuples to a notebook.

    Returns
    -------
    str
        HTML.
    """
    if isinstance(result, RegionTree):
        return _of_tree(result)
    if isinstance(result, PaletteImage):
        return _of_palette(result)
    if isinstance(result, KMeansResult):
        return _of_clusters(result)
    if isinstance(result, BoundaryMap):
        return _figure(255 - as_bytes(result.strength.astype(np.float64)), "boundaries, the darker the surer")
    raise TypeError(
        f"result is {type(result).__name__}; expected a RegionTree, PaletteImage, KMeansResult or BoundaryMap"
    )


def _of_tree(tree: RegionTree) -> str:
    """How many segments are left at some heights."""
    n = int(tree.regions.max(initial=0))
    heights = np.sort(tree.heights[n:])
    wanted = [count for count in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000) if count < n]
    rows = [[f"{heights[n - count - 1]:.4g}", str(count)] for count in wanted if n - count - 1 < len(heights)]
    cut = tree.regions
    if len(heights) >= _SHOWN_OF_TREE:
        cut = classicseg.cut_tree(tree, height=float(heights[-_SHOWN_OF_TREE]))
    picture = _colored(middle(cut, cut.ndim))
    said = f"tree of {n} regions, {len(heights)} merges, cut into {cut.max(initial=0)} segments"
    return _figure(picture, said) + _table(["height", "segments"], rows)


def _of_palette(found: PaletteImage) -> str:
    """The image in its few colors."""
    most = np.iinfo(found.colors.dtype).max
    colors = (found.colors.astype(np.float64) * (255 / most)).round().astype(np.uint8)
    shown = np.concatenate([np.zeros((1, colors.shape[1]), np.uint8), colors])[
        middle(found.labels, found.labels.ndim)
    ]
    return _figure(_visible(shown), f"{len(colors)} colors")


def _of_clusters(found: KMeansResult) -> str:
    """The centers, with how many pixels each has."""
    channels = [f"channel {c}" for c in range(found.centers.shape[1])]
    rows = [
        [str(label), *(f"{value:.6g}" for value in center), f"{count:.6g}"]
        for label, (center, count) in enumerate(zip(found.centers, found.counts, strict=True), 1)
    ][:_MOST_ROWS]
    state = f"{'converged' if found.converged else 'stopped'} after {found.n_iter} iterations"
    said = f"{len(found.centers)} clusters, inertia {found.inertia:.6g}, {state}"
    return f"<p>{said}</p>" + _table(["label", *channels, "pixels"], rows)


def _colored(labels: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Each label in its color, 0 in black."""
    return as_bytes(label_colors(labels) * (labels > 0)[..., np.newaxis])


def _visible(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey, or the first three channels."""
    return pixels[..., 0] if pixels.shape[-1] < 3 else pixels[..., :3]


def _figure(pixels: NDArray[np.uint8], said: str) -> str:
    """A picture with its caption."""
    step = -(-max(pixels.shape[:2]) // _WIDEST)
    data = base64.b64encode(_png(pixels[::step, ::step])).decode("ascii")
    text = html.escape(said)
    return (
        f'<figure><img alt="{text}" src="data:image/png;base64,{data}" style="image-rendering: pixelated">'
        f"<figcaption>{text}</figcaption></figure>"
    )


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG of grey, (M, N), or of red, green and blue, (M, N, 3)."""
    height, width = pixels.shape[:2]
    lines = np.zeros((height, 1 + pixels[0].size), np.uint8)  # each begins with a 0: it is not filtered
    lines[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">2I5B", width, height, 8, 0 if pixels.ndim == 2 else 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes())), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def _swatch(color: NDArray[np.uint8]) -> str:
    """A patch of a color."""
    red, green, blue = color.tolist()
    return f'<span style="background: rgb({red},{green},{blue})">&emsp;</span>'


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells that are HTML already."""

    def line(tag: str, cells: Sequence[str]) -> str:
        return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"

    return f"<table>{line('th', header)}{''.join(line('td', row) for row in rows)}</table>"

"""Photographs as small files of few colors, with all that says what was lost."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg import kmeans_fit, palette_image
from classicseg.extras.files import MAX_PIXELS, encode_palette, read_image
from classicseg.metrics import psnr, ssim
from classicseg.types import PaletteImage

Format = Literal["png", "webp"]

MOST_COLORS = 256
"""What a palette of PNG holds."""

_WEBP_METHOD = 4
"""Pillow's own; 6 saved 2 % of a photograph in 73 colors and took 34 times as long."""


class Photograph(NamedTuple):
    """An image of 8 bits: grey, (H, W); or color, (H, W, 3 or 4), multiplied by alpha, which comes last."""

    pixels: NDArray[np.uint8]

    @property
    def channel_axis(self) -> int | None:
        """The axis of the channels."""
        return None if self.pixels.ndim == 2 else -1

    @property
    def n_channels(self) -> int:
        """1, 3 or 4."""
        return 1 if self.pixels.ndim == 2 else self.pixels.shape[2]


class Compressed(NamedTuple):
    """A file of few colors, and how it looks beside the original."""

    data: bytes
    n_pixels: int
    n_colors: int
    psnr: float
    """In decibels; of colors multiplied by alpha."""
    ssim: float

    @property
    def bits_per_pixel(self) -> float:
        """How large the file is beside the image, palette included."""
        return 8 * len(self.data) / self.n_pixels


def read_photograph(path: Path, *, max_pixels: int = MAX_PIXELS) -> Photograph:
    """Read an image of 8 bits, with its alpha."""
    picture = read_image(path, max_pixels=max_pixels)
    pixels = picture.pixels.astype(np.uint8) * np.uint8(255) if picture.pixels.dtype == bool else picture.pixels
    n_channels = 1 if picture.channel_axis is None else pixels.shape[picture.channel_axis]
    n_axes = pixels.ndim - (picture.channel_axis is not None)
    if pixels.dtype != np.uint8 or n_axes != 2 or n_channels not in (1, 3):
        raise ValueError(
            f"{path}: is {pixels.dtype} of shape {pixels.shape}; expected grey or RGB of 8 bits; save it as that"
        )
    if n_channels == 1:
        pixels = pixels.reshape(pixels.shape[:2])
    alpha = _alpha(path)
    if alpha is None or (alpha == 255).all():
        return Photograph(pixels)
    colors = with_channels(Photograph(pixels), 3).pixels
    opaque = np.rint(colors * (alpha[..., np.newaxis] / 255)).astype(np.uint8)
    return Photograph(np.dstack([opaque, alpha]))


def with_channels(photograph: Photograph, count: int) -> Photograph:
    """Grey as color, and color as opaque, so that photographs can share a palette."""
    pixels = photograph.pixels
    if pixels.ndim == 2 and count > 1:
        pixels = pixels[..., np.newaxis].repeat(3, axis=2)
    if pixels.ndim == 3 and pixels.shape[2] < count:
        pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    return Photograph(pixels)


def shared_palette(photographs: Sequence[Photograph], n_colors: int) -> NDArray[np.float64]:
    """The colors of several photographs together."""
    return kmeans_fit([one.pixels for one in photographs], n_clusters=n_colors).centers


def compress(photograph: Photograph, form: Format, **how: Any) -> Compressed:
    """Draw a photograph in few colors, as `palette_image` takes them, and encode it."""
    few = palette_image(photograph.pixels, channel_axis=photograph.channel_axis, **how)
    return _judged(photograph, few, encode(few, form))


def _judged(photograph: Photograph, few: PaletteImage, data: bytes) -> Compressed:
    """Hold an image in few colors beside the original."""
    seen = few.colors[few.labels - 1].reshape(photograph.pixels.shape)
    axis = photograph.channel_axis
    return Compressed(
        data,
        few.labels.size,
        len(few.colors),
        psnr(photograph.pixels, seen, channel_axis=axis),
        ssim(photograph.pixels, seen, channel_axis=axis),
    )


def most_colors_within(photograph: Photograph, form: Format, max_bytes: int, min_area: float) -> Compressed:
    """Draw a photograph in the largest number of colors whose file has at most so many bytes, by bisection."""
    fitting: list[tuple[PaletteImage, bytes]] = []

    def size(n_colors: int) -> int:
        axis = photograph.channel_axis
        few = palette_image(photograph.pixels, n_colors=n_colors, min_area=min_area, channel_axis=axis)
        data = encode(few, form)
        if len(data) <= max_bytes:
            fitting[:] = [(few, data)]  # more colors each time: the last one is the result
        return len(data)

    if size(MOST_COLORS) > max_bytes:
        if (least := size(1)) > max_bytes:
            raise ValueError(f"--max-bytes is {max_bytes}; one color alone takes {least}; expected more")
        _last(lambda count: size(count) <= max_bytes, 1, MOST_COLORS)
    return _judged(photograph, *fitting[0])


def encode(few: PaletteImage, form: Format) -> bytes:
    """A file of an image in few colors, whose last of four channels is alpha."""
    colors = few.colors if few.colors.shape[1] > 1 else few.colors.repeat(3, axis=1)
    if colors.shape[1] == 4:
        alpha = colors[:, 3:].astype(np.float64)
        plain = np.rint(colors[:, :3] * (255 / np.maximum(alpha, 1)))
        colors = np.hstack([np.minimum(plain, 255), alpha]).astype(np.uint8)
    if form == "png":
        return encode_palette(few.labels, colors)
    return _webp(colors[few.labels - 1], lossless=True, quality=100)


def lossy_bytes(photograph: Photograph, wanted: float) -> int | None:
    """The bytes of a lossy WebP that comes as near to the original; None where there is none, or alpha."""
    from PIL import Image

    if photograph.n_channels == 4:
        return None
    plain = with_channels(photograph, 3).pixels

    @functools.cache
    def tried(quality: int) -> tuple[int, float]:
        data = _webp(plain, quality=quality)
        with Image.open(io.BytesIO(data)) as image:
            return len(data), psnr(plain, np.asarray(image.convert("RGB")))

    steps = range(0, 105, 5)
    worse = _last(lambda step: step < 0 or tried(steps[step])[1] < wanted, -1, len(steps))
    return tried(steps[worse + 1])[0] if worse + 1 < len(steps) else None


def _last(holds: Callable[[int], bool], first: int, stop: int) -> int:
    """The last number below `stop` of which something holds, as it does of `first` and not of `stop`."""
    while stop - first > 1:
        middle = (first + stop) // 2
        first, stop = (middle, stop) if holds(middle) else (first, middle)
    return first


def _webp(pixels: NDArray[np.uint8], **how: Any) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="WEBP", method=_WEBP_METHOD, **how)
    return file.getvalue()


def _alpha(path: Path) -> NDArray[np.uint8] | None:
    """How opaque the pixels of a file are, that of palettes included; None where they are."""
    from PIL import Image, ImageOps

    with Image.open(path) as image:
        if "A" not in image.getbands() and "a" not in image.getbands() and "transparency" not in image.info:
            return None
        upright = ImageOps.exif_transpose(image)
        return np.asarray(upright.convert("RGBA"))[..., 3]

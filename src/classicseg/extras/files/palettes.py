"""Images of few colors as small files: the number of each pixel's color, and a palette."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import ArrayLike

from classicseg._core.image import as_labels


def encode_palette(labels: ArrayLike, colors: ArrayLike) -> bytes:
    """Encode labels and the color of each as a PNG with a palette.

    Parameters
    ----------
    labels : array_like of int, shape (M, N)
        The labels 1 … n; 0, where there is any, becomes transparent.
    colors : array_like, shape (n, 3) or (n, 4)
        Red, green and blue of the labels 1 … n, from 0 to 255, and how opaque they are, if they are not; numbers
        are rounded here. `kmeans_fit` calls colors centers.

    Returns
    -------
    bytes
        The file, with 1, 2, 4 or 8 bits a pixel before compression. ``8 * len(file) / labels.size`` is the number
        of bits a pixel that it takes, palette included.

    Raises
    ------
    ValueError
        If the labels are no plane, a label has no color, there are more than 256 colors (255 beside transparent
        pixels), or they are not from 0 to 255.

    See Also
    --------
    classicseg.palette_image : Finds the labels and the colors.
    write_labels : Labels as numbers, without colors.
    write_image : Colors without labels.

    Examples
    --------
    >>> from classicseg.extras.files import encode_palette
    >>> encode_palette([[1, 2, 2]], [[0, 0, 0], [255, 128, 0]])[1:4]
    b'PNG'
    """
    from PIL import Image

    segments, palette = as_labels(labels), np.rint(np.asarray(colors))
    has_holes = bool((segments == 0).any())
    if segments.ndim != 2:
        raise ValueError(f"labels have shape {segments.shape}; expected a plane, (H, W)")
    if palette.ndim != 2 or palette.shape[1] not in (3, 4) or not 0 < len(palette) <= 256 - has_holes:
        raise ValueError(f"colors have shape {palette.shape}; expected (n, 3 or 4), n from 1 to {256 - has_holes}")
    if not (palette.min() >= 0 and palette.max() <= 255):
        raise ValueError(f"colors go from {palette.min():g} to {palette.max():g}; expected 0 to 255; scale them")
    if segments.max() > len(palette):
        raise ValueError(f"labels go to {segments.max()}; expected at most the number of colors, {len(palette)}")
    opacity = palette[:, 3] if palette.shape[1] == 4 else np.full(len(palette), 255)
    palette = palette[:, :3]
    if has_holes:
        palette, opacity = np.concatenate([np.zeros((1, 3)), palette]), np.append(0, opacity)
    image = Image.fromarray((segments - (not has_holes)).astype(np.uint8))
    image.putpalette(palette.astype(np.uint8).tobytes())
    file = io.BytesIO()
    clear = {"transparency": opacity.astype(np.uint8).tobytes()} if (opacity < 255).any() else {}
    image.save(file, format="PNG", optimize=True, **clear)
    return file.getvalue()

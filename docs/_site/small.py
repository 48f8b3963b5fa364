"""Pictures as WebP: a seventh of the size that PNG has of photographs, and nothing that an eye would miss."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from PIL import Image

_QUALITY = 85


def save_small(figure: Figure, path: Path, **options: Any) -> Path:
    """Save a figure."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", **options)
    return make_small(drawn, path)


def make_small(picture: Path | io.BytesIO, path: Path) -> Path:
    """Write a picture as WebP, of an animation the last frame: curves without loss where that is smaller."""
    with Image.open(picture) as opened:
        opened.seek(getattr(opened, "n_frames", 1) - 1)
        pixels = opened.convert("RGBA")
    paper = Image.new("RGBA", pixels.size, "white")
    flat = Image.alpha_composite(paper, pixels).convert("RGB")
    path = path.with_suffix(".webp")
    path.write_bytes(min((_encoded(flat, lossless) for lossless in (True, False)), key=len))
    return path


def _encoded(pixels: Image.Image, lossless: bool) -> bytes:
    written = io.BytesIO()
    pixels.save(written, format="WebP", lossless=lossless, quality=80 if lossless else _QUALITY, method=4)
    return written.getvalue()

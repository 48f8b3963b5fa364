"""Photographs in few colors (Kodak): how near they stay to the original, and how small they get."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import fmean
from time import perf_counter
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from benchmarks.quality import sets
from benchmarks.quality.methods import Method, score
from benchmarks.tables import Section, markdown
from classicseg import palette_image
from classicseg.extras.files import encode_palette
from classicseg.metrics import psnr

_N_COLORS = (16, 32, 64, 256)
_WANTED = 36.0
"""Decibels that the fewest colors are sought for."""
_QUANTIZERS = {"median cut": "MEDIANCUT", "maximum coverage": "MAXCOVERAGE", "octree": "FASTOCTREE"}


class _Picture(NamedTuple):
    numbers: NDArray[np.int32]
    """Of each pixel's color, from 1."""
    colors: NDArray[np.float64]
    seconds: float


class _Scores(NamedTuple):
    psnr: float
    bits: float
    """A pixel, as PNG with its palette."""
    seconds: float


def palettes(data: Path) -> Section:
    """Score each quantizer for several numbers of colors."""
    images = sets.photographs(data / "kodak")
    found = score(list(_methods()), images, images, _judge)
    rows = []
    curves: dict[str, list[tuple[float, float]]] = {}
    for method, figures in found.items():
        means = [[fmean(column) for column in zip(*level, strict=True)] for level in zip(*figures, strict=True)]
        cells = [f"{mean[0]:.2f} / {mean[1]:.2f}" for mean in means]
        rows.append((method.name, method.library, *cells, f"{1000 * means[-1][2]:.0f}"))
        curves[f"{method.name}, {method.library}"] = [(mean[1], mean[0]) for mean in means]
    columns = [f"{n} colors" for n in _N_COLORS] + [f"ms for {_N_COLORS[-1]}"]
    text = (
        "PSNR in dB / bits a pixel as PNG; the means of all photographs. One thread each.\n\n"
        f"The fewest colors for {_WANTED:g} dB: {_fewest(images)}."
    )
    table = markdown(["method", "library", *columns], rows, 2)
    return Section("Palettes (Kodak)", f"{text}\n\n{table}", {"palettes": _plot(curves)})


def _fewest(images: list[NDArray[np.uint8]]) -> str:
    """How far beyond the quality the images come that were asked for it."""
    beyond, seconds, n_colors, n_out = [], [], [], 0
    for image in images:
        start = perf_counter()
        try:
            few = palette_image(image, min_psnr=_WANTED)
        except ValueError:  # 256 colors are not enough
            n_out += 1
            continue
        seconds.append((perf_counter() - start) / image[..., 0].size * 1e6)
        beyond.append(psnr(image, few.colors[few.labels - 1]) - _WANTED)
        n_colors.append(len(few.colors))
    return (
        f"{fmean(n_colors):.0f} in the mean, {min(beyond):.3f} to {max(beyond):.3f} dB beyond it, "
        f"{fmean(seconds):.1f} s a megapixel; {n_out} of {len(images)} photographs need more than 256"
    )


def _judge(image: NDArray[np.uint8], pictures: list[_Picture]) -> list[_Scores]:
    return [
        _Scores(
            psnr(image, np.rint(colors).astype(np.uint8)[numbers - 1]),
            8 * len(encode_palette(numbers, colors)) / numbers.size,
            seconds,
        )
        for numbers, colors, seconds in pictures
    ]


def _plot(curves: dict[str, list[tuple[float, float]]]) -> Figure:
    figure = Figure(figsize=(7, 5), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    for name, points in curves.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.set(xlabel="bits a pixel, as PNG", ylabel="PSNR, dB", title=f"{', '.join(map(str, _N_COLORS))} colors")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def _methods() -> list[Method]:
    ours = [Method("k-means", "classicseg", partial(_each, _by_kmeans))]
    pillow = [
        Method(name, "Pillow", partial(_each, partial(_by_pillow, quantizer)))
        for name, quantizer in _QUANTIZERS.items()
    ]
    return [
        *ours,
        Method("libimagequant", "imagequant", partial(_each, _by_libimagequant)),
        *pillow,
        Method("k-means of 1 % of the pixels", "scikit-learn", partial(_each, _by_scikit_learn)),
    ]


Quantize = Callable[[NDArray[np.uint8], int], tuple[NDArray[np.int32], NDArray[np.float64]]]


def _each(quantize: Quantize, image: NDArray[np.uint8]) -> list[_Picture]:
    pictures = []
    for n in _N_COLORS:
        start = perf_counter()
        numbers, colors = quantize(image, n)
        pictures.append(_Picture(numbers, colors, perf_counter() - start))
    return pictures


def _by_kmeans(image: NDArray[np.uint8], n: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    few = palette_image(image, n_colors=n)
    return few.labels, few.colors.astype(np.float64)


def _by_libimagequant(image: NDArray[np.uint8], n: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Without dithering, which costs bytes and decibels."""
    import imagequant

    few = imagequant.quantize_pil_image(Image.fromarray(image), dithering_level=0.0, max_colors=n)
    colors = np.array(few.getpalette(), np.float64).reshape(-1, 3)
    return np.asarray(few).astype(np.int32) + 1, colors


def _by_pillow(quantizer: str, image: NDArray[np.uint8], n: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    few = Image.fromarray(image).quantize(n, getattr(Image.Quantize, quantizer), dither=Image.Dither.NONE)
    colors = np.array(few.getpalette(), np.float64).reshape(-1, 3)
    return np.asarray(few).astype(np.int32) + 1, colors


def _by_scikit_learn(image: NDArray[np.uint8], n: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """As scikit-learn's own example does it: fitted on a sample, applied to all pixels."""
    from sklearn.cluster import KMeans

    pixels = image.reshape(-1, 3).astype(np.float64)
    sample = np.random.default_rng(0).choice(len(pixels), len(pixels) // 100, replace=False)
    fitted = KMeans(n, n_init=1, random_state=0).fit(pixels[sample])
    return fitted.predict(pixels).reshape(image.shape[:2]).astype(np.int32) + 1, fitted.cluster_centers_

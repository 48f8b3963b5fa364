"""Gabor filters: how much of a wave of some length there is around a pixel, along each of some directions.

A wave under a Gaussian is a product over the axes of a cosine and a sine, so it is applied axis by axis. What
takes no part weighs nothing, and the mean around a pixel is taken off before: a flat image has no waves, whatever
its mask.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_WAVELENGTH = 3.0
"""Of a wave, in scales."""


def directions(ndim: int) -> list[tuple[int, ...]]:
    """To the pixels that share a face, an edge or a corner, one of each two that are opposite."""
    steps = itertools.product((-1, 0, 1), repeat=ndim)
    return [step for step in steps if step > (0,) * ndim]


def wave_energies(
    values: NDArray[np.float64],
    inside: NDArray[np.float64],
    halves: list[NDArray[np.float64]],
    scale: float,
    spacing: tuple[float, ...],
) -> NDArray[np.float64]:
    """The largest and the smallest magnitude of all directions, (2, *shape); of one axis the only one, (1, n).

    `inside` is 1 where a pixel takes part and 0 elsewhere, as `values` are there.
    """
    axes = [axis for axis, half in enumerate(halves) if len(half) > 1]
    still = [(half, None) for half in halves]
    share = _along(inside, still)[0]
    known = np.where(share > 0, share, 1.0)
    mean = _along(values, still)[0] / known
    found = []
    for step in directions(len(axes)):
        waves = list(still)
        length = math.sqrt(sum(abs(s) for s in step))
        for axis, s in zip(axes, step, strict=True):
            pace = s * 2 * math.pi * spacing[axis] / (_WAVELENGTH * scale * length)
            phases = pace * np.arange(len(halves[axis]))
            waves[axis] = halves[axis] * np.cos(phases), halves[axis] * np.sin(phases) if s else None
        (even, odd), (flat_even, flat_odd) = _along(values, waves), _along(inside, waves)
        even, odd = even - mean * flat_even, odd - mean * flat_odd
        found.append(np.sqrt(even * even + odd * odd) / known)
    return np.array([np.max(found, axis=0), np.min(found, axis=0)][: min(2, len(found))])


def _along(values: NDArray[np.float64], waves: list[Any]) -> tuple[NDArray[np.float64], Any]:
    """Correlate with the product of waves: the even and the odd part."""
    even, odd = values, None
    for axis, (cosines, sines) in enumerate(waves):
        symmetric, skew = np.concatenate([cosines[:0:-1], cosines]), None
        if sines is not None:
            skew = np.concatenate([-sines[:0:-1], sines])
        parts = [_correlate(even, symmetric, axis), _correlate(odd, symmetric, axis)]
        if skew is not None:
            crossed, turned = _correlate(odd, skew, axis), _correlate(even, skew, axis)
            parts = [
                parts[0] if crossed is None else parts[0] - crossed,
                turned if parts[1] is None else parts[1] + turned,
            ]
        even, odd = parts
    return even, 0.0 if odd is None else odd


def _correlate(values: Any, weights: NDArray[np.float64], axis: int) -> Any:
    if values is None or len(weights) == 1:
        return values if values is None else values * weights[0]
    return ndimage.correlate1d(values, weights, axis, mode="constant")

"""Which features there are, what they are called, and how far each one looks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from classicseg._core.numbers import as_choice, as_number, members, shown
from classicseg.filters.features.gabor import directions
from classicseg.filters.smoothing import halo_of

STANDARD = (
    "gaussian",
    "gradient_magnitude",
    "laplacian",
    "hessian_eigenvalues",
    "structure_tensor_eigenvalues",
    "difference_of_gaussians",
)
"""What "standard" stands for."""

_MOST_PLANES = 2**16 - 1
"""Trees count features with 16 bits."""


class _Family(NamedTuple):
    """The planes of one name at one scale."""

    parts: Callable[[int], tuple[str, ...]]
    """What the planes are called, by the number of axes."""

    reach: Callable[[float, tuple[float, ...]], tuple[int, ...]]
    """How many pixels a plane of a scale looks along each axis, by the spacing."""


def _alone(name: str) -> Callable[[int], tuple[str, ...]]:
    return lambda ndim: (name,)


def _by_number(name: str) -> Callable[[int], tuple[str, ...]]:
    return lambda ndim: tuple(f"{name} {k + 1}" for k in range(ndim))


def _ends(name: str) -> Callable[[int], tuple[str, ...]]:
    return lambda ndim: tuple(f"{end} {name}" for end in ("largest", "smallest")[: min(2, len(directions(ndim)))])


def _smoothed(scale: float, spacing: tuple[float, ...]) -> tuple[int, ...]:
    return halo_of(scale, spacing)


def _derived(scale: float, spacing: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(n + 1 for n in halo_of(scale, spacing))


def _derived_smoothed(scale: float, spacing: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(n + m for n, m in zip(_derived(scale, spacing), halo_of(scale * OUTER, spacing), strict=True))


def window_radius(scale: float, spacing: tuple[float, ...]) -> tuple[int, ...]:
    """Half the side of a box that is as wide as a Gaussian: it has the same standard deviation."""
    return tuple(max(1, round((math.sqrt(12 * (scale / step) ** 2 + 1) - 1) / 2)) for step in spacing)


def _twice_a_window(scale: float, spacing: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(2 * n for n in window_radius(scale, spacing))


OUTER = 0.5
"""Products of derivatives are smoothed by so much of the scale, as in ilastik."""

FAMILIES = {
    "gaussian": _Family(_alone("gaussian"), _smoothed),
    "gradient_magnitude": _Family(_alone("gradient magnitude"), _derived),
    "laplacian": _Family(_alone("laplacian"), _derived),
    "hessian_eigenvalues": _Family(_by_number("hessian eigenvalue"), _derived),
    "structure_tensor_eigenvalues": _Family(_by_number("structure tensor eigenvalue"), _derived_smoothed),
    "difference_of_gaussians": _Family(_alone("difference of gaussians"), _smoothed),
    "mean": _Family(_alone("mean"), window_radius),
    "variance": _Family(_alone("variance"), window_radius),
    "entropy": _Family(_alone("entropy"), _twice_a_window),
    "gabor": _Family(_ends("gabor"), _smoothed),
}
"""The features by name."""


class Plan(NamedTuple):
    """What to compute of an image: tuples of plain values, so that a plan can be written down."""

    features: tuple[str, ...]
    """Names of `FAMILIES`."""

    scales: tuple[float, ...]
    """Ascending, in the units of the spacing."""

    def first_planes(self, ndim: int) -> dict[tuple[str, int], int]:
        """The first plane of each feature at each scale, by the number of the scale."""
        found, n_planes = {}, 0
        for feature in self.features:
            for number in range(self._n_scales(feature)):
                found[feature, number] = n_planes
                n_planes += len(FAMILIES[feature].parts(ndim))
        return found

    def names(self, ndim: int, n_channels: int) -> tuple[str, ...]:
        """What each plane is called, in their order: channel by channel."""
        return tuple(
            f"{part}, scale {scale:g}" + (f", channel {channel}" if n_channels > 1 else "")
            for channel in range(n_channels)
            for feature in self.features
            for scale in self.scales[: self._n_scales(feature)]
            for part in FAMILIES[feature].parts(ndim)
        )

    def n_planes(self, ndim: int) -> int:
        """How many planes there are of a channel."""
        return sum(len(FAMILIES[name].parts(ndim)) * self._n_scales(name) for name in self.features)

    def reach(self, spacing: tuple[float, ...]) -> tuple[int, ...]:
        """How many pixels around a pixel its features depend on, along each axis."""
        reaches = [FAMILIES[name].reach(self.scales[-1], spacing) for name in self.features]
        return tuple(map(max, zip(*reaches, strict=True)))

    def _n_scales(self, feature: str) -> int:
        return len(self.scales) - (feature == "difference_of_gaussians")


def as_plan(features: object, scales: object, ndim: int, n_channels: int = 1) -> Plan:
    """Parse features and scales."""
    given = members(features)
    names = tuple(as_choice("features", name, ["standard", *FAMILIES]) for name in given)
    if names == ("standard",):
        names = STANDARD
    if not names or len(set(names)) < len(names) or "standard" in names:
        raise ValueError(f"features are {shown(given)}; expected 'standard' alone, or names, each once")
    numbers = [as_number("scales", scale, above=0.0) for scale in members(scales)]
    if not numbers or sorted(set(numbers)) != numbers:
        raise ValueError(f"scales are {shown(numbers)}; expected at least one number, in ascending order")
    plan = Plan(names, tuple(numbers))
    n_planes = plan.n_planes(ndim) * n_channels
    if not 1 <= n_planes <= _MOST_PLANES:
        raise ValueError(
            f"features and scales make {n_planes} planes; expected 1 to {_MOST_PLANES}; differences of Gaussians "
            "need two scales"
        )
    return plan

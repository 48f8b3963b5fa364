"""The planes of features of some rows of an image."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg.filters.features.derivatives import Wanted, gradient_products, stencils, write_derivatives
from classicseg.filters.features.eigenvalues import write_eigenvalues
from classicseg.filters.features.gabor import wave_energies
from classicseg.filters.features.plans import OUTER, Plan, window_radius
from classicseg.filters.features.slabs import Gaussian, Slab, gaussian_along, slab_of, smoothed
from classicseg.filters.features.windows import box_entropy, box_moments
from classicseg.filters.smooth_rows import rounded
from classicseg.filters.smoothing import grain_of

_FINE = grain_of(np.dtype(np.float64))
"""How products are rounded in float64, before and after they are smoothed: the order of sums does not show."""

_TENSOR, _DIFFERENCE = "structure_tensor_eigenvalues", "difference_of_gaussians"


class Features(NamedTuple):
    """An image and what is computed of it: made once, asked for rows."""

    image: Image
    """Of at least two axes."""

    plan: Plan
    spacing: tuple[float, ...]
    axes: list[int]
    """Those that features are measured along: one of a line has a first axis of length 1 beside it."""

    gaussians: list[Gaussian]
    outer: list[Gaussian]
    """Of each scale."""

    reach: int
    """How many rows on both sides of a row its features look at."""

    @property
    def n_planes(self) -> int:
        """Of all channels."""
        return self.plan.n_planes(len(self.axes)) * self.image.n_channels

    @property
    def row_size(self) -> int:
        """The pixels of a row."""
        return int(np.prod(self.image.shape[1:]))


def features_of(image: Image, plan: Plan, spacing: tuple[float, ...]) -> Features:
    """Get ready to compute features of a parsed image."""
    if len(image.shape) == 1:
        mask = None if image.mask is None else image.mask[np.newaxis]
        image, spacing = Image(image.values[np.newaxis], mask, image.extremes), (1.0, *spacing)
        axes = [1]
    else:
        axes = list(range(len(image.shape)))
    gaussians = [gaussian_along(image.shape, scale, spacing, tuple(axes)) for scale in plan.scales]
    outer = []
    if _TENSOR in plan.features:
        outer = [gaussian_along(image.shape, scale * OUTER, spacing, tuple(axes)) for scale in plan.scales]
    reach = min(plan.reach(spacing)[0] + 1, 2 * len(image.values) + 2)  # weights end with the image
    return Features(image, plan, spacing, axes, gaussians, outer, reach)


def write_planes(features: Features, out: NDArray[np.float32], start: int, stop: int) -> None:
    """Write the features of rows `start` to `stop` of an image to planes, (n_planes, rows, …)."""
    image = features.image
    per_channel = features.plan.n_planes(len(features.axes))
    reach = features.reach
    lines = out.reshape(len(out), -1, out.shape[-1])
    for channel in range(image.n_channels):
        slab = slab_of(image, channel, start, stop, reach)
        own = lines[channel * per_channel : (channel + 1) * per_channel]
        _Writer(features, slab, own, start, stop).write()
    if image.mask is not None:
        out *= image.mask[start:stop]


class _Writer:
    """Writes the planes of one channel for some rows."""

    def __init__(self, features: Features, slab: Slab, out: NDArray[np.float32], start: int, stop: int) -> None:
        self.features, self.slab, self.out = features, slab, out
        self.start, self.stop = start, stop
        self.first = features.plan.first_planes(len(features.axes))

    def write(self) -> None:
        """Write all planes, scale by scale: what is smoothed is kept until the next scale is."""
        before: NDArray[Any] | None = None
        for number in range(len(self.features.plan.scales)):
            before = self._write_smoothed(number, before)
            self._write_windows(number)
            self._write_waves(number)

    def _plane(self, feature: str, number: int) -> int:
        return self.first.get((feature, number), -1)

    def _write_smoothed(self, number: int, before: NDArray[Any] | None) -> NDArray[Any] | None:
        """Write what comes from one smoothed image; return its own pixels."""
        names = {"gaussian", "gradient_magnitude", "laplacian", "hessian_eigenvalues", _TENSOR, _DIFFERENCE}
        if not names & set(self.features.plan.features):
            return None
        start, stop, n_rows = self.start, self.stop, len(self.features.image.values)
        margin = len(self.features.outer[number].halves[0]) - 1 if self.features.outer else 0
        low, high = max(start - margin, 0), min(stop + margin, n_rows)
        smooth = smoothed(self.slab, self.features.gaussians[number], low - 1, high + 1)
        rows = slice(start - low + 1, stop - low + 1)
        grid = stencils(smooth.shape, rows, self.features.axes, self.features.spacing)
        gradient = self._plane("gradient_magnitude", number)
        laplacian = self._plane("laplacian", number)
        wanted = Wanted(gradient, laplacian, self._plane("hessian_eigenvalues", number), 0)
        write_derivatives(smooth, grid, wanted, self.out)
        inner = smooth[(rows, *(slice(1, -1),) * (smooth.ndim - 1))]
        if (plane := self._plane("gaussian", number)) >= 0:
            self._put(plane, inner)
        if (plane := self._plane(_DIFFERENCE, number - 1)) >= 0 and before is not None:
            self._put(plane, before - inner)
        if (plane := self._plane(_TENSOR, number)) >= 0:
            self._write_tensor(number, smooth, low, high, plane)
        return inner

    def _write_tensor(self, number: int, smooth: NDArray[Any], low: int, high: int, plane: int) -> None:
        """Write the eigenvalues of smoothed products of derivatives."""
        grid = stencils(smooth.shape, slice(1, -1), self.features.axes, self.features.spacing)
        shape = self.features.image.shape[1:]
        products = gradient_products(smooth, grid, shape[-1])
        outer = self.features.outer[number]
        reach = len(outer.halves[0])
        own = slice(low - self.start + reach, high - self.start + reach)
        inside = None
        if self.slab.inside is not None:
            inside = np.zeros((self.stop - self.start + 2 * reach, *shape))
            inside[own] = self.slab.inside[low - self.slab.first : high - self.slab.first]
        tensor = np.empty((len(products), *self.out.shape[1:]), self.slab.dtype)
        for found, member in zip(tensor, products, strict=True):
            values = np.zeros((self.stop - self.start + 2 * reach, *shape), self.slab.values.dtype)
            values[own] = member.reshape(high - low, *shape)
            if inside is not None:
                values *= inside
            if values.dtype == np.float64:
                values = rounded(values, _FINE)
            part = self.slab._replace(
                values=values,
                inside=inside,
                first=self.start - reach,
                grain=_FINE if values.dtype == np.float64 else self.slab.grain,
            )
            means = smoothed(part, outer, self.start, self.stop)
            found[:] = means[(slice(None), *(slice(1, -1),) * (means.ndim - 1))].reshape(found.shape)
        write_eigenvalues(tensor, plane, 0, self.out)

    def _write_windows(self, number: int) -> None:
        """Write what is counted in boxes."""
        planes = [self._plane(name, number) for name in ("mean", "variance", "entropy")]
        if max(planes) < 0:
            return
        scale, spacing = self.features.plan.scales[number], self.features.spacing
        shape, axes = self.features.image.shape, self.features.axes
        boxes = enumerate(zip(window_radius(scale, spacing), shape, strict=True))
        radius = tuple(min(n, length) if axis in axes else 0 for axis, (n, length) in boxes)
        values, inside, own = self._exact(radius[0] * 2)
        moments = box_moments(values, inside, radius)
        for plane, found in zip(planes, moments[1:], strict=False):
            if plane >= 0:
                self._put(plane, found[own])
        if planes[2] >= 0:
            self._put(planes[2], box_entropy(values, inside, moments, radius)[own])

    def _write_waves(self, number: int) -> None:
        """Write the magnitudes of Gabor filters."""
        if (plane := self._plane("gabor", number)) < 0:
            return
        halves = self.features.gaussians[number].halves
        values, inside, own = self._exact(len(halves[0]) - 1)
        scale = self.features.plan.scales[number]
        for k, found in enumerate(wave_energies(values, inside, halves, scale, self.features.spacing)):
            self._put(plane + k, found[own])

    def _exact(self, reach: int) -> tuple[NDArray[np.float64], NDArray[np.float64], slice]:
        """Values and where there are any, in float64, with so many rows more on both sides; and the own rows."""
        slab = self.slab
        rows = slice(self.start - reach - slab.first, self.stop + reach - slab.first)
        values = slab.values[rows].astype(np.float64)
        if slab.inside is not None:
            return values, slab.inside[rows], slice(reach, len(values) - reach)
        inside = np.zeros(values.shape)
        low, high = self.start - reach, self.stop + reach
        inside[max(0, -low) : min(high, len(self.features.image.values)) - low] = 1
        return values, inside, slice(reach, len(values) - reach)

    def _put(self, plane: int, found: NDArray[Any]) -> None:
        self.out[plane] = found.reshape(self.out.shape[1:])

"""What properties of regions are made of: each is measured when it is first asked for, and once."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg._core.grid import neighbor_views
from classicseg._core.image import Image
from classicseg.labeling.numbering import small_labels
from classicseg.regions.crossings import crossings_of
from classicseg.regions.graph import lengths_of
from classicseg.regions.hulls import Hulls, hulls_of
from classicseg.regions.places import Places, covariances_of, places_of
from classicseg.regions.quantiles import percentiles_of
from classicseg.regions.region_runs import Runs, line_runs, region_runs, runs_within
from classicseg.regions.run_contacts import contacts_of_runs
from classicseg.regions.values import Values, values_of, weighted_centroids_of


class Measurements:
    """Of the regions of a label image, in the order of their first pixels."""

    def __init__(
        self,
        labels: NDArray[np.int32],
        inside: NDArray[np.bool_] | None,
        image: Image | None,
        spacing: tuple[float, ...],
        percents: list[float],
    ) -> None:
        self._inside, self._image, self._percents = inside, image, percents
        self.spacing, self.shape, self.ndim = spacing, labels.shape, labels.ndim
        self.pixel = math.prod(spacing)
        self._numbers, names = small_labels(labels)
        self._line_runs = line_runs(self._numbers)
        self._present, self._runs = region_runs(*self._line_runs)
        self.labels = names[self._present]

    @property
    def areas(self) -> NDArray[np.float64]:
        """(n,), in units of spacing."""
        return (self.places.counts * self.pixel).astype(np.float64)

    @cached_property
    def places(self) -> Places:
        return places_of(self._runs, self.shape)

    @property
    def centroids(self) -> NDArray[np.float64]:
        """(n, ndim), in units of spacing."""
        return self.places.sums / self.places.counts[:, np.newaxis] * np.array(self.spacing)

    @cached_property
    def covariances(self) -> NDArray[np.float64]:
        """(n, ndim, ndim), of the coordinates of the pixels."""
        return covariances_of(self._runs, self.places, self.shape, self.spacing)

    @cached_property
    def spreads(self) -> NDArray[np.float64]:
        """(n, ndim), the variances along the principal axes, the greatest first."""
        matrices = self.covariances
        if self.ndim == 2:
            a, b, c = matrices[:, 0, 0], matrices[:, 0, 1], matrices[:, 1, 1]
            middle, away = (a + c) / 2, np.hypot((a - c) / 2, b)
            return np.maximum(np.stack([middle + away, middle - away], axis=1), 0)
        return np.maximum(np.linalg.eigvalsh(_unflipped(matrices))[:, ::-1], 0)

    @cached_property
    def crossings(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The Euler numbers, (n,), and the stretches in each direction, (n, k)."""
        return crossings_of(self._runs, self.shape)

    @cached_property
    def hulls(self) -> Hulls:
        return hulls_of(self._runs, self.places, self.shape, self.spacing)

    @cached_property
    def touch_border(self) -> NDArray[np.bool_]:
        """(n,), whether a pixel lies on the border of the image, or beside one that takes no part."""
        longer = np.array(self.shape) > 1  # an axis of length 1 has no border
        touches = ((self.places.low == 0) | (self.places.high == self.shape))[:, longer].any(axis=1)
        if self._inside is not None:
            cut = np.zeros(self.shape, np.bool_)
            for axis in range(self.ndim):
                for sign in (-1, 1):
                    step = tuple(sign if a == axis else 0 for a in range(self.ndim))
                    here, there = neighbor_views(cut, step)[0], neighbor_views(self._inside, step)[1]
                    here |= ~there
            touches |= np.isin(self._present, self._numbers[cut])
        return touches

    @cached_property
    def neighbors(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """How many regions share a face with each, and how long these faces are together, (n,)."""
        contacts = contacts_of_runs(*self._line_runs, self.shape)
        ends, highest = 1 + contacts.ends, int(self._present.max(initial=0))
        faces = np.zeros((highest + 1, contacts.counts.shape[1]))
        for side in ends.T:
            np.add.at(faces, side, contacts.counts)
        n_neighbors = np.bincount(ends.reshape(-1), minlength=highest + 1)[self._present].astype(np.int64)
        return n_neighbors, lengths_of(faces[self._present], self.spacing)

    @property
    def n_channels(self) -> int:
        """0 without an image."""
        return 0 if self._image is None else self._image.n_channels

    @cached_property
    def _pixels(self) -> NDArray[Any]:
        """The values, (…, channels)."""
        return np.empty((*self.shape, 0)) if self._image is None else self._image.values

    @cached_property
    def _valued(self) -> Runs:
        """The runs of the pixels that have a value, of the same regions."""
        if self._image is None or self._image.mask is None:
            return self._runs
        return runs_within(self._image.mask, self._numbers, self._present)

    @cached_property
    def values(self) -> Values:
        return values_of(self._valued, self._pixels)

    @cached_property
    def weighted_centroids(self) -> NDArray[np.float64]:
        """(n, channels, ndim), in units of spacing."""
        return weighted_centroids_of(self._valued, self._pixels, self.places, self.values) * np.array(self.spacing)

    @cached_property
    def _percentiles(self) -> NDArray[np.float64]:
        return percentiles_of(self._valued, self._pixels, self._percents)

    def percentile(self, percent: float) -> NDArray[np.float64]:
        """One of those that were announced, (n, channels)."""
        return self._percentiles[..., self._percents.index(percent)]


def _unflipped(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Covariances with signs that no flip of an axis changes, and their eigenvalues do not depend on."""
    signs = np.ones(matrices.shape[:2])
    for axis in range(1, matrices.shape[1]):
        for other in range(axis - 1, -1, -1):
            wanted = np.sign(matrices[:, axis, other]) * signs[:, other]
            signs[:, axis] = np.where(wanted != 0, wanted, signs[:, axis])
    return matrices * signs[:, :, np.newaxis] * signs[:, np.newaxis, :]

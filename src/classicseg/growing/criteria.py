"""The criteria of region growing: a row for each says all in which they differ.

A new criterion is a function in a file of its own, a row here, and its name in the annotation of
`region_growing_segment`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg._core.seeds import SeedPixels
from classicseg.growing.adams_bischof import grow_by_competition
from classicseg.growing.confidence import grow_by_confidence
from classicseg.growing.neighbor_difference import grow_by_neighbor_difference
from classicseg.growing.options import GrowingOptions
from classicseg.growing.running_mean import grow_by_running_mean
from classicseg.growing.seed_value import grow_by_seed_value
from classicseg.growing.unseeded import grow_unseeded

Grow: TypeAlias = Callable[[Image, SeedPixels, GrowingOptions], NDArray[np.int32]]
"""Give each pixel of a region the region's number; 0 is no region."""

GrowUnseeded: TypeAlias = Callable[[Image, GrowingOptions], NDArray[np.int32]]
"""Give each pixel that takes part the number of a region."""


class GrowingCriterion(NamedTuple):
    """What a region accepts, and which options go with it."""

    grow: Grow
    """The growth from seeds."""
    options: frozenset[str]
    """Those of the optional options that it takes."""
    grow_unseeded: GrowUnseeded | None = None
    """The growth over the whole image; None: it needs seeds."""
    in_tiles: bool = False
    """Whether a region is what connects to its seeds, in whatever order it is found: tiles can grow it apart."""
    deviation_divisor: float = 1.0
    """Where seeds grow and no tolerance is given, it is the standard deviation of the values, divided by this."""
    own_norm: str = ""
    """The distance of colors that it has in place of `norm`."""


CRITERIA: dict[str, GrowingCriterion] = {
    "seed": GrowingCriterion(
        grow_by_seed_value,
        frozenset({"tolerance", "interval", "opening_radius"}),
        grow_unseeded=grow_unseeded,
        in_tiles=True,
        deviation_divisor=2.0,
    ),
    "neighbor": GrowingCriterion(
        grow_by_neighbor_difference, frozenset({"tolerance"}), in_tiles=True, deviation_divisor=10.0
    ),
    "mean": GrowingCriterion(grow_by_running_mean, frozenset({"tolerance"}), deviation_divisor=2.0),
    "confidence": GrowingCriterion(
        grow_by_confidence,
        frozenset({"multiplier", "max_iter", "initial_radius", "opening_radius"}),
        own_norm="the Mahalanobis distance",
    ),
    "competition": GrowingCriterion(grow_by_competition, frozenset()),
}

"""What it costs to merge two regions: one function and one row of a table for each criterion.

A cost is the same to the bit with the two regions exchanged, and scales with the image. Squared distances of means
are fractions of whole numbers where the image holds integers, rounded once: costs that are equal are equal in
floats.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import Kernel, kernel
from classicseg.trees.merging import prices_by


class Criterion(NamedTuple):
    """All that differs between the criteria."""

    cost: Kernel[Any, float]
    """As `merging.edge_cost`. Its options are the channels' weights and what the criterion adds to them."""
    value_power: float
    """The power of the image's units in a height, beside those of the boundaries."""
    border_power: float
    """The power of the boundaries' units in a height; 0 where none are needed."""
    height: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    """Heights of costs: rising, and scaling with the image."""
    starts: str
    """What merges where no regions are given: "zones" of equal pixels, or the "basins" of the boundaries."""
    waits: bool = False
    """Whether a merge waits for cheaper ones beside it, that may change what a region's neighbors prefer."""
    needs_outlines: bool = False
    """Whether variances, perimeters and bounding boxes are needed."""
    is_relative: bool = False
    """Whether boundaries are divided by the fourth root of their mean around them."""


@cache
def prices_of(criterion: str) -> Kernel[Any, None]:
    """The kernel that finds what edges cost by a criterion."""
    return prices_by(CRITERIA[criterion].cost)


@kernel()
def squared_distance(
    table: NDArray[np.float64], n_channels: int, a: int, b: int, weights: NDArray[np.float64]
) -> float:
    """The weighted squared distance of the means of two regions, times (n_a n_b)²."""
    n_a, n_b, total = table[a, 0], table[b, 0], 0.0
    for c in range(n_channels):
        apart = table[a, 1 + c] * n_b - table[b, 1 + c] * n_a
        total += weights[c] * (apart * apart)
    return total


@kernel()
def ward_cost(
    table: NDArray[np.float64],
    n_channels: int,
    a: int,
    b: int,
    contacts: NDArray[np.float64],
    edge: int,
    options: NDArray[np.float64],
) -> float:
    """The rise of the squared error: n_a n_b / (n_a + n_b) · ‖m_a - m_b‖²."""
    n_a, n_b = table[a, 0], table[b, 0]
    return squared_distance(table, n_channels, a, b, options) / (n_a * n_b * (n_a + n_b))


@kernel()
def mean_cost(
    table: NDArray[np.float64],
    n_channels: int,
    a: int,
    b: int,
    contacts: NDArray[np.float64],
    edge: int,
    options: NDArray[np.float64],
) -> float:
    """The distance of the means."""
    return np.sqrt(squared_distance(table, n_channels, a, b, options)) / (table[a, 0] * table[b, 0])


@kernel()
def border_cost(
    table: NDArray[np.float64],
    n_channels: int,
    a: int,
    b: int,
    contacts: NDArray[np.float64],
    edge: int,
    options: NDArray[np.float64],
) -> float:
    """The mean strength along the border."""
    return (contacts[edge, 1] + contacts[edge, 2]) / contacts[edge, 0]


@kernel()
def salient_border_cost(
    table: NDArray[np.float64],
    n_channels: int,
    a: int,
    b: int,
    contacts: NDArray[np.float64],
    edge: int,
    options: NDArray[np.float64],
) -> float:
    """The mean strength along the border, times the root of the lesser area as a share of that in the first option
    beyond the weights, from which on an area counts in full."""
    share = min(table[a, 0], table[b, 0]) / options[n_channels]
    return (contacts[edge, 1] + contacts[edge, 2]) / contacts[edge, 0] * np.sqrt(min(share, 1.0))


@kernel()
def contrast_cost(
    table: NDArray[np.float64],
    n_channels: int,
    a: int,
    b: int,
    contacts: NDArray[np.float64],
    edge: int,
    options: NDArray[np.float64],
) -> float:
    """A^(7/16) √d s², with A = n_a n_b / (n_a + n_b), d the distance of the means, s the mean strength of the
    border: a power of the contrast, 5/2 where s has the units of the values, 2 where it has their power 3/4.

    Roots are rounded the same on every machine, as other powers are not.
    """
    n_a, n_b = table[a, 0], table[b, 0]
    distance = np.sqrt(squared_distance(table, n_channels, a, b, options)) / (n_a * n_b)
    strength = (contacts[edge, 1] + contacts[edge, 2]) / contacts[edge, 0]
    quarter = np.sqrt(np.sqrt(n_a * n_b / (n_a + n_b)))
    eighth = np.sqrt(quarter)
    return quarter * eighth * np.sqrt(eighth) * np.sqrt(distance) * (strength * strength)


@kernel()
def multiresolution_cost(
    table: NDArray[np.float64],
    n_channels: int,
    a: int,
    b: int,
    contacts: NDArray[np.float64],
    edge: int,
    options: NDArray[np.float64],
) -> float:
    """The rise of heterogeneity, (1 - shape) · color + shape · (compactness · compact + (1 - compactness) ·
    smooth).

    After the weights, the options are shape, compactness, and a number for each axis.
    """
    shape, compactness, ndim = options[n_channels], options[n_channels + 1], len(options) - n_channels - 2
    perimeter = 1 + 2 * n_channels
    n_a, n_b, outline_a, outline_b = table[a, 0], table[b, 0], table[a, perimeter], table[b, perimeter]
    n, outline = n_a + n_b, (outline_a + outline_b) - 2 * contacts[edge, 0]
    box_a, box_b = box_surface(table, n_channels, a, a, options), box_surface(table, n_channels, b, b, options)
    box = box_surface(table, n_channels, a, b, options)
    smooth = n * outline / box - (n_a * outline_a / box_a + n_b * outline_b / box_b)
    root_a, root_b, root = np.sqrt(n_a), np.sqrt(n_b), np.sqrt(n)
    if ndim != 2:  # powers are rounded differently from machine to machine
        root_a, root_b, root = n_a ** (1 / ndim), n_b ** (1 / ndim), n ** (1 / ndim)
    compact = root * outline - (root_a * outline_a + root_b * outline_b)
    color = rise_of_deviations(table, n_channels, a, b, options)
    return (1 - shape) * color + shape * (compactness * compact + (1 - compactness) * smooth)


@kernel()
def rise_of_deviations(
    table: NDArray[np.float64], n_channels: int, a: int, b: int, weights: NDArray[np.float64]
) -> float:
    """The rise of n times the standard deviation, where two regions become one: the weighted sum over the
    channels."""
    n_a, n_b, total = table[a, 0], table[b, 0], 0.0
    share = n_a * n_b / (n_a + n_b)
    for c in range(n_channels):
        apart = table[a, 1 + c] / n_a - table[b, 1 + c] / n_b
        of_a, of_b = table[a, 1 + n_channels + c], table[b, 1 + n_channels + c]
        together = (of_a + of_b) + share * (apart * apart)
        total += weights[c] * (np.sqrt((n_a + n_b) * together) - (np.sqrt(n_a * of_a) + np.sqrt(n_b * of_b)))
    return total


@kernel()
def box_surface(
    table: NDArray[np.float64], n_channels: int, a: int, b: int, options: NDArray[np.float64]
) -> float:
    """The surface of the box around two regions: in two dimensions its perimeter."""
    ndim, low, total = len(options) - n_channels - 2, 2 + 2 * n_channels, 0.0
    for axis in range(ndim):
        face = 2.0
        for other in range(ndim):
            if other != axis:
                begin = max(table[a, low + other], table[b, low + other])
                face *= begin + max(table[a, low + ndim + other], table[b, low + ndim + other])
        total += face
    return total


@cache
def salient_prices() -> Kernel[Any, None]:
    """The kernel that finds what edges cost by the strength of borders, less where a region is small."""
    return prices_by(salient_border_cost)


def _as_it_is(costs: NDArray[np.float64]) -> NDArray[np.float64]:
    return costs


def _of_contrast(costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """In proportion to the values: the power 2 / 5, for the cost has the power 5 / 2 of them."""
    return costs**0.4


def _of_relative_contrast(costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """In proportion to the values: the root, for the cost has the power 2 of them."""
    return np.sqrt(costs)


def _of_heterogeneity(costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scale whose square is the cost; 0 where a merge makes regions more homogeneous."""
    return np.sqrt(np.maximum(costs, 0))


CRITERIA = {
    "contrast": Criterion(contrast_cost, 0.2, 0.8, _of_contrast, "basins"),
    "ward": Criterion(ward_cost, 2.0, 0.0, _as_it_is, "zones", waits=True),
    "mean": Criterion(mean_cost, 1.0, 0.0, _as_it_is, "zones"),
    "border": Criterion(border_cost, 0.0, 1.0, _as_it_is, "basins"),
    "multiresolution": Criterion(multiresolution_cost, 0.0, 0.0, _of_heterogeneity, "zones", needs_outlines=True),
}
"""The criteria by name."""

RELATIVE_CONTRAST = CRITERIA["contrast"]._replace(
    value_power=0.25, border_power=0.75, height=_of_relative_contrast, is_relative=True
)
"""What "contrast" is where no boundaries are given. The powers are those of the image's units in √d and in s."""

"""What it costs to merge two regions: one function and one row for each criterion."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.kernel import Kernel, kernel
from classicseg.trees.merging import rounds_by


@kernel()
def ward(
    table: NDArray[np.float64],
    n_channels: int,
    a: int,
    b: int,
    contacts: NDArray[np.float64],
    edge: int,
    options: NDArray[np.float64],
) -> float:
    """The rise of the squared error: n_a n_b / (n_a + n_b) · ‖m_a - m_b‖²."""
    n_a, n_b, total = table[a, 0], table[b, 0], 0.0
    for c in range(n_channels):
        apart = table[a, 1 + c] * n_b - table[b, 1 + c] * n_a
        total += options[c] * (apart * apart)
    return total / (n_a * n_b * (n_a + n_b))


@kernel()
def mean(
    table: NDArray[np.float64],
    n_channels: int,
    a: int,
    b: int,
    contacts: NDArray[np.float64],
    edge: int,
    options: NDArray[np.float64],
) -> float:
    """The distance of the means."""
    n_a, n_b, total = table[a, 0], table[b, 0], 0.0
    for c in range(n_channels):
        apart = table[a, 1 + c] * n_b - table[b, 1 + c] * n_a
        total += options[c] * (apart * apart)
    return np.sqrt(total) / (n_a * n_b)


@kernel()
def border(
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
def contrast(
    table: NDArray[np.float64],
    n_channels: int,
    a: int,
    b: int,
    contacts: NDArray[np.float64],
    edge: int,
    options: NDArray[np.float64],
) -> float:
    n_a, n_b, total = table[a, 0], table[b, 0], 0.0
    for c in range(n_channels):
        apart = table[a, 1 + c] * n_b - table[b, 1 + c] * n_a
        total += options[c] * (apart * apart)
    d = np.sqrt(total) / (n_a * n_b)
    b_ = (contacts[edge, 1] + contacts[edge, 2]) / contacts[edge, 0]
    A = n_a * n_b / (n_a + n_b)
    return A ** options[n_channels] * d ** options[n_channels + 1] * b_ ** options[n_channels + 2]

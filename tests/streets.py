"""Frames of a street that are made: sky, house, road, a car on it."""

from __future__ import annotations

import numpy as np


def frame(seed, shape=(32, 48)):
    """A frame, and its classes: 0 sky, 1 house, 2 road, 3 car; 9 where nobody said what it is."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: shape[0], : shape[1]] / np.array(shape).reshape(2, 1, 1)
    horizon, left, car = rng.uniform(0.45, 0.65), rng.uniform(0.1, 0.5), rng.uniform(0.1, 0.7)
    truth = np.where(rows > horizon, 2, 0)
    truth[(rows > 0.2) & (rows <= horizon) & (columns > left) & (columns < left + 0.4)] = 1
    truth[(rows > horizon + 0.05) & (rows < horizon + 0.25) & (columns > car) & (columns < car + 0.25)] = 3
    colors = np.array([[120, 170, 230], [160, 110, 80], [90, 90, 95], [200, 30, 40]])
    image = np.clip(colors[truth] + rng.normal(0, 12, (*shape, 3)), 0, 255).astype(np.uint8)
    truth[:2] = 9
    return image, truth.astype(np.uint8)


def frames(n, shape=(32, 48)):
    """Several of them: images, and truths."""
    pairs = [frame(seed, shape) for seed in range(n)]
    return [image for image, _ in pairs], [truth for _, truth in pairs]

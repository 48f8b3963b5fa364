"""Layers without a viewer: the attributes of napari's that are read."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest


class Layer(SimpleNamespace):
    """An image, labels, points (with `symbol`) or shapes (with `shape_type`) on a grid of its own."""

    def __init__(self, data, name="image", *, ndim=None, path=None, **others):
        ndim = np.ndim(data) - bool(others.get("rgb")) if ndim is None else ndim
        place = {"scale": np.ones(ndim), "translate": np.zeros(ndim), "rotate": np.eye(ndim), "units": None}
        source = SimpleNamespace(path=None if path is None else str(path))
        super().__init__(**{"data": data, "name": name, "ndim": ndim, "source": source} | place | others)

    def data_to_world(self, point):
        return np.multiply(point, self.scale) + self.translate

    def world_to_data(self, point):
        return (np.asarray(point) - self.translate) / self.scale


@pytest.fixture
def make_layer():
    return Layer


@pytest.fixture
def make_points():
    return lambda points, name="points", **others: Layer(
        np.asarray(points, float), name, ndim=np.shape(points)[1], symbol="disc", **others
    )


class _Shapes(Layer):
    """Rectangles between two corners."""

    def __init__(self, data, shape_type="rectangle", ndim=2, name="shapes", **others):
        super().__init__(data, name, ndim=ndim, shape_type=shape_type, **others)

    def to_masks(self, shape):
        masks = np.zeros((len(self.data), *shape), bool)
        for mask, corners in zip(masks, self.data, strict=True):
            first, last = np.rint([np.min(corners, axis=0), np.max(corners, axis=0)]).astype(int)
            mask[tuple(slice(a, b + 1) for a, b in zip(first, last, strict=True))] = True
        return masks


@pytest.fixture
def make_shapes():
    return _Shapes


@pytest.fixture
def viewer_of():
    """What a copied program calls `viewer`."""
    return lambda *layers: SimpleNamespace(layers={layer.name: layer for layer in layers})

"""Images that look for trouble: small, with many equal values."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from classicseg import RegionTree, flat_zone_tree

DTYPES = ("bool", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8")


def shapes(ndim: int = 2, least: int = 1, most: int = 9) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[st.integers(least, most)] * ndim)


@st.composite
def images(draw, shape=None, dtype="u1", highest=None, n_channels=0):
    """An image of few levels (many ties) or of many."""
    shape = draw(shapes()) if shape is None else shape
    highest = draw(st.sampled_from([1, 3, 20, 255])) if highest is None else highest
    shape = (*shape, n_channels) if n_channels else shape
    values = draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, highest)))
    return values.astype(dtype)


@st.composite
def scenes(draw, shape=None, dtype="u1"):
    """A few flat rectangles under a little noise: an image that has something to segment."""
    shape = draw(shapes(2, 6, 24)) if shape is None else shape
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    image = np.full(shape, rng.integers(0, 200), np.int64)
    for _ in range(draw(st.integers(0, 4))):
        corner = [rng.integers(0, length) for length in shape]
        box = tuple(slice(c, c + rng.integers(1, length + 1)) for c, length in zip(corner, shape, strict=True))
        image[box] = rng.integers(0, 200)
    return (image + rng.integers(0, draw(st.sampled_from([1, 4, 50])), shape)).astype(dtype)


def masks(shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(bool, shape)


@st.composite
def marker_images(draw: st.DrawFn, mask: np.ndarray, most: int = 9) -> np.ndarray:
    """Labels up to `most` on a few pixels of a mask, at least one; 0 elsewhere."""
    inside = np.flatnonzero(mask)
    places = draw(st.lists(st.integers(0, len(inside) - 1), min_size=1, max_size=6))
    markers = np.zeros(mask.shape, np.int64)
    markers.flat[inside[places]] = [draw(st.integers(1, most)) for _ in places]
    return markers


@st.composite
def label_pairs(draw: st.DrawFn, most: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Two label images of one shape."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=6))
    dtypes = st.sampled_from([np.uint8, np.uint16, np.int32])
    one, other = (draw(hnp.arrays(draw(dtypes), shape, elements=st.integers(0, most))) for _ in range(2))
    return one, other


@st.composite
def tilings(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Lengths of tiles along each axis, of single pixels at the least."""
    chunks = []
    for length in shape:
        cuts = draw(st.sets(st.integers(1, length - 1))) if length > 1 else set()
        chunks.append(tuple(np.diff([0, *sorted(cuts), length]).tolist()))
    return tuple(chunks)


@st.composite
def classes(draw, shapes=None, highest=None):
    """A label image of few labels, of 1 to 4 dimensions."""
    highest = draw(st.sampled_from([1, 2, 5])) if highest is None else highest
    chosen = hnp.array_shapes(min_dims=1, max_dims=4, max_side=6) if shapes is None else shapes
    return draw(hnp.arrays(np.int32, chosen, elements=st.integers(0, highest)))


@st.composite
def with_connectivity(draw, labels=None):
    labels = draw(classes() if labels is None else labels)
    return labels, draw(st.integers(1, labels.ndim))


def neighbor_pairs(shape, connectivity):
    """Every ordered pair of neighbors, by the words of the docstrings."""
    steps = [
        step
        for step in itertools.product((-1, 0, 1), repeat=len(shape))
        if 0 < sum(map(abs, step)) <= connectivity
    ]
    for pixel in np.ndindex(*shape):
        for step in steps:
            other = tuple(i + s for i, s in zip(pixel, step, strict=True))
            if all(0 <= i < length for i, length in zip(other, shape, strict=True)):
                yield pixel, other


@st.composite
def trees(draw: st.DrawFn) -> RegionTree:
    """Trees of flat zones of small images and volumes with masks, of many ties or few."""
    shape = draw(st.sampled_from([(1, 9), (5, 6), (7, 3), (2, 3, 4)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    image = rng.integers(0, draw(st.sampled_from([3, 10, 1000])), shape)
    mask = rng.random(shape) < draw(st.sampled_from([0.7, 1]))
    connectivity = draw(st.integers(1, len(shape)))
    return flat_zone_tree(image, connectivity=connectivity, channel_axis=None, mask=mask)

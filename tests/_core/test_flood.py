"""The flood against its definition with Python's heap, and against scikit-image where there are no ties."""

from __future__ import annotations

import heapq

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from skimage.segmentation import watershed
from strategies import images, masks

from classicseg._core import flood as module
from classicseg._core.flood import UNDECIDED, flood
from classicseg._core.image import as_image


def flood_by_heap(levels, markers, ranks, image):
    """One pixel at a time in the order (level, ring); a ring is decided before any of it is written."""
    labels, height, width = markers.copy(), *markers.shape
    around = lambda y, x: [  # noqa: E731
        (j, i) for j, i in ((y - 1, x), (y, x - 1), (y, x + 1), (y + 1, x)) if 0 <= j < height and 0 <= i < width
    ]
    seen, heap = markers > 0, []
    for y, x in np.argwhere(markers > 0).tolist():
        for j, i in around(y, x):
            if not seen[j, i]:
                seen[j, i] = True
                heapq.heappush(heap, (levels[j, i], 0, j, i))
    while heap:
        key, ring = heap[0][:2], []
        while heap and heap[0][:2] == key:
            ring.append(heapq.heappop(heap)[2:])
        decided = []
        for y, x in ring:
            near = [
                (abs(image[y, x] - image[p]), ranks[labels[p]], labels[p]) for p in around(y, x) if labels[p] > 0
            ]
            best = {label for distance, rank, label in near if (distance, rank) == min(near)[:2]}
            decided.append(best.pop() if len(best) == 1 else UNDECIDED)
        for place, label in zip(ring, decided, strict=True):
            labels[place] = label
        for y, x in ring:
            for j, i in around(y, x):
                if not seen[j, i]:
                    seen[j, i] = True
                    rises = levels[j, i] > key[0]
                    heapq.heappush(heap, (levels[j, i], 0, j, i) if rises else (key[0], key[1] + 1, j, i))
    return labels


@given(st.data())
def test_the_kernel_equals_the_definition(data):
    image = data.draw(images(dtype="f8"))
    levels = data.draw(images(image.shape, highest=4, dtype="f8"))
    markers = data.draw(images(image.shape, highest=3)).astype(np.int32) * data.draw(masks(image.shape))
    ranks = np.array([0, 1, data.draw(st.integers(1, 2)), 1])
    expected = flood_by_heap(levels, markers, ranks, image)
    assert_array_equal(flood(levels, markers, ranks, as_image(image), 1), expected)


@given(st.data())
def test_small_steps_give_the_same(data):
    image = data.draw(images(dtype="f8"))
    markers = data.draw(images(image.shape, highest=2)).astype(np.int32)
    ranks = np.arange(3)
    expected = flood(image, markers, ranks, as_image(image), 2)
    steps, module._STEPS = module._STEPS, 1
    try:
        assert_array_equal(flood(image, markers, ranks, as_image(image), 2), expected)
    finally:
        module._STEPS = steps


def test_scikit_image_agrees_where_there_are_no_ties():
    rng = np.random.default_rng(0)
    levels = rng.permutation(2500).reshape(50, 50).astype(float)
    markers = np.zeros((50, 50), np.int32)
    markers.flat[rng.choice(2500, 12, replace=False)] = np.arange(1, 13)
    found = flood(levels, markers, np.arange(13), as_image(levels), 1)
    assert (found == watershed(levels, markers)).mean() > 0.9  # a pixel between two basins may go to either

"""The floods against a definition with Python's heap, against each other, and against scikit-image without
ties."""

from __future__ import annotations

import heapq
import itertools

import numpy as np
import pytest
import skimage
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage
from skimage.segmentation import watershed
from strategies import images, masks, shapes

from classicseg._core.image import as_image
from classicseg.flooding import flood as flood_module
from classicseg.flooding import flood_with_lines as lines_module
from classicseg.flooding.flood import flood
from classicseg.flooding.flood_states import UNDECIDED, finished
from classicseg.flooding.flood_with_lines import flood_with_lines
from classicseg.flooding.level_queue import bucket_of, make_queue, ordered_bits, put, take_level


def around(place, shape, connectivity):
    """The neighbors of a pixel."""
    for step in itertools.product((-1, 0, 1), repeat=len(shape)):
        near = tuple(np.add(place, step).tolist())
        if 0 < np.count_nonzero(step) <= connectivity and all(
            0 <= i < n for i, n in zip(near, shape, strict=True)
        ):
            yield near


def flood_by_heap(levels, markers, ranks, image, inside, connectivity):
    """One ring at a time in the order (level, ring): it is decided which pixels it reaches before any is
    written."""
    labels = np.where(inside, markers, 0)
    heap = [(levels[place], 0, place) for place in map(tuple, np.argwhere(labels > 0).tolist())]
    heapq.heapify(heap)
    reached = labels != 0
    while heap:
        level, ring = heap[0][:2]
        batch = []
        while heap and heap[0][:2] == (level, ring):
            batch.append(heapq.heappop(heap)[2])
        comers = {}
        for place in batch:
            for near in around(place, labels.shape, connectivity):
                if inside[near] and not reached[near]:
                    comers.setdefault(near, []).append(place)
        for near, places in comers.items():
            ways = [(abs(image[near] - image[p]), ranks[labels[p]], labels[p]) for p in places if labels[p] > 0]
            best = {label for distance, rank, label in ways if (distance, rank) == min(ways)[:2]}
            labels[near] = best.pop() if len(best) == 1 else UNDECIDED
            reached[near] = True
            rises = levels[near] > level
            heapq.heappush(heap, (levels[near], 0, near) if rises else (level, ring + 1, near))
    return labels


@st.composite
def floods(draw, dtypes=("u1", "f4")):
    """Levels, markers, ranks, an image and what takes part of it."""
    shape = draw(shapes() | shapes(3, 1, 4))
    image = draw(images(shape, dtype="u1"))
    lowest = draw(st.sampled_from([0, 0, 2]))
    dtype = draw(st.sampled_from(dtypes))
    levels = draw(images(shape, highest=draw(st.sampled_from([0, 4, 255])))).astype(dtype)
    levels = levels - np.array(lowest, dtype) if dtype[0] == "f" else levels
    inside = draw(st.just(np.ones(shape, bool)) | masks(shape))
    markers = draw(images(shape, highest=3)).astype(np.int32) * draw(masks(shape)) * inside
    ranks = np.array([0, 1, draw(st.integers(1, 2)), 1])
    return levels, markers, ranks, image, inside, draw(st.integers(1, len(shape)))


@given(floods())
def test_the_flood_equals_the_definition(drawn):
    levels, markers, ranks, image, inside, connectivity = drawn
    parsed = as_image(image, mask=inside, channel_axis=None)
    expected = flood_by_heap(levels, markers, ranks, image.astype(int), inside, connectivity)
    assert_array_equal(flood(levels, markers, ranks, parsed, connectivity), expected)


@given(floods(), st.booleans())
def test_without_ranks_the_lower_number_wins_and_nothing_is_undecided(drawn, same):
    levels, markers, _, image, inside, connectivity = drawn
    parsed = as_image(image, mask=inside, channel_axis=None)
    levels = parsed.values[..., 0] if same else levels
    found = flood(levels, markers, None, parsed, connectivity)
    assert_array_equal(found, flood(levels, markers, np.arange(4), parsed, connectivity))
    assert (found >= 0).all()


@given(floods())
def test_the_flood_with_lines_is_the_same_without_any(drawn):
    levels, markers, ranks, image, inside, connectivity = drawn
    parsed = as_image(image, mask=inside, channel_axis=None)
    options = {"lines": False, "compactness": 0.0, "spacing": (1.0,) * image.ndim}
    for given_ranks in (ranks, None):
        found = flood_with_lines(levels, markers, given_ranks, parsed, connectivity, **options)
        assert_array_equal(found, flood(levels, markers, given_ranks, parsed, connectivity))


@given(floods(), st.booleans(), st.sampled_from([0.0, 0.5, 50.0]))
def test_small_steps_give_the_same(drawn, lines, compactness):
    levels, markers, ranks, image, inside, connectivity = drawn
    parsed = as_image(image, mask=inside, channel_axis=None)
    options = {"lines": lines, "compactness": compactness, "spacing": (2.0,) * image.ndim}
    expected = flood(levels, markers, ranks, parsed, connectivity)
    other = flood_with_lines(levels, markers, ranks, parsed, connectivity, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flood_module, "_PIXELS_AT_ONCE", 1)
        patch.setattr(lines_module, "_PIXELS_AT_ONCE", 1)
        assert_array_equal(flood(levels, markers, ranks, parsed, connectivity), expected)
        found = flood_with_lines(levels, markers, ranks, parsed, connectivity, **options)
    assert_array_equal(found, other)


@given(floods(), st.sampled_from([0.0, 0.5, 50.0]))
def test_lines_turn_with_the_image_and_separate_what_markers_do_not_join(drawn, compactness):
    levels, markers, ranks, image, inside, connectivity = drawn
    options = {"lines": True, "compactness": compactness, "spacing": (1.0,) * image.ndim}

    def call(turn):
        parsed = as_image(turn(image), mask=turn(inside), channel_axis=None)
        return flood_with_lines(turn(levels), turn(markers), ranks, parsed, connectivity, **options)

    labels = call(np.asarray)
    for turn in (lambda a: np.ascontiguousarray(a[::-1]), lambda a: np.ascontiguousarray(np.swapaxes(a, 0, -1))):
        assert_array_equal(call(turn), turn(labels))
    assert_array_equal(labels[markers > 0], markers[markers > 0])
    for place in map(tuple, np.argwhere((labels > 0) & (markers == 0)).tolist()):
        beside = {int(labels[near]) for near in around(place, labels.shape, connectivity)}
        assert beside <= {0, UNDECIDED, int(labels[place])}


@pytest.mark.large
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_scikit_image_agrees_where_there_are_no_ties(dtype):
    rng = np.random.default_rng(0)
    for shape, connectivity in [((30, 40), 1), ((30, 40), 2), ((9, 10, 11), 1), ((9, 10, 11), 3)]:
        levels = rng.permutation(np.prod(shape)).reshape(shape).astype(dtype)
        markers = np.zeros(shape, np.int32)
        minima = np.flatnonzero(levels == ndimage.minimum_filter(levels, 3))  # with any other, versions differ
        markers.flat[rng.permutation(minima)[:8]] = 1 + np.arange(len(minima[:8]))
        parsed = as_image(levels, channel_axis=None)
        found = flood(parsed.values[..., 0], markers, None, parsed, connectivity)
        assert_array_equal(found, watershed(levels, markers, connectivity=connectivity))
        if [int(part) for part in skimage.__version__.split(".")[:2]] < [0, 26]:
            continue  # its lines were others
        options = {"lines": True, "compactness": 0.0, "spacing": (1.0,) * len(shape)}
        found = flood_with_lines(parsed.values[..., 0], markers, None, parsed, connectivity, **options)
        assert_array_equal(found, watershed(levels, markers, connectivity=connectivity, watershed_line=True))


def test_distances_count_as_in_scikit_image():
    rng = np.random.default_rng(1)
    levels = rng.random((40, 50))
    markers = np.zeros((40, 50), np.int32)
    markers.flat[rng.choice(2000, 20, replace=False)] = np.arange(1, 21)
    markers[(levels > 0.3) & (markers > 0)] = 0
    for compactness in (0.01, 0.1, 10):
        options = {"lines": False, "compactness": compactness, "spacing": (1.0, 1.0)}
        found = flood_with_lines(levels, markers, None, as_image(levels), 1, **options)
        assert (found == watershed(levels, markers, compactness=compactness)).mean() > 0.99  # equal distances tie


@given(st.data())
def test_levels_leave_the_queue_in_their_order(data):
    dtype = data.draw(st.sampled_from(["u1", "f4", "f8"]))
    levels = data.draw(images((data.draw(st.integers(1, 200)),))).astype(dtype)
    if dtype != "u1":
        wide = data.draw(st.sampled_from([1.0, 1e-3, 1e9]))
        levels = ((levels - 100) ** 3 * np.array(wide, dtype)).astype(dtype)
    grid = ordered_bits(levels.copy())
    assert_array_equal(np.argsort(grid, kind="stable"), np.argsort(levels, kind="stable"))
    queue = make_queue(grid, np.zeros(len(levels), np.int32), 1)
    for node in range(len(levels)):
        put(grid, *queue[:3], queue.current, bucket_of(grid[node], *queue.buckets), node)
    taken = []
    while n := take_level(grid, *queue[:3], queue.current, dtype == "u1"):
        assert len(set(levels[queue.nodes[:n]].tolist())) == 1
        taken.append(levels[queue.nodes[0]].item())
        assert n == np.count_nonzero(levels == taken[-1])
    assert taken == np.unique(levels).tolist()


@given(st.data())
def test_the_result_is_made_in_place(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=5))
    inner = data.draw(images(shape, highest=20)).astype(np.int32) - 5
    grid = np.full([n + 2 for n in shape], 2**31 - 1, np.int32)
    grid[(slice(1, -1),) * len(shape)] = inner
    expected = np.where(inner == 7, UNDECIDED, np.maximum(inner, 0))
    assert_array_equal(finished(grid.reshape(-1), shape, 7), expected)

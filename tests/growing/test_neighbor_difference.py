"""Growth from neighbor to neighbor: components of the graph whose edges are small differences."""

from __future__ import annotations

from unittest import mock

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import images, masks, shapes

from classicseg import region_growing_segment
from classicseg._core.image import as_image
from classicseg.growing import neighbor_difference
from classicseg.growing.pixel_grid import padded_nodes


def follow(image, inside, seed, tolerance, connectivity, maximum):
    """The definition: whatever a chain of differences within the tolerance leads to."""
    region, waiting = {seed}, [seed]
    while waiting:
        pixel = waiting.pop()
        for other in np.ndindex(image.shape[:-1]):
            apart = np.abs(np.subtract(pixel, other))
            if other in region or apart.max() > 1 or apart.sum() > connectivity or not inside[other]:
                continue
            difference = np.abs(image[pixel].astype(float) - image[other])
            if (difference.max() if maximum else np.sqrt((difference**2).sum())) <= tolerance:
                region.add(other)
                waiting.append(other)
    found = np.zeros(image.shape[:-1], int)
    found[tuple(np.transpose(list(region)))] = 1
    return found


@given(st.data())
def test_a_region_is_what_small_differences_lead_to(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=4))
    image = data.draw(images((*shape, data.draw(st.sampled_from([1, 2]))), highest=4))
    mask = data.draw(masks(shape))
    seed = tuple(data.draw(st.integers(0, length - 1)) for length in shape)
    mask[seed] = True
    tolerance, connectivity = data.draw(st.sampled_from([0, 1, 1.5])), data.draw(st.integers(1, len(shape)))
    norm = data.draw(st.sampled_from(["euclidean", "maximum"]))
    options = {
        "tolerance": tolerance,
        "connectivity": connectivity,
        "norm": norm,
        "channel_axis": -1,
        "mask": mask,
    }
    found = region_growing_segment(image, seeds={1: [seed]}, criterion="neighbor", **options)
    assert_array_equal(found, follow(image, mask, seed, tolerance, connectivity, norm == "maximum"))


@given(st.data())
def test_kernels_equal_their_definitions(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=5) | st.tuples(st.integers(1, 2), st.just(70)))
    image = data.draw(images((*shape, data.draw(st.sampled_from([1, 2]))), highest=3))
    parsed = as_image(image, channel_axis=-1, mask=data.draw(st.none() | masks(shape)))
    norm = data.draw(st.sampled_from(["euclidean", "maximum"]))
    after = neighbor_difference.neighbors_after(shape, data.draw(st.integers(1, len(shape))))
    arguments = parsed, data.draw(st.sampled_from([0.0, 1.0])), norm, after
    similar = neighbor_difference.similar_neighbors(*arguments)
    with mock.patch.object(neighbor_difference, "_mark_similar", neighbor_difference._mark_similar.numpy):
        assert_array_equal(neighbor_difference.similar_neighbors(*arguments), similar)
    nodes = padded_nodes(np.array([data.draw(st.integers(0, parsed.values[..., 0].size - 1))]), shape)
    defined, flood = similar.copy(), neighbor_difference._flood
    rest = after.offsets, after.visited, nodes, 1000, np.empty((5000, 2), np.int64), 0
    assert flood(similar, *rest) == flood.numpy(defined, *rest) == 0
    assert_array_equal(similar, defined)


def test_where_regions_meet_the_smaller_difference_decides():
    image = np.array([[0, 1, 3, 4]])
    found = region_growing_segment(image, seeds=[(0, 0), (0, 3)], criterion="neighbor", tolerance=2)
    assert_array_equal(found, [[1, 1, 2, 2]])
    image = np.array([[0, 1, 2, 3, 5, 6, 7]])
    found = region_growing_segment(image, seeds=[(0, 0), (0, 6)], criterion="neighbor", tolerance=2)
    assert_array_equal(found, [[1, 1, 1, 1, 2, 2, 2]])

import itertools

import numpy as np
import pytest

from classicseg._core.grid import interior, neighbor_offsets, pad


def steps(ndim, connectivity):
    near = itertools.product((-1, 0, 1), repeat=ndim)
    return [step for step in near if 0 < np.abs(step).sum() <= connectivity]


@pytest.mark.parametrize("shape", [(5,), (1,), (3, 4), (1, 1), (2, 3, 4), (2, 1, 3, 2)])
def test_neighbor_offsets_lead_to_the_neighbors(shape):
    padded = tuple(length + 2 for length in shape)
    for connectivity in range(1, len(shape) + 1):
        offsets = neighbor_offsets(shape, connectivity)
        assert offsets.dtype == np.int64
        assert (np.diff(offsets) > 0).all()
        np.testing.assert_array_equal(offsets, -offsets[::-1])
        center = np.ones(len(shape), int)
        node = np.ravel_multi_index(center, padded)
        reached = {tuple(np.array(np.unravel_index(node + offset, padded)) - center) for offset in offsets}
        assert reached == set(steps(len(shape), connectivity))


def test_pad_and_interior_are_inverse():
    array = np.arange(1, 25).reshape(2, 3, 4)
    padded = pad(array, 3)
    assert padded.shape == (4, 5, 6)
    assert padded.sum() == array.sum()
    np.testing.assert_array_equal(interior(padded.ravel(), array.shape), array)
    assert interior(padded.ravel(), array.shape).flags.c_contiguous
    assert pad(array, 2).shape == (4, 5, 4)

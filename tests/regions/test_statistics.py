from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from classicseg.regions.statistics import joined_sums, region_sums


def test_region_sums_do_not_depend_on_the_order_of_the_pixels():
    rng = np.random.default_rng(1)
    labels = rng.integers(1, 4, (200, 300)).astype(np.int32)
    values = (rng.random((200, 300, 2)) * 1e3 + 0.1).astype(np.float32)
    sums = region_sums(labels, values, 3).means
    assert sums.shape == (4, 2)
    np.testing.assert_array_equal(sums, region_sums(labels[::-1, ::-1], values[::-1, ::-1], 3).means)
    np.testing.assert_array_equal(sums, region_sums(labels.T, values.swapaxes(0, 1), 3).means)


def test_region_sums_of_integers_are_exact():
    values = np.arange(12, dtype=np.uint16).reshape(3, 4, 1)
    labels = np.array([[0, 1, 1, 2], [0, 1, 2, 2], [4, 4, 4, 4]], np.int32)
    areas, sums, rests = region_sums(labels, values, 4)
    assert sums[:, 0].tolist() == [0, 8, 16, 0, 38]
    assert not rests.any()
    assert areas.tolist() == [0, 3, 3, 0, 4]


FAR = [-9999.0, 1e5, -1e30, 3.4028234663852886e38, 1e150]


def exact_means(labels, values, n_regions):
    """In fractions, rounded once."""
    parts = [values[labels == name].reshape(-1).tolist() for name in range(1, n_regions + 1)]
    return [float(sum(map(Fraction, part)) / len(part)) for part in parts]


@given(st.integers(0, 2**32 - 1), st.sampled_from(FAR), st.sampled_from([0.1, 1e-3, 1 / 3, 250.0]))
def test_means_are_rounded_once_beside_values_far_away(seed, far, scale):
    rng = np.random.default_rng(seed)
    labels = rng.integers(1, 4, (9, 11)).astype(np.int32)
    values = scale * (1 + rng.random((9, 11, 1)) * rng.integers(0, 2))
    labels[0, 0], values[0, 0] = 3, far
    found = region_sums(labels, values, 3)
    np.testing.assert_array_equal(found.means[1:, 0], exact_means(labels, values, 3))
    for turned in (np.s_[::-1], np.s_[:, ::-1]):
        np.testing.assert_array_equal(region_sums(labels[turned], values[turned], 3).means, found.means)
    two = np.array([0, 1, 2, 1])
    labels = np.where(labels == 3, 1, labels)
    np.testing.assert_array_equal(joined_sums(found, two, 2).means[1:, 0], exact_means(labels, values, 2))

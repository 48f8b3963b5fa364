"""Images made of labels: against brute force."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import neighbor_pairs, with_connectivity

from classicseg import label_means, region_boundaries, region_table


@settings(deadline=None)
@given(with_connectivity())
def test_region_boundaries_by_brute_force(case):
    labels, connectivity = case
    expected = np.zeros(labels.shape, bool)
    for pixel, other in neighbor_pairs(labels.shape, connectivity):
        if labels[pixel] > 0 and labels[other] != labels[pixel]:
            expected[pixel] = True
    found = region_boundaries(labels, connectivity=connectivity)
    assert found.dtype == bool
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("far", [None, 1e5, -1e30, 1e150])
def test_means_are_rounded_once_and_turn_with_the_image(far):
    rng = np.random.default_rng(0)
    labels, image = rng.integers(1, 4, (20, 30)), rng.normal(0.1, 1, (20, 30))
    image[labels == 2] = 0.1  # the mean of which is 0.1
    if far is not None:
        image[labels == 3] += np.where(rng.random(image[labels == 3].shape) < 0.1, far, 0)
        image[5, 5] = -far
    found = region_table(labels, image)
    parts = [image[labels == n].tolist() for n in (1, 2, 3)]
    exact = [float(sum(map(Fraction, part)) / len(part)) for part in parts]
    np.testing.assert_array_equal(found.mean[:, 0], exact)
    np.testing.assert_array_equal(region_table(labels[::-1, ::-1], image[::-1, ::-1]).mean, found.mean)
    np.testing.assert_array_equal(label_means(labels, image), np.append(0, exact)[labels])

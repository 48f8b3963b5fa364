"""The tolerance that separates two places does, and the next greater one does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import images, scenes

from classicseg import region_growing_segment, separating_tolerance


@given(st.data())
def test_it_separates_and_the_next_distance_does_not(data):
    n_channels = data.draw(st.sampled_from([0, 3]))
    image = data.draw(images(n_channels=3) if n_channels else images() | scenes())
    shape = image.shape[:2]
    inside, outside = (tuple(data.draw(st.integers(0, length - 1)) for length in shape) for _ in "ab")
    options = {"norm": data.draw(st.sampled_from(["euclidean", "maximum"])), "connectivity": 2}
    assume(not region_growing_segment(image, seeds=inside, tolerance=0, **options)[outside])
    tolerance = separating_tolerance(image, inside, outside, **options)
    grown = region_growing_segment(image, seeds=inside, tolerance=tolerance, **options)
    assert grown[inside] == 1
    assert grown[outside] == 0
    differences = abs(image.astype(float) - image[inside])
    if n_channels:
        differences = differences.max(-1) if options["norm"] == "maximum" else np.sqrt((differences**2).sum(-1))
    beyond = differences[differences > tolerance].min()
    joined = region_growing_segment(image, seeds=inside, tolerance=beyond * (1 + 1e-12), **options)
    assert joined[outside] == 1


def test_what_a_mask_parts_is_never_joined():
    image, mask = np.array([[1, 5, 9]]), np.array([[True, False, True]])
    assert separating_tolerance(image, (0, 0), (0, 2), mask=mask) == 8


def test_one_region_from_several_points():
    image = np.array([[0, 2, 9, 2, 0, 5, 30]])
    assert separating_tolerance(image, [(0, 0), (0, 4)], (0, 6)) == (9 + 30) / 2
    assert separating_tolerance(image, [(0, 0), (0, 4)], [(0, 5), (0, 6)]) == 3.5


@pytest.mark.parametrize(
    ("inside", "outside", "options", "error", "message"),
    [
        ((0, 0), (0, 1), {}, ValueError, "joined by every tolerance"),
        ((0, 0), (0, 0), {}, ValueError, "joined by every tolerance"),
        ((0, 9), (0, 1), {}, ValueError, r"inside is at \(0, 9\), outside the image"),
        ((0, 0), (0.5, 1), {}, TypeError, "outside has dtype float64"),
        ((0, 0), (0, 2), {"norm": "l1"}, ValueError, "norm is 'l1'"),
        ((0, 0), (0, 2), {"connectivity": 3}, ValueError, "connectivity is 3"),
    ],
)
def test_mistakes(inside, outside, options, error, message):
    with pytest.raises(error, match=message):
        separating_tolerance([[4, 4, 9], [7, 7, 7]], inside, outside, **options)

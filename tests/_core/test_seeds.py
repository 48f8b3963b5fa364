"""Seeds become a list of pixels, or one precise error that names the seed."""

from __future__ import annotations

import numpy as np
import pytest

from classicseg._core.image import as_image
from classicseg._core.seeds import as_markers, as_seeds

GREY = np.arange(6, dtype=np.uint8).reshape(2, 3)


def seeds_in(seeds, image=GREY, **options):
    return as_markers(seeds, as_image(image, **options))


def test_seeds_as_points_are_numbered_in_their_order():
    assert seeds_in(None) is None
    assert seeds_in([(1, 2), (0, 0)]).tolist() == [[2, 0, 0], [0, 0, 1]]
    assert seeds_in((1, 2)).tolist() == [[0, 0, 0], [0, 0, 1]]
    assert seeds_in(np.array([[1, 2]], np.uint8)).dtype == np.int32
    assert seeds_in([(1,), (4,)], [0, 1, 2, 3, 4]).tolist() == [0, 1, 0, 0, 2]


def test_a_marker_image_keeps_its_names_and_the_caller_s_stays_writeable():
    given = np.array([[0, 7, 7], [0, 0, 3]], np.int32)
    markers = seeds_in(given)
    assert markers.tolist() == given.tolist()
    assert given.flags.writeable
    assert not (markers.flags.writeable and np.shares_memory(markers, given))
    assert seeds_in(GREY > 4).tolist() == [[0, 0, 0], [0, 0, 1]]
    assert seeds_in(given.astype(">u8")[:, ::-1][:, ::-1]).tolist() == given.tolist()


@pytest.mark.parametrize(
    ("seeds", "error", "message"),
    [
        ([(0.0, 1.0)], TypeError, r"seeds has dtype float64; expected integers: points .*; round them first"),
        ([("a", "b")], TypeError, r"seeds has dtype <U1; expected integers"),
        (np.zeros((0, 2), int), ValueError, r"seeds name no pixel; expected at least one, or seeds=None"),
        (np.zeros((2, 3), int), ValueError, r"seeds name no pixel; expected at least one, or seeds=None"),
        ([(0, 1, 2)], ValueError, r"seeds have shape \(1, 3\); expected points of shape \(n, 2\) .* \(2, 3\)"),
        (3, ValueError, r"seeds have shape \(\); expected points"),
        (np.zeros((3, 2, 2), int), ValueError, r"seeds have shape \(3, 2, 2\); expected points"),
        ([(0, 0), (2, 0)], ValueError, r"point 2 of seeds is at \(2, 0\), outside the image of shape \(2, 3\)"),
        ([(0, -1)], ValueError, r"point 1 of seeds is at \(0, -1\), outside the image of shape \(2, 3\)"),
        ([(0, 0), (1, 1), (0, 0)], ValueError, r"seeds 1 and 3 are both at \(0, 0\)"),
        (-np.ones((2, 3), int), ValueError, r"seeds holds? values from -1 to -1; expected 0 to 2147483647"),
        (np.full((2, 3), 2**31), ValueError, r"values from 2147483648 .*; expected 0 to 2147483647"),
    ],
)
def test_wrong_seeds(seeds, error, message):
    with pytest.raises(error, match=message):
        seeds_in(seeds)


def test_seeds_on_what_takes_no_part_are_refused():
    image = np.array([[0, np.nan, 2], [3, 4, np.inf]])
    with pytest.raises(
        ValueError, match=r"seeds name 1 pixels? that takes? no part .*, the first is seed 2 at \(1, 2\)"
    ):
        seeds_in([(0, 0), (1, 2)], image)
    with pytest.raises(
        ValueError, match=r"seeds name 2 pixels that take no part .*, the first is seed 1 at \(0, 1\)"
    ):
        seeds_in(np.ones((2, 3), int), image)
    with pytest.raises(ValueError, match=r"the first is seed 1 at \(0, 0\)"):
        seeds_in([(0, 0)], GREY, mask=GREY > 0)
    assert seeds_in([(0, 0)], image).any()


def test_points_under_a_label_are_one_region():
    found = as_seeds({7: [(1, 2), (0, 0)], 3: (0, 1)}, as_image(GREY))
    assert found.nodes.tolist() == [0, 1, 5]
    assert found.numbers.tolist() == [2, 1, 2]
    assert found.labels.tolist() == [3, 7]
    assert found.labels_of(np.array([[0, 1, 2]], np.int32)).tolist() == [[0, 3, 7]]
    assert seeds_in({7: [(1, 2), (0, 0)], 3: (0, 1)}).tolist() == [[7, 3, 0], [0, 0, 7]]


def test_a_point_may_be_given_twice_to_its_region():
    assert as_seeds({1: [(0, 0), (0, 0)]}, as_image(GREY)).nodes.tolist() == [0]


@pytest.mark.parametrize(
    ("seeds", "error", "message"),
    [
        ({}, ValueError, "seeds name no pixel"),
        ({0: [(0, 0)]}, ValueError, "a label of seeds is 0; expected a whole number from 1"),
        ({"a": [(0, 0)]}, TypeError, "a label of seeds is 'a'"),
        ({2: [(0.5, 0)]}, TypeError, "seeds 2 has dtype float64"),
        ({2: [(0, 0, 0)]}, ValueError, r"seeds 2 have shape \(1, 3\)"),
        ({2: [(0, 0), (0, 3)]}, ValueError, r"point 2 of seeds 2 is at \(0, 3\), outside"),
        ({2: [(0, 0)], 9: [(0, 0)]}, ValueError, r"seeds 2 and 9 are both at \(0, 0\)"),
    ],
)
def test_wrong_groups(seeds, error, message):
    with pytest.raises(error, match=message):
        as_seeds(seeds, as_image(GREY))

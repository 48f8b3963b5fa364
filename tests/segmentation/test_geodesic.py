"""Geodesic labels beside the distances to each label alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import marker_images, scenes

from classicseg import connected_regions, geodesic_distance, geodesic_segment


@given(st.data())
def test_labels_are_those_of_the_nearest_stroke(data):
    """To the error of first-order fronts, where those of two labels meet."""
    image = data.draw(scenes())
    mask = np.ones(image.shape, bool)
    strokes = data.draw(marker_images(mask))
    labels = geodesic_segment(image, strokes=strokes)
    names = np.unique(strokes[strokes > 0])
    each = np.array([geodesic_distance(image, strokes=np.where(strokes == name, 1, 0)) for name in names])
    sure = np.sort(each, axis=0)
    apart = np.full(image.shape, True) if len(names) == 1 else sure[1] > 1.5 * sure[0] + 3
    assert_array_equal(labels[apart], names[each.argmin(axis=0)][apart])
    regions = connected_regions(labels)
    assert set(regions.ravel()) == set(regions[strokes > 0])


def test_an_edge_holds_and_ties_go_to_the_lower_label():
    image = np.zeros((9, 9))
    image[:, 4] = 100
    assert_array_equal(geodesic_segment(image, strokes=[(4, 2), (4, 6)])[:, :4], 1)
    assert_array_equal(geodesic_segment(np.zeros((1, 3)), strokes={2: [(0, 0)], 1: [(0, 2)]}), [[2, 1, 1]])
    assert_array_equal(geodesic_segment([[3]], strokes={9: [(0, 0)]}), [[9]])


def test_pieces_without_strokes_are_0_and_labels_may_be_many():
    mask = np.ones((4, 5), bool)
    mask[:, 2] = False
    labels = geodesic_segment(np.zeros((4, 5)), strokes={6: [(3, 4)]}, mask=mask)
    assert_array_equal(labels, [[0, 0, 0, 6, 6]] * 4)
    every = np.arange(1, 5001).reshape(50, 100)
    assert_array_equal(geodesic_segment(np.zeros((50, 100)), strokes=every), every)


def test_what_is_refused():
    for options, text in [({"edge_weight": -1}, "edge_weight is -1"), ({"spacing": 0}, "spacing is 0")]:
        with pytest.raises(ValueError, match=text):
            geodesic_segment(np.zeros((3, 3)), strokes=[(0, 0)], **options)

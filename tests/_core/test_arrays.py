"""A masked array brings what it masks, wherever it is given."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import classicseg as cs
from classicseg import metrics
from classicseg._core.arrays import MOST_AXES, as_array, as_filled

LABELS = np.array([[1, 1, 2, 2, 3]])
SEEN = np.ma.array(LABELS, mask=LABELS == 2)
HELD = np.where(LABELS == 2, 0, LABELS)
IMAGE = np.array([[0.0, 0, 9, 9, 5]])
LAST = [[False, False, False, False, True]]


@pytest.mark.parametrize("value", [SEEN, [SEEN[0]], [[1, 1, np.ma.masked, np.ma.masked, 3]], [[*SEEN[0]]]])
def test_what_is_masked_is_read_also_in_lists(value):
    array, hidden = as_array("x", value, "i", "integers")
    assert_array_equal(hidden, LABELS == 2)
    assert_array_equal(as_filled("x", value, "i", "integers"), HELD)
    assert array.dtype == LABELS.dtype


def test_nothing_masked_is_no_mask():
    assert as_array("x", np.ma.array(LABELS), "i", "integers")[1] is None
    assert as_filled("x", LABELS, "i", "integers") is LABELS


NUMPYS_AXES = 64 if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else 32


@pytest.mark.parametrize("n_axes", [MOST_AXES + 1, 20, NUMPYS_AXES])
def test_more_axes_than_anything_has_are_refused(n_axes):
    message = f"has {n_axes} axes; expected at most {MOST_AXES}"
    for call in (cs.canny_edges, cs.connected_regions, cs.kmeans_segment):
        with pytest.raises(ValueError, match=message):
            call(np.ones((1,) * n_axes, int), **({} if call is cs.connected_regions else {"channel_axis": None}))
    with pytest.raises(ValueError, match=message):
        metrics.boundary_f1(np.ones((1,) * n_axes, int), np.ones((1,) * n_axes, int))


@pytest.mark.parametrize(
    "score",
    [
        cs.connected_regions,
        cs.region_boundaries,
        metrics.compactness,
        lambda labels: cs.label_means(labels, IMAGE),
        lambda labels: cs.region_table(labels, IMAGE),
        lambda labels: metrics.explained_variation(IMAGE, labels),
        lambda labels: cs.watershed_segment(IMAGE, markers=labels),
        lambda labels: cs.region_growing_segment(IMAGE, seeds=labels),
        lambda labels: cs.region_growing_segment(IMAGE, seeds=labels, criterion="competition"),
        lambda labels: cs.separating_tolerance(IMAGE, labels, (0, 2)),
        lambda labels: cs.link_edges(labels == 3),
        lambda labels: cs.boundary_segment(IMAGE, detector=labels == 3),
    ],
)
def test_masked_labels_markers_and_edges_are_none(score):
    found, expected = (_arrays_of(score(seen)) for seen in (SEEN, HELD))
    for one, other in zip(found, expected, strict=True):
        assert_array_equal(one, other)


def test_a_masked_mask_takes_no_part():
    mask = np.ma.array(np.ones((1, 5), bool), mask=LAST)
    assert cs.threshold_segment(IMAGE, mask=mask).tolist() == [[1, 1, 2, 2, 0]]
    assert metrics.iou(LABELS, LABELS, mask=mask).label.tolist() == [1, 2]


def test_masked_weights_are_zero():
    weights = np.ma.array([[1, 1, 1, 1, 1e6]], mask=LAST)
    assert cs.kmeans_fit(IMAGE, n_clusters=1, weights=weights).centers.tolist() == [[4.5]]
    truth, labels = [[1, 1, 1, 1, 0]], [[1, 1, 0, 0, 0]]
    recall = np.ma.array([[1, 1, 5, 5, 1]], mask=[[0, 0, 1, 1, 0]])
    assert metrics.pseudo_f_measure(truth, labels, recall_weights=recall) == 1.0


def test_masked_points_are_none_and_the_others_keep_their_numbers():
    points = np.ma.array([[0, 0], [0, 2], [0, 4]], mask=[[0, 0], [0, 1], [0, 0]])
    assert cs.watershed_segment(np.zeros((1, 5)), markers=points).max() == 3
    groups = cs.region_growing_segment(IMAGE, seeds={7: points[:2]}, tolerance=0)
    assert groups.tolist() == [[7, 7, 0, 0, 0]]


def test_what_is_masked_of_either_leaves_a_pair():
    truth, hidden = np.array([[1, 1, 0, 2, 2]]), np.ma.array([[1, 1, 7, 2, 2]], mask=[[0, 0, 1, 0, 0]])
    assert metrics.pixel_accuracy(truth, hidden) == metrics.pixel_accuracy(hidden, truth) == 1.0
    assert metrics.pixel_accuracy(truth, np.ma.array(hidden.data - 9 * hidden.mask, mask=hidden.mask)) == 1.0
    sure = np.ma.array(np.full((1, 5, 2), 0.5), mask=np.repeat([[[0], [0], [0], [1], [1]]], 2, axis=2))
    assert metrics.cross_entropy(sure, np.ma.array([[0, 0, 1, 5, 5]], mask=[[0, 0, 1, 0, 0]])) == np.log(2)


def test_masked_edges_are_neither_right_nor_wrong():
    truth, edges = np.array([[True, False, True, False]]), np.array([[True, False, False, True]])
    hidden = np.ma.array(edges, mask=[[0, 0, 1, 1]])
    for counts in (
        metrics.match_edges(truth, hidden, tolerance=0),
        metrics.match_edges(hidden, truth, tolerance=0),
    ):
        assert counts == (1, 1, 1, 1)
    strengths = np.ma.array([[5, 0, 0, 5]], mask=[[0, 0, 1, 1]])
    assert metrics.edge_curve(truth, strengths, thresholds=[1], tolerance=0).counts == [(1, 1, 1, 1)]


def test_masked_centers_and_histograms_are_refused():
    with pytest.raises(ValueError, match="centers holds masked numbers"):
        cs.kmeans_assign(IMAGE, np.ma.array([1.0, 2.0], mask=[0, 1]))
    histogram = cs.pixel_histogram(IMAGE)
    with pytest.raises(ValueError, match=r"image has values .*, and nothing masked"):
        cs.otsu_threshold(histogram._replace(values=np.ma.array(histogram.values, mask=histogram.values > 5)))


def _arrays_of(found):
    """The arrays of a result."""
    if isinstance(found, dict):
        return [*found.values()]
    return [*found] if isinstance(found, list | tuple) else [found]

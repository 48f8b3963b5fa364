"""The contingency table holds every pair that meets, however labels are stored, and tiles add up to it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from skimage import metrics as peer
from strategies import label_pairs

from classicseg import metrics, set_workers
from classicseg.metrics import contingency, contingency_table, iou, merge_contingency_tables
from classicseg.metrics.pairs import as_truths


def dense(table):
    counts = np.zeros((table.truth.max() + 1, table.labels.max() + 1), np.int64)
    counts[table.truth[table.rows], table.labels[table.columns]] = table.counts
    return counts


@given(label_pairs())
def test_scikit_image_counts_the_same(pair):
    truth, labels = pair
    table = contingency_table(truth, labels)
    assert_array_equal(dense(table), peer.contingency_table(truth, labels).toarray())
    assert_array_equal(table.truth, np.unique(truth))
    assert_array_equal(table.labels, np.unique(labels))
    assert_array_equal(table.truth_sizes, np.unique(truth, return_counts=True)[1])
    assert_array_equal(table.label_sizes, np.unique(labels, return_counts=True)[1])
    assert table.n == truth.size
    both = zip(table.truth[table.rows], table.labels[table.columns], strict=True)
    assert_array_equal(table.unions, [np.sum((truth == one) | (labels == other)) for one, other in both])
    assert (np.diff(table.rows * len(table.labels) + table.columns) > 0).all()


@given(label_pairs(), st.data())
def test_what_takes_no_part_is_not_counted(pair, data):
    truth, labels = pair
    mask = data.draw(hnp.arrays(bool, truth.shape))
    kept = mask & (truth != 1)
    masked = np.ma.masked_array(labels, mask=~mask)
    if not kept.any():
        with pytest.raises(ValueError, match="leave no pixel"):
            contingency_table(truth, labels, mask=mask, ignore_label=1)
        return
    found = contingency_table(truth, labels, mask=mask, ignore_label=1)
    for part in (contingency_table(truth[kept], labels[kept]), contingency_table(truth, masked, ignore_label=1)):
        for ours, theirs in zip(found, part, strict=True):
            assert_array_equal(ours, theirs)


@given(label_pairs(), st.integers(0, 8))
def test_tiles_add_up_to_the_whole(pair, cut):
    truth, labels = (array.ravel() for array in pair)
    tiles = [
        contingency_table(*(a[part] for a in (truth, labels)))
        for part in (slice(cut), slice(cut, None))
        if len(truth[part])
    ]
    for ours, theirs in zip(merge_contingency_tables(tiles), contingency_table(truth, labels), strict=True):
        assert_array_equal(ours, theirs)


def test_many_labels_fill_the_table_again_and_again():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2**31 - 1, 20_000)
    labels = rng.integers(0, 50, 20_000) * 40_000_000
    with set_workers(3):
        table = contingency_table(truth, labels)
    pairs, counts = np.unique(np.stack([truth, labels]), axis=1, return_counts=True)
    assert_array_equal(np.stack([table.truth[table.rows], table.labels[table.columns]]), pairs)
    assert_array_equal(table.counts, counts)


@pytest.mark.parametrize("dtype", ["?", "u1", ">u2", "i4", "i8", "u8"])
def test_every_integer_is_a_label(dtype):
    truth = np.array([[0, 1, 1], [0, 0, 1]]).astype(dtype)
    assert_array_equal(dense(contingency_table(truth, truth.T.copy().T)), [[3, 0], [0, 3]])


@pytest.mark.parametrize(
    ("truth", "labels", "options", "error", "message"),
    [
        ([[1.0]], [[1]], {}, TypeError, "truth has dtype float64; expected integers or bool; cast it first"),
        ([[1]], [[1.0]], {}, TypeError, "labels has dtype float64"),
        ([[1]], [[-1]], {}, ValueError, "labels holds values from -1 to -1; expected 0 to 2147483647"),
        ([[2**31]], [[1]], {}, ValueError, "truth holds values from 2147483648"),
        ([[1]], [[1, 2]], {}, ValueError, r"labels have shape \(1, 2\); expected that of truth, \(1, 1\)"),
        ([], [], {}, TypeError, "truth has dtype float64"),
        (np.zeros((0, 2), int), np.zeros((0, 2), int), {}, ValueError, "truth has shape .* it holds no pixels"),
        (
            [[1]],
            [[1]],
            {"ignore_label": 1},
            ValueError,
            "mask and ignore_label leave no pixel of truth; expected at",
        ),
        ([[1]], [[1]], {"ignore_label": -1}, ValueError, "ignore_label is -1"),
        ([[1]], [[1]], {"mask": [[1]]}, TypeError, "mask has dtype int64; expected bool"),
        ([[1]], [[1]], {"mask": [True]}, ValueError, "mask has shape"),
    ],
)
def test_mistakes_are_told(truth, labels, options, error, message):
    for score in (contingency_table, iou):
        with pytest.raises(error, match=message):
            score(truth, labels, **options)


def test_no_table_is_no_table():
    with pytest.raises(ValueError, match="tables is empty"):
        merge_contingency_tables([])


def test_several_truths_are_a_sequence_of_arrays():
    plane = np.zeros((2, 3), int)
    assert len(as_truths([plane, plane])) == len(as_truths((plane, plane))) == 2
    assert len(as_truths([[0, 1], [1, 1]])) == len(as_truths(plane)) == len(as_truths([np.arange(3)])) == 1
    with pytest.raises(ValueError, match="truth is an empty sequence"):
        as_truths([])


def test_a_pixel_is_counted_once_by_the_compiled_code_too():
    truth = np.repeat(np.arange(3000, dtype=np.uint16), 5)
    assert_array_equal(contingency_table(truth, truth).counts, np.full(3000, 5))
    assert contingency._FIRST_SLOTS < 3000


SCORES = [
    metrics.adapted_rand_error,
    metrics.adjusted_rand_index,
    metrics.achievable_accuracy,
    metrics.average_precision,
    metrics.confusion_matrix,
    metrics.dice,
    metrics.iou,
    metrics.panoptic_quality,
    metrics.pixel_accuracy,
    metrics.probabilistic_rand_index,
    metrics.rand_index,
    metrics.segmentation_covering,
    metrics.undersegmentation_error,
    metrics.variation_of_information,
]


@pytest.mark.parametrize("score", SCORES)
@given(pair=label_pairs())
def test_a_score_of_merged_tables_is_that_of_the_whole(score, pair):
    truth, labels = pair
    tiles = zip(truth, labels, strict=True) if truth.ndim > 1 else [pair]
    merged = score(merge_contingency_tables([contingency_table(*tile) for tile in tiles]))
    whole = score(truth, labels)
    for part, expected in zip(
        *(found if isinstance(found, tuple) else [found] for found in (merged, whole)), strict=True
    ):
        assert_array_equal(part, expected)


def test_a_table_takes_nothing_beside_it():
    table = contingency_table([[1, 2]], [[1, 2]])
    assert metrics.probabilistic_rand_index([table, table]) == 1
    for beside in ({"labels": [[1, 2]]}, {"ignore_label": 0}, {"mask": [[True, True]]}):
        with pytest.raises(ValueError, match=f"{next(iter(beside))} is given beside a table"):
            iou(table, **beside)
    with pytest.raises(TypeError, match="labels are missing"):
        iou([[1, 2]])

"""Cross-entropy is scikit-learn's log loss, and says what is no probability."""

from __future__ import annotations

import math

import numpy as np
import pytest

from classicseg.metrics import cross_entropy

RNG = np.random.default_rng(0)
SCORES = RNG.random((4, 5, 3)) + 0.1
PROBABILITIES = SCORES / SCORES.sum(axis=-1, keepdims=True)
TRUTH = RNG.integers(0, 3, (4, 5))


def test_it_is_the_mean_of_minus_the_logarithms():
    own = np.take_along_axis(PROBABILITIES, TRUTH[..., None], axis=-1)
    assert cross_entropy(PROBABILITIES, TRUTH) == pytest.approx(-np.log(own).mean())
    assert cross_entropy(PROBABILITIES.astype("f4"), TRUTH) == pytest.approx(-np.log(own).mean(), rel=1e-5)
    assert cross_entropy(np.eye(3)[TRUTH], TRUTH) == 0
    assert cross_entropy(1 - np.eye(2), [0, 1]) == math.inf
    mask = TRUTH > 0
    masked = cross_entropy(PROBABILITIES[mask], TRUTH[mask])
    assert (
        cross_entropy(PROBABILITIES, TRUTH, mask=mask)
        == cross_entropy(PROBABILITIES, TRUTH, ignore_label=0)
        == masked
    )


def test_scikit_learn_agrees():
    peer = pytest.importorskip("sklearn.metrics")
    expected = peer.log_loss(TRUTH.ravel(), PROBABILITIES.reshape(-1, 3))
    assert cross_entropy(PROBABILITIES, TRUTH) == pytest.approx(expected)


def test_what_takes_no_part_may_hold_anything():
    given = PROBABILITIES.copy()
    given[TRUTH == 1] = np.nan
    assert cross_entropy(given, TRUTH, ignore_label=1) == cross_entropy(PROBABILITIES, TRUTH, ignore_label=1)


@pytest.mark.parametrize(
    ("probabilities", "truth", "options", "error", "message"),
    [
        (
            [0.5, 0.5],
            [0, 1],
            {},
            ValueError,
            r"probabilities have shape \(2,\); expected that of truth, \(2,\), and",
        ),
        ([[1j]], [0], {}, TypeError, "probabilities has dtype complex128"),
        ([[0.5, 0.5]], [2], {}, ValueError, "truth goes to 2; expected classes from 0 to 1"),
        ([[0.5, 0.6]], [0], {}, ValueError, "add up to 1 within 0.1; expected within 1e-5"),
        ([[1.5, -0.5]], [0], {}, ValueError, "probabilities go from -0.5 to 1.5; expected 0 to 1"),
        ([[np.nan, 0.5]], [0], {}, ValueError, "probabilities go from nan to nan"),
        ([[0.5, 0.5]], [0.0], {}, TypeError, "truth has dtype float64"),
        ([[0.5, 0.5]], [0], {"ignore_label": 0}, ValueError, "leave no pixel of truth"),
    ],
)
def test_mistakes_are_told(probabilities, truth, options, error, message):
    with pytest.raises(error, match=message):
        cross_entropy(probabilities, truth, **options)

"""Strokes to classes: whatever the bands, the images, the estimator; and what is wrong is said."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import classicseg
from classicseg import classify_segment, feature_importance, pixel_classifier_apply, pixel_classifier_fit
from classicseg._core.bands import band_size


def textured(shape=(24, 30), seed=0):
    """Noise on the left, and on the right noise that is stronger; the same mean."""
    rng = np.random.default_rng(seed)
    image = rng.normal(100, 2, shape)
    image[..., shape[-1] // 2 :] += rng.normal(0, 15, (*shape[:-1], shape[-1] - shape[-1] // 2))
    return image


def strokes_on(shape=(24, 30)):
    strokes = np.zeros(shape, int)
    strokes[(slice(8, 16),) * (len(shape) - 1) + (3,)] = 4
    strokes[(slice(8, 16),) * (len(shape) - 1) + (-4,)] = 9
    return strokes


def test_textures_are_told_apart():
    labels = classify_segment(textured(), strokes=strokes_on(), scales=(1, 2, 4))
    assert np.mean(labels[:, :13] == 4) > 0.9
    assert np.mean(labels[:, 17:] == 9) > 0.9
    other = pixel_classifier_fit(textured(), strokes=strokes_on(), scales=(1, 2, 4))
    found = pixel_classifier_apply(textured(seed=1), other)
    assert np.mean(found[:, :13] == 4) > 0.8
    assert np.mean(found[:, 17:] == 9) > 0.8


def test_the_labels_are_those_of_the_classifier_but_on_strokes():
    image, strokes = textured(), strokes_on()
    classifier = pixel_classifier_fit(image, strokes=strokes, scales=(1, 2))
    labels = classify_segment(image, strokes=strokes, scales=(1, 2))
    found = pixel_classifier_apply(image, classifier)
    assert_array_equal(labels, np.where(strokes > 0, strokes, found))
    shares = pixel_classifier_apply(image, classifier, probabilities=True)
    assert shares.dtype == np.float32
    assert_allclose(shares.sum(axis=0), 1, rtol=1e-5)
    assert_array_equal(classifier.labels[shares.argmax(axis=0)], found)
    with band_size(64), classicseg.set_workers(3):
        assert_array_equal(pixel_classifier_apply(image, classifier), found)
        assert_array_equal(classify_segment(image, strokes=strokes, scales=(1, 2)), labels)


def test_several_images_teach_one_classifier():
    image, strokes = textured(), strokes_on()
    left, right = np.where(strokes == 4, 4, 0), np.where(strokes == 9, 9, 0)
    both = pixel_classifier_fit(image, strokes=strokes, scales=1)
    apart = pixel_classifier_fit([image, image], strokes=[left, right], scales=1)
    other_way = pixel_classifier_fit((image, image), strokes=[right, left], mask=[None, image > 0], scales=1)
    expected = pixel_classifier_apply(image, both)
    assert_array_equal(pixel_classifier_apply(image, apart), expected)
    assert_array_equal(pixel_classifier_apply(image, other_way), expected)
    with pytest.raises(ValueError, match=r"(?s)strokes are .*expected a list of 2"):
        pixel_classifier_fit([image, image], strokes=strokes)
    with pytest.raises(ValueError, match="number 1 has 1 and 1; expected as many"):
        pixel_classifier_fit([image, image[0]], strokes=[left, right[0]])


def test_volumes_color_masks_and_spacing():
    shape = (9, 10, 16)
    image = textured(shape)
    inside = np.ones(shape, bool)
    inside[0] = False
    strokes = strokes_on(shape)
    labels = classify_segment(
        image, strokes=strokes, scales=2, mask=inside, spacing=(2, 1, 1), channel_axis=None, n_trees=20
    )
    assert not labels[0].any()
    assert labels[1:].all()
    classifier = pixel_classifier_fit(
        image, strokes=strokes, scales=2, spacing=(2, 1, 1), channel_axis=None, n_trees=20
    )
    assert classifier.spacing == (2, 1, 1)
    found = pixel_classifier_apply(image, classifier, channel_axis=None)
    given = pixel_classifier_apply(image, classifier, channel_axis=None, spacing=(2, 1, 1))
    assert_array_equal(found, given)
    color = np.stack([image[0], image[1], image[2]], axis=-1)
    known = pixel_classifier_fit(color, strokes=strokes_on(shape[1:]), scales=1, features="gaussian")
    assert known.names == tuple(f"gaussian, scale 1, channel {c}" for c in range(3))
    with pytest.raises(ValueError, match="image has 1 channels; expected 3"):
        pixel_classifier_apply(image[0], known)
    with pytest.raises(ValueError, match="image has 2 spatial axes; expected 3"):
        pixel_classifier_apply(image[0], classifier)


def test_importance_is_named_and_sorted():
    classifier = pixel_classifier_fit(textured(), strokes=strokes_on(), scales=(1, 2))
    importance = feature_importance(classifier)
    assert list(importance.values()) == sorted(importance.values(), reverse=True)
    assert_allclose(sum(importance.values()), 1)
    assert set(importance) == set(classifier.names)
    assert 0.5 < classifier.score <= 1


class Nearest:
    """The nearest of the means of the classes: an estimator as small as one can be."""

    def fit(self, X, y):
        self.classes = np.unique(y)
        self.means = np.array([X[y == c].mean(axis=0) for c in self.classes])
        return self

    def predict(self, X):
        return self.classes[((X[:, np.newaxis] - self.means) ** 2).sum(axis=-1).argmin(axis=1)]


def test_an_estimator_takes_the_place_of_the_forest():
    image, strokes, given = textured(), strokes_on(), Nearest()
    classifier = pixel_classifier_fit(image, strokes=strokes, scales=2, estimator=given)
    assert not hasattr(given, "means"), "a copy is fitted"
    assert set(np.unique(pixel_classifier_apply(image, classifier))) <= {4, 9}
    with pytest.raises(ValueError, match="Nearest without feature_importances_"):
        feature_importance(classifier)
    with pytest.raises(TypeError, match="estimator is 3; expected an object with fit"):
        pixel_classifier_fit(image, strokes=strokes, estimator=3)


@pytest.mark.large
def test_scikit_learn_s_forest_may_be_passed_in():
    ensemble = pytest.importorskip("sklearn.ensemble")
    image, strokes = textured(), strokes_on()
    classifier = pixel_classifier_fit(
        image, strokes=strokes, scales=(1, 2), estimator=ensemble.RandomForestClassifier(20, random_state=0)
    )
    found = pixel_classifier_apply(image, classifier, probabilities=True)
    ours = pixel_classifier_fit(image, strokes=strokes, scales=(1, 2))
    labels = pixel_classifier_apply(image, ours)
    assert np.mean(classifier.labels[found.argmax(axis=0)] == labels) > 0.9
    assert_allclose(sum(feature_importance(classifier).values()), 1)


def test_odd_strokes_are_answered():
    image = textured()
    one = classify_segment(image, strokes={5: [(3, 3)]}, scales=1)
    assert_array_equal(one, 5)
    assert_array_equal(classify_segment([[3.0]], strokes=[[2]]), [[2]])
    constant = classify_segment(np.full((5, 6), 7), strokes={1: [(0, 0)], 2: [(4, 5)]}, scales=1)
    assert constant.all()
    missing = np.where(np.arange(24)[:, np.newaxis] == 5, np.nan, image)
    assert_array_equal(classify_segment(missing, strokes=strokes_on() * (np.arange(24) != 5)[:, None])[5], 0)
    points = classify_segment(image, strokes=[(9, 3), (9, 26)], scales=(1, 2))
    assert set(np.unique(points)) == {1, 2}


def test_wrong_strokes_are_refused():
    image = textured((100, 60))
    with pytest.raises(ValueError, match="strokes have 5000 labels; expected at most 255"):
        classify_segment(image, strokes=np.arange(1, 6001).reshape(100, 60) % 5000 + 1)
    with pytest.raises(ValueError, match="strokes name 1 pixels that take no part"):
        classify_segment(image, strokes=[(3, 3), (5, 5)], mask=np.arange(60) != np.full((100, 1), 5))
    with pytest.raises(ValueError, match="strokes name no pixel"):
        classify_segment(image, strokes=np.zeros(image.shape, int))
    with pytest.raises(TypeError, match="classifier is 3; expected what pixel_classifier_fit"):
        pixel_classifier_apply(image, 3)

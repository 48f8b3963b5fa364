"""Classifiers in files: what is written is read, and no damaged file leads anywhere."""

from __future__ import annotations

import io
import json
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from classicseg import pixel_classifier_apply, pixel_classifier_fit, read_pixel_classifier, write_pixel_classifier
from classicseg.classifying.classifier_file import bytes_of_classifier, classifier_of
from classicseg.learning.archive import digest_of
from classicseg.learning.model import ModelError

RNG = np.random.default_rng(0)
IMAGE = RNG.random((12, 13)) * 9 + 20 * (np.arange(13) > 6)
STROKES = np.where(RNG.random(IMAGE.shape) < 0.4, np.where(np.arange(13) > 6, 300, 2), 0)
CLASSIFIER = pixel_classifier_fit(IMAGE, strokes=STROKES, features=["gaussian", "gabor"], scales=(1, 2), n_trees=5)


def altered(header=None, **arrays):
    """A file with other contents, and the digest that belongs to them."""
    with np.load(io.BytesIO(bytes_of_classifier(CLASSIFIER))) as read:
        own = {name: read[name] for name in read}
    said = json.loads(own.pop("header").tobytes()) | (header or {})
    own |= arrays
    said.pop("digest")
    said["digest"] = digest_of(said, own)
    content = io.BytesIO()
    np.savez(content, header=np.frombuffer(json.dumps(said).encode(), np.uint8), **own)
    return content.getvalue()


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "two.npz"
    assert write_pixel_classifier(path, CLASSIFIER) == path.stat().st_size
    found = read_pixel_classifier(path)
    for one, other in zip((*CLASSIFIER[1:], *CLASSIFIER.model), (*found[1:], *found.model), strict=True):
        assert_array_equal(one, other)
    assert_array_equal(pixel_classifier_apply(IMAGE, found), pixel_classifier_apply(IMAGE, CLASSIFIER))
    assert bytes_of_classifier(found) == bytes_of_classifier(CLASSIFIER)


def test_a_file_cut_short_is_refused(tmp_path):
    content = bytes_of_classifier(CLASSIFIER)
    for n in range(0, len(content), 97):
        with pytest.raises(ModelError, match="is no model, or is damaged"):
            classifier_of(content[:n])
    path = tmp_path / "short.npz"
    path.write_bytes(content[:500])
    with pytest.raises(ValueError, match=r"short\.npz: is no model"):
        read_pixel_classifier(path)
    path.write_bytes(pickle.dumps(3))
    with pytest.raises(ValueError, match="get a sound copy"):
        read_pixel_classifier(path)


ASKED = CLASSIFIER.model.features


@pytest.mark.parametrize(
    ("other", "match"),
    [
        ({"header": {"version": 2}}, "is of version 2; expected 1; fit it again with this version"),
        ({"header": {"format": "another"}}, "has no header of a model"),
        ({"header": {"features": ["texture"]}}, "names no features"),
        ({"header": {"spacing": [0, 1]}}, "spacing that is none"),
        ({"header": {"n_channels": 2}}, "labels or importances that are none"),
        ({"sizes": np.array([3], np.int32)}, "trees of other sizes"),
        ({"asked": np.where(ASKED < 65535, 999, ASKED).astype(np.uint16)}, "asks for a feature"),
        ({"asked": np.sort(ASKED)[::-1].copy()}, "."),
        ({"asked": np.roll(ASKED, 1)}, "."),
        ({"rows": np.full(np.sum(ASKED == 65535), 60000, np.uint16)}, "leaves without shares"),
        ({"shares": np.ones((9, 2), np.uint16)}, "leaves without shares"),
        ({"thresholds": np.zeros(2, np.float32)}, "other numbers of thresholds"),
        ({"labels": np.array([3, 2], np.int32)}, "other labels than classes"),
        ({"labels": np.array([0, 2], np.int32)}, "labels or importances that are none"),
        ({"labels": np.array([[1, 2]], np.int32)}, "another shape"),
        ({"more": np.zeros(2)}, "other arrays"),
        ({"labels": np.array([1.5, 2])}, "has float64 in labels"),
    ],
)
def test_other_contents_are_refused(other, match):
    with pytest.raises(ModelError, match=match):
        classifier_of(altered(**other))


def test_what_only_a_pickle_could_hold_is_refused(tmp_path):
    with pytest.raises(TypeError, match="estimator of type int, which no file without a pickle"):
        write_pixel_classifier(tmp_path / "x.npz", CLASSIFIER._replace(model=3))
    with pytest.raises(TypeError, match="expected what pixel_classifier_fit"):
        write_pixel_classifier(tmp_path / "x.npz", 3)

"""What is asked of the pixels of a page: nothing of it knows left from right, light or contrast."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import ndimage

from classicseg._core.image import as_scalar_image
from classicseg.classifying.ink_features import FORESTS, ink_features, smoothed
from classicseg.classifying.ink_model import as_ink_model
from classicseg.learning.fitting import Boosting, fit_forest
from classicseg.learning.model import BoundaryModel, ModelError
from classicseg.learning.model_file import bytes_of
from classicseg.segmentation.ink import inked_page


def page(shape=(40, 30)):
    """Strokes on noise."""
    rng = np.random.default_rng(0)
    image = rng.normal(200, 6, shape)
    image[..., 10:30, 7:11] -= 120
    image[..., 14:17, 2:28] -= 60
    return image


def features_of(image, mask=None):
    """A plane for each feature, NaN far from ink."""
    found = inked_page(as_scalar_image(image, channel_axis=None, mask=mask), None)
    near, features = ink_features(found)
    planes = np.full((len(features), *near.shape), np.nan, np.float32)
    planes[:, near] = features
    return planes


def test_every_feature_turns_with_the_page():
    planes = features_of(page())
    assert len(planes) == len(FORESTS["ink"])
    assert_array_equal(features_of(page()[::-1]), planes[:, ::-1])
    assert_array_equal(features_of(page()[:, ::-1]), planes[:, :, ::-1])
    assert_array_equal(features_of(page().T), planes.transpose(0, 2, 1))


def test_no_unit_and_no_offset_shows():
    assert_array_equal(features_of(page() * 1024 - 2**16), features_of(page()))


def test_what_is_masked_is_as_a_border():
    mask = np.pad(np.ones(page().shape, bool), 3)
    assert_array_equal(features_of(np.pad(page(), 3), mask)[:, 3:-3, 3:-3], features_of(page()))


def test_volumes_have_the_same_features():
    assert features_of(page((2, 40, 30))).shape == (len(FORESTS["ink"]), 2, 40, 30)


@pytest.mark.parametrize("shape", [(1,), (9,), (6, 7), (3, 1, 8)])
def test_smoothing_is_the_binomial_of_three(shape):
    values = np.random.default_rng(0).integers(-9, 10, shape)
    expected = values
    for axis in range(values.ndim):
        expected = ndimage.correlate1d(expected, [1, 2, 1], axis=axis, mode="nearest")
    assert_array_equal(smoothed(values, np.ones(values.shape, bool)), expected)


def test_a_model_is_that_of_the_package_one_in_a_file_or_itself(tmp_path):
    forest = as_ink_model("pages").forests["ink"]
    own = BoundaryModel({"ink": forest}, FORESTS, {})
    (tmp_path / "own.npz").write_bytes(bytes_of(own))
    assert_array_equal(as_ink_model(tmp_path / "own.npz").forests["ink"].leaves, forest.leaves)
    assert as_ink_model(own) is own
    with pytest.raises(TypeError, match=re.escape('model is int; expected "pages", a path or a BoundaryModel')):
        as_ink_model(3)
    with pytest.raises(ValueError, match="model is 'page'; expected"):
        as_ink_model("page")
    other = fit_forest(np.zeros((1, 2), np.float32), np.arange(2.0), boosting=Boosting(1, 1))
    with pytest.raises(ModelError, match=r"its forest ink has .area. as its feature 0"):
        as_ink_model(BoundaryModel({"ink": other}, {"ink": ("area",)}, {}))

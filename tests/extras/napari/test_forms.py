"""What a form asks, read from the signatures."""

from __future__ import annotations

import pytest

import classicseg
from classicseg.extras.napari.forms import LAYERS, fields_of, numbers_in

ALL = {**classicseg.segmenters(), **classicseg.segmenters("seeded")}


def field(method, name):
    return next(one for one in fields_of(getattr(classicseg, method)) if one.name == name)


@pytest.mark.parametrize("method", ALL)
def test_every_method_has_a_form(method):
    fields = fields_of(ALL[method])
    assert fields, method
    for one in fields:
        assert one.help
        assert one.name not in ("channel_axis", "spacing")
        if one.kind == "choice":
            assert len(one.choices) > 1
            assert one.default in one.choices or one.is_optional
        if one.kind == "flag":
            assert isinstance(one.default, bool)
        if one.kind in ("number", "integer"):
            assert one.is_optional or one.is_required or isinstance(one.default, (int, float, str))
        if one.kind in LAYERS:
            assert one.default is None


@pytest.mark.parametrize(
    ("method", "name", "kind", "is_optional"),
    [
        ("kmeans_segment", "n_clusters", "integer", True),
        ("kmeans_segment", "weights", "image", True),
        ("kmeans_segment", "mask", "mask", True),
        ("threshold_segment", "thresholds", "numbers", False),
        ("local_threshold_segment", "window", "integer", False),
        ("slic_segment", "compactness", "number", True),
        ("merge_segment", "n_segments", "integer", True),
        ("merge_segment", "weights", "numbers", True),  # one for each channel
        ("watershed_segment", "markers", "seeds", True),
        ("watershed_segment", "lines", "flag", False),
        ("boundary_segment", "detector", "choice", False),
    ],
)
def test_what_an_option_is(method, name, kind, is_optional):
    found = field(method, name)
    assert (found.kind, found.is_optional, found.is_required) == (kind, is_optional, False)


def test_words_stand_beside_numbers():
    assert field("slic_segment", "compactness").choices == ("adaptive",)
    assert "otsu" in field("threshold_segment", "thresholds").choices


def test_strokes_are_required():
    found = field("random_walker_segment", "strokes")
    assert (found.kind, found.is_required, found.is_optional) == ("seeds", True, False)


def test_a_choice_of_one_word_is_none():
    assert "init" not in [one.name for one in fields_of(classicseg.kmeans_segment)]


def test_typed_numbers():
    thresholds = field("threshold_segment", "thresholds")
    assert numbers_in("90", thresholds) == [90.0]
    assert numbers_in(" 90, 140.5 ", thresholds) == [90.0, 140.5]
    with pytest.raises(ValueError, match="thresholds is 'dark'; expected numbers such as"):
        numbers_in("dark", thresholds)

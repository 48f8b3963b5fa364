"""What options are to a person: read from signatures and documentation, the same for every front end."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")

import classicseg  # noqa: E402
from classicseg import metrics, types  # noqa: E402
from classicseg.extras.catalogue import summary_of  # noqa: E402
from classicseg.extras.signatures import Integer, options_of, parameter_texts  # noqa: E402


def option(function: Any, name: str) -> Any:
    return next(found for found in options_of(function) if found.name == name)


@pytest.mark.parametrize("name", classicseg.segmenters())
def test_every_option_of_every_segmenter_says_what_it_is(name: str) -> None:
    segmenter = classicseg.segmenters()[name]
    options = options_of(segmenter)
    keywords = [p for p in inspect.signature(segmenter).parameters.values() if p.kind is p.KEYWORD_ONLY]
    keywords = [p for p in keywords if not str(p.annotation).startswith("Callable")]
    assert [(one.name, one.default) for one in options] == [(p.name, p.default) for p in keywords]
    assert all(one.help.endswith(".") for one in options)
    assert summary_of(segmenter).endswith(".")


def test_documentation_of_each_parameter_is_found() -> None:
    texts = parameter_texts(metrics.hausdorff)
    assert list(texts) == ["truth", "labels", "spacing", "ignore_label", "mask"]
    assert texts["truth"] == texts["labels"]
    assert (
        texts["spacing"]
        == "The distance between neighboring pixels: one number, or one for each axis. By default 1."
    )
    assert parameter_texts(lambda: None) == {}


def test_what_words_are_to_a_person() -> None:
    kmeans, boundary = classicseg.kmeans_segment, classicseg.boundary_segment
    assert option(kmeans, "mask").kind.__origin__ == Path | None
    assert option(kmeans, "rng").kind.__origin__ is Integer
    assert "place" not in option(kmeans, "mask").help
    assert option(boundary, "detector").kind.__origin__ == get_args(types.EdgeDetector)[0]


def test_a_function_has_no_name_that_a_person_could_type() -> None:
    assert "detector" not in [found.name for found in options_of(classicseg.contour_segment)]


def test_arguments_are_made_of_what_a_person_gives(tmp_path: Path) -> None:
    mask = np.arange(12).reshape(3, 4) > 5
    Image.fromarray(mask).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(option(classicseg.kmeans_segment, "mask").load(tmp_path / "mask.png"), mask)
    with pytest.raises(ValueError, match="12"):
        option(classicseg.kmeans_segment, "mask").load(tmp_path / "mask.png", max_pixels=3)
    assert option(classicseg.kmeans_segment, "channel_axis").load("none") is None
    assert option(classicseg.kmeans_segment, "init").load("k-means++") == "k-means++"
    assert option(classicseg.kmeans_segment, "n_clusters").load(3, max_pixels=3) == 3
    seeds = option(classicseg.region_growing_segment, "seeds").load
    assert seeds(["1,2", "0,3"]).tolist() == [[1, 2], [0, 3]]
    assert seeds(["7:1,2", "7:0,3", "2:2,2"]) == {7: [[1, 2], [0, 3]], 2: [[2, 2]]}
    for wrong in (["1,2", "3"], ["1,2", "7:0,3"], ["1,2", "here"]):
        with pytest.raises(ValueError, match="seeds are"):
            seeds(wrong)
    with pytest.raises(ValueError, match="markers are"):
        option(classicseg.watershed_segment, "markers").load(["1,2", "3"])


def test_a_model_is_a_name_or_a_file() -> None:
    load = option(classicseg.contour_segment, "model").load
    assert [load(given) for given in ("none", "auto")] == [None, "auto"]
    shipped = Path(classicseg.__file__).parent / "models" / "photographs.npz"
    assert load(shipped).about["images"] == 300
    with pytest.raises(OSError, match="nowhere"):
        load(Path("nowhere.npz"))

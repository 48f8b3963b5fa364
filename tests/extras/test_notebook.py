"""What notebooks show: pictures that open, legends that are right."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import classicseg
from classicseg.extras.notebook import LabelsView, html_of
from classicseg.extras.plot import overlay_image
from classicseg.types import BoundaryMap

IMAGE = np.add.outer(np.arange(40), 4 * np.arange(60)).astype(np.uint8)


def pictures(html: str) -> list[np.ndarray]:
    opened = pytest.importorskip("PIL.Image").open
    found = re.findall(r'src="data:image/png;base64,([^"]*)"', html)
    return [np.asarray(opened(io.BytesIO(base64.b64decode(data)))) for data in found]


def test_labels_are_drawn_over_their_image_with_a_legend() -> None:
    labels = np.zeros(IMAGE.shape, np.int32)
    labels[:10], labels[30:] = 7, 3
    html = LabelsView(labels, IMAGE)._repr_html_()
    assert_array_equal(pictures(html)[0], overlay_image(IMAGE, labels))
    assert "2 segments" in html
    assert html.index("<td>3</td><td>25.0 %</td>") < html.index("<td>7</td><td>25.0 %</td>")
    many = np.arange(2400).reshape(40, 60)
    assert "2399 segments, the largest 12 listed" in LabelsView(many)._repr_html_()


def test_of_a_volume_the_middle_is_shown_and_large_pictures_are_thinned() -> None:
    labels = np.zeros((5, 1000, 700), np.int32)
    labels[2] = 4
    (shown,) = pictures(LabelsView(labels)._repr_html_())
    assert shown.shape == (334, 234, 3)
    assert (shown != 0).any(axis=-1).all()


def test_results_show_themselves() -> None:
    tree = classicseg.merge_tree(IMAGE)
    html = tree._repr_html_()
    n_segments = [int(cell) for cell in re.findall(r"<td>(\d+)</td></tr>", html)]
    heights = [float(cell) for cell in re.findall(r"<tr><td>([^<]*)</td>", html)]
    assert n_segments[:3] == [1, 2, 5]
    for height, count in zip(heights[:3], n_segments, strict=False):
        assert classicseg.cut_tree(tree, height=height * 1.01).max() <= count
    palette = classicseg.palette_image(IMAGE, n_colors=3)
    assert_array_equal(pictures(palette._repr_html_())[0], palette.colors[palette.labels - 1, 0])
    assert "4 clusters" in classicseg.kmeans_fit(IMAGE, n_clusters=4)._repr_html_()
    strength = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    (shown,) = pictures(BoundaryMap(strength, strength)._repr_html_())
    assert (shown[0, 0], shown[-1, -1]) == (255, 0)
    with pytest.raises(TypeError, match="expected a RegionTree"):
        html_of(3)


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="two axes"):
        LabelsView([1, 2])
    with pytest.raises(TypeError):
        LabelsView([[0.5]])

"""An overlay shows each segment in its own color over the image, whatever the image's dtype and dimensions."""

from __future__ import annotations

import doctest
import inspect
import re
import subprocess
import sys

import numpy as np
import pytest

from classicseg.extras import plot
from classicseg.extras.plot import compare_sheet, overlay, overlay_image

LABELS = np.repeat(np.repeat(np.arange(1, 5, dtype=np.int32).reshape(2, 2), 20, 0), 30, 1)
IMAGE = np.add.outer(np.arange(40), np.arange(60))


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.int16, np.float32, np.float64])
def test_shape_and_dtype(dtype: type) -> None:
    image = IMAGE.astype(dtype)
    for pixels, channel_axis in [(image, None), (np.stack([image] * 3, -1), "auto"), (np.stack([image] * 5), 0)]:
        picture = overlay_image(pixels, LABELS, channel_axis=channel_axis)
        assert picture.shape == (40, 60, 3)
        assert picture.dtype == np.uint8


def test_colors_depend_on_the_label_alone_and_differ_from_their_neighbors() -> None:
    flat = np.ones((1, 999))
    labels = np.arange(999).reshape(1, -1)

    def colors(names: np.ndarray) -> np.ndarray:
        return overlay_image(np.ones((*names.shape, 1)).repeat(3, -1), names)[..., :].astype(int)

    wide = overlay_image(flat.repeat(3, 0).repeat(3, 1), labels.repeat(3, 0).repeat(3, 1))[0, ::3].astype(int)
    np.testing.assert_array_equal(wide[7], colors(np.full((3, 3), 7))[1, 1])
    for distance in (1, 2, 3):
        assert np.abs(wide[1 + distance :] - wide[1:-distance]).sum(axis=1).min() > 25


def test_what_is_not_assigned_keeps_its_grey() -> None:
    labels = np.where(LABELS == 1, 0, LABELS)
    picture = overlay_image(IMAGE, labels)
    unassigned = picture[1:18, 1:28]
    assert (unassigned == unassigned[..., :1]).all()
    assert (picture[25, 10] != picture[25, 10, 0]).any()


def test_lines_stand_between_segments() -> None:
    picture = overlay_image(np.zeros((40, 60)), LABELS)
    assert picture[19].min() >= 200
    assert picture[:, 29].min() >= 200
    assert picture[5, 5].min() < 100


def test_values_are_stretched_and_holes_are_black() -> None:
    image = 1000 + IMAGE / 1000
    image[0, 0], image[0, 1] = np.nan, np.inf
    picture = overlay_image(image, np.zeros((40, 60), int))
    assert picture[0, 0].max() == 0
    assert picture.min() == 0
    assert picture.max() == 255
    assert overlay_image(np.full((4, 4), np.nan), np.ones((4, 4), int)).shape == (4, 4, 3)


def test_a_volume_shows_its_middle_slice() -> None:
    volume, labels = np.stack([IMAGE] * 5), np.stack([np.zeros_like(LABELS)] * 2 + [LABELS] + [LABELS * 0] * 2)
    np.testing.assert_array_equal(overlay_image(volume, labels), overlay_image(IMAGE, LABELS))


def test_masked_pixels_are_black() -> None:
    image = np.ma.array(1.0 + IMAGE, mask=IMAGE == 30)
    picture = overlay_image(image, np.zeros((40, 60), int))
    assert (picture[IMAGE == 30] == 0).all()
    assert (picture[(IMAGE > 10) & (IMAGE != 30)] > 0).all()


def test_labels_that_are_none_are_refused() -> None:
    for labels, error, message in [
        (LABELS[1:], ValueError, "labels has shape .* spatial shape of the image"),
        (LABELS[0], ValueError, "two axes or more"),
        (LABELS / 2, TypeError, "labels has dtype float64"),
        (LABELS - 2, ValueError, "labels holds values from -1"),
    ]:
        with pytest.raises(error, match=message):
            overlay_image(IMAGE, labels)
    with pytest.raises(ValueError, match="spatial shape"):
        overlay_image(np.zeros((40, 60, 3)), LABELS, channel_axis=None)
    with pytest.raises(TypeError, match="image has dtype"):
        overlay_image(IMAGE * 1j, LABELS)


def test_inputs_stay_as_they_were() -> None:
    image, labels = IMAGE.copy(), LABELS.copy()
    overlay_image(image, labels)
    np.testing.assert_array_equal(image, IMAGE)
    np.testing.assert_array_equal(labels, LABELS)


def test_overlay_draws_where_it_is_told() -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    axes = figure.add_subplot()
    assert overlay(IMAGE, LABELS, ax=axes) is axes
    np.testing.assert_array_equal(axes.images[0].get_array(), overlay_image(IMAGE, LABELS))
    assert not axes.axison
    own = overlay(IMAGE, LABELS)
    assert own.figure is not figure
    assert own.figure.get_figwidth() == pytest.approx(1.5 * own.figure.get_figheight())


def test_a_narrow_image_does_not_make_a_tower_of_a_figure() -> None:
    pytest.importorskip("matplotlib")
    figure = overlay(np.zeros((400, 2)), np.ones((400, 2), int)).figure
    assert figure.get_figheight() == pytest.approx(3 * figure.get_figwidth())


def test_a_sheet_has_a_panel_for_each_method() -> None:
    pytest.importorskip("matplotlib")
    methods = {"quarters": LABELS, "halves": (LABELS > 2) + 1, "one": LABELS > 1, "none": LABELS * 0}
    sheet = compare_sheet(IMAGE, methods)
    assert sheet.shape == (2, 3)
    titles = ["image", "quarters: 4 segments", "halves: 2 segments", "one: 1 segment", "none: 0 segments", ""]
    assert [axes.get_title() for axes in sheet.flat] == titles
    assert [len(axes.images) for axes in sheet.flat] == [1, 1, 1, 1, 1, 0]
    assert not any(axes.axison for axes in sheet.flat)
    np.testing.assert_array_equal(sheet[0, 1].images[0].get_array(), overlay_image(IMAGE, LABELS))


def test_a_sheet_with_a_truth_and_scores() -> None:
    pytest.importorskip("matplotlib")
    volume, labels = np.stack([IMAGE] * 3), np.stack([LABELS] * 3)
    sheet = compare_sheet(volume, {"a": labels, "b": labels}, truth=labels == 2, scores={"b": "IoU 0.87"})
    assert sheet.shape == (2, 2)
    titles = ["image", "truth: 1 segment\n0 is not painted", "a: 4 segments", "b: 4 segments\nIoU 0.87"]
    assert [axes.get_title() for axes in sheet.flat] == titles
    truth = overlay_image(volume, labels == 2)
    np.testing.assert_array_equal(sheet[0, 1].images[0].get_array(), truth)


def test_sheets_are_nearly_square_and_avoid_gaps() -> None:
    pytest.importorskip("matplotlib")
    expected = {1: (1, 2), 2: (1, 3), 3: (2, 2), 4: (2, 3), 5: (2, 3), 7: (2, 4), 8: (3, 3), 9: (2, 5), 11: (3, 4)}
    for n_methods, shape in expected.items():
        methods = {str(number): LABELS for number in range(n_methods)}
        assert compare_sheet(IMAGE, methods).shape == shape


def test_mistakes_in_a_sheet_are_named() -> None:
    with pytest.raises(ValueError, match="segmentations is empty"):
        compare_sheet(IMAGE, {})
    with pytest.raises(ValueError, match=r"segmentations\['b'\] has shape"):
        compare_sheet(IMAGE, {"a": LABELS, "b": LABELS[1:]})
    with pytest.raises(ValueError, match="truth has shape"):
        compare_sheet(IMAGE, {"a": LABELS}, truth=LABELS[1:])
    with pytest.raises(ValueError, match="scores has 'c'; expected titles of segmentations: a"):
        compare_sheet(IMAGE, {"a": LABELS}, scores={"c": "0"})


@pytest.mark.parametrize("name", plot.__all__)
def test_docstrings_are_complete_and_their_examples_run(name: str) -> None:
    pytest.importorskip("matplotlib")
    function = getattr(plot, name)
    doc = inspect.getdoc(function)
    sections = re.findall(r"^(\w+)\n-+$", doc, re.MULTILINE)
    returns = inspect.signature(function).return_annotation != "None"
    needed = ["Parameters", *["Returns"] * returns, "Raises", "Examples"]
    assert [section for section in sections if section in needed] == needed
    described = doc.split("Parameters\n----------\n")[1].split("\n\n")[0]
    assert re.findall(r"^(\w+) : ", described, re.MULTILINE) == list(inspect.signature(function).parameters)
    (test,) = doctest.DocTestFinder(recurse=False).find(function, name, globs={})
    report: list[str] = []
    result = doctest.DocTestRunner().run(test, out=report.append)
    assert result.attempted > 0
    assert result.failed == 0, "".join(report)


_DRAW_EVERYTHING = """
import io, sys
import numpy as np
from classicseg.extras import plot
image, labels = np.arange(80.0).reshape(8, 10), np.arange(80).reshape(8, 10) // 30
plot.overlay_image(image, labels)
assert "matplotlib" not in sys.modules
for axes in [
    plot.overlay(image, labels),
    plot.boundaries_plot(image, labels, truth=labels),
    plot.compare_sheet(image, {"a": labels})[0, 0],
    plot.histogram_with_thresholds(image, [30, 60]),
    plot.precision_recall_plot({"a": (0.5, 0.5)}),
]:
    axes.figure.savefig(io.BytesIO(), format="png", dpi=20)
assert "matplotlib.pyplot" not in sys.modules
"""


def test_matplotlib_waits_until_something_is_drawn_and_pyplot_for_ever() -> None:
    pytest.importorskip("matplotlib")
    assert subprocess.run([sys.executable, "-c", _DRAW_EVERYTHING]).returncode == 0


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'classicseg\[plot\]'"):
        overlay(IMAGE, LABELS)


@pytest.mark.parametrize("fills", [[-9999], [3e38], [-9999, -3e38], [-9999, 3e38]])
def test_fill_values_take_no_contrast(fills):
    grey = np.random.default_rng(0).normal(100, 20, (50, 60))
    filled = grey.copy()
    for k, fill in enumerate(fills):
        filled[8 * k : 8 * k + 8] = fill
    plain, shown = (overlay_image(image, np.ones(grey.shape, int))[20:, :, 1] for image in (grey, filled))
    assert np.abs(plain.astype(int) - shown).max() < 12
    assert plain.std() > 20


def test_a_drawing_of_few_values_has_none_that_fills():
    drawing = np.repeat([[0, 100, 101]], 9, axis=0)
    shown = overlay_image(drawing, np.ones(drawing.shape, int))
    assert len(np.unique(shown)) > len(np.unique(overlay_image(drawing > 0, np.ones(drawing.shape, int))))

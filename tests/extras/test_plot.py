"""An overlay shows each segment in its own color over the image, whatever the image's dtype and dimensions."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from classicseg.extras.plot import comparison_sheet, overlay

LABELS = np.repeat(np.repeat(np.arange(1, 5, dtype=np.int32).reshape(2, 2), 20, 0), 30, 1)
IMAGE = np.add.outer(np.arange(40), np.arange(60))


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.int16, np.float32, np.float64])
def test_shape_and_dtype(dtype: type) -> None:
    image = IMAGE.astype(dtype)
    for pixels, channel_axis in [(image, None), (np.stack([image] * 3, -1), "auto"), (np.stack([image] * 5), 0)]:
        picture = overlay(pixels, LABELS, channel_axis=channel_axis)
        assert picture.shape == (40, 60, 3)
        assert picture.dtype == np.uint8


def test_colors_depend_on_the_label_alone_and_differ_from_their_neighbors() -> None:
    flat = np.ones((1, 999))
    labels = np.arange(999).reshape(1, -1)

    def colors(names: np.ndarray) -> np.ndarray:
        return overlay(np.ones((*names.shape, 1)).repeat(3, -1), names)[..., :].astype(int)

    wide = overlay(flat.repeat(3, 0).repeat(3, 1), labels.repeat(3, 0).repeat(3, 1))[0, ::3].astype(int)
    np.testing.assert_array_equal(wide[7], colors(np.full((3, 3), 7))[1, 1])
    for distance in (1, 2, 3):
        assert np.abs(wide[1 + distance :] - wide[1:-distance]).sum(axis=1).min() > 30


def test_what_is_not_assigned_keeps_its_grey() -> None:
    labels = np.where(LABELS == 1, 0, LABELS)
    picture = overlay(IMAGE, labels)
    unassigned = picture[1:18, 1:28]
    assert (unassigned == unassigned[..., :1]).all()
    assert (picture[25, 10] != picture[25, 10, 0]).any()


def test_lines_stand_between_segments() -> None:
    picture = overlay(np.zeros((40, 60)), LABELS)
    assert picture[19].min() >= 200
    assert picture[:, 29].min() >= 200
    assert picture[5, 5].min() < 100


def test_values_are_stretched_and_holes_are_black() -> None:
    image = 1000 + IMAGE / 1000
    image[0, 0], image[0, 1] = np.nan, np.inf
    picture = overlay(image, np.zeros((40, 60), int))
    assert picture[0, 0].max() == 0
    assert picture.min() == 0
    assert picture.max() == 255
    assert overlay(np.full((4, 4), np.nan), np.ones((4, 4), int)).shape == (4, 4, 3)


def test_a_volume_shows_its_middle_slice() -> None:
    volume, labels = np.stack([IMAGE] * 5), np.stack([np.zeros_like(LABELS)] * 2 + [LABELS] + [LABELS * 0] * 2)
    np.testing.assert_array_equal(overlay(volume, labels), overlay(IMAGE, LABELS))


def test_labels_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="spatial shape"):
        overlay(IMAGE, LABELS[1:])


def test_inputs_stay_as_they_were() -> None:
    image, labels = IMAGE.copy(), LABELS.copy()
    overlay(image, labels)
    np.testing.assert_array_equal(image, IMAGE)
    np.testing.assert_array_equal(labels, LABELS)


def test_sheet_has_a_panel_for_each_method() -> None:
    pytest.importorskip("matplotlib")
    sheet = comparison_sheet(IMAGE, {"quarters": LABELS, "halves": (LABELS > 2) + 1, "none": LABELS * 0})
    titles = [axes.get_title() for axes in sheet.axes]
    assert titles == ["image", "quarters: 4 segments", "halves: 2 segments", "none: 0 segments"]


def test_matplotlib_waits_until_a_sheet_is_drawn() -> None:
    code = "import sys, classicseg.extras.plot; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0

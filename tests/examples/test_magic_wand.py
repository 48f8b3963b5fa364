"""The magic wand answers clicks, the wheel and keys as a hand would have it, and at once."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from classicseg import region_growing_segment
from classicseg.extras.files import read_markers, write_image

IMAGE = np.random.default_rng(0).integers(0, 9, (40, 60)) + 100 * (np.arange(60) > 30)


@pytest.fixture
def make_wand(load_example):
    script = load_example("magic_wand")
    from matplotlib import pyplot as plt

    def make(image=IMAGE, tolerance=10.0):
        return script.MagicWand(plt.subplots()[1], image, tolerance)

    return make


def send(wand, name, row, column, **options):
    """An event as the canvas makes it of a mouse at a pixel."""
    from matplotlib.backend_bases import MouseEvent

    canvas = wand.axes.figure.canvas
    x, y = wand.axes.transData.transform((column, row))
    canvas.callbacks.process(name, MouseEvent(name, canvas, x, y, **options))


def click(wand, row, column, key=None):
    send(wand, "button_press_event", row, column, button=1, key=key)


def press(wand, key):
    from matplotlib.backend_bases import KeyEvent

    canvas = wand.axes.figure.canvas
    canvas.callbacks.process("key_press_event", KeyEvent("key_press_event", canvas, key))


@pytest.mark.parametrize("image", [IMAGE, np.repeat(IMAGE[..., None], 3, axis=-1).astype(np.uint8)])
def test_a_click_grows_the_region_of_its_pixel(make_wand, image):
    wand = make_wand(image)
    click(wand, 20, 10)
    assert_array_equal(wand.labels, region_growing_segment(image, seeds=(20, 10), tolerance=10))
    assert (wand.overlay.get_array()[..., 3] > 0).sum() == wand.labels.sum()
    assert f"{wand.labels.sum():,} pixels" in wand.axes.get_title()
    click(wand, 20, 50)
    assert_array_equal(wand.labels, region_growing_segment(image, seeds=(20, 50), tolerance=10))


def test_a_click_with_shift_adds_a_seed(make_wand):
    wand = make_wand()
    click(wand, 20, 10)
    first = wand.labels.sum()
    click(wand, 20, 50, key="shift")
    assert wand.marks.get_xydata().tolist() == [[10, 20], [50, 20]]
    assert wand.labels.sum() > first
    assert wand.labels[20, 10] == wand.labels[20, 50] == 1


def test_the_wheel_changes_the_tolerance(make_wand):
    wand = make_wand(tolerance=2.0)
    send(wand, "scroll_event", 20, 10, step=3)
    assert wand.tolerance == pytest.approx(2 * 1.1**3)
    click(wand, 20, 10)
    send(wand, "scroll_event", 20, 10, step=20)
    assert_array_equal(wand.labels, region_growing_segment(IMAGE, seeds=(20, 10), tolerance=wand.tolerance))
    more = wand.labels.sum()
    send(wand, "scroll_event", 20, 10, step=-23)
    assert wand.tolerance == pytest.approx(2)
    assert 0 < wand.labels.sum() < more


def test_clicks_beside_the_photograph_and_of_other_tools_do_nothing(make_wand):
    wand = make_wand()
    send(wand, "button_press_event", 20, 10, button=3)
    send(wand, "button_press_event", -300, 10, button=1)
    wand.axes.figure.canvas.toolbar = SimpleNamespace(mode="zoom rect")
    click(wand, 20, 10)
    assert not wand.labels.any()


def test_a_pixel_that_takes_no_part_is_said_to_be_none(make_wand):
    image = IMAGE.astype(float)
    image[20, 10] = np.nan
    wand = make_wand(image)
    click(wand, 20, 10)
    assert "take no part" in wand.axes.get_title()
    assert not wand.labels.any()


def test_keys_clear_and_save(make_wand, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wand = make_wand()
    click(wand, 20, 10)
    press(wand, "s")
    (saved,) = tmp_path.iterdir()
    assert_array_equal(read_markers(saved), wand.labels)
    press(wand, "c")
    assert not wand.labels.any()


def test_by_itself_it_draws_a_figure(load_example, tmp_path):
    path = tmp_path / "figure.png"
    load_example("magic_wand").main(path)
    assert path.stat().st_size > 10_000


def test_it_never_writes_over_a_photograph(load_example, tmp_path, monkeypatch):
    script = load_example("magic_wand")
    monkeypatch.chdir(tmp_path)
    photograph = tmp_path / "magic_wand_labels.png"
    write_image(photograph, IMAGE)
    before = photograph.read_bytes()
    with pytest.raises(FileExistsError, match="is there, and no figure"):
        script.main(photograph)
    with pytest.raises(ValueError, match="which is read"):
        script.main(photograph, photograph)
    monkeypatch.setattr(script.plt, "show", lambda: None)
    made, make = [], script.MagicWand

    def kept(*arguments, **options):
        made.append(make(*arguments, **options))
        return made[0]

    monkeypatch.setattr(script, "MagicWand", kept)
    script.main(None, photograph)
    press(made[0], "s")
    assert "which is read" in made[0].axes.get_title()
    assert photograph.read_bytes() == before


def test_a_window_leaves_its_keys_to_the_wand(load_example, monkeypatch):
    script = load_example("magic_wand")
    taken = []

    def show():
        for name in script.plt.rcParams.find_all("keymap"):
            taken.extend(script.plt.rcParams[name])

    monkeypatch.setattr(script.plt, "show", show)
    script.main()
    assert "left" in taken
    assert "s" not in taken
    assert "c" not in taken


def test_colors_of_more_than_8_bits_are_shown(make_wand):
    colors = np.repeat(IMAGE[..., None], 3, axis=-1)
    wand = make_wand((500 * colors).astype(np.uint16), tolerance=8000)
    shown = wand.axes.images[0].get_array()
    assert_array_equal(shown, colors / colors.max())
    click(wand, 20, 10)
    assert wand.labels.sum() == (IMAGE < 100).sum()


@pytest.mark.jit
@pytest.mark.large
def test_a_click_on_12_megapixels_answers_in_a_tenth_of_a_second(make_wand, monkeypatch):
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 200, (30, 40, 3))
    photograph = (np.kron(coarse, np.ones((100, 100, 1), int)) + rng.integers(0, 50, (3000, 4000, 3))).astype(
        np.uint8
    )
    wand = make_wand(photograph, tolerance=130)
    monkeypatch.setattr(wand.axes.figure.canvas, "draw_idle", lambda: None)  # a window draws when it is idle
    click(wand, 100, 2000)
    times = []
    for row in 8 * (1000, 2000, 2900):  # each region has more than a twentieth of the pixels
        start = time.perf_counter()
        click(wand, row, 2000)
        times.append(time.perf_counter() - start)
        if times[-1] < 0.1:  # the machine may do something else meanwhile
            break
    assert wand.labels.mean() > 0.05
    assert min(times) < 0.1

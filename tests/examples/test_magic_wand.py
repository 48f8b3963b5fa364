"""The workbench answers strokes, clicks, the wheel and keys as a hand would have it, and at once."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest
import skimage
from numpy.testing import assert_array_equal

from classicseg import region_growing_segment
from classicseg.extras.files import read_markers, write_image

IMAGE = np.random.default_rng(0).integers(0, 9, (40, 60)) + 100 * (np.arange(60) > 30)


@pytest.fixture
def make_bench(load_example):
    script = load_example("magic_wand")
    from matplotlib import pyplot as plt

    def make(image=IMAGE, tolerance=10.0, method=script.WAND):
        bench = script.Workbench(plt.subplots()[1], image, tolerance)
        bench.choose(method)
        return bench

    return make


def send(bench, name, row, column, **options):
    """An event as the canvas makes it of a mouse at a pixel."""
    from matplotlib.backend_bases import MouseEvent

    canvas = bench.axes.figure.canvas
    x, y = bench.axes.transData.transform((column, row))
    canvas.callbacks.process(name, MouseEvent(name, canvas, x, y, **options))


def stroke(bench, *places, button=1, key=None):
    """A hand that draws through some pixels, or clicks on one."""
    send(bench, "button_press_event", *places[0], button=button, key=key)
    for place in places[1:]:
        send(bench, "motion_notify_event", *place)
    send(bench, "button_release_event", *places[-1], button=button, key=key)


def press(bench, key):
    from matplotlib.backend_bases import KeyEvent

    canvas = bench.axes.figure.canvas
    canvas.callbacks.process("key_press_event", KeyEvent("key_press_event", canvas, key))


@pytest.mark.parametrize("image", [IMAGE, np.repeat(IMAGE[..., None], 3, axis=-1).astype(np.uint8)])
def test_a_click_of_the_wand_grows_the_region_of_its_pixel(make_bench, image):
    bench = make_bench(image)
    stroke(bench, (20, 10))
    assert_array_equal(bench.labels, region_growing_segment(image, seeds=(20, 10), tolerance=10))
    assert (bench.overlay.get_array()[..., 3] > 0).sum() == bench.labels.sum()
    assert f"{bench.labels.sum():,} pixels" in bench.axes.get_title()


def test_each_stroke_of_the_wand_grows_by_its_own_value(make_bench):
    bench = make_bench()
    stroke(bench, (20, 10))
    first = bench.labels.sum()
    stroke(bench, (20, 50))
    assert bench.labels.sum() > first
    assert bench.labels[20, 10] == bench.labels[20, 50] == 1
    stroke(bench, (25, 50), key="shift")  # what is around it
    assert bench.labels.sum() < first + 1200
    assert bench.labels[25, 50] == 0


def test_the_wheel_changes_the_tolerance(make_bench):
    bench = make_bench(tolerance=2.0)
    send(bench, "scroll_event", 20, 10, step=3)
    assert bench.tolerance == pytest.approx(2 * 1.1**3)
    stroke(bench, (20, 10))
    send(bench, "scroll_event", 20, 10, step=20)
    assert_array_equal(bench.labels, region_growing_segment(IMAGE, seeds=(20, 10), tolerance=bench.tolerance))
    more = bench.labels.sum()
    send(bench, "scroll_event", 20, 10, step=-23)
    assert bench.tolerance == pytest.approx(2)
    assert 0 < bench.labels.sum() < more


def test_every_other_method_divides_the_photograph_between_the_strokes(make_bench, load_example):
    halves = (np.arange(60) > 30) * np.ones((40, 1), np.int32)
    bench = make_bench(IMAGE.astype(np.uint8), method="watershed")
    stroke(bench, (5, 40), (30, 50), (35, 50))
    assert "right button" in bench.axes.get_title()
    assert not bench.labels.any()
    stroke(bench, (5, 10), (30, 20), button=3)
    for method in list(load_example("magic_wand").METHODS)[1:]:
        bench.choose(method)
        assert "tolerance" not in bench.axes.get_title()
        assert (bench.labels == halves).mean() > 0.95, method


def test_a_stroke_is_a_line_of_a_round_brush(load_example):
    brushed = load_example("magic_wand").brushed

    def drawn(places, radius, step=1):
        grid = np.zeros((4, 7), int)
        grid[brushed(places, radius, step, grid.shape)] = 1
        return ["".join(map(str, row)) for row in grid]

    assert drawn([(3, 4)], 0) == ["0000000", "0000000", "0000000", "0000100"]
    assert drawn([(0, 0), (2, 4), (2, 6)], 0) == ["1100000", "0010000", "0001111", "0000000"]
    assert drawn([(0, 5)], 1) == ["0000111", "0000010", "0000000", "0000000"]
    assert drawn([(0, 10)], 2, step=2) == drawn([(0, 5)], 1)


def test_a_later_stroke_is_over_an_earlier_one(make_bench):
    bench = make_bench(method="watershed")
    stroke(bench, (20, 5), (20, 50))
    stroke(bench, (20, 40), (20, 50), button=3)
    assert bench.markers([1, 2], 1)[20].tolist() == 5 * [0] + 35 * [1] + 11 * [2] + 9 * [0]


def test_what_is_drawn_is_seen_while_it_is_drawn(make_bench, load_example):
    bench = make_bench()
    send(bench, "button_press_event", 20, 10, button=3)
    send(bench, "motion_notify_event", 20, 15)
    color = load_example("magic_wand").COLORS[2]
    assert (
        bench.overlay.get_array()[20, 10].tolist() == bench.overlay.get_array()[20, 15].tolist() == [*color, 255]
    )
    assert not bench.strokes


def test_clicks_beside_the_photograph_and_of_other_tools_do_nothing(make_bench):
    bench = make_bench()
    stroke(bench, (20, 10), button=2)
    stroke(bench, (-300, 10))
    bench.axes.figure.canvas.toolbar = SimpleNamespace(mode="zoom rect")
    stroke(bench, (20, 10))
    assert not bench.strokes


def test_a_pixel_that_takes_no_part_is_said_to_be_none(make_bench):
    image = IMAGE.astype(float)
    image[20, 10] = np.nan
    bench = make_bench(image)
    stroke(bench, (20, 10))
    assert "take no part" in bench.axes.get_title()
    assert not bench.labels.any()


def test_keys_take_back_clear_and_save(make_bench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bench = make_bench()
    stroke(bench, (20, 10))
    stroke(bench, (20, 50))
    press(bench, "z")
    press(bench, "s")
    (saved,) = tmp_path.iterdir()
    assert_array_equal(read_markers(saved), region_growing_segment(IMAGE, seeds=(20, 10), tolerance=10))
    press(bench, "c")
    assert not bench.labels.any()
    press(bench, "z")
    assert "draw on something" in bench.axes.get_title()


@pytest.mark.large
def test_a_draft_is_of_fewer_pixels_and_what_is_saved_of_all(make_bench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    image = np.kron(IMAGE, np.ones((20, 20), int))
    bench = make_bench(image, method="GrabCut")
    stroke(bench, (100, 800), (600, 1000))
    stroke(bench, (100, 200), (600, 400), button=3)
    assert bench.step == 4
    assert bench.labels.shape == (200, 300)
    press(bench, "s")
    (saved,) = tmp_path.iterdir()
    assert (read_markers(saved) == (image >= 100)).mean() > 0.99


@pytest.mark.large
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
    made, make = [], script.Workbench

    def kept(*arguments, **options):
        made.append(make(*arguments, **options))
        return made[0]

    monkeypatch.setattr(script, "Workbench", kept)
    script.main(None, photograph)
    press(made[0], "s")
    assert "which is read" in made[0].axes.get_title()
    assert photograph.read_bytes() == before


def test_a_window_leaves_its_keys_to_the_workbench(load_example, monkeypatch):
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


def test_colors_of_more_than_8_bits_are_shown(make_bench):
    colors = np.repeat(IMAGE[..., None], 3, axis=-1)
    bench = make_bench((500 * colors).astype(np.uint16), tolerance=8000)
    shown = bench.axes.images[0].get_array()
    assert_array_equal(shown, colors / colors.max())
    stroke(bench, (20, 10))
    assert bench.labels.sum() == (IMAGE < 100).sum()


@pytest.mark.jit
@pytest.mark.large
def test_a_stroke_on_12_megapixels_is_answered_at_once(make_bench, monkeypatch):
    photograph = skimage.data.astronaut().repeat(6, axis=0).repeat(8, axis=1)
    bench = make_bench(photograph, tolerance=60)
    monkeypatch.setattr(bench.axes.figure.canvas, "draw_idle", lambda: None)  # a window draws when it is idle
    stroke(bench, (100, 200), (2900, 200), button=3)
    for method in (bench.method, "random walker"):
        bench.choose(method)
        times = []
        for row in (1000, 2000):  # the first one may compile
            start = time.process_time()  # of all threads, which the machine may not give to others
            stroke(bench, (row, 1000), (row, 3000))
            times.append(time.process_time() - start)
        assert bench.labels.any()
        assert min(times) < 2, method

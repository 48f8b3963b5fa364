"""A tree on a slider, a wand, a table of regions."""

from __future__ import annotations

import time
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest

import classicseg

needed = ("napari", "magicgui", "pytestqt")
missing = [name for name in needed if find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")

IMAGE = np.kron(np.random.default_rng(1).integers(0, 255, (6, 8)), np.ones((5, 5))).astype(np.uint8)


@pytest.fixture
def viewer(qapp):
    from napari.components import ViewerModel

    model = ViewerModel()
    model.add_image(IMAGE, name="photo", scale=(3, 1))
    return model


@pytest.fixture
def wait(qapp):
    def until_idle(dock):
        start = time.perf_counter()
        while dock.is_busy or time.perf_counter() - start < 0.1:
            qapp.processEvents()
            time.sleep(0.002)
            assert time.perf_counter() - start < 240

    return until_idle


def test_a_tree_is_cut_while_the_slider_moves(viewer, wait):
    from classicseg.extras.napari.scales import Scales

    dock = Scales(viewer)
    dock.build()
    wait(dock)
    tree = classicseg.merge_tree(IMAGE, spacing=(3, 1))
    n = int(tree.regions.max())
    labels = viewer.layers["photo segments"]
    for number in (n, 7, 1):
        dock.count.value = number
        wait(dock)
        assert np.array_equal(labels.data, classicseg.cut_tree(tree, n_segments=number))
    dock.slider.value = 1.0
    wait(dock)
    assert dock.count.value == n
    assert labels.data.max() == n
    assert list(labels.scale) == [3, 1]
    dock.undo()
    assert len(np.unique(labels.data)) == min(n, 50)


def test_a_wand_adds_joins_and_takes_away(viewer, wait):
    from classicseg.extras.napari.wand import MagicWand

    dock = MagicWand(viewer)
    dock.is_on.value = True
    drag = viewer.mouse_drag_callbacks[-1]

    def stroke(position, way=0, modifiers=()):
        event = SimpleNamespace(
            position=position, pos=(100, 100), button=1, modifiers=modifiers, type="mouse_press", handled=False
        )
        steps = drag(viewer, event)
        next(steps)
        if way:
            event.type, event.pos = "mouse_move", (100 + way, 100)
            next(steps)
        event.type = "mouse_release"
        with pytest.raises(StopIteration):
            next(steps)
        wait(dock)
        assert event.handled

    def grown(seed, tolerance):
        return classicseg.region_growing_segment(IMAGE, seeds=[seed], tolerance=tolerance) == 1

    dock.tolerance.value = 10.0
    stroke((6.0, 2.0))
    labels = viewer.layers["photo segments"]
    first = grown((2, 2), 10.0)
    assert np.array_equal(labels.data, first)
    stroke((60.0, 30.0), way=20)
    assert dock.tolerance.value == pytest.approx(27, abs=0.01)
    second = grown((20, 30), dock.tolerance.value)
    assert np.array_equal(labels.data, np.where(second, 2, first))
    dock.undo()
    assert np.array_equal(labels.data, first)
    stroke((60.0, 30.0), modifiers=("Shift",))
    assert np.array_equal(labels.data, first | second)
    stroke((60.0, 30.0), modifiers=("Alt",))
    assert np.array_equal(labels.data, first & ~second)
    dock.is_on.value = False
    assert drag not in viewer.mouse_drag_callbacks


def test_a_row_selects_its_region(viewer, wait):
    from qtpy.QtCore import Qt

    from classicseg.extras.napari.regions import Regions

    labels = np.zeros((30, 40), np.int32)
    labels[2:5, 3:9], labels[10:20, 20:30] = 3, 8
    layer = viewer.add_labels(labels, name="cells", scale=(3, 1))
    dock = Regions(viewer)
    dock.image.value = viewer.layers["photo"]
    dock.measure()
    wait(dock)
    table = classicseg.region_table(labels, IMAGE, spacing=(3, 1))
    shown = dock.table.model()
    assert (shown.rowCount(), shown.headerData(0, Qt.Orientation.Horizontal)) == (2, "label")
    assert [shown.data(shown.index(row, 0)) for row in (0, 1)] == ["3", "8"]
    assert list(layer.features["index"]) == [3, 8]
    assert np.array_equal(layer.features["area"], table.area)
    dock.table.selectRow(1)
    assert layer.selected_label == 8
    assert viewer.camera.center[-2:] == pytest.approx((43.5, 24.5))


def test_a_click_selects_the_row_of_its_region(viewer, wait):
    from classicseg.extras.napari.regions import Regions

    labels = np.zeros((30, 40), np.int32)
    labels[2:5, 3:9], labels[10:20, 20:30] = 3, 8
    layer = viewer.add_labels(labels, name="cells", scale=(3, 1))
    dock = Regions(viewer)
    clicked = viewer.mouse_drag_callbacks[-1]

    def click(position, way=()):
        event = SimpleNamespace(position=position, type="mouse_press", view_direction=None, dims_displayed=[0, 1])
        steps = clicked(viewer, event)
        for kind in (*way, "mouse_release"):
            next(steps, None)
            event.type = kind
        next(steps, None)

    click((45.0, 25.0))
    dock.measure()
    wait(dock)
    center = viewer.camera.center
    click((45.0, 25.0))
    assert (dock.table.row, layer.selected_label, viewer.camera.center) == (1, 8, center)
    click((9.0, 4.0), ["mouse_move"])  # the picture is moved
    click((0.0, 0.0))  # the ground
    layer.mode = "paint"
    click((9.0, 4.0))
    assert (dock.table.row, layer.selected_label) == (1, 8)
    layer.mode = "pan_zoom"
    click((9.0, 4.0))
    assert (dock.table.row, layer.selected_label) == (0, 3)
    viewer.layers.remove(layer)
    click((9.0, 4.0))

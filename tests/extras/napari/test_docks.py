"""The docks, without a window: a model of the viewer, and Qt's events."""

from __future__ import annotations

import threading
import time
from importlib.util import find_spec

import numpy as np
import pytest

import classicseg

needed = ("napari", "magicgui", "pytestqt")
missing = [name for name in needed if find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")

IMAGE = np.random.default_rng(1).integers(0, 255, (4, 40, 50)).astype(np.uint8)


@pytest.fixture
def viewer(qapp):
    from napari.components import ViewerModel

    return ViewerModel()


@pytest.fixture
def wait(qapp):
    """Answer events until a dock has done what it was asked."""

    def until_idle(dock, at_least=0.1):
        start = time.perf_counter()
        while dock.is_busy or time.perf_counter() - start < at_least:
            qapp.processEvents()
            time.sleep(0.002)
            assert time.perf_counter() - start < 240

    return until_idle


@pytest.fixture
def segment(viewer):
    from classicseg.extras.napari.segment import Segment

    return Segment(viewer)


@pytest.mark.parametrize(
    ("pixels", "scale"), [(IMAGE[0], (3, 1)), (np.moveaxis(IMAGE[:3], 0, -1), (3, 1)), (IMAGE, (3, 1, 1))]
)
def test_labels_lie_where_the_image_is(viewer, segment, wait, pixels, scale):
    place = {"scale": scale, "translate": np.arange(1.0, 1 + len(scale)), "units": ("mm",) * len(scale)}
    place["axis_labels"] = ("plane", "row", "column")[-len(scale) :]
    viewer.add_image(pixels, name="photo", rgb=pixels.shape[-1] == 3, **place)
    segment.method.value = "felzenszwalb_segment"
    segment.run()
    wait(segment)
    labels = viewer.layers["photo segments"]
    expected = classicseg.felzenszwalb_segment(
        pixels, spacing=scale, channel_axis=-1 if pixels.shape[-1] == 3 else None
    )
    assert np.array_equal(labels.data, expected)
    for name, value in place.items():
        assert list(map(str, getattr(labels, name))) == list(map(str, getattr(viewer.layers["photo"], name))), name
        if name != "units":
            assert list(getattr(labels, name)) == list(value)


def test_layers_are_made_in_the_thread_of_the_work(viewer, segment, wait, monkeypatch):
    from classicseg.extras.napari import docks

    threads, make = [], docks._layer_of

    def layer_of(*given):
        threads.append(threading.current_thread())
        return make(*given)

    monkeypatch.setattr(docks, "_layer_of", layer_of)
    viewer.add_image(IMAGE, name="movie")
    for axis in (None, 0):
        segment.frames.value = axis
        segment.run()
        wait(segment)
        viewer.layers.remove(viewer.layers["movie segments"])
    assert len(threads) == 2
    assert threading.main_thread() not in threads


def test_every_method_has_a_form_and_runs(viewer, segment, wait):
    viewer.add_image(IMAGE[0, :12, :14], name="photo")
    viewer.add_points([(2, 2), (9, 9)], name="clicks", features={"label": [1, 2]})
    reports = []
    segment.report = reports.append
    for method in [*classicseg.segmenters(), *classicseg.segmenters("seeded")]:
        segment.method.value = method
        if method in classicseg.segmenters("seeded"):
            segment.set(strokes=viewer.layers["clicks"])
        segment.run()
        wait(segment, 0.0)
        assert not reports, (method, reports)


def test_seeds_and_masks_of_layers(viewer, segment, wait):
    viewer.add_image(IMAGE[0], name="photo")
    viewer.add_points([(5, 6), (20, 30)], name="clicks")
    viewer.add_shapes([[(2, 2), (2, 40), (35, 40), (35, 2)]], name="round", shape_type="polygon")
    segment.method.value = "region_growing_segment"
    segment.set(seeds=viewer.layers["clicks"], mask=viewer.layers["round"], tolerance=60.0)
    segment.run()
    wait(segment)
    mask = viewer.layers["round"].to_masks((40, 50)).any(axis=0)
    expected = classicseg.region_growing_segment(IMAGE[0], seeds=[(5, 6), (20, 30)], tolerance=60.0, mask=mask)
    assert np.array_equal(viewer.layers["photo segments"].data, expected)


def test_preview_undo_and_settings_that_stay(viewer, segment, wait):
    viewer.add_image(IMAGE[0], name="photo")
    segment.set(n_clusters=3)
    segment.run()
    wait(segment)
    labels = viewer.layers["photo segments"]
    first = labels.data
    segment.live.value = True
    segment.method.value = "threshold_segment"
    for value in (60.0, 90.0, 120.0):
        segment.form["thresholds"]._slider.value = value
    wait(segment)
    threshold = segment.chosen().given["thresholds"]
    assert np.array_equal(labels.data, classicseg.threshold_segment(IMAGE[0], thresholds=threshold))
    assert len(viewer.layers) == 2
    segment.live.value = False
    segment.undo()
    assert labels.data is first
    segment.method.value = "kmeans_segment"
    assert segment.chosen().given == {"n_clusters": 3}


def test_frames_and_slices(viewer, segment, wait, monkeypatch):
    viewer.add_image(IMAGE, name="movie", axis_labels=("t", "y", "x"))
    segment.set(n_clusters=2)
    segment.frames.value = 0
    segment.run()
    wait(segment)
    expected = np.stack([classicseg.kmeans_segment(frame, n_clusters=2) for frame in IMAGE])
    assert np.array_equal(viewer.layers["movie segments"].data, expected)
    segment.frames.value = None
    monkeypatch.setattr("classicseg.extras.napari.segment._LARGE", 100)
    viewer.dims.set_point(0, 2)
    segment.set(n_clusters=4)
    segment.live.value = True
    wait(segment)
    expected[2] = classicseg.kmeans_segment(IMAGE[2], n_clusters=4)
    assert np.array_equal(viewer.layers["movie segments"].data, expected)


def test_mistakes_are_said(viewer, segment, wait, monkeypatch):
    said = []
    monkeypatch.setattr("napari.utils.notifications.show_error", said.append)
    segment.run()
    assert "no layer is chosen" in said.pop()
    viewer.add_image(IMAGE[0], name="photo")
    segment.set(n_clusters=0)
    segment.run()
    wait(segment)
    assert "n_clusters is 0" in said.pop()
    segment.copy_command()
    wait(segment)
    assert "is in no file" in said.pop()


def test_copied_program(viewer, segment, wait, qapp):
    viewer.add_image(IMAGE[0], name="photo")
    segment.set(n_clusters=3)
    segment.run()
    segment.copy_python()  # stops the run: one work at a time
    wait(segment)
    segment.run()
    wait(segment)
    names = {"viewer": viewer}
    exec(qapp.clipboard().text(), names)
    assert np.array_equal(names["labels"], viewer.layers["photo segments"].data)


def test_a_run_is_cancelled(viewer, segment, wait):
    viewer.add_image(np.tile(IMAGE[0], (20, 20)), name="photo")
    segment.method.value = "mean_shift_segment"
    segment.set(spatial_radius=20.0, max_iter=100)
    segment.run()
    time.sleep(0.2)
    segment.cancel()
    wait(segment)
    assert segment.status.value == "stopped"
    assert len(viewer.layers) == 1

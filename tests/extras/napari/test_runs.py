"""A form, run: the labels are those of the function."""

from __future__ import annotations

import inspect
import threading
import time

import numpy as np
import pytest

import classicseg
from classicseg._core.bands import band_size
from classicseg.extras.napari.runs import Run, check, labels_of, parts_of, segment
from classicseg.extras.napari.stopping import Work

IMAGE = np.random.default_rng(3).integers(0, 255, (4, 24, 30)).astype(np.uint8)
SMALL = IMAGE[:, :10, :12]
SEEDED = dict.fromkeys(classicseg.segmenters("seeded"), "strokes")


@pytest.mark.parametrize("method", [*classicseg.segmenters(), *classicseg.segmenters("seeded")])
def test_every_method_runs_and_takes_the_scale(make_layer, make_points, method):
    """On a plane, on colors and on a volume; a method that takes no volume says so."""
    segmenter = getattr(classicseg, method)
    for pixels, scale, is_color in (
        (SMALL[0], (3, 1), False),
        (np.moveaxis(SMALL[:3], 0, -1), (3, 1), True),
        (SMALL, (3, 1, 1), False),
    ):
        layer = make_layer(pixels, rgb=is_color, scale=scale)
        points = [np.zeros(len(scale)), np.array(pixels.shape[: len(scale)]) - 1]
        drawn = make_points(points, scale=scale)
        layers = {name: drawn for name in [SEEDED.get(method)] if name}
        given = {"spacing": scale} if "spacing" in inspect.signature(segmenter).parameters else {}
        given |= {name: np.array(points, int) for name in layers}
        try:
            expected = segmenter(pixels, channel_axis=-1 if is_color else None, **given)
        except ValueError as error:
            with pytest.raises(ValueError) as caught:
                labels_of(Run(method, layer, layers=layers))
            assert str(caught.value) == str(error)
        else:
            assert np.array_equal(labels_of(Run(method, layer, layers=layers)), expected)


def test_values_and_masks(make_layer):
    image, mask = make_layer(IMAGE[0]), make_layer(IMAGE[1] > 100, name="mask")
    run = Run("kmeans_segment", image, {"n_clusters": 3, "rng": 0, "tol": None}, {"mask": mask, "weights": None})
    assert run.given == {"n_clusters": 3}
    expected = classicseg.kmeans_segment(IMAGE[0], n_clusters=3, mask=IMAGE[1] > 100)
    assert np.array_equal(labels_of(run), expected)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_frame_by_frame(make_layer, make_points, axis):
    inside = IMAGE > 50
    inside[[1, 3, 1], [6, 4, 12], [9, 6, 20]] = True  # at the seeds
    image, mask = make_layer(IMAGE, scale=(3, 1, 1)), make_layer(inside, name="mask")
    seeds = make_points([(3, 6, 9), (9, 4, 6), (3, 12, 20)])
    run = Run("region_growing_segment", image, {"tolerance": 40.0}, {"seeds": seeds, "mask": mask}, axis)
    labels = labels_of(run)
    assert len(parts_of(run)) == IMAGE.shape[axis]
    spacing = [(1, 1), (3, 1), (3, 1)][axis]
    points = np.array([(1, 6, 9), (3, 4, 6), (1, 12, 20)])  # on the image's own grid
    for number in range(IMAGE.shape[axis]):
        here = np.delete(points[points[:, axis] == number], axis, axis=1)
        if not len(here):
            assert not labels.take(number, axis).any()
            continue
        expected = classicseg.region_growing_segment(
            IMAGE.take(number, axis),
            seeds=here,
            tolerance=40.0,
            mask=inside.take(number, axis),
            channel_axis=None,
            spacing=spacing,
        )
        assert np.array_equal(labels.take(number, axis), expected)


def test_a_slice_is_a_part(make_layer):
    run = Run("kmeans_segment", make_layer(IMAGE), {"n_clusters": 2})
    (part,) = segment(run, [(2, slice(None), slice(None))])
    assert np.array_equal(part.labels, classicseg.kmeans_segment(IMAGE[2], n_clusters=2))


def test_a_form_without_seeds(make_layer):
    with pytest.raises(ValueError, match="random_walker_segment needs strokes; choose a layer of points or of"):
        check(Run("random_walker_segment", make_layer(IMAGE[0])))


def test_dask_layers(make_layer):
    array = pytest.importorskip("dask.array")
    lazy = make_layer(array.from_array(IMAGE[0], chunks=7))
    for method in ("threshold_segment", "srm_segment"):  # in tiles, and as a whole
        assert np.array_equal(labels_of(Run(method, lazy)), labels_of(Run(method, make_layer(IMAGE[0]))))


@pytest.mark.jit
def test_work_is_stopped_at_a_band(make_layer):
    """Long before its end: each band of this one takes a pass over few pixels."""
    image = make_layer(np.random.default_rng(0).integers(0, 255, (600, 600)).astype(np.uint8))
    run = Run("mean_shift_segment", image, {"spatial_radius": 20.0, "max_iter": 100})
    work = Work(lambda: segment(run))
    done = []
    thread = threading.Thread(target=lambda: done.extend(work))
    with band_size(600):
        thread.start()
        time.sleep(0.05)
        start = time.perf_counter()
        work.stop()
        thread.join(30)
    assert not thread.is_alive()
    assert work.is_stopped
    assert done == []
    assert time.perf_counter() - start < 25


def test_a_thread_serves_other_work_after_one_that_was_stopped():
    stopped = Work(lambda: iter([1, 2]))
    stopped.stop()
    assert list(stopped) == []
    assert list(Work(lambda: iter([1, 2]))) == [1, 2]


def test_a_mistake_is_kept(make_layer):
    work = Work(lambda: segment(Run("kmeans_segment", make_layer(IMAGE[0]), {"n_clusters": -1})))
    assert list(work) == []
    assert "n_clusters is -1" in str(work.mistake)

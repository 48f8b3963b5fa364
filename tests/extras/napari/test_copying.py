"""Copied programs and commands give the same labels."""

from __future__ import annotations

import shlex

import numpy as np
import pytest

from classicseg.extras.napari.copying import as_command, as_python
from classicseg.extras.napari.readers import read, write
from classicseg.extras.napari.runs import Run, labels_of

RNG = np.random.default_rng(5)
GREY = RNG.integers(0, 255, (3, 20, 24)).astype(np.uint8)


def check_program(run, viewer):
    names = {"viewer": viewer}
    program = as_python(run)
    exec(compile(program, "copied", "exec"), names)  # what the button copies
    assert np.array_equal(names["labels"], labels_of(run)), program
    return program


def check_command(run, tmp_path):
    pytest.importorskip("cyclopts")
    from classicseg.extras.cli import main
    from classicseg.extras.files import read_markers

    words = shlex.split(as_command(run))
    assert words[0] == "classicseg"
    out = tmp_path / "out"
    assert main([*words[1:], "--out", str(out), "--save", "labels", "--quiet"]) == 0
    (path,) = out.glob("*_labels.*")
    assert np.array_equal(read_markers(path), labels_of(run)), words


@pytest.fixture
def file_layer(tmp_path, make_layer):
    """A layer of a file that is on the disk."""
    pytest.importorskip("PIL")
    from PIL import Image

    def make(pixels, name="photo", **others):
        path = tmp_path / f"{name}.png"
        Image.fromarray(pixels).save(path)
        return make_layer(pixels, name, path=path, **others)

    return make


def test_of_a_viewer(make_layer, make_points, make_shapes, viewer_of):
    image, mask = make_layer(GREY, scale=(3, 1, 1)), make_layer(np.ones_like(GREY), name="mask")
    mask.data[:, 3:9, :9] = 0
    seeds = make_points([(0, 1, 5), (6, 10, 10)])
    shapes = make_shapes([np.array([(2, 2), (15, 20)])])
    viewer = viewer_of(image, mask, seeds, shapes)
    check_program(Run("threshold_segment", image, {"thresholds": [80.0, 120.0]}), viewer)
    layers = {"seeds": seeds, "mask": mask}
    for axis in (None, 0, 1):
        check_program(Run("region_growing_segment", image, {"tolerance": 50.0}, layers, axis), viewer)
        check_program(Run("kmeans_segment", image, {"n_clusters": 3}, {"mask": shapes}, axis), viewer)
    with pytest.raises(ValueError, match=r"layer 'image' is in no file.*save it \(File"):
        as_command(Run("threshold_segment", image))


def test_of_colors_levels_and_missing_pixels(make_layer, viewer_of):
    colors = np.concatenate([np.moveaxis(GREY, 0, -1), (GREY[0] > 90)[..., None] * np.uint8(255)], axis=-1)
    image = make_layer(colors, rgb=True)
    check_program(Run("kmeans_segment", image, {"n_clusters": 2}), viewer_of(image))
    levels = make_layer([GREY[0], GREY[0, ::2, ::2]], ndim=2, multiscale=True)
    check_program(Run("srm_segment", levels), viewer_of(levels))
    holes = make_layer(GREY, metadata={"mask": GREY > 30})
    check_program(Run("kmeans_segment", holes, {"n_clusters": 2}, {}, 0), viewer_of(holes))


def test_of_dask_arrays(make_layer, viewer_of):
    array = pytest.importorskip("dask.array")
    lazy = make_layer(array.from_array(GREY[0], chunks=7))
    check_program(Run("threshold_segment", lazy), viewer_of(lazy))


@pytest.mark.large
def test_of_files(tmp_path, file_layer, make_points, viewer_of):
    image, mask = file_layer(GREY[0]), file_layer(GREY[1] // 90, "mask")
    markers = file_layer(np.where(GREY[2] > 240, GREY[2] % 3, 0).astype(np.uint8), "markers")
    named = make_points([(0, 4), (10, 10), (4, 4)], features={"label": [2, 5, 2]})
    runs = [
        Run("kmeans_segment", image, {"n_clusters": 3, "color_space": "given"}, {"mask": mask}),
        Run("threshold_segment", image, {"thresholds": [80.0, 120.5]}),
        Run("watershed_segment", image, {"lines": True}, {"markers": markers}),
        Run("region_growing_segment", image, {"tolerance": 51.25}, {"seeds": named}),
        Run("random_walker_segment", image, {}, {"strokes": named}),
    ]
    for number, run in enumerate(runs):
        program = check_program(run, viewer_of())  # no viewer is needed
        assert "read_image(" in program
        check_command(run, tmp_path / str(number))


def test_of_a_scaled_file(tmp_path, file_layer, viewer_of):
    image = file_layer(GREY[0], scale=(3, 1))
    run = Run("merge_segment", image, {"n_segments": 9})
    assert "--spacing=3.0 --spacing=1.0" in as_command(run)
    check_program(run, viewer_of())
    check_command(run, tmp_path)


def test_a_layer_that_was_changed_is_not_its_file(file_layer, viewer_of):
    image = file_layer(GREY[0])
    image.data = 255 - image.data
    program = check_program(Run("threshold_segment", image), viewer_of(image))
    assert "viewer.layers['photo']" in program
    with pytest.raises(ValueError, match="'photo' is not what is in"):
        as_command(Run("threshold_segment", image))


def test_a_file_with_a_mask_comes_and_goes(tmp_path, make_layer, viewer_of):
    image_module = pytest.importorskip("PIL.Image")
    colors = np.moveaxis(GREY, 0, -1)
    alpha = np.where(GREY[0] > 60, 255, 0).astype(np.uint8)
    path = tmp_path / "cut.png"
    image_module.fromarray(np.dstack([colors, alpha])).save(path)
    ((pixels, options, kind),) = read(str(path))
    assert kind == "image"
    assert options["rgb"]
    assert np.array_equal(options["metadata"]["mask"], alpha != 0)
    layer = make_layer(pixels, "cut", path=path, **options)
    run = Run("kmeans_segment", layer, {"n_clusters": 2})
    check_program(run, viewer_of())
    check_command(run, tmp_path)


def test_a_volume_keeps_its_spacing(tmp_path, make_layer, viewer_of):
    """From NIfTI to a layer, and the labels to NIfTI at the same place."""
    nibabel = pytest.importorskip("nibabel")
    from classicseg import read_image

    path = tmp_path / "scan.nii.gz"
    scan = nibabel.Nifti1Image(GREY.T, np.diag([0.5, 0.5, 3, 1]))
    scan.header.set_xyzt_units("mm")
    nibabel.save(scan, path)
    ((pixels, options, _),) = read(str(path))
    assert options["scale"] == (3.0, 0.5, 0.5)
    assert options["units"] == ("mm",) * 3
    layer = make_layer(pixels, "scan", path=path, **options)
    run = Run("slic_segment", layer, {"n_segments": 20})
    check_program(run, viewer_of())
    check_command(run, tmp_path)
    (written,) = write(str(tmp_path / "labels.nii.gz"), labels_of(run), {"metadata": options["metadata"]})
    assert np.allclose(read_image(written).geometry.affine, read_image(path).geometry.affine)

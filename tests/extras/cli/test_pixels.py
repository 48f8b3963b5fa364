"""Strokes in files to a classifier in a file, and from there to the labels of a folder."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from classicseg import pixel_classifier_apply, read_image, read_pixel_classifier
from classicseg.extras.cli import main

Image = pytest.importorskip("PIL.Image")

FEW = ["--features", "gaussian", "--scales", "1,2", "--n-trees", "5"]


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    for name in "ab":
        image = (rng.random((20, 24)) * 60 + 120 * (np.arange(24) > 11)).astype(np.uint8)
        Image.fromarray(image).save(tmp_path / "images" / f"{name}.png")
    strokes = np.zeros((20, 24), np.uint8)
    strokes[5:9, 3], strokes[5:9, 20] = 4, 7
    Image.fromarray(strokes).save(tmp_path / "strokes.png")
    return tmp_path


def test_strokes_become_labels_of_a_folder(folder, capsys):
    model, out = folder / "two.npz", folder / "out"
    drawn = ["--strokes", str(folder / "strokes.png"), "-o", str(model)]
    assert main(["train-pixels", str(folder / "images/a.png"), *drawn, *FEW, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["labels"] == [4, 7]
    assert said["bytes"] == model.stat().st_size
    assert main(["apply-pixels", str(model), str(folder / "images"), "-o", str(out), "-q"]) == 0
    for name in "ab":
        image = np.asarray(Image.open(folder / "images" / f"{name}.png"))
        expected = pixel_classifier_apply(image, read_pixel_classifier(model))
        assert_array_equal(read_image(out / f"{name}_classes.png").pixels, expected)
    assert main(["apply-pixels", str(model), str(folder / "images"), "-o", str(out)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["apply-pixels", str(model), str(folder / "images"), "-o", str(out), "--overwrite"]) == 0
    assert "a.png: " in capsys.readouterr().out


def test_an_image_of_other_channels_is_reported(folder, capsys):
    model = folder / "two.npz"
    drawn = ["--strokes", str(folder / "strokes.png"), "-o", str(model)]
    assert main(["train-pixels", str(folder / "images/a.png"), *drawn, *FEW]) == 0
    assert "most telling: gaussian" in capsys.readouterr().out
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(folder / "images/color.png")
    assert main(["apply-pixels", str(model), str(folder / "images"), "-o", str(folder / "out")]) == 1
    assert "color.png: image has 3 channels; expected 1" in capsys.readouterr().err


def test_the_spacing_of_files_is_that_of_the_features(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    volume = np.random.default_rng(0).random((6, 9, 9)).astype(np.float32)
    strokes = np.zeros(volume.shape, np.uint8)
    strokes[2, 3, 2:6], strokes[4, 6, 2:6] = 1, 2
    for name, array, step in (("a", volume, 3.0), ("b", volume, 2.0), ("strokes", strokes, 3.0)):
        affine = np.diag([0.5, 0.5, step * 0.5, 1])
        nibabel.save(nibabel.Nifti1Image(array.T, affine), tmp_path / f"{name}.nii")
    a, b, drawn, model = (str(tmp_path / name) for name in ("a.nii", "b.nii", "strokes.nii", "model.npz"))
    assert main(["train-pixels", a, "--strokes", drawn, "-o", model, *FEW, "-q"]) == 0
    classifier = read_pixel_classifier(model)
    assert classifier.spacing == (3, 1, 1)
    assert main(["apply-pixels", model, b, "-o", str(tmp_path / "out"), "-q"]) == 0
    found = read_image(tmp_path / "out/b_classes.nii.gz").pixels
    assert_array_equal(found, pixel_classifier_apply(volume, classifier, spacing=(2, 1, 1), channel_axis=None))


def test_images_of_several_spacings_are_refused(tmp_path, capsys):
    nibabel = pytest.importorskip("nibabel")
    for name, step in (("a", 3.0), ("b", 2.0)):
        nibabel.save(
            nibabel.Nifti1Image(np.ones((5, 5, 5), np.uint8), np.diag([1, 1, step, 1])), tmp_path / f"{name}.nii"
        )
    files = [str(tmp_path / "a.nii"), str(tmp_path / "b.nii")]
    assert main(["train-pixels", *files, "--strokes", files[0], "--strokes", files[1], *FEW]) == 2
    assert "(2.0, 1.0, 1.0) and (3.0, 1.0, 1.0); expected one kind" in capsys.readouterr().err


def test_mistakes_are_one_line(folder, capsys):
    image, strokes = str(folder / "images/a.png"), str(folder / "strokes.png")
    assert main(["train-pixels", image, image, "--strokes", strokes]) == 2
    assert "--strokes has 1 files for 2 images" in capsys.readouterr().err
    assert main(["apply-pixels", strokes, image]) == 2
    assert "strokes.png: is no model" in capsys.readouterr().err


def test_classify_has_its_command(folder):
    given = ["--strokes", str(folder / "strokes.png"), "-o", str(folder / "out"), "-q"]
    assert main(["classify", str(folder / "images/a.png"), *given, *FEW]) == 0
    labels = read_image(folder / "out/a_classify_labels.png").pixels
    assert set(np.unique(labels)) == {4, 7}

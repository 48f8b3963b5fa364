"""A reader that is not installed is named, and no file is called damaged for it."""

from __future__ import annotations

import sys

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")
tifffile = pytest.importorskip("tifffile")

from classicseg.extras.files import ImageFileError, read_image, read_markers, write_labels  # noqa: E402

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4)


@pytest.mark.parametrize(
    ("name", "module", "package"),
    [
        ("photo.jpg", "PIL.JpegImagePlugin", "Pillow"),
        ("photo.png", "imagecodecs", "imagecodecs"),
        ("photo.tif", "tifffile", "tifffile"),
    ],
)
def test_a_reader_that_is_missing_is_named(name, module, package, tmp_path, monkeypatch):
    Image.fromarray(GREY).save(tmp_path / name)
    assert read_image(tmp_path / name).pixels.shape == (3, 4)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImageFileError) as caught:
        read_image(tmp_path / name)
    said = (
        f"{name}: is read by {package}, which is not installed; pip install {package}, or all of 'classicseg[cli]'"
    )
    assert str(caught.value).endswith(said)


def test_a_compression_that_needs_a_package_names_it(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "packed.tif", GREY, compression="zlib")

    def decode(*_, **__):
        raise ValueError("<COMPRESSION.LZW: 5> requires the 'imagecodecs' package")

    monkeypatch.setattr(tifffile.TiffPageSeries, "asarray", decode)
    with pytest.raises(ImageFileError, match="is read by imagecodecs, which is not installed"):
        read_image(tmp_path / "packed.tif")


@pytest.mark.parametrize(
    ("labels", "module", "package"), [([[1]], "PIL", "Pillow"), ([[[1]]], "tifffile", "tifffile")]
)
def test_a_writer_that_is_missing_is_named(labels, module, package, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        ModuleNotFoundError, match=rf"a file of labels is written by {package}, .*'classicseg\[cli\]'"
    ):
        write_labels(tmp_path / "a", labels)
    assert list(tmp_path.iterdir()) == []


def test_the_axes_of_a_volume_are_named(tmp_path):
    volume = np.zeros((4, 3, 5), np.int32)
    volume[2] = 7
    path = write_labels(tmp_path / "volume", volume)
    with tifffile.TiffFile(path) as file:
        assert [(series.axes, series.shape) for series in file.series] == [("ZYX", (4, 3, 5))]
    assert np.array_equal(read_markers(path), volume)

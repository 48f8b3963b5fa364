"""DICOM: files and series, their order, rescale, place and padding; what is no volume is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

pydicom = pytest.importorskip("pydicom")

from pydicom.dataset import Dataset, FileMetaDataset  # noqa: E402
from pydicom.uid import ExplicitVRLittleEndian, generate_uid  # noqa: E402

from classicseg.extras.files import ImageFileError, read_image, write_labels  # noqa: E402

RNG = np.random.default_rng(0)
VOLUME = RNG.integers(0, 3000, (5, 6, 7)).astype(np.uint16)
ALONG = [0.8, 0, -0.6, 0, 1, 0]
NORMAL = np.cross(ALONG[:3], ALONG[3:])
ONE = generate_uid()


def slice_file(path: Path, pixels: np.ndarray, place: float = 0.0, **tags) -> Path:
    """A slice at a place along the normal."""
    head = Dataset()
    head.file_meta = FileMetaDataset()
    head.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    head.file_meta.MediaStorageSOPClassUID = head.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    head.file_meta.MediaStorageSOPInstanceUID = head.SOPInstanceUID = generate_uid()
    head.Modality, head.SeriesInstanceUID, head.SeriesNumber, head.SeriesDescription = "CT", ONE, 1, "thorax"
    head.Rows, head.Columns = (
        pixels.shape[-2:] if pixels.ndim < 3 or "NumberOfFrames" in tags else pixels.shape[:2]
    )
    head.SamplesPerPixel, head.PhotometricInterpretation = 1, "MONOCHROME2"
    head.BitsAllocated = head.BitsStored = 8 * pixels.itemsize
    head.HighBit, head.PixelRepresentation = head.BitsStored - 1, int(pixels.dtype.kind == "i")
    head.PixelSpacing, head.ImageOrientationPatient = [0.5, 0.25], ALONG
    head.ImagePositionPatient = [round(float(value), 6) for value in np.array([10, 20, 30]) + place * NORMAL]
    for name, value in tags.items():
        setattr(head, name, value)
    head.PixelData = pixels.tobytes()
    head.save_as(path, enforce_file_format=True)
    return path


def series(folder: Path, volume: np.ndarray = VOLUME, step: float = 2.0, **tags) -> Path:
    """A series whose files are named in another order than they are in space."""
    folder.mkdir(exist_ok=True)
    for number, plane in enumerate(volume):
        slice_file(
            folder / f"{(number * 3 + 1) % 7}-{tags.get('SeriesNumber', 1)}.dcm", plane, step * number, **tags
        )
    return folder


def test_a_series_is_a_volume_in_hounsfield_units_and_its_labels_are_nifti_there(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    picture = read_image(series(tmp_path / "a", RescaleSlope=1, RescaleIntercept=-1024))
    assert picture.pixels.dtype == np.int16
    assert_array_equal(picture.pixels, VOLUME.astype(int) - 1024)
    assert picture.spacing == (2, 0.5, 0.25)
    assert (picture.geometry.frame, picture.geometry.unit, picture.geometry.axes) == ("LPS", "mm", "ZYX")
    place = np.array([10, 20, 30]) + 3 * 2 * NORMAL + 2 * 0.5 * np.array(ALONG[3:]) + 0.25 * np.array(ALONG[:3])
    assert_allclose(picture.geometry.affine @ [3, 2, 1, 1], [*place, 1], atol=1e-5)
    labels = (picture.pixels > 0).astype(int)
    path = write_labels(tmp_path / "labels", labels, like=picture)
    image = nibabel.load(path)
    assert path.name == "labels.nii.gz"
    assert_array_equal(np.asarray(image.dataobj).T, labels)
    assert_allclose(image.affine @ [1, 2, 3, 1], [*(place * [-1, -1, 1]), 1], atol=1e-4)
    assert_allclose(image.header.get_zooms(), (0.25, 0.5, 2), rtol=1e-6)
    assert image.header.get_xyzt_units()[0] == "mm"


def test_simpleitk_sees_the_same_volume(tmp_path):
    sitk = pytest.importorskip("SimpleITK")
    picture = read_image(series(tmp_path / "a", RescaleSlope=2, RescaleIntercept=-1024))
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(tmp_path / "a"))
    image = sitk.ReadImage(names)
    assert_array_equal(sitk.GetArrayFromImage(image), picture.pixels)
    assert_allclose(image.GetSpacing()[::-1], picture.spacing, rtol=1e-6)
    expected = image.TransformContinuousIndexToPhysicalPoint([1.0, 2.0, 3.0])
    assert_allclose((picture.geometry.affine @ [3, 2, 1, 1])[:3], expected, atol=1e-5)


def test_several_series_are_listed_and_one_is_chosen(tmp_path):
    folder = series(tmp_path / "a")
    series(folder, VOLUME[:2] + 1, SeriesNumber=4, SeriesInstanceUID=generate_uid(), SeriesDescription="scout")
    expected = r"holds 2 series \(0: thorax, 5 of 6 x 7; 1: scout, 2 of 6 x 7\); expected one; choose it by series"
    with pytest.raises(ImageFileError, match=expected):
        read_image(folder)
    assert_array_equal(read_image(folder, series=0).pixels, VOLUME)
    assert_array_equal(read_image(folder, series=1).pixels, VOLUME[:2] + 1)
    with pytest.raises(ImageFileError, match="has no series 2; expected 0 to 1"):
        read_image(folder, series=2)


@pytest.mark.parametrize(
    ("tags", "pixels", "said"),
    [
        ({"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}, VOLUME[0], "several ImageOrientationPatient"),
        ({"PixelSpacing": [1, 1]}, VOLUME[0], "several PixelSpacing"),
        ({}, VOLUME[0, :5], "several Rows"),
    ],
)
def test_slices_that_are_no_volume_are_refused(tmp_path, tags, pixels, said):
    folder = series(tmp_path / "a")
    slice_file(folder / "z.dcm", pixels, 10.0, **tags)
    with pytest.raises(ImageFileError, match=said):
        read_image(folder)


@pytest.mark.parametrize("place", [4.0, 12.5])
def test_a_slice_that_is_missing_or_there_twice_is_told(tmp_path, place):
    folder = series(tmp_path / "a")
    slice_file(folder / "z.dcm", VOLUME[0], place)
    with pytest.raises(ImageFileError, match=r"z\.dcm .* apart, others 2\): one is missing or there twice"):
        read_image(folder)


def test_one_slice_has_the_place_of_a_plane(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    path = slice_file(tmp_path / "a.dcm", VOLUME[0], RescaleSlope=0.5, RescaleIntercept=3)
    picture = read_image(path)
    assert (picture.pixels.dtype, picture.spacing) == (np.float32, (0.5, 0.25))
    assert_allclose(picture.pixels, VOLUME[0] * 0.5 + 3)
    image = nibabel.load(write_labels(tmp_path / "b", np.ones((6, 7), int), like=picture))
    expected = np.array([10, 20, 30]) + 0.5 * 2 * np.array(ALONG[3:]) + 0.25 * np.array(ALONG[:3])
    assert_allclose(image.affine @ [1, 2, 0, 1], [*(expected * [-1, -1, 1]), 1], atol=1e-5)
    (tmp_path / "c").mkdir()
    slice_file(tmp_path / "c/a", VOLUME[0])
    assert_array_equal(read_image(tmp_path / "c").pixels, VOLUME[0])


def test_padding_takes_no_part_and_0_for_white_is_turned(tmp_path):
    pixels = VOLUME[0].astype(np.int16)
    pixels[0, :3] = -2000
    path = slice_file(tmp_path / "a.dcm", pixels, PixelPaddingValue=-2000, RescaleIntercept=5, RescaleSlope=1)
    picture = read_image(path)
    assert_array_equal(picture.mask, pixels != -2000)
    assert_array_equal(picture.pixels, pixels + 5)
    white = slice_file(tmp_path / "b.dcm", VOLUME[0], PhotometricInterpretation="MONOCHROME1")
    assert_array_equal(read_image(white).pixels, 65535 - VOLUME[0])


def test_colors_and_frames(tmp_path):
    colors = RNG.integers(0, 255, (6, 7, 3)).astype(np.uint8)
    tags = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    picture = read_image(slice_file(tmp_path / "a.dcm", colors, **tags))
    assert_array_equal(picture.pixels, colors)
    assert picture.channel_axis == 2
    picture = read_image(slice_file(tmp_path / "b.dcm", VOLUME, NumberOfFrames=5))
    assert_array_equal(picture.pixels, VOLUME)
    assert (picture.spacing, picture.geometry.affine) == (None, None)


@pytest.mark.parametrize("length", [100, 132, 400, -10, -1])
def test_a_file_cut_anywhere_is_refused(tmp_path, length):
    whole = slice_file(tmp_path / "a.dcm", VOLUME[0]).read_bytes()
    (tmp_path / "b.dcm").write_bytes(whole[:length])
    with pytest.raises(ImageFileError):
        read_image(tmp_path / "b.dcm")


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path):
    path = slice_file(tmp_path / "a.dcm", VOLUME[0], Rows=60000, Columns=60000)
    with pytest.raises(ImageFileError, match="60000 x 60000"):
        read_image(path)


def test_a_missing_reader_is_named_with_its_extra(tmp_path, monkeypatch):
    path = slice_file(tmp_path / "a.dcm", VOLUME[0])
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(
        ImageFileError, match=r"read by pydicom, .* pip install pydicom, or all of 'classicseg\[dicom\]'"
    ):
        read_image(path)


def test_a_series_on_the_command_line(tmp_path, capsys):
    from classicseg.extras.cli import main

    folder = series(tmp_path / "scan")
    assert main(["threshold", str(folder), "--out", str(tmp_path / "out"), "-q"]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir())[-1] == "scan_threshold_overlay.png"
    assert (tmp_path / "out/scan_threshold_labels.nii.gz").exists()
    assert main(["threshold", str(folder), "--out", str(folder / "out")]) == 2
    assert "lies in" in capsys.readouterr().err

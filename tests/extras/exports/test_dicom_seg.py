"""A DICOM segmentation, read by highdicom, has the labels at the places of the images."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from classicseg.extras.exports import write_dicom_seg

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of pydicom and highdicom
    pytest.mark.filterwarnings("ignore:.*:UserWarning"),
]


@pytest.fixture
def series(tmp_path):
    """Three slices of a scan, whose names are in another order than their places."""
    pydicom = pytest.importorskip("pydicom", reason="pydicom is not installed")
    pytest.importorskip("highdicom", reason="highdicom is not installed")
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    study, frame = generate_uid(), generate_uid()
    paths = []
    for number, place in enumerate([5.0, -1.0, 2.0]):
        image = pydicom.Dataset()
        image.file_meta = pydicom.dataset.FileMetaDataset()
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID = CTImageStorage
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID = generate_uid()
        image.StudyInstanceUID, image.SeriesInstanceUID, image.FrameOfReferenceUID = study, f"{study}.1", frame
        image.PatientName, image.PatientID, image.PatientBirthDate, image.PatientSex = "Nobody", "1", "", "O"
        image.StudyDate, image.StudyTime, image.AccessionNumber, image.StudyID = "20260101", "120000", "", "1"
        image.ReferringPhysicianName, image.Modality, image.InstanceNumber = "", "CT", number + 1
        image.ImagePositionPatient, image.ImageOrientationPatient = [-8.0, 4.0, place], [1, 0, 0, 0, 1, 0]
        image.PixelSpacing, image.SliceThickness = [0.5, 0.25], 3
        image.Rows, image.Columns, image.SamplesPerPixel = 4, 6, 1
        image.PhotometricInterpretation, image.PixelRepresentation = "MONOCHROME2", 0
        image.BitsAllocated, image.BitsStored, image.HighBit = 16, 16, 15
        image.PixelData = np.full((4, 6), number, np.uint16).tobytes()
        paths.append(tmp_path / f"slice{number}.dcm")
        image.save_as(paths[-1], enforce_file_format=True)
    return paths


def test_labels_are_read_by_highdicom(series, tmp_path):
    highdicom = pytest.importorskip("highdicom", reason="highdicom is not installed")
    labels = np.zeros((3, 4, 6), int)
    labels[0, 1:3], labels[2, :, 2:] = 9, 4
    write_dicom_seg(tmp_path / "seg.dcm", labels, series)
    found = highdicom.seg.segread(tmp_path / "seg.dcm")
    assert found.SegmentationType == "LABELMAP"
    assert str(found.PatientName) == "Nobody"
    names = {number: found.get_segment_description(number).segment_label for number in found.segment_numbers}
    assert names == {1: "4", 2: "9"}
    volume = found.get_volume(combine_segments=True)
    planes, expected = volume.array, np.where(labels == 4, 1, np.where(labels == 9, 2, 0))
    first = volume.affine[:3, 3]
    if not np.allclose(first, [-8, 4, -1]):  # it may count planes from the other end
        planes, first = planes[::-1], first + (len(planes) - 1) * volume.affine[:3, 0]
    assert_array_equal(planes, expected)
    assert_allclose(first, [-8, 4, -1])
    assert_allclose(volume.spacing, [3, 0.5, 0.25])
    write_dicom_seg(tmp_path / "seg.dcm", labels[0], series[1:2], is_class=True)
    found = highdicom.seg.segread(tmp_path / "seg.dcm")
    assert found.get_segment_description(1).segment_label == "class 9"


def test_what_does_not_fit_is_said(series, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"labels have shape \(2, 4, 6\), and the sources \(3, 4, 6\)"):
        write_dicom_seg(tmp_path / "seg.dcm", np.ones((2, 4, 6), int), series)
    with pytest.raises(ValueError, match="labels hold 0 segments"):
        write_dicom_seg(tmp_path / "seg.dcm", np.zeros((3, 4, 6), int), series)
    with pytest.raises(ValueError, match="sources are empty"):
        write_dicom_seg(tmp_path / "seg.dcm", np.ones((3, 4, 6), int), [])
    (tmp_path / "text.dcm").write_text("none " * 99, encoding="ascii")
    with pytest.raises(ValueError, match="expected the DICOM files"):
        write_dicom_seg(tmp_path / "seg.dcm", np.ones((4, 6), int), [tmp_path / "text.dcm"])
    monkeypatch.setitem(sys.modules, "highdicom", None)
    with pytest.raises(ModuleNotFoundError, match="highdicom is not installed"):
        write_dicom_seg(tmp_path / "seg.dcm", np.ones((3, 4, 6), int), series)
    assert not (tmp_path / "seg.dcm").exists()

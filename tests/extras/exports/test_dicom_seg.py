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


def test_labels_are_read_by_highdicom(scan, tmp_path):
    highdicom = pytest.importorskip("highdicom", reason="highdicom is not installed")
    labels = np.zeros((3, 4, 6), int)
    labels[0, 1:3], labels[2, :, 2:] = 9, 4
    write_dicom_seg(tmp_path / "seg.dcm", labels, scan)
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
    write_dicom_seg(tmp_path / "seg.dcm", labels[0], scan[1:2], is_class=True)
    found = highdicom.seg.segread(tmp_path / "seg.dcm")
    assert found.get_segment_description(1).segment_label == "class 9"


def test_what_does_not_fit_is_said(scan, tmp_path, monkeypatch):
    pytest.importorskip("highdicom", reason="highdicom is not installed")
    with pytest.raises(ValueError, match=r"labels have shape \(2, 4, 6\), and the sources \(3, 4, 6\)"):
        write_dicom_seg(tmp_path / "seg.dcm", np.ones((2, 4, 6), int), scan)
    with pytest.raises(ValueError, match="labels hold 0 segments"):
        write_dicom_seg(tmp_path / "seg.dcm", np.zeros((3, 4, 6), int), scan)
    with pytest.raises(ValueError, match="sources are empty"):
        write_dicom_seg(tmp_path / "seg.dcm", np.ones((3, 4, 6), int), [])
    (tmp_path / "text.dcm").write_text("none " * 99, encoding="ascii")
    with pytest.raises(ValueError, match="expected the DICOM files"):
        write_dicom_seg(tmp_path / "seg.dcm", np.ones((4, 6), int), [tmp_path / "text.dcm"])
    monkeypatch.setitem(sys.modules, "highdicom", None)
    with pytest.raises(ModuleNotFoundError, match="highdicom is not installed"):
        write_dicom_seg(tmp_path / "seg.dcm", np.ones((3, 4, 6), int), scan)
    assert not (tmp_path / "seg.dcm").exists()

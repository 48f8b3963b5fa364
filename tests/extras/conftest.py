"""A scan as a hospital stores it, for the readers and the writers of DICOM."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def scan(tmp_path):
    """Three slices, whose names are in another order than their places."""
    pydicom = pytest.importorskip("pydicom", reason="pydicom is not installed")
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    study, frame = generate_uid(), generate_uid()
    (tmp_path / "series").mkdir()
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
        image.PixelData = np.full((4, 6), place + 1, np.uint16).tobytes()
        paths.append(tmp_path / "series" / f"slice{number}.dcm")
        image.save_as(paths[-1], enforce_file_format=True)
    return paths

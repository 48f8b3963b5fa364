"""DICOM segmentations (Supplement 243): labels in the frame of the images that they are of, by highdicom."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import classicseg
from classicseg._core.image import as_labels
from classicseg.extras.exports.packages import needed
from classicseg.extras.exports.segments import name_of
from classicseg.extras.files import replacing
from classicseg.labeling.numbering import compact_labels

_MOST_SEGMENTS = 2**16 - 1
_EVEN = 1e-4


def write_dicom_seg(
    path: str | os.PathLike[str],
    labels: ArrayLike,
    sources: Iterable[str | os.PathLike[str]],
    *,
    is_class: bool = False,
) -> None:
    """Write labels as a DICOM segmentation of a series.

    Parameters
    ----------
    path : path-like
        Where to write.
    labels : array_like of int or bool, shape (M, N) or (P, M, N)
        Segments; 0 belongs to none.
    sources : iterable of path-like
        The DICOM files that were segmented, in any order: one for each plane of the labels, which are in the order
        of the planes' places along their normal; or one of as many frames. The patient, the study and the place
        are theirs.
    is_class : bool, default False
        Whether the labels are classes, as their names then say.

    Raises
    ------
    TypeError
        If `labels` holds neither integers nor bool.
    ValueError
        If `labels` has one axis or more than three, is empty, holds nothing or more than 65535 segments, or the
        sources have another shape, or no place.
    ModuleNotFoundError
        If highdicom is not installed.
    OSError
        If a source cannot be read, or the file cannot be written.

    See Also
    --------
    write_nifti : Without a patient.

    Notes
    -----
    Segments of DICOM are numbered from 1 without gaps: the labels present are, in ascending order, and each
    segment's label is the one given. Their category and type are "tissue", since no method knows better.

    Examples
    --------
    >>> from pathlib import Path
    >>> from classicseg.extras.exports import write_dicom_seg
    >>> write_dicom_seg("seg.dcm", labels, Path("series").glob("*.dcm"))  # doctest: +SKIP
    """
    segments = as_labels(labels)
    if segments.ndim not in (2, 3):
        raise ValueError(f"labels have shape {segments.shape}; expected a plane or a volume, of two or three axes")
    volume = segments.reshape(-1, *segments.shape[-2:])
    present, compact = compact_labels(volume)
    if not 0 < len(present) <= _MOST_SEGMENTS:
        raise ValueError(f"labels hold {len(present)} segments; expected 1 to {_MOST_SEGMENTS}")
    highdicom = needed("highdicom", "medical")
    images = _in_order([Path(source) for source in sources])
    _check_shape(images, volume.shape)
    segmentation = highdicom.seg.Segmentation(
        source_images=images,
        pixel_array=compact.astype(np.uint8 if len(present) < 256 else np.uint16),
        segmentation_type="LABELMAP",
        segment_descriptions=_descriptions(highdicom, present, is_class=is_class),
        series_instance_uid=highdicom.UID(),
        series_number=1,
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
        manufacturer="classicseg",
        manufacturer_model_name="classicseg",
        software_versions=classicseg.__version__,
        device_serial_number="0",
        omit_empty_frames=False,
    )
    with replacing(path) as file:
        segmentation.save_as(file)


def _in_order(paths: list[Path]) -> list[Any]:
    """The images, by their places along the normal of their planes."""
    pydicom = needed("pydicom", "medical")
    try:
        images = [pydicom.dcmread(path) for path in paths]
    except pydicom.errors.InvalidDicomError as error:
        raise ValueError(f"sources: {error}; expected the DICOM files that were segmented") from None
    if not images:
        raise ValueError("sources are empty; expected the DICOM files that were segmented")
    if len(images) == 1:
        return images
    is_placed = all("ImageOrientationPatient" in image and "ImagePositionPatient" in image for image in images)
    directions = [
        np.array(image.ImageOrientationPatient if is_placed else [np.nan] * 6, float) for image in images
    ]
    if not np.allclose(directions, directions[0], rtol=0, atol=_EVEN):
        raise ValueError("sources have no place, or planes of several directions; expected one series")
    normal = np.cross(directions[0][:3], directions[0][3:])
    places = [float(normal @ np.array(image.ImagePositionPatient, float)) for image in images]
    return [images[number] for number in np.argsort(places, kind="stable")]


def _check_shape(images: list[Any], shape: tuple[int, ...]) -> None:
    """See that there is a plane of pixels for each plane of labels."""
    frames = int(images[0].get("NumberOfFrames") or 1) if len(images) == 1 else len(images)
    found = {(frames, int(image.Rows), int(image.Columns)) for image in images}
    if found != {shape}:
        said = " or ".join(map(str, sorted(found)))
        raise ValueError(f"labels have shape {shape}, and the sources {said}; expected the same")


def _descriptions(highdicom: Any, present: NDArray[np.int32], *, is_class: bool) -> list[Any]:
    """What is said of each segment."""
    from pydicom.sr.codedict import codes

    made_by = highdicom.AlgorithmIdentificationSequence(
        name="classicseg", family=codes.DCM.NeighborhoodAnalysis, version=classicseg.__version__
    )
    return [
        highdicom.seg.SegmentDescription(
            segment_number=number,
            segment_label=name_of(label, is_class=True) if is_class else str(label),
            segmented_property_category=codes.SCT.Tissue,
            segmented_property_type=codes.SCT.Tissue,
            algorithm_type="AUTOMATIC",
            algorithm_identification=made_by,
        )
        for number, label in enumerate(present.tolist(), 1)
    ]

"""Classifiers of pixels in files: what was learned from strokes today sorts the images of tomorrow."""

from __future__ import annotations

import os
from pathlib import Path

from classicseg.classifying.classifier import PixelClassifier, as_classifier
from classicseg.classifying.classifier_file import MOST_BYTES, bytes_of_classifier, classifier_of
from classicseg.extras.files import check_outputs, replacing
from classicseg.learning.model import ModelError


def write_pixel_classifier(path: str | os.PathLike[str], classifier: PixelClassifier) -> int:
    """Write a classifier of pixels to a file, whole or not at all.

    Parameters
    ----------
    path : path-like
        Where to write, such as ``"cells.npz"``.
    classifier : PixelClassifier
        What `pixel_classifier_fit` returned, without an estimator.

    Returns
    -------
    int
        How many bytes the file has.

    Raises
    ------
    TypeError
        If `classifier` is none, or has an estimator, which only a pickle could hold.

    See Also
    --------
    read_pixel_classifier : Reads it.
    pixel_classifier_fit : Learns from strokes.

    Notes
    -----
    Arrays in a zip and a header in JSON, without pickles: a file from elsewhere can be read without running what
    is in it. It has a tenth of the bytes of a pickled forest of scikit-learn, or less.

    Examples
    --------
    >>> import tempfile
    >>> from classicseg import pixel_classifier_fit, read_pixel_classifier, write_pixel_classifier
    >>> classifier = pixel_classifier_fit([[1, 1, 1, 9, 9, 9]], strokes=[[1, 1, 0, 0, 2, 2]], scales=(1, 2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     n_bytes = write_pixel_classifier(f"{folder}/two.npz", classifier)
    ...     read_pixel_classifier(f"{folder}/two.npz").labels
    array([1, 2], dtype=int32)
    """
    content = bytes_of_classifier(as_classifier(classifier))
    check_outputs([path])
    with replacing(Path(path)) as file:
        file.write(content)
    return len(content)


def read_pixel_classifier(path: str | os.PathLike[str]) -> PixelClassifier:
    """Read a classifier of pixels from a file, and see that it is sound.

    Parameters
    ----------
    path : path-like
        What `write_pixel_classifier` wrote.

    Returns
    -------
    PixelClassifier
        For `pixel_classifier_apply`.

    Raises
    ------
    ValueError
        If the file holds no classifier, is of another version, cut short or damaged.

    See Also
    --------
    write_pixel_classifier : Writes it.
    pixel_classifier_apply : What was learned, on another image.

    Examples
    --------
    >>> from classicseg import pixel_classifier_apply, read_pixel_classifier
    >>> classifier = read_pixel_classifier("cells.npz")  # doctest: +SKIP
    >>> labels = pixel_classifier_apply(image, classifier)  # doctest: +SKIP
    """
    with Path(path).open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    try:
        return classifier_of(content)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None

"""Figures to files: whole or not at all, and never over what is no figure of ours."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from classicseg.extras.files.outputs import check_outputs
from classicseg.extras.files.writing import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MAKER = "classicseg"


def check_figure(path: str | os.PathLike[str], inputs: Iterable[str | os.PathLike[str]] = ()) -> None:
    """Check, before any work, that a figure can be saved at a path.

    Parameters
    ----------
    path : path-like
        Where to write.
    inputs : iterable of path-like, default ()
        The files that are read, which are never written over.

    Raises
    ------
    OSError
        If there is something else than a PNG that `save_figure` made.
    ValueError
        If the path is that of an input.

    See Also
    --------
    save_figure : Saves the figure.

    Examples
    --------
    >>> from classicseg.extras.plot import check_figure
    >>> check_figure("a_figure_that_is_not_there.png", inputs=["photograph.png"])
    """
    check_outputs([path], inputs)
    if os.path.exists(path) and not _is_ours(path):  # noqa: PTH110
        raise FileExistsError(f"{path}: is there, and no figure that was drawn here; expected a new path")


def save_figure(
    figure: Figure, path: str | os.PathLike[str], inputs: Iterable[str | os.PathLike[str]] = ()
) -> None:
    """Save a figure as a new file, or in the place of one that this function made.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure, which stays as it is.
    path : path-like
        Where to write; the suffix says the format, PNG without one.
    inputs : iterable of path-like, default ()
        The files that were read, which are never written over.

    Raises
    ------
    OSError
        If there is something else than a PNG that this function made, or the file cannot be written.
    ValueError
        If the path is that of an input.

    See Also
    --------
    check_figure : The same check, before any work.

    Examples
    --------
    >>> import tempfile
    >>> from classicseg.extras.plot import overlay, save_figure
    >>> axes = overlay([[1, 9]], [[1, 2]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_figure(axes.figure, f"{folder}/figure.png")
    """
    check_figure(path, inputs)
    form = Path(path).suffix.lower()[1:] or "png"
    with replacing(path) as file:
        figure.savefig(file, format=form, metadata={"Software": _MAKER} if form == "png" else None)


def _is_ours(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a figure that was saved here."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path, formats=["PNG"]) as image:
            return image.info.get("Software") == _MAKER
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return False

"""Images as they could have been as well: mirrored and turned a little, for what learns from few of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from classicseg._core.arrays import MOST_AXES
from classicseg._core.numbers import as_count, as_number, members
from classicseg.clustering.lloyd import as_generator
from classicseg.preprocess.prepared import Prepared
from classicseg.preprocess.rotation import rotate
from classicseg.preprocess.turning import flip
from classicseg.types import Random


def augmentations(
    rng: Random = 0, *, degrees: float = 10.0, axes: int | Sequence[int] = 1
) -> list[Callable[..., Prepared]]:
    """Draw what else may be done to an image and its labels, as functions of the image.

    Parameters
    ----------
    rng : int, numpy.random.Generator or None, default 0
        The seed or the generator that draws; a generator draws others at each call, and so does None.
    degrees : float, default 10.0
        Up to which angle an image is turned, either way, in the plane of its first two axes; 0 turns none.
    axes : int or sequence of int, default 1
        The spatial axes along which an image is as likely mirrored as not; none of ``()``.

    Returns
    -------
    list of functools.partial
        `flip` and `rotate` with what was drawn, to be called one after the other.

    Raises
    ------
    TypeError
        If `rng` is no seed, or an option is not a number.
    ValueError
        If `degrees` is less than 0, or there is no such axis in `axes`.

    See Also
    --------
    flip : Mirrors.
    rotate : Turns.

    Examples
    --------
    >>> import numpy as np
    >>> from classicseg.preprocess import Prepared, augmentations
    >>> rng = np.random.default_rng(1)
    >>> prepared = [[1, 2, 3]]
    >>> for augment in augmentations(rng, degrees=0):
    ...     prepared = augment(prepared)
    """
    draw = as_generator(rng)
    most = as_number("degrees", degrees, least=0.0)
    chosen = [as_count("axes", axis, least=-MOST_AXES, most=MOST_AXES - 1) for axis in members(axes)]
    mirrored = [axis for axis in chosen if draw.random() < 0.5]
    angle = most * (2 * draw.random() - 1)
    found: list[Callable[..., Prepared]] = []
    if mirrored:
        found.append(partial(flip, axes=mirrored))
    if angle:
        found.append(partial(rotate, degrees=angle))
    return found

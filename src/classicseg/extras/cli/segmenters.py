"""The commands of segmenters, made when they are asked for: ``segmenters.kmeans_segment`` is that of k-means."""

from __future__ import annotations

from collections.abc import Callable

import classicseg
from classicseg.extras.catalogue import segmenter_names
from classicseg.extras.cli.options import command_for


def __getattr__(name: str) -> Callable[..., int]:
    if name not in segmenter_names():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return command_for(name, getattr(classicseg, name))

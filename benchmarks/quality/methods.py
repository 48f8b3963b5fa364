"""Methods side by side: each is run once on each image, in parallel, and what it finds is scored once."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from classicseg.extras.tuning import tune

_MODULES = {
    "classicseg": "classicseg",
    "scikit-image": "skimage",
    "scikit-learn": "sklearn",
    "OpenCV": "cv2",
    "SimpleITK": "SimpleITK",
    "Pillow": "PIL",
    "doxapy": "doxapy",
    "imagequant": "imagequant",
    "fast-slic": "fast_slic",
}


class Method(NamedTuple):
    """One way to do the work; what it is made of can be sent to other processes."""

    name: str
    library: str
    call: Callable[[Any], Any]
    """From an image to what is scored."""


def score(
    methods: Sequence[Method], images: Sequence[Any], truths: Sequence[Any], metric: Callable[[Any, Any], Any]
) -> dict[Method, list[Any]]:
    """Each method's figures, one for each image; methods whose library is missing are left out, and named."""
    there = list(_there(methods))
    found = tune(_run, images, truths, metric=metric, grid={"method": there}, combine=len)
    for trial in found.trials:
        if trial.error:
            raise ValueError(f"{trial.setting['method'].name}: {trial.error}")
    return {trial.setting["method"]: trial.figures for trial in found.trials}


def _run(image: Any, *, method: Method) -> Any:
    return method.call(image)


def _there(methods: Sequence[Method]) -> Iterator[Method]:
    for method in methods:
        if importlib.util.find_spec(_MODULES[method.library]) is None:
            print(f"{method.name} of {method.library} is left out: it is not installed", file=sys.stderr)
        else:
            yield method

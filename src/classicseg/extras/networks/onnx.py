"""Networks from ONNX files, run by onnxruntime."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NUMBER = re.compile(r"\d+(\.\d+)?")
_TRIAL = 64
"""Rows and columns of a trial, where a file leaves them open."""


def options_of_onnx(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What a segmenter needs to know of the network in a file."""
    session = _session(path)
    given, said = session.get_inputs(), session.get_modelmeta().custom_metadata_map
    shape = given[0].shape
    told = {name: float(said[name]) for name in ("stride", "scale") if _NUMBER.fullmatch(said.get(name, ""))}
    stride = int(told.get("stride", 32))
    if len(given) != 1 or len(shape) != 4 or given[0].type != "tensor(float)" or not isinstance(shape[1], int):
        inputs = ", ".join(f"{one.name} {one.type} {one.shape}" for one in given)
        raise ValueError(
            f"{path}: takes {inputs}; expected one image of float32, (images, channels, rows, columns)"
        )
    fixed = [n for n in shape[2:] if isinstance(n, int)]
    if fixed and fixed != [fixed[0]] * 2:
        raise ValueError(f"{path}: takes {shape[2]} x {shape[3]} pixels; expected squares, or any size")
    n_pixels = fixed[0] if fixed else max(_TRIAL, 2 * stride)
    name = given[0].name

    def predict(tiles: NDArray[np.float32]) -> Any:
        return session.run(None, {name: tiles})[0]

    answer = np.shape(predict(np.zeros((1, shape[1], n_pixels, n_pixels), np.float32)))
    if len(answer) != 4 or answer[2:] != (n_pixels, n_pixels):
        raise ValueError(f"{path}: answers with shape {answer}; expected (images, classes, rows, columns)")
    options = {"predict": predict, "n_channels": shape[1], "n_classes": answer[1], "scale": told.get("scale", 1.0)}
    return options | ({"tile": n_pixels, "stride": n_pixels} if fixed else {"stride": stride})


def _session(path: str | os.PathLike[str]) -> Any:
    """The network in a file, or one line that says why not."""
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError(
            "networks in ONNX files need onnxruntime; pip install 'classicseg[onnx]'", name="onnxruntime"
        ) from error
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    try:
        return onnxruntime.InferenceSession(os.fspath(path), providers=["CPUExecutionProvider"])
    except Exception as error:  # a class of its own for each kind of damage
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{path}: is no network that onnxruntime can run ({first})") from error

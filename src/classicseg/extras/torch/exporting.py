"""Networks as ONNX files, which run without PyTorch."""

from __future__ import annotations

import io
import json
import os
import warnings
from typing import Any

import torch

from classicseg.extras.files import check_outputs, replacing
from classicseg.extras.torch.segnet import Network


class _Probabilities(torch.nn.Module):
    """A network with its softmax."""

    def __init__(self, model: Network) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Any) -> Any:
        """Probabilities of the classes at each pixel."""
        return torch.softmax(self.model(images), dim=1)


def export_onnx(path: str | os.PathLike[str], model: Network) -> int:
    """Write a network as an ONNX file, whole or not at all, for `NetworkSegmenter.from_onnx` and other programs.

    Parameters
    ----------
    path : path-like
        Where to write, such as ``"street.onnx"``.
    model : SegNet or SegNetBasic
        The network.

    Returns
    -------
    int
        How many bytes the file has.

    Raises
    ------
    TypeError
        If `model` is no network of these.
    OSError
        If it cannot be written.

    See Also
    --------
    save_network : A file to train on from.

    Notes
    -----
    The input is (1, channels, rows, columns) in float32 with white as 1, rows and columns multiples of the
    network's stride; the output are probabilities, (1, classes, rows, columns). What the network subtracts and
    divides by is part of it. Needs onnx and onnxscript.
    """
    if not isinstance(model, Network):
        raise TypeError(f"model is of type {type(model).__name__}; expected a SegNet or a SegNetBasic")
    check_outputs([path])
    whole = _Probabilities(model.cpu()).eval()
    example = torch.zeros(1, model.n_channels, 2 * model.stride, 3 * model.stride)
    rows, columns = (model.stride * torch.export.Dim(name, min=1, max=2**12) for name in ("rows", "columns"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what PyTorch's exporter is made of
        program = torch.onnx.export(
            whole,
            (example,),
            dynamo=True,
            input_names=["images"],
            output_names=["probabilities"],
            dynamic_shapes=({2: rows, 3: columns},),
            verbose=False,
        )
    proto = program.model_proto
    for key, value in {"stride": model.stride, **model.notes}.items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, json.dumps(value)
    content = io.BytesIO(proto.SerializeToString()).getvalue()
    with replacing(path) as file:
        file.write(content)
    return len(content)

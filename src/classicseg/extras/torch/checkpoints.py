"""Networks and trainings in files: numbers alone (safetensors), written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from classicseg.extras.files import check_outputs, replacing
from classicseg.extras.torch.segnet import NETWORKS, Network

_ABOUT, _TRAINING, _NOTES = "classicseg network", "classicseg training", "classicseg notes"
_MODEL, _ADAM = "model.", "adam."


class Checkpoint(NamedTuple):
    """What a file holds."""

    about: dict[str, Any]
    """What makes such a network."""
    training: dict[str, Any]
    """The history, and with which options it came to be; nothing in a file without a training."""
    notes: dict[str, Any]
    """What else was said of the network."""
    tensors: dict[str, Any]
    """Of the model, and of Adam where there is a training."""

    def of(self, prefix: str) -> dict[str, Any]:
        """The tensors of the model, or of Adam."""
        return {name.removeprefix(prefix): own for name, own in self.tensors.items() if name.startswith(prefix)}


def save_network(path: str | os.PathLike[str], model: Network) -> int:
    """Write a network to a file, whole or not at all.

    Parameters
    ----------
    path : path-like
        Where to write, such as ``"street.safetensors"``.
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
    load_network : Reads it.

    Examples
    --------
    >>> import tempfile
    >>> from classicseg.extras.torch import SegNetBasic, load_network, save_network
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = save_network(f"{folder}/small.safetensors", SegNetBasic(2, features=4, kernel=3))
    ...     load_network(f"{folder}/small.safetensors").n_classes
    2
    """
    return write_checkpoint(path, model, {}, {})


def load_network(path: str | os.PathLike[str]) -> Network:
    """Read a network from a file of `save_network`, or from the checkpoint of a training.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    SegNet or SegNetBasic
        The network, ready to predict.

    Raises
    ------
    ValueError
        If the file is cut short or damaged, or holds something else.
    OSError
        If it cannot be read.

    See Also
    --------
    save_network : Writes one.
    """
    found = read_checkpoint(path)
    about = dict(found.about)
    kind = NETWORKS.get(about.pop("network", ""))
    if kind is None:
        raise ValueError(f"{path}: holds no network of {' or '.join(NETWORKS)}")
    try:
        model = kind(**about)
        model.load_state_dict(found.of(_MODEL))
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{path}: its numbers do not fit the network that it names ({error})") from error
    model.notes = found.notes
    return model.eval()


def write_checkpoint(
    path: str | os.PathLike[str], model: Network, adam: Mapping[str, Any], training: Mapping[str, Any]
) -> int:
    """Write a network, with the state of a training where there is one."""
    if not isinstance(model, Network):
        raise TypeError(f"model is of type {type(model).__name__}; expected a SegNet or a SegNetBasic")
    check_outputs([path])
    tensors = {f"{_MODEL}{name}": own for name, own in model.state_dict().items()}
    tensors |= {f"{_ADAM}{name}": own for name, own in adam.items()}
    whole = {name: own.detach().cpu().contiguous() for name, own in tensors.items()}
    said = {_ABOUT: model.about, _TRAINING: training, _NOTES: model.notes}
    content = save(whole, {key: json.dumps(value) for key, value in said.items()})
    with replacing(path) as file:
        file.write(content)
    return len(content)


def read_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Read what a file holds, or say what is wrong with it."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    try:
        with safe_open(os.fspath(path), "pt") as file:
            said = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
        about, training, notes = (json.loads(said[key]) for key in (_ABOUT, _TRAINING, _NOTES))
    except (SafetensorError, ValueError) as error:
        raise ValueError(f"{path}: is cut short, damaged, or no safetensors file ({error})") from error
    except KeyError:
        raise ValueError(f"{path}: holds no network that was written here") from None
    return Checkpoint(about, training, notes, tensors)


def adam_state(optimizer: Any) -> dict[str, Any]:
    """The numbers that Adam keeps, by name."""
    state = optimizer.state_dict()["state"]
    return {f"{i}.{name}": value for i, own in state.items() for name, value in own.items()}


def restore_adam(optimizer: Any, found: Checkpoint) -> None:
    """Give Adam the numbers that it had."""
    state: dict[int, dict[str, Any]] = {}
    for key, value in found.of(_ADAM).items():
        number, _, name = key.partition(".")
        state.setdefault(int(number), {})[name] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def restore_model(model: Network, found: Checkpoint) -> None:
    """Give a model the numbers of a checkpoint of its kind."""
    model.load_state_dict(found.of(_MODEL))

"""Trains networks: cross-entropy and Adam, with a history that goes on where it was cut off."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch

from classicseg._core.numbers import as_choice, as_count, as_number
from classicseg.extras.files import check_outputs
from classicseg.extras.progress import counted
from classicseg.extras.torch.checkpoints import (
    adam_state,
    read_checkpoint,
    restore_adam,
    restore_model,
    write_checkpoint,
)
from classicseg.extras.torch.epochs import Epoch, Job, run_epoch
from classicseg.extras.torch.running import best_device
from classicseg.extras.torch.samples import Augment, Samples, statistics_of
from classicseg.extras.torch.segnet import Network
from classicseg.extras.torch.weights import weights_of_counts


class TrainingResult(NamedTuple):
    """What `train_network` made."""

    model: Network
    """The trained network, ready to predict."""
    history: list[Epoch]
    """One row for each epoch."""


def train_network(
    model: Network,
    images: Any,
    truths: Any = None,
    *,
    n_epochs: int,
    batch_size: int = 4,
    learning_rate: float = 1e-3,
    class_weights: Literal["median_frequency"] | None = "median_frequency",
    ignore_label: int | None = None,
    augment: Augment | None = None,
    validation: Any = None,
    rng: int = 0,
    progress: bool = True,
    checkpoint: str | os.PathLike[str] | None = None,
) -> TrainingResult:
    """Train a network on images with the class of each pixel.

    Parameters
    ----------
    model : SegNet or SegNetBasic
        The network, which is changed.
    images : sequence
        Anything with a length and members by number, read when they are needed: images of two spatial axes, of any
        real dtype; white is 255 as uint8, 65535 as uint16 and 1 in other dtypes. Or, without `truths`, pairs of an
        image and its truth, as `read_camvid` and the data sets of other libraries have them.
    truths : sequence, optional
        For each image the classes of its pixels, integers from 0.
    n_epochs : int
        How many passes over the images the history has at the end.
    batch_size : int, default 4
        Images in a step.
    learning_rate : float, default 0.001
        Of Adam.
    class_weights : {"median_frequency"} or None, default "median_frequency"
        How much a pixel counts in the loss: "median_frequency" by how rare its class is, None all the same.
    ignore_label : int, optional
        The label of pixels that have no class; they take no part.
    augment : callable, optional
        Takes a random generator and returns functions of a `classicseg.preprocess.Prepared`, such as
        `classicseg.preprocess.augmentations` does: what is done to each image in each epoch.
    validation : pair of sequences, or sequence of pairs, optional
        Images and truths that are judged after each epoch: ``(images, truths)``, or a data set as `images` may be.
    rng : int, default 0
        The seed of the order of the images and of `augment`.
    progress : bool, default True
        Whether to show a progress bar, where standard error is a terminal and rich is installed.
    checkpoint : path-like, optional
        A file that is written, whole or not at all, after each epoch. Where it is there already, the training goes
        on from it, and its history is that of one that was never cut off. Ctrl-C leaves it at the last epoch.

    Returns
    -------
    TrainingResult
        The network, and loss and scores of each epoch.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If truths do not fit their images, hold labels that are no classes, or images are smaller than the
        network's stride; if the checkpoint is damaged or of another training; or if the loss is no number any
        more, which leaves the checkpoint as it was.
    MemoryError
        If a batch does not fit into memory.

    See Also
    --------
    save_network : Writes the network to a file.

    Notes
    -----
    The loss is the weighted mean of the cross-entropy over the pixels of a batch. With one thread on one machine,
    the same seeds give the same network. It runs on a GPU where there is one, and in bfloat16 where the machine
    has instructions for it.
    """
    if not isinstance(model, Network):
        raise TypeError(f"model is of type {type(model).__name__}; expected a SegNet or a SegNetBasic")
    options: dict[str, Any] = {
        "batch_size": as_count("batch_size", batch_size),
        "rng": as_count("rng", rng, least=0),
        "learning_rate": as_number("learning_rate", learning_rate, above=0.0),
        "ignore_label": None if ignore_label is None else as_count("ignore_label", ignore_label, least=0),
        "class_weights": None
        if class_weights is None
        else as_choice("class_weights", class_weights, ["median_frequency"], "None or "),
    }
    epochs = as_count("n_epochs", n_epochs)
    samples = _samples(model, (images, truths), options["ignore_label"])
    judged = None if validation is None else _samples(model, validation, options["ignore_label"])
    if checkpoint is not None:
        check_outputs([checkpoint])
    found = statistics_of(samples, model.stride)
    options |= {"images": len(samples), "pixels": found.counts.sum(axis=0).tolist()}
    device = best_device()
    model.to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=options["learning_rate"])
    history = _resumed(checkpoint, model, optimizer, options)
    if not history:
        model.look(found.mean, found.deviation)
    weights = np.ones(model.n_classes) if class_weights is None else weights_of_counts(found.counts)
    job = Job(
        model, optimizer, samples, judged, torch.from_numpy(weights).float().to(device), device, options, augment
    )
    with counted("training", job.n_batches() * max(0, epochs - len(history)), shown=progress) as done:
        while len(history) < epochs:
            history.append(run_epoch(job, len(history), done))
            if checkpoint is not None:
                write_checkpoint(checkpoint, model, adam_state(optimizer), options | {"history": history})
    return TrainingResult(model.eval(), history)


def _samples(model: Network, given: Any, ignore_label: int | None) -> Samples:
    """Pairs of images and truths: two sequences, or one of pairs."""
    images, truths = given if isinstance(given, tuple) and len(given) == 2 else (given, None)
    return Samples(images, truths, model, ignore_label)


def _resumed(
    path: str | os.PathLike[str] | None, model: Network, optimizer: Any, options: dict[str, Any]
) -> list[Epoch]:
    """Go on from a checkpoint where there is one; return the history so far."""
    if path is None or not Path(path).exists():
        return []
    found = read_checkpoint(path)
    if found.about != model.about:
        raise ValueError(f"checkpoint {path} is of {found.about}; expected {model.about}, as the model is")
    training = dict(found.training)
    history = [Epoch(*row) for row in training.pop("history", [])]
    for name, value in options.items():
        if training.get(name) != value:
            raise ValueError(
                f"checkpoint {path} is of a training with {name} {training.get(name)!r}; expected {value!r}; "
                "train to another file, or with what it was begun with"
            )
    restore_model(model, found)
    restore_adam(optimizer, found)
    return history

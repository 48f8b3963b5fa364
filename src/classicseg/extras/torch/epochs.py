"""One pass of a training over its images, and the scores of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional

from classicseg.extras.torch.running import autocast, roomy
from classicseg.extras.torch.samples import IGNORED, Augment, Samples, batch_of
from classicseg.extras.torch.segnet import Network
from classicseg.metrics import Contingency, contingency_table, iou, merge_contingency_tables, pixel_accuracy


class Epoch(NamedTuple):
    """How one pass over the images went."""

    loss: float
    """The weighted mean of the cross-entropy, in nats, while the network learned."""
    mean_iou: float
    """Of the classes, as the network saw the images while it learned."""
    pixels: float
    """The share of right pixels."""
    validation_loss: float | None = None
    """The same of the validation, after the pass."""
    validation_mean_iou: float | None = None
    """The same of the validation, after the pass."""
    validation_pixels: float | None = None
    """The same of the validation, after the pass."""


class Job(NamedTuple):
    """What all steps of a training share."""

    model: Network
    optimizer: Any
    samples: Samples
    validation: Samples | None
    weights: Any
    device: Any
    options: Mapping[str, Any]
    augment: Augment | None

    def n_batches(self) -> int:
        """How many steps an epoch has."""
        parts = [self.samples] if self.validation is None else [self.samples, self.validation]
        return sum(-(-len(part) // self.options["batch_size"]) for part in parts)


Done = Callable[[str], object]
"""Called after each batch, with what is going on."""


class _Tally:
    """Loss and scores over batches."""

    def __init__(self) -> None:
        self.loss, self.weight = 0.0, 0.0
        self.tables: list[Contingency] = []

    def add(self, loss: float, weight: float, scores: Any, truths: Any) -> None:
        """Count a batch."""
        self.loss, self.weight = self.loss + loss, self.weight + weight
        true, said = truths.cpu().numpy(), scores.argmax(dim=1).cpu().numpy()
        inside = true != IGNORED
        if inside.any():
            self.tables.append(contingency_table(true[inside], said[inside]))

    def scores(self) -> tuple[float, float, float]:
        """The loss, the mean IoU and the share of right pixels."""
        if not self.tables:
            raise ValueError("validation holds no pixel of a class; expected one at least")
        table = merge_contingency_tables(self.tables)
        return self.loss / self.weight, iou(table).mean, pixel_accuracy(table)


def run_epoch(job: Job, number: int, done: Done) -> Epoch:
    """Learn from all images once, in an order of this epoch, and judge the validation."""
    order = np.random.default_rng([job.options["rng"], number]).permutation(len(job.samples)).tolist()
    job.model.train()
    learned = _Tally()
    for chosen in _parts(order, job.options["batch_size"]):
        _learn(job, number, chosen, learned)
        done(f"epoch {number + 1}")
    if job.validation is None:
        return Epoch(*learned.scores())
    job.model.eval()
    judged = _Tally()
    with torch.inference_mode():
        for chosen in _parts(list(range(len(job.validation))), job.options["batch_size"]):
            _loss(job, *batch_of([job.validation.sample(i) for i in chosen]), judged)
            done(f"epoch {number + 1}")
    return Epoch(*learned.scores(), *judged.scores())


def _parts(order: list[int], size: int) -> Iterator[list[int]]:
    """As many at a time."""
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _learn(job: Job, number: int, chosen: list[int], tally: _Tally) -> None:
    """Take one step of Adam by a batch."""
    found = []
    for i in chosen:
        draw = np.random.default_rng([job.options["rng"], number, i])
        found.append(job.samples.sample(i, () if job.augment is None else job.augment(draw)))
    images, truths = batch_of(found)
    with roomy("take a smaller batch_size, smaller images, or a network of less features"):
        job.optimizer.zero_grad(set_to_none=True)
        loss = _loss(job, images, truths, tally)
        if loss is None:  # nothing to learn from
            return
        if not torch.isfinite(loss):
            raise ValueError(
                f"the loss is {loss.item()} in epoch {number + 1}, at image {', '.join(map(str, chosen))}; a "
                "lower learning_rate may help; what the checkpoint holds is as it was"
            )
        loss.backward()
        job.optimizer.step()


def _loss(job: Job, images: Any, truths: Any, tally: _Tally) -> Any:
    """The mean loss of a batch, which the tally counts."""
    images = images.to(job.device, memory_format=torch.channels_last)
    truths = truths.to(job.device)
    with autocast(job.device):
        scores = job.model(images).float()
    total = functional.cross_entropy(scores, truths, job.weights, ignore_index=IGNORED, reduction="sum")
    inside = truths[truths != IGNORED]
    weight = job.weights[inside].sum()
    if not weight > 0:
        return None
    tally.add(total.item(), weight.item(), scores.detach(), truths)
    return total / weight

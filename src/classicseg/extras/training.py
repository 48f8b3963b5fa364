"""Trains the forests of a detector of boundaries, stage after stage, on images with what people drew on them.

Each stage sees what those before it say of an image. What a forest says of an image on which it was fitted is
better than it will ever be again; so a stage is trained on what forests say that were fitted without the image:
the images are dealt into folds, and for each there is a forest of all others (stacked generalization: Wolpert,
1992). The forest that is kept is fitted on all.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import classicseg
from classicseg.extras.degrading import degraded
from classicseg.extras.files import check_outputs, replacing
from classicseg.extras.progress import counted
from classicseg.extras.training_sets import Drawn, Example, find_examples, read_example
from classicseg.learning.fitting import Boosting, bin_table, fit_binned
from classicseg.learning.forest import Forest
from classicseg.learning.model import BoundaryModel
from classicseg.learning.model_file import bytes_of

N_FOLDS = 2


class Samples(NamedTuple):
    """What a stage is to learn of one image."""

    features: NDArray[Any]
    """(n_features, n), float32 or uint8."""

    targets: NDArray[np.float64]
    weights: NDArray[np.float64]


class Stage(NamedTuple):
    """One forest: what it is asked, what it is to answer, and what comes of its answers."""

    name: str
    features: tuple[str, ...]
    boosting: Boosting
    prepare: Callable[[Drawn, Any], Any]
    """Called with an image and what the stage before made of it, or None; what it returns is the image's state."""

    samples: Callable[[Any, np.random.Generator], Samples]
    """Called with a state, and with what draws some of its samples."""

    advance: Callable[[Any, Forest], Any]
    """What the stage makes of a state by a forest, for the stage that follows."""


class _Job(NamedTuple):
    """What all steps of a training share."""

    drawn: Sequence[Drawn]
    folds: NDArray[np.int64]
    """The fold of each image."""
    rng: int
    done: Callable[[str], object]
    """Called after each step, with its name."""


def train_stages(
    drawn: Sequence[Sequence[Drawn]],
    stages: Sequence[Stage],
    *,
    rng: int = 0,
    about: Mapping[str, Any] | None = None,
    done: Callable[[str], object] = lambda name: None,
) -> BoundaryModel:
    """Fit the forests of stages to images, each of which may come in several versions.

    The same images and seed give the same model, bit for bit.
    """
    every = [own for versions in drawn for own in versions]
    folds = np.repeat(np.arange(len(drawn)) % N_FOLDS, [len(versions) for versions in drawn])
    job = _Job(every, folds, rng, done)
    states: list[Any] = [None] * len(every)
    forests = {}
    for number, stage in enumerate(stages):
        is_last = number == len(stages) - 1
        forests[stage.name] = _run_stage(job, stage, number, states, is_last)
    features = {stage.name: stage.features for stage in stages}
    how = {stage.name: stage.boosting._asdict() for stage in stages}
    return BoundaryModel(forests, features, {**(about or {}), "rng": rng, "stages": how})


def _run_stage(job: _Job, stage: Stage, number: int, states: list[Any], is_last: bool) -> Forest:
    """Fit the forest of a stage on all images, and take each image on by one that was fitted without it."""
    found = []
    for i, own in enumerate(job.drawn):
        states[i] = stage.prepare(own, states[i])
        found.append(stage.samples(states[i], np.random.default_rng([job.rng, number, i])))
        job.done(stage.name)
    image_of = np.repeat(np.arange(len(found)), [len(own.targets) for own in found])
    table = bin_table(np.concatenate([own.features for own in found], axis=1))
    targets, weights = (np.concatenate([own[k] for own in found]) for k in (1, 2))
    del found
    if not len(targets):
        raise ValueError(
            f"the images have nothing that {stage.name} could learn from; expected more, or larger ones"
        )

    def fit(chosen: NDArray[np.bool_]) -> Forest:
        bins = table.bins if chosen.all() else np.ascontiguousarray(table.bins[:, chosen])
        return fit_binned(
            table._replace(bins=bins),
            targets[chosen],
            weights=weights[chosen],
            boosting=stage.boosting,
            on_tree=lambda: job.done(stage.name),
        )

    if not is_last:
        for fold in range(N_FOLDS):
            forest = fit((job.folds != fold)[image_of])
            for i in np.flatnonzero(job.folds == fold).tolist():
                states[i] = stage.advance(states[i], forest)
                job.done(stage.name)
    return fit(np.ones(len(targets), bool))


def train_boundaries(
    folder: str | os.PathLike[str],
    stages: Sequence[Stage],
    *,
    splits: Sequence[str] = ("train",),
    worse: bool = True,
    rng: int = 0,
    show_progress: bool = True,
) -> BoundaryModel:
    """Train a model of boundaries on images with what people drew on them.

    Parameters
    ----------
    folder : path-like
        Two images or more, in the layout of BSDS500 (images/train/x.jpg, groundTruth/train/x.mat), or beside label
        images: x.png, x_labels.png, and x_labels_2.png of a second person.
    stages : sequence of Stage
        The forests to fit, each of which sees what those before it say of an image.
    splits : sequence of str, default ('train',)
        The folders in images and groundTruth to learn from.
    worse : bool, default True
        Whether to learn from a worse copy of each image, too: noisy, strongly compressed, or of half the size.
    rng : int, default 0
        The seed of all draws: the same images and seed give the same model, bit for bit.
    show_progress : bool, default True
        Whether to show a progress bar, where standard error is a terminal and rich is installed.

    Returns
    -------
    BoundaryModel
        The forests, and in ``about`` how many images they are from, a digest of these, and how they were fitted.

    Raises
    ------
    ValueError
        If there are less than two images, one without labels, or labels that are damaged or of another shape.

    See Also
    --------
    write_model : Writes it to a file.

    Notes
    -----
    For 200 photographs of 481 × 321 it takes some 4 GB of memory, and ten minutes of one core. JPEG decoders
    differ in the last bit: the same model needs the same images as they are decoded.

    Examples
    --------
    >>> from classicseg.extras.training import train_boundaries, write_model
    >>> from classicseg.extras.training_stages import STAGES  # doctest: +SKIP
    >>> model = train_boundaries("BSDS500", STAGES)  # doctest: +SKIP
    >>> write_model("boundaries.npz", model)  # doctest: +SKIP
    """
    examples = find_examples(Path(folder), splits)
    n_trees = sum(stage.boosting.n_trees for stage in stages)
    n_versions = len(examples) * (2 if worse else 1)
    n_steps = len(examples) + n_versions * (2 * len(stages) - 1)
    n_steps += n_trees * (N_FOLDS + 1) - stages[-1].boosting.n_trees * N_FOLDS
    with counted("training", n_steps, shown=show_progress) as done:
        drawn = []
        for i, example in enumerate(examples):
            own = read_example(example)
            drawn.append([own, degraded(own, i % 3, np.random.default_rng([rng, i]))] if worse else [own])
            done("reading")
        about = {"images": len(examples), "digest": _digest_of(examples), "classicseg": classicseg.__version__}
        return train_stages(drawn, stages, rng=rng, about=about, done=done)


def _digest_of(examples: Sequence[Example]) -> str:
    """A digest of the files that were learned from, in their order."""
    digest = hashlib.blake2b(digest_size=16)
    for example in examples:
        for path in (example.image, *example.truths):
            digest.update(hashlib.blake2b(path.read_bytes()).digest())
    return digest.hexdigest()


def write_model(path: str | os.PathLike[str], model: BoundaryModel) -> int:
    """Write a model to a file, whole or not at all.

    Parameters
    ----------
    path : path-like
        Where to write, such as ``"boundaries.npz"``.
    model : BoundaryModel
        What `train_boundaries` returned.

    Returns
    -------
    int
        How many bytes the file has.

    Raises
    ------
    OSError
        If it cannot be written.

    See Also
    --------
    train_boundaries : Trains a model.
    boundary_probability : Takes the file as its model.

    Examples
    --------
    >>> import tempfile
    >>> from classicseg.extras.training import write_model
    >>> from classicseg.learning.model import BoundaryModel
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_model(f"{folder}/empty.npz", BoundaryModel({}, {}, {})) > 0
    True
    """
    check_outputs([path])
    content = bytes_of(model)
    with replacing(Path(path)) as file:
        file.write(content)
    return len(content)

"""The command that trains a network on images with the class of each pixel."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache, partial
from json import dumps
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from classicseg.extras.cli.ordinary import Json, Quiet, as_flag, keep_quiet
from classicseg.extras.cli.report import print_table
from classicseg.extras.files import check_outputs, replacing
from classicseg.extras.signatures import Integer
from classicseg.extras.street_scenes import LabeledImages, read_camvid, read_cityscapes, read_pairs
from classicseg.preprocess import augmentations, resize

Layout = Literal["camvid", "cityscapes", "pairs"]
Kind = Literal["segnet-basic", "segnet"]

_KEPT = 256
"""So many images are kept as the network sees them; others are read again in each epoch."""

_EPOCHS, _BATCH, _FEATURES, _KERNEL, _DEPTH, _SEED = (Integer(n) for n in (100, 4, 48, 3, 4, 0))


def train_network(
    folder: Annotated[Path, Parameter(name="FOLDER", help="The folder of the data set.")],
    /,
    *,
    layout: Annotated[
        Layout,
        Parameter(
            help="How it lies there: train and trainannot; leftImg8bit and gtFine; x.png beside x_labels.png."
        ),
    ] = "camvid",
    out: Annotated[
        Path, Parameter(alias="-o", help="The file for the model. One that is there already is trained further.")
    ] = Path("network.safetensors"),
    split: Annotated[str, Parameter(help="The images to learn from; for pairs there is but one.")] = "train",
    validation: Annotated[
        str | None, Parameter(help="The images to judge by after each epoch, such as val.")
    ] = None,
    network: Annotated[
        Kind, Parameter(help="The small SegNet, or that of 29 million parameters.")
    ] = "segnet-basic",
    features: Annotated[Integer, Parameter(help="Of each convolution of the small one.")] = _FEATURES,
    kernel: Annotated[Integer, Parameter(help="Rows and columns of its convolutions; the paper has 7.")] = _KERNEL,
    depth: Annotated[Integer, Parameter(help="How often it halves the image.")] = _DEPTH,
    scale: Annotated[float, Parameter(help="Images are resized by this factor, for training and after.")] = 1.0,
    epochs: Annotated[Integer, Parameter(help="How many passes over the images there are at the end.")] = _EPOCHS,
    batch_size: Annotated[Integer, Parameter(help="Images in a step.")] = _BATCH,
    learning_rate: Annotated[float, Parameter(help="Of Adam.")] = 2e-3,
    ignore_label: Annotated[Integer | None, Parameter(help="For pairs: the label of what has no class.")] = None,
    balanced: Annotated[bool, as_flag("Let pixels of rare classes count for more (median frequency).")] = False,
    plain: Annotated[bool, as_flag("Learn from the images as they are, neither mirrored nor turned.")] = False,
    seed: Annotated[Integer, Parameter(help="The seed of all draws.")] = _SEED,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Train a network to tell the classes of pixels, for network and compare. Needs classicseg[torch].

    After each epoch the model is written, whole or not at all; Ctrl-C leaves the last one, and the same command
    goes on from it. Beside the model a picture shows how loss and mean IoU went.
    """
    from classicseg.extras.torch import SegNet, SegNetBasic
    from classicseg.extras.torch import train_network as train

    shown = keep_quiet(quiet)
    picture = out.with_name(f"{out.stem}_history.png")
    check_outputs([out, picture], [folder])
    images = _found(folder, layout, split, ignore_label)
    judged = None if validation is None else _found(folder, layout, validation, ignore_label)
    n_classes = len(images.classes) or 1 + max(_most(images, i) for i in range(len(images)))
    kind: Any = (
        SegNet if network == "segnet" else partial(SegNetBasic, features=features, kernel=kernel, depth=depth)
    )
    model = kind(int(n_classes), rng=int(seed))
    model.notes = {"scale": scale, "classes": [*images.classes], "colors": [*images.colors]}
    begin = time.perf_counter()
    result = train(
        model,
        _Scaled(images, scale),
        n_epochs=int(epochs),
        batch_size=int(batch_size),
        learning_rate=learning_rate,
        class_weights="median_frequency" if balanced else None,
        ignore_label=images.ignore_label,
        augment=None if plain else partial(augmentations, degrees=5),
        validation=None if judged is None else _Scaled(judged, scale),
        rng=int(seed),
        progress=shown,
        checkpoint=out,
    )
    seconds = time.perf_counter() - begin
    _draw(picture, result.history)
    if json:
        print(dumps({"model": str(out), "seconds": seconds, "history": [row._asdict() for row in result.history]}))
    elif not quiet:
        _print_history(result.history)
        print(f"{out}: {network} of {len(images)} images, {n_classes} classes, in {seconds:.0f} s; {picture}")
    return 0


class _Scaled(Sequence[tuple[NDArray[Any], NDArray[Any]]]):
    """The same images at another size."""

    def __init__(self, images: LabeledImages, scale: float) -> None:
        self.images, self.scale = images, scale
        self.read = lru_cache(_KEPT)(self._read)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: Any) -> Any:
        return self.read(i)

    def _read(self, i: int) -> tuple[NDArray[Any], NDArray[Any]]:
        image, truth = self.images[i]
        if self.scale == 1:
            return image, truth
        shape = [max(1, round(self.scale * n)) for n in truth.shape]
        resized = resize(image, truth, shape=shape)
        return resized.image, np.asarray(resized.labels)


def _found(folder: Path, layout: Layout, split: str, ignore_label: int | None) -> LabeledImages:
    """The images of a split."""
    if layout == "pairs":
        if split != "train":
            raise ValueError(f"--split or --validation is {split}, and pairs have no splits; leave it out")
        return read_pairs(folder, None if ignore_label is None else int(ignore_label))
    if ignore_label is not None:
        raise ValueError(f"--ignore-label is {ignore_label}, and {layout} has its own; leave it out")
    return (read_camvid if layout == "camvid" else read_cityscapes)(folder, split)


def _most(images: LabeledImages, i: int) -> int:
    """The greatest label of an image."""
    truth = images[i][1]
    return int(truth[truth != images.ignore_label].max(initial=0))


def _print_history(history: Sequence[Any]) -> None:
    """Print a line for each epoch, of many every tenth."""
    from rich.table import Table

    table = Table()
    rows = [(i + 1, row) for i, row in enumerate(history)]
    columns = [name for name in history[0]._fields if getattr(history[-1], name) is not None]
    for column in ("epoch", *columns):
        table.add_column(column.replace("_", " "), justify="right")
    for number, row in rows:
        if len(rows) <= 20 or number % 10 == 0 or number in (1, len(rows)):
            table.add_row(str(number), *(f"{getattr(row, name):.3f}" for name in columns))
    print_table(table)


def _draw(path: Path, history: Sequence[Any]) -> None:
    """Draw how the loss and the scores went."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="tight")
    panels = figure.subplots(1, 2)
    numbers = range(1, len(history) + 1)
    for axes, names in zip(panels, (("loss",), ("mean_iou", "pixels")), strict=True):
        for name in (*names, *(f"validation_{own}" for own in names)):
            values = [getattr(row, name) for row in history]
            if None not in values:
                axes.plot(numbers, values, label=name.replace("_", " "))
        axes.set_xlabel("epoch")
        axes.legend()
    with replacing(path) as file:
        figure.savefig(file, format="png")

"""The command that trains a model of boundaries."""

from __future__ import annotations

import re
import time
from json import dumps
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from classicseg.extras.cli.ordinary import Json, Quiet, keep_quiet
from classicseg.extras.files import check_outputs
from classicseg.extras.signatures import Words


def train_boundaries(
    folder: Annotated[
        Path,
        Parameter(
            name="FOLDER",
            help="Images with what people drew on them: images/train and groundTruth/train, as BSDS500 has them; "
            "or x.png beside x_labels.png, and x_labels_2.png of a second person.",
        ),
    ],
    /,
    *,
    output: Annotated[Path, Parameter(alias="-o", help="The file for the model.")] = Path("boundaries.npz"),
    splits: Annotated[
        list[str] | None,
        Parameter(
            help="The folders in images to learn from, such as train,val; train without it.", negative_iterable=""
        ),
        Words(re.compile(r"\w+"), "train,val"),
    ] = None,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Train a model of the boundaries that people draw, for boundary-probability and contour.

    The same images and seed give the same model. For 200 photographs of 481 × 321 it takes some ten minutes of one
    core and 4 GB of memory.
    """
    from classicseg.extras.training import train_boundaries, write_model
    from classicseg.extras.training_stages import STAGES

    shown = keep_quiet(quiet)
    check_outputs([output], [folder])
    begin = time.perf_counter()
    model = train_boundaries(folder, STAGES, splits=splits or ["train"], show_progress=shown)
    n_bytes = write_model(output, model)
    seconds = time.perf_counter() - begin
    if json:
        print(dumps({"model": str(output), "bytes": n_bytes, "seconds": seconds, "about": model.about}))
    elif not quiet:
        said = f"{len(model.forests)} forests of {model.about['images']} images"
        print(f"{output}: {said}, {n_bytes / 1000:.0f} kB, in {seconds:.0f} s")
    return 0

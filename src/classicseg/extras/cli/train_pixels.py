"""The command that learns from strokes what pixels look like."""

from __future__ import annotations

import re
import time
from json import dumps
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from classicseg.extras.cli.ordinary import MOST_PIXELS, Json, MaxPixels, Quiet, keep_quiet
from classicseg.extras.cli.places import place_of_labels, spacing_of
from classicseg.extras.files import check_outputs
from classicseg.extras.signatures import Integer, Words

_HUNDRED = Integer(100)
_SEED = Integer(0)


def train_pixels(
    images: Annotated[list[Path], Parameter(name="IMAGE...", help="Image files, with as many axes and channels.")],
    /,
    *,
    strokes: Annotated[
        list[Path],
        Parameter(
            help="What was drawn on each image, in their order: image files of whole numbers, 0 where nothing is.",
            negative_iterable="",
        ),
    ],
    output: Annotated[Path, Parameter(alias="-o", help="The file for the classifier.")] = Path("pixels.npz"),
    features: Annotated[
        list[str] | None,
        Parameter(help="What to learn from, by name; the standard ones without it.", negative_iterable=""),
        Words(re.compile(r"[a-z]+(_[a-z]+)*"), "gaussian,laplacian"),
    ] = None,
    scales: Annotated[
        list[float] | None,
        Parameter(help="How far features look; 1,2,4,8,16 without it.", negative_iterable=""),
    ] = None,
    n_trees: Annotated[Integer, Parameter(help="The trees of the forest.")] = _HUNDRED,
    rng: Annotated[Integer, Parameter(help="The seed: the same images, strokes and seed, the same file.")] = _SEED,
    max_pixels: MaxPixels = MOST_PIXELS,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Learn from strokes what the pixels of each class look like, for apply-pixels."""
    import classicseg
    from classicseg.extras.files import read_image, read_markers

    keep_quiet(quiet)
    if len(strokes) != len(images):
        raise ValueError(f"--strokes has {len(strokes)} files for {len(images)} images; expected one for each")
    check_outputs([output], [*images, *strokes])
    begin = time.perf_counter()
    pictures = [read_image(path, max_pixels=max_pixels) for path in images]
    drawn = [read_markers(path, max_pixels=max_pixels) for path in strokes]
    if len({picture.channel_axis for picture in pictures}) > 1:
        raise ValueError("the images have their channels on several axes, or some have none; expected one kind")
    spacings = {spacing_of(place_of_labels(picture, picture.channel_axis)) for picture in pictures}
    if len(spacings) > 1:
        said = " and ".join(sorted(map(str, spacings)))
        raise ValueError(
            f"the images have steps along their axes of {said}; expected one kind, resample the others"
        )
    options: dict[str, Any] = {"features": features or "standard", "n_trees": n_trees, "rng": rng}
    if scales:
        options["scales"] = scales
    classifier = classicseg.pixel_classifier_fit(
        [picture.pixels for picture in pictures],
        strokes=drawn,
        mask=[picture.mask for picture in pictures],
        channel_axis=pictures[0].channel_axis,
        spacing=spacings.pop(),
        **options,
    )
    n_bytes = classicseg.write_pixel_classifier(output, classifier)
    importance = classicseg.feature_importance(classifier)
    seconds = time.perf_counter() - begin
    if json:
        report = {"classifier": str(output), "bytes": n_bytes, "seconds": seconds, "score": classifier.score}
        print(dumps(report | {"labels": classifier.labels.tolist(), "importance": importance}))
    elif not quiet:
        best = ", ".join(f"{name} {share:.0%}" for name, share in list(importance.items())[:3])
        print(
            f"{output}: labels {', '.join(map(str, classifier.labels))}, {n_bytes / 1000:.0f} kB, {seconds:.1f} s"
        )
        print(f"drawn pixels known by trees that had not seen them: {classifier.score:.1%}; most telling: {best}")
    return 0

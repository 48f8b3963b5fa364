"""The command that gives each pixel of images its class, as a classifier has learned them."""

from __future__ import annotations

from json import dumps
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from classicseg.extras.cli.inputs import image_files
from classicseg.extras.cli.ordinary import MOST_PIXELS, Json, MaxPixels, Out, Overwrite, Quiet, keep_quiet
from classicseg.extras.cli.places import place_of_labels, spacing_of, stem_of
from classicseg.extras.cli.report import report
from classicseg.extras.cli.segment import prepare_folder
from classicseg.extras.files import check_outputs
from classicseg.extras.progress import progress


def apply_pixels(
    classifier: Annotated[Path, Parameter(name="CLASSIFIER", help="A file of train-pixels.")],
    images: Annotated[list[Path], Parameter(name="IMAGE...", help="Image files, or folders of them.")],
    /,
    *,
    out: Out = Path("segmented"),
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = MOST_PIXELS,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Give each pixel of images its class, as train-pixels has learned them: NAME_classes.png, or .tif."""
    import classicseg

    shown = keep_quiet(quiet)
    known = classicseg.read_pixel_classifier(classifier)
    files = image_files(images)
    stems = [out / f"{stem_of(path)}_classes" for path in files]
    if len(set(stems)) < len(stems):
        raise ValueError(f"two of the images would write the same file in {out}; rename one, or use two folders")
    earlier = [path for stem in stems for path in sorted(out.glob(f"{stem.name}.*"))]
    if earlier and not overwrite:
        raise ValueError(f"{earlier[0]} is there already; choose another --out, or --overwrite")
    check_outputs(stems, [*files, classifier])
    prepare_folder(out)
    n_done = 0
    for path, stem in progress(list(zip(files, stems, strict=True)), "apply-pixels", len(files), shown=shown):
        try:
            picture = classicseg.read_image(path, max_pixels=max_pixels)
            place = place_of_labels(picture, picture.channel_axis)
            labels = classicseg.pixel_classifier_apply(
                picture.pixels,
                known,
                channel_axis=picture.channel_axis,
                mask=picture.mask,
                spacing=spacing_of(place),
            )
            written = classicseg.write_labels(stem, labels, like=place)
        except (OSError, ValueError, TypeError, MemoryError) as error:
            report(f"{path}: {error or 'out of memory'}")
            continue
        n_done += 1
        shares = {int(label): float(np.mean(labels == label)) for label in known.labels}
        if json:
            print(dumps({"image": str(path), "labels": str(written), "shares": shares}))
        elif not quiet:
            print(f"{path}: {written}, " + ", ".join(f"{label}: {share:.1%}" for label, share in shares.items()))
    return 0 if n_done == len(files) else 1 if n_done else 2

"""The demonstration: every method of the catalogue, as it comes, on photographs that scikit-image brings along."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import classicseg
from classicseg.extras.cli.compare import draw_sheet, print_results, run_method
from classicseg.extras.cli.report import command_name
from classicseg.extras.cli.segment import prepare_folder
from classicseg.extras.files import Picture, check_outputs, write_image
from classicseg.extras.plot import overlay_image
from classicseg.extras.progress import progress

_PHOTOGRAPHS = ("coins", "camera", "astronaut", "coffee")


def demo(
    *, out: Annotated[Path, Parameter(alias="-o", help="The folder for the pictures.")] = Path("segmented")
) -> int:
    """Segment some photographs with every method, and draw the results."""
    photographs = _photographs()
    jobs = [(image, name) for image in photographs for name in classicseg.segmenters()]
    sheets = {image: out / f"{image}_comparison.png" for image in photographs}
    overlays = {(image, name): out / f"{image}_{command_name(name)}_overlay.png" for image, name in jobs}
    check_outputs([*sheets.values(), *overlays.values()])
    prepare_folder(out)
    results = []
    for image, name in progress(jobs, "segmenting", len(jobs)):
        picture = photographs[image]
        result = run_method(image, picture, (command_name(name), classicseg.segmenters()[name]))
        painted = overlay_image(picture.pixels, result.labels, channel_axis=picture.channel_axis)
        write_image(overlays[image, name], painted)
        results.append(result)
    for image, picture in progress(photographs.items(), "drawing", len(photographs)):
        draw_sheet(sheets[image], picture, [r for r in results if r.image == image])
    print_results(results)
    print(f"{len(results)} overlays and {len(photographs)} comparison sheets are in {out.resolve()}")
    return 0


def _photographs() -> dict[str, Picture]:
    """The photographs by name."""
    try:
        from skimage import data
    except ImportError:
        raise ValueError(
            "scikit-image, whose photographs are shown, is not installed; pip install 'classicseg[cli]'"
        ) from None
    pixels = {name: getattr(data, name)() for name in _PHOTOGRAPHS}
    return {name: Picture(array, 2 if array.ndim == 3 else None, None) for name, array in pixels.items()}

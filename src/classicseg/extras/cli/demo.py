"""The demonstration: methods of the catalogue, as they come, on photographs that scikit-image brings along."""

from __future__ import annotations

from pathlib import Path

from classicseg.extras.cli.chosen import counted
from classicseg.extras.cli.compare import Methods, draw_sheet, run_method, say_results
from classicseg.extras.cli.ordinary import Json, Out, Quiet, keep_quiet
from classicseg.extras.cli.segment import prepare_folder
from classicseg.extras.cli.variants import chosen_methods
from classicseg.extras.files import Picture, check_outputs, write_image
from classicseg.extras.plot import overlay_image
from classicseg.extras.progress import progress

_PHOTOGRAPHS = ("coins", "camera", "astronaut", "coffee")


def demo(
    *, methods: Methods = None, out: Out = Path("segmented"), quiet: Quiet = False, json: Json = False
) -> int:
    """Segment some photographs with every method, or with those named, and draw the results."""
    shown = keep_quiet(quiet)
    segmenters, photographs = chosen_methods(methods), _photographs()
    jobs = [(image, name) for image in photographs for name in segmenters]
    sheets = {image: out / f"{image}_comparison.png" for image in photographs}
    overlays = {(image, name): out / f"{image}_{name.replace(':', '_')}_overlay.png" for image, name in jobs}
    check_outputs([*sheets.values(), *overlays.values()])
    prepare_folder(out)
    results = []
    for image, name in progress(jobs, "segmenting", len(jobs), shown=shown):
        picture = photographs[image]
        result = run_method(image, picture, (name, segmenters[name]))
        painted = overlay_image(picture.pixels, result.labels, channel_axis=picture.channel_axis)
        write_image(overlays[image, name], painted)
        results.append(result)
    for image, picture in progress(photographs.items(), "drawing", len(photographs), shown=shown):
        draw_sheet(sheets[image], picture, [r for r in results if r.image == image])
    files = f"{counted(len(results), 'overlay')} and {counted(len(photographs), 'comparison sheet')}"
    say_results(results, f"{files} are in {out.resolve()}", quiet=quiet, json=json)
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

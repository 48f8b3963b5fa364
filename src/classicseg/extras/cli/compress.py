"""The command that makes photographs small: few colors, no specks, and what that costs."""

from __future__ import annotations

import json as json_text
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from classicseg import __version__
from classicseg.extras.cli.earlier import check_earlier
from classicseg.extras.cli.inputs import image_files
from classicseg.extras.cli.ordinary import MOST_PIXELS, Json, MaxPixels, Out, Overwrite, Quiet, as_flag, keep_quiet
from classicseg.extras.cli.report import report
from classicseg.extras.cli.segment import prepare_folder
from classicseg.extras.compression import (
    MOST_COLORS,
    Compressed,
    Format,
    Photograph,
    lossy_bytes,
    most_colors_within,
    read_photograph,
    shared_palette,
    with_channels,
)
from classicseg.extras.compression import compress as in_few_colors
from classicseg.extras.files import check_outputs, replacing, write_json
from classicseg.extras.progress import progress
from classicseg.extras.signatures import Integer

_NO_REGION = Integer(0)
_UNITS = {"": 1, "k": 1000, "M": 10**6, "Ki": 1024, "Mi": 2**20}


def compress(
    images: Annotated[list[Path], Parameter(name="IMAGE...", help="Image files of 8 bits, or folders of them.")],
    /,
    *,
    colors: Annotated[Integer | None, Parameter(help="The number of colors, 1 to 256; 256 without it.")] = None,
    quality: Annotated[
        str | None,
        Parameter(help="Take the fewest colors that come so near to the original, in decibels, such as 36dB."),
    ] = None,
    max_bytes: Annotated[
        str | None, Parameter(help="Take as many colors as files of that size hold, such as 100k.")
    ] = None,
    min_region: Annotated[
        Integer,
        Parameter(help="Pixels of one color that touch, and are fewer, join what is around them."),
    ] = _NO_REGION,
    format: Annotated[Format, Parameter(help="PNG with a palette, or lossless WebP, which is smaller.")] = "png",
    one_palette: Annotated[bool, as_flag("All images get the same colors.")] = False,
    optimize: Annotated[bool, as_flag("Pack PNG files tighter by oxipng, which takes longer.")] = False,
    out: Out = Path("compressed"),
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = MOST_PIXELS,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Make photographs small by merging similar colors and regions, and say what was lost.

    The colors are those of k-means: as near to the original as so many come. For each file: its bytes, bits a
    pixel, PSNR and SSIM, and, where that is smaller, what a lossy WebP of the same PSNR takes.
    """
    shown = keep_quiet(quiet)
    paths = image_files(images)
    how = _as_options(colors, quality, max_bytes, min_region)
    if one_palette and "n_colors" not in how:
        raise ValueError("--one-palette goes with --colors, not with --quality or --max-bytes; leave one out")
    pack = _packer(format) if optimize else bytes
    targets = _targets(paths, out, format)
    records = [target.with_suffix(".json") for target in targets]
    check_outputs([*targets, *records], paths)
    options = {
        "colors": colors,
        "quality": quality,
        "max_bytes": max_bytes,
        "min_region": min_region,
        "format": format,
        "one_palette": [str(path.resolve()) for path in paths] if one_palette else None,
        "optimize": optimize,
    }
    if not overwrite:
        for path, target, record in zip(paths, targets, records, strict=True):
            check_earlier(record, [target], str(path.resolve()), options)
    prepare_folder(out)
    if one_palette:
        how["colors"] = _shared(paths, how.pop("n_colors"), max_pixels)
    n_done = 0
    todo = zip(paths, targets, records, strict=True)
    for path, target, record in progress(todo, "compressing", len(paths), shown=shown):
        try:
            photograph = read_photograph(path, max_pixels=max_pixels)
            if one_palette:
                photograph = with_channels(photograph, how["colors"].shape[1])
            found = _compressed(photograph, format, how)
            found = found._replace(data=pack(found.data))
            with replacing(target) as file:
                file.write(found.data)
            figures = _figures(target, found, lossy_bytes(photograph, found.psnr))
            write_json(
                record, {"classicseg": __version__, "image": str(path.resolve()), "parameters": options} | figures
            )
        except (OSError, ValueError, MemoryError) as error:
            report(str(error) if str(path) in str(error) else f"{path}: {error or 'out of memory'}")
            continue
        n_done += 1
        if not quiet:
            print(json_text.dumps({"image": str(path)} | figures) if json else _said(path, target, figures))
    return 0 if n_done == len(paths) else 1 if n_done else 2


def _shared(paths: Sequence[Path], n_colors: int, max_pixels: int) -> NDArray[np.float64]:
    """The colors of all images together; those of grey images are colors where others have them."""
    photographs = [read_photograph(path, max_pixels=max_pixels) for path in paths]
    most = max(one.n_channels for one in photographs)
    return shared_palette([with_channels(one, most) for one in photographs], n_colors)


def _as_options(colors: int | None, quality: str | None, max_bytes: str | None, min_region: int) -> dict[str, Any]:
    """Parse what decides on the colors: one thing."""
    given = {"--colors": colors, "--quality": quality, "--max-bytes": max_bytes}
    several = [name for name, value in given.items() if value is not None]
    if len(several) > 1:
        raise ValueError(f"{' and '.join(several)} are given; expected one of them, which decides on the colors")
    if min_region < 0:
        raise ValueError(f"--min-region is {min_region}; expected a whole number >= 0")
    how: dict[str, Any] = {"min_area": float(min_region)}
    if quality is not None:
        found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(?:dB)?", quality)
        if not found or float(found[1]) <= 0:
            raise ValueError(f"--quality is {quality}; expected decibels, such as 36dB")
        return how | {"min_psnr": float(found[1])}
    if max_bytes is not None:
        found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(k|M|Ki|Mi|)B?", max_bytes)
        if not found:
            raise ValueError(f"--max-bytes is {max_bytes}; expected a number of bytes, such as 100k")
        return how | {"max_bytes": int(float(found[1]) * _UNITS[found[2]])}
    if colors is not None and not 1 <= colors <= MOST_COLORS:
        raise ValueError(f"--colors is {colors}; expected 1 to {MOST_COLORS}, which a palette holds")
    return how | {"n_colors": MOST_COLORS if colors is None else int(colors)}


def _targets(paths: Sequence[Path], out: Path, form: Format) -> list[Path]:
    """The files that are written, one for each image."""
    targets = [out / f"{path.stem}.{form}" for path in paths]
    for i, target in enumerate(targets):
        if target in targets[:i]:
            raise ValueError(
                f"{paths[targets.index(target)]} and {paths[i]} would both become {target}; rename one, or "
                "compress them in two runs with a --out each"
            )
    return targets


def _packer(form: Format) -> Any:
    """What packs a PNG tighter."""
    if form != "png":
        raise ValueError(f"--optimize packs PNG; --format is {form}; leave one out")
    try:
        import oxipng
    except ImportError:
        raise ValueError("--optimize needs oxipng, which is not installed; pip install pyoxipng") from None
    return oxipng.optimize_from_memory


def _compressed(photograph: Photograph, form: Format, how: dict[str, Any]) -> Compressed:
    """Compress as the options say."""
    if "max_bytes" in how:
        return most_colors_within(photograph, form, how["max_bytes"], how["min_area"])
    if "min_psnr" not in how:
        return in_few_colors(photograph, form, **how)
    try:
        return in_few_colors(photograph, form, **how)
    except ValueError as error:
        best = in_few_colors(photograph, form, n_colors=MOST_COLORS, min_area=how["min_area"]).psnr
        raise ValueError(
            f"--quality is {how['min_psnr']:g}dB, and {MOST_COLORS} colors, which is what a palette holds, reach "
            f"{best:.2f}dB; expected less, or take --min-region 0 and lossless PNG"
        ) from error


def _figures(target: Path, found: Compressed, lossy: int | None) -> dict[str, Any]:
    """What a file takes, and what it has lost."""
    return {
        "file": str(target),
        "bytes": len(found.data),
        "bits_per_pixel": found.bits_per_pixel,
        "colors": found.n_colors,
        "psnr": found.psnr if math.isfinite(found.psnr) else None,  # JSON has no infinity
        "ssim": found.ssim,
        "lossy_webp_bytes": lossy,
    }


def _said(path: Path, target: Path, figures: dict[str, Any]) -> str:
    """The figures of a file in a sentence."""
    n_bytes, lossy = figures["bytes"], figures["lossy_webp_bytes"]
    hint = f"; a lossy WebP of this PSNR takes {lossy} bytes" if lossy is not None and lossy < n_bytes else ""
    colors = "1 color" if figures["colors"] == 1 else f"{figures['colors']} colors"
    near = "nothing lost" if figures["psnr"] is None else f"PSNR {figures['psnr']:.2f} dB"
    return (
        f"{target}: {colors}, {n_bytes} bytes ({path.name} has {path.stat().st_size}), "
        f"{figures['bits_per_pixel']:.2f} bits a pixel, {near}, SSIM {figures['ssim']:.3f}{hint}"
    )

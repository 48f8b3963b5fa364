"""A run as a program and as a command, which give the same labels again.

A layer stands for the file that it came from only where the file, read here, is the layer to the last pixel. Where
it is not, the program names the layer of the viewer, and no command is given: a command knows files alone.
"""

from __future__ import annotations

import inspect
import shlex
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classicseg.extras.cli.places import spacing_of as spacing_of_file
from classicseg.extras.files import Picture, read_image, read_markers, read_mask
from classicseg.extras.napari.forms import fields_of
from classicseg.extras.napari.layers import Source, is_lazy, seeds_of, source_of, values_of
from classicseg.extras.napari.runs import Run, check, cut, options_of_layer, parts_of
from classicseg.extras.signatures import typed

_READ = {"mask": "read_mask", "seeds": "read_markers", "image": "read_image"}


def as_python(run: Run) -> str:
    """The run as a program, whose last line makes `labels`."""
    check(run)
    source, picture = source_of(run.image), _picture_of(run.image)
    imports, lines = {f"from classicseg import {run.method}"}, []
    arrays: dict[str, str] = {}
    if picture is not None:
        imports.add("from classicseg.extras.files import read_image")
        lines += [f"picture = read_image({str(_path_of(run.image))!r})", "image = picture.pixels"]
        present = None if picture.mask is None else "picture.mask"
    else:
        lines += _image_lines(run.image, source)
        present = _mask_in_layer(run.image)
    for name, layer in run.layers.items():
        if layer is not None:
            arrays[name] = name
            said, needed = _array(run, name, layer)
            imports |= needed
            lines.append(f"{name} = {said}")
    if present is not None:
        lines.append(f"mask = mask & {present}" if "mask" in arrays else f"mask = {present}")
        arrays["mask"] = "mask"
    lines += _call(run, source, arrays)
    if any("np." in line for line in lines):
        imports.add("import numpy as np")
    ordered = sorted(imports, key=lambda line: (not line.startswith("import"), line))
    return "\n".join([*ordered, "", *lines, ""])


def as_command(run: Run) -> str:
    """The run as a command on the files of its layers; refused where one has no file."""
    check(run)
    source, picture = source_of(run.image), _picture_of(run.image)
    if picture is None:
        raise ValueError(_no_file(run.image))
    if run.frame_axis is not None:
        raise ValueError(
            "each frame is segmented by itself; a command takes each file as one image; copy as Python"
        )
    options = dict(run.given)
    for name, layer in run.layers.items():
        if layer is not None:
            options[name] = _typed_layer(run, name, layer)
    if "spacing" in inspect.signature(run.segmenter).parameters:
        spacing = source.spacing
        if spacing != spacing_of_file(picture.geometry):
            options["spacing"] = 1.0 if spacing is None else list(spacing)
    if picture.channel_axis != _positive(source.channel_axis, source.pixels.ndim):
        options["channel_axis"] = source.channel_axis
    method = run.method.removesuffix("_segment").replace("_", "-")
    return shlex.join(["classicseg", method, str(_path_of(run.image)), *typed(options)])


def _image_lines(layer: Any, source: Source) -> list[str]:
    """What takes the pixels out of a layer of the viewer."""
    data = f"viewer.layers[{layer.name!r}].data" + ("[0]" if getattr(layer, "multiscale", False) else "")
    if is_lazy(source.pixels):
        data = f"np.asarray({data})"
    colors = "[..., :3]" if _has_alpha(layer, source) else ""
    return [f"image = {data}{colors}"]


def _mask_in_layer(layer: Any) -> str | None:
    """What says where the pixels of a layer are there; None where all are."""
    name = f"viewer.layers[{layer.name!r}]"
    said = f'{name}.metadata["mask"]' if getattr(layer, "metadata", {}).get("mask") is not None else None
    if _has_alpha(layer, source_of(layer)):
        data = f"{name}.data" + ("[0]" if getattr(layer, "multiscale", False) else "")
        alpha = f"(np.asarray({data})[..., 3] != 0)"
        said = alpha if said is None else f"{alpha} & {said}"
    return said


def _has_alpha(layer: Any, source: Source) -> bool:
    """Whether a layer has a fourth channel, which its pixels lack."""
    data = layer.data[0] if getattr(layer, "multiscale", False) else layer.data
    return source.channel_axis is not None and data.shape[-1] == 4


def _array(run: Run, name: str, layer: Any) -> tuple[str, set[str]]:
    """What makes an argument of a layer, and what must be imported for it."""
    kind = _kind(run, name)
    if kind == "seeds" and hasattr(layer, "symbol"):
        return _points(run, layer), set()
    if _file_array(kind, layer) is not None:
        read = _READ[kind]
        text = f"{read}({str(_path_of(layer))!r})" + (".pixels" if kind == "image" else "")
        return text, {f"from classicseg.extras.files import {read}"}
    if kind == "mask":
        needed = {"from classicseg.extras.napari.layers import mask_of"}
        return f"mask_of(viewer.layers[{layer.name!r}], viewer.layers[{run.image.name!r}])", needed
    return f"np.asarray(viewer.layers[{layer.name!r}].data)", set()


def _points(run: Run, layer: Any) -> str:
    """Points as they stand, or those of each frame."""
    seeds = seeds_of(layer, run.image)
    if run.frame_axis is None:
        return _listed(seeds)
    shape = source_of(run.image).shape
    return f"[{', '.join(_listed(cut(seeds, index, shape)) for index in parts_of(run))}]"


def _listed(seeds: Any) -> str:
    """Points as a program has them."""
    if isinstance(seeds, dict):
        return repr({label: np.asarray(points).tolist() for label, points in seeds.items()})
    return repr(seeds.tolist())


def _call(run: Run, source: Source, arrays: dict[str, str]) -> list[str]:
    """The lines that call the method: once, or for each frame."""
    axis = run.frame_axis
    options = run.given | options_of_layer(run, source, parts_of(run)[0])
    given = {name: repr(value) for name, value in options.items()}
    if axis is None:
        return [
            f"labels = {run.method}(",
            "    image,",
            *(f"    {name}={text}," for name, text in (given | arrays).items()),
            ")",
        ]
    frame = f"[{':, ' * axis}t]"
    given |= {name: text + _frame_of(run, name, source, frame) for name, text in arrays.items()}
    lists = [name for name in arrays if given[name] == f"{name}[t]" and hasattr(run.layers.get(name), "symbol")]
    empty = f"np.zeros({source.shape[:axis] + source.shape[axis + 1 :]}, np.int32)"
    return [
        "labels = np.stack(",
        "    [",
        f"        {run.method}(",
        f"            image{frame},",
        *(f"            {name}={text}," for name, text in given.items()),
        "        )",
        *(f"        if len({name}[t]) else {empty}" for name in lists),
        f"        for t in range({source.shape[axis]})",
        "    ],",
        f"    axis={axis},",
        ")",
    ]


def _frame_of(run: Run, name: str, source: Source, frame: str) -> str:
    """What takes a frame of an array, or of a list of points; empty where one array holds for all frames."""
    layer = run.layers.get(name)
    if layer is not None and hasattr(layer, "symbol"):
        return "[t]"
    is_whole = name == "mask" or tuple(values_of(layer).shape[: len(source.shape)]) == source.shape
    return frame if is_whole else ""


def _typed_layer(run: Run, name: str, layer: Any) -> Any:
    """What one types for a layer: a path, or points."""
    kind = _kind(run, name)
    if kind == "seeds" and hasattr(layer, "symbol"):
        seeds = seeds_of(layer, run.image)
        if isinstance(seeds, dict):
            return [f"{label}:{_word(point)}" for label, points in seeds.items() for point in points]
        return [_word(point) for point in seeds.tolist()]
    if _file_array(kind, layer) is None:
        raise ValueError(_no_file(layer))
    return [str(_path_of(layer))] if kind == "seeds" else _path_of(layer)


def _word(point: list[int]) -> str:
    return ",".join(map(str, point))


def _kind(run: Run, name: str) -> str:
    """What kind of layer an option takes."""
    return next(one.kind for one in fields_of(run.segmenter) if one.name == name)


def _picture_of(layer: Any) -> Picture | None:
    """The file of an image layer as it is read here; None where it has none, or is not the same."""
    source, path = source_of(layer), _path_of(layer)
    if path is None or is_lazy(source.pixels):
        return None
    try:
        picture = read_image(path)
    except (OSError, ValueError, ImportError):
        return None
    axis = _positive(source.channel_axis, source.pixels.ndim)
    is_same = _is_equal(picture.pixels, source.pixels) and picture.channel_axis == axis
    return picture if is_same and _is_same_mask(picture.mask, source.mask) else None


def _file_array(kind: str, layer: Any) -> NDArray[Any] | None:
    """The array in the file of a layer; None where it has none, or is not the same."""
    path = _path_of(layer)
    if path is None or hasattr(layer, "shape_type"):
        return None
    try:
        if kind == "mask":
            found, data = read_mask(path), values_of(layer) != 0
        elif kind == "seeds":
            found, data = read_markers(path), values_of(layer)
            found = found.astype(data.dtype)
        else:
            found, data = read_image(path).pixels, values_of(layer)
    except (OSError, ValueError, ImportError):
        return None
    return found if _is_equal(found, data) else None


def _is_equal(found: NDArray[Any], data: Any) -> bool:
    """Whether two images hold the same numbers in the same dtype, which decides how they are computed with."""
    return found.dtype == data.dtype and np.array_equal(found, data, equal_nan=found.dtype.kind == "f")


def _is_same_mask(mask: Any, other: Any) -> bool:
    """Whether two masks leave the same pixels; None leaves all."""
    if mask is None or other is None:
        return all(one is None or bool(np.all(one)) for one in (mask, other))
    return np.array_equal(mask, other)


def _path_of(layer: Any) -> Path | None:
    """The file that a layer came from."""
    path = getattr(getattr(layer, "source", None), "path", None)
    return Path(path).resolve() if path else None


def _positive(axis: int | None, ndim: int) -> int | None:
    return None if axis is None else axis % ndim


def _no_file(layer: Any) -> str:
    if _path_of(layer) is None:
        return (
            f"the layer {layer.name!r} is in no file, and a command takes files; save it (File > Save Selected "
            "Layers), open that file, and choose its layer; or copy as Python"
        )
    return (
        f"the layer {layer.name!r} is not what is in {_path_of(layer)} when classicseg reads it; save it under "
        "another name, open that file with classicseg, and choose its layer; or copy as Python"
    )

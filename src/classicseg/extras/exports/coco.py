"""COCO's annotations of instances: one file for many images."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

import classicseg
from classicseg._core.numbers import as_choice
from classicseg.extras.exports.run_lengths import as_texts, counts_of
from classicseg.extras.exports.segments import as_plane, cut_open, name_of, outlined
from classicseg.extras.files import write_json

Segmentation: TypeAlias = Literal["rle", "counts", "polygons"]


def write_coco(
    path: str | os.PathLike[str],
    images: Mapping[str, ArrayLike],
    *,
    is_class: bool = False,
    segmentation: Segmentation = "rle",
) -> None:
    """Write the segments of images as COCO's annotations.

    Parameters
    ----------
    path : path-like
        Where to write.
    images : mapping of str to array_like of int or bool, shape (M, N)
        The name of each image's file, and its labels; 0 belongs to none.
    is_class : bool, default False
        Whether the labels are classes: each is a category. Regions are all of one.
    segmentation : {"rle", "counts", "polygons"}, default "rle"
        How pixels are told: by run lengths as compressed text, or as numbers, both exactly; or by polygons, where
        a line as thin as none leads into each hole, since COCO's have none.

    Raises
    ------
    TypeError
        If labels hold neither integers nor bool.
    ValueError
        If labels are no plane, are empty or hold numbers outside 0 … 2147483647, or `segmentation` is none of
        these.
    OSError
        If it cannot be written.

    See Also
    --------
    write_yolo : Polygons as text, a file for each image.

    Notes
    -----
    Each label of an image is one annotation, with ``label`` beside COCO's own fields; ``iscrowd`` is 0. Ids count
    from 1.

    Examples
    --------
    >>> import json, tempfile
    >>> from pathlib import Path
    >>> from classicseg.extras.exports import write_coco
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_coco(f"{folder}/coco.json", {"a.png": [[0, 3], [3, 3]]}, segmentation="counts")
    ...     found = json.loads(Path(f"{folder}/coco.json").read_text())["annotations"][0]
    >>> found["segmentation"]["counts"], found["bbox"], found["area"]
    ([1, 3], [0, 0, 2, 2], 3)
    """
    segmentation = as_choice("segmentation", segmentation, ["rle", "counts", "polygons"])
    planes = {name: as_plane(labels) for name, labels in images.items()}
    described: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, (name, plane) in enumerate(planes.items(), 1):
        described.append({"id": number, "file_name": name, "height": plane.shape[0], "width": plane.shape[1]})
        for found in _annotations(plane, segmentation):
            category = found["label"] if is_class else 1
            ids = {"id": len(annotations) + 1, "image_id": number, "category_id": category}
            annotations.append(ids | found)
    names = sorted({found["category_id"] for found in annotations} | (set() if is_class else {1}))
    categories = [
        {"id": number, "name": name_of(number, is_class=is_class), "supercategory": "segment"} for number in names
    ]
    content = {"info": {"description": "classicseg"}, "licenses": [], "images": described}
    write_json(path, content | {"categories": categories, "annotations": annotations})


def _annotations(plane: NDArray[np.int32], segmentation: str) -> Iterator[dict[str, Any]]:
    """What is said of each label of an image."""
    table, size = classicseg.region_table(plane), [int(length) for length in plane.shape]
    told = _polygons(plane) if segmentation == "polygons" else _runs(plane, size, is_text=segmentation == "rle")
    top, left, bottom, right = table.bounding_box.T
    boxes = np.stack([left, top, right - left, bottom - top], axis=1).tolist()
    for label, area, box, pixels in zip(table.label.tolist(), table.area.tolist(), boxes, told, strict=True):
        yield {"segmentation": pixels, "area": int(area), "bbox": box, "iscrowd": 0, "label": label}


def _runs(plane: NDArray[np.int32], size: list[int], *, is_text: bool) -> Iterator[dict[str, Any]]:
    """Run lengths, label by label."""
    _, lengths, starts = counts_of(plane)
    if is_text:
        return ({"size": size, "counts": text} for text in as_texts(lengths, starts))
    return ({"size": size, "counts": one.tolist()} for one in np.split(lengths, starts[1:-1]) if len(one))


def _polygons(plane: NDArray[np.int32]) -> Iterator[list[list[int]]]:
    """Polygons, label by label: x and y in turn."""
    for one in outlined(plane):
        yield [cut_open(piece)[:, ::-1].reshape(-1).tolist() for piece in one.pieces]

"""Strokes to truth: what each method makes of a few lines in each region, drawn by a rule from the truth.

Every method has its best setting of those tried on other images of the same set, the peers' as ours.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import morphology

from benchmarks.quality import sets, stroke_methods
from benchmarks.quality.methods import Method, score
from benchmarks.quality.stroke_methods import Scene, Way
from benchmarks.tables import Section, markdown

_SHARE, _PIECES = 0.02, 8
"""So much of a piece is drawn on, of so many pieces of each label, the largest ones."""

_REGION = 0.02
"""The least share of a photograph that a region has; smaller ones take no part."""

_MARGIN = 3.0
"""Pixels from a stroke to the outline, where a region has as many."""


class _Set(NamedTuple):
    """Images on which settings are chosen, and those that are reported, with their truths."""

    train: sets.Samples
    val: sets.Samples
    ways: list[Way]


def strokes(data: Path) -> Section:
    """Score each method on each set."""
    cells: dict[tuple[str, str], list[str]] = {}
    best: dict[str, str] = {}
    names = list(_SETS)
    for column, name in enumerate(names):
        one = _SETS[name](data)
        found = _found(one)
        for (method, library), (figure, setting) in found.items():
            row = cells.setdefault((method, library), ["–"] * len(names))
            row[column] = f"{figure:.3f}{f' ({setting})' if setting else ''}"
        ours, theirs = (_best(found, is_ours) for is_ours in (True, False))
        best[name] = (
            f"{name}: {ours[0]} {found[ours][0]:.3f}, {theirs[0]} of {theirs[1]} {found[theirs][0]:.3f} "
            f"({found[ours][0] - found[theirs][0]:+.3f})"
        )
    text = (
        "Mean IoU of the labels, means over the images, and the setting. Strokes are "
        f"{_SHARE:.0%} of the pixels of each of the {_PIECES} largest pieces of each label: the skeleton of what "
        f"lies {_MARGIN:g} pixels or more within, cut to its deepest pixels or thickened. Settings were chosen on "
        "other images. BSDS500: 50 validation images at half the size, the regions of one person that have 2 % of "
        "it or more. DSB 2018: nuclei and ground, 256 pixels a side (root: of the roots of their values). ISBI "
        "2012: cells and membranes, the same. MNI152: grey matter, white matter and the rest, chosen on one "
        "hemisphere and reported of the other.\n\n"
        f"The best of ours and of the others: {'; '.join(best.values())}."
    )
    rows = sorted(cells, key=lambda key: key[1] != "classicseg")
    table = markdown(["method", "library", *names], [(*key, *cells[key]) for key in rows], 2)
    return Section("Strokes to truth", f"{text}\n\n{table}")


def drawn(truth: NDArray[np.int32]) -> NDArray[np.int32]:
    """Draw strokes: the skeleton of each large piece of each label, as many pixels of it as are to be drawn."""
    found = np.zeros_like(truth)
    for label in np.unique(truth[truth > 0]).tolist():
        pieces, _ = ndimage.label(truth == label)
        sizes = np.bincount(pieces.reshape(-1))[1:]
        boxes = ndimage.find_objects(pieces)
        for piece in np.argsort(-sizes, kind="stable")[:_PIECES]:
            inside = pieces[boxes[piece]] == piece + 1
            found[boxes[piece]][_stroke(inside)] = label
    return found


def _stroke(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels nearest to the skeleton of what is well inside, the deepest first."""
    around = np.pad(inside, 1)
    depth = ndimage.distance_transform_edt(around)
    skeleton = morphology.skeletonize(depth >= min(_MARGIN, depth.max())) > 0
    away = ndimage.distance_transform_edt(~(skeleton if skeleton.any() else depth == depth.max()))
    pixels = np.flatnonzero(around)
    order = np.lexsort((-depth.reshape(-1)[pixels], away.reshape(-1)[pixels]))
    found = np.zeros(around.size, bool)
    found[pixels[order[: max(1, round(_SHARE * len(pixels)))]]] = True
    return found.reshape(around.shape)[(slice(1, -1),) * inside.ndim]


def mean_iou(truth: NDArray[np.int32], labels: Any) -> float:
    """The mean over the labels of what truth and labels share, by what either has; some methods give masks."""
    inside, shares = truth > 0, []
    for label in np.unique(truth[inside]).tolist():
        true, said = truth == label, (labels[label] if isinstance(labels, dict) else labels == label) & inside
        shares.append(np.count_nonzero(true & said) / np.count_nonzero(true | said))
    return fmean(shares)


def _found(one: _Set) -> dict[tuple[str, str], tuple[float, str]]:
    """The score of each way at the setting that is best on the images for choosing, and that setting."""
    tried = {
        Method(f"{way.name}, {i}", way.library, _Call(way.call, setting)): way
        for way in one.ways
        for i, setting in enumerate(_settings(way.grid))
    }
    best: dict[tuple[str, str], tuple[float, Method]] = {}
    for method, figures in score(list(tried), one.train.images, one.train.truths, mean_iou).items():
        way, figure = tried[method], fmean(figures)
        if figure > best.get((way.name, way.library), (-1.0, method))[0]:
            best[way.name, way.library] = figure, method
    found = score([method for _, method in best.values()], one.val.images, one.val.truths, mean_iou)
    return {key: (fmean(found[method]), method.call.said()) for key, (_, method) in best.items()}


class _Call(NamedTuple):
    """A way at one setting, for other processes."""

    way: Callable[..., Any]
    setting: tuple[tuple[str, Any], ...]

    def __call__(self, scene: Scene) -> Any:
        return self.way(scene, **dict(self.setting))

    def said(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.setting)


def _settings(grid: Mapping[str, Sequence[Any]]) -> Iterator[tuple[tuple[str, Any], ...]]:
    for values in itertools.product(*grid.values()):
        yield tuple(zip(grid, values, strict=True))


def _best(found: Mapping[tuple[str, str], tuple[float, str]], is_ours: bool) -> tuple[str, str]:
    keys = (key for key in found if (key[1] == "classicseg") == is_ours)
    return max(keys, key=lambda key: found[key][0])


def _photographs(data: Path) -> _Set:
    parts = []
    for split, step in (("train", 40), ("val", 2)):
        samples = sets.bsds500(data / "bsds500", split)
        images = [_halved(image) for image in samples.images[::step]]
        truths = [_large(people.segmentations[0][:-1:2, :-1:2]) for people in samples.truths[::step]]
        parts.append(_scenes(images, truths))
    return _Set(*parts, stroke_methods.ways("photographs"))


def _halved(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows, columns = (length // 2 for length in image.shape[:2])
    blocks = image[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2, -1)
    return np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8)


def _large(names: NDArray[np.int32]) -> NDArray[np.int32]:
    """The regions that are large enough, the largest first; 0 elsewhere."""
    sizes = np.bincount(names.reshape(-1))
    large = [name for name in np.argsort(-sizes, kind="stable") if sizes[name] >= _REGION * names.size]
    numbers = np.zeros(len(sizes), np.int32)
    numbers[large] = range(1, len(large) + 1)
    return numbers[names]


def _nuclei(data: Path) -> _Set:
    samples = sets.nuclei(data / "dsb2018")
    images = [image[:256, :256] for image in samples.images]
    truths = [1 + (truth[:256, :256] > 0).astype(np.int32) for truth in samples.truths]
    return _Set(
        _scenes(images[::8], truths[::8]), _scenes(images[1::4], truths[1::4]), stroke_methods.ways("sections")
    )


def _membranes(data: Path) -> _Set:
    samples = sets.membranes(data / "isbi_em")
    images = [image[:256, :256] for image in samples.images]
    truths = [np.where(truth[:256, :256], 1, 2).astype(np.int32) for truth in samples.truths]
    return _Set(
        _scenes(images[::10], truths[::10]), _scenes(images[5::5], truths[5::5]), stroke_methods.ways("sections")
    )


def _brain(data: Path) -> _Set:
    """A slab of each hemisphere, from the middle outwards."""
    [image], [truth] = sets.brain(data / "volumes")
    middle = image.shape[2] // 2
    halves = [(slice(80, 104), slice(70, 166), slice(middle + side, middle + side + 72)) for side in (-72, 0)]
    parts = [_scenes([image[half]], [truth[half]]) for half in halves]
    return _Set(*parts, stroke_methods.ways("volumes"))


def _scenes(images: Sequence[NDArray[Any]], truths: Sequence[NDArray[np.int32]]) -> sets.Samples:
    kept = [i for i, truth in enumerate(truths) if len(np.unique(truth[truth > 0])) > 1]
    scenes = [Scene(np.ascontiguousarray(images[i]), drawn(truths[i])) for i in kept]
    return sets.Samples(scenes, [truths[i] for i in kept])


_SETS: dict[str, Callable[[Path], _Set]] = {
    "BSDS500": _photographs,
    "DSB 2018": _nuclei,
    "ISBI 2012": _membranes,
    "MNI152": _brain,
}

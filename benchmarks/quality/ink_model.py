"""Trains the forest of `ink_segment` on pages of which the ink is known, and scores it on pages it did not see.

    python -m benchmarks.quality.ink_model PAGES [--output pages.npz]

PAGES is a folder of x_source.png with x_target.png beside each, dark where ink is. Pages of the same sixth to
ninth letter belong together (DIBCO2009_H01: the year of a contest): they are scored by a forest of all others. The
forest that is written learns from all.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import classicseg
from benchmarks.quality import sets
from classicseg._core.image import as_scalar_image
from classicseg.classifying.ink_features import FORESTS, ink_features
from classicseg.extras.training import write_model
from classicseg.learning.fitting import Boosting, fit_forest
from classicseg.learning.forest import Forest, predict_forest
from classicseg.learning.model import BoundaryModel
from classicseg.segmentation.ink import SURE, inked_page

_BOOSTING = Boosting(n_trees=150, depth=6, learning_rate=0.1, l2=20.0)

_SAMPLES = 4000
"""Pixels that are learned from, of each page."""

_SMALLER = (0.5, 0.35, 0.01), (0.33, 1.0, 0.045), (0.33, 0.3, 0.0225)
"""Pages are learned from in smaller sizes as well: the scale, how much of the light is left at a dark side, and
the weight. No contest has small print, whose strokes are thin and sharp. More weight would cost the F-measure on
pages of their size."""


class _Page(NamedTuple):
    features: NDArray[np.float32]
    truth: NDArray[np.bool_]
    """Of the pixels near ink."""
    n_ink: int
    """Of all pixels."""
    weight: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args()
    samples, groups = sets.pages(asked.pages)
    pairs = list(zip(samples.images, samples.truths, strict=True))
    pages = _looked_at(pairs)
    scores: list[float] = []
    for group, forest in _of_others(pages, groups):
        found = [_score(page[0], forest) for page, own in zip(pages, groups, strict=True) if own == group]
        print(f"{group}: F {fmean(found):.2f}, {', '.join(f'{own:.1f}' for own in found)}", flush=True)
        scores += found
    if scores:
        print(f"all, each by a forest of the others: F {fmean(scores):.2f}")
    forest = _fit(pages)
    print(f"all, by the forest of all: F {fmean(_score(page[0], forest) for page in pages):.2f}")
    if asked.output:
        digest = hashlib.blake2b(digest_size=16)
        for image, truth in pairs:
            digest.update(image.tobytes() + truth.tobytes())
        about = {"pages": len(pages), "digest": digest.hexdigest(), "classicseg": classicseg.__version__}
        model = BoundaryModel({"ink": forest}, FORESTS, {**about, "boosting": _BOOSTING._asdict()})
        print(f"{asked.output}: {write_model(asked.output, model)} bytes")


def models_of_others(samples: sets.Samples, groups: Sequence[str]) -> dict[str, BoundaryModel]:
    """For each group of pages a model of all others."""
    pages = _looked_at(list(zip(samples.images, samples.truths, strict=True)))
    return {group: BoundaryModel({"ink": forest}, FORESTS, {}) for group, forest in _of_others(pages, groups)}


def _looked_at(pairs: Sequence[tuple[NDArray[np.uint8], NDArray[np.bool_]]]) -> list[list[_Page]]:
    """Each page, and smaller ones made of it."""
    return [[_look(*pair), *_smaller(*pair, number)] for number, pair in enumerate(pairs)]


def _of_others(pages: Sequence[Sequence[_Page]], groups: Sequence[str]) -> Iterator[tuple[str, Forest]]:
    """For each group, if there are several, the forest of all others."""
    for group in sorted(set(groups)) if len(set(groups)) > 1 else []:
        yield group, _fit([page for page, own in zip(pages, groups, strict=True) if own != group])


def _look(image: NDArray[np.uint8], truth: NDArray[np.bool_], weight: float = 1.0) -> _Page:
    page = inked_page(as_scalar_image(image, channel_axis=None, mask=None), None)
    if page is None:
        raise ValueError("a page is of one grey; expected some ink; leave it out")
    near, features = ink_features(page)
    return _Page(features, truth[near], int(truth.sum()), weight)


def _smaller(image: NDArray[np.uint8], truth: NDArray[np.bool_], number: int) -> Iterator[_Page]:
    """Smaller pages in a shade from one of the four sides."""
    for scale, least, weight in _SMALLER:
        size = int(image.shape[1] * scale), int(image.shape[0] * scale)
        both = (image, np.uint8(255) * truth)
        small, share = (np.asarray(Image.fromarray(own).resize(size, Image.Resampling.BICUBIC)) for own in both)
        light = np.linspace(least, 1, small.shape[number // 2 % 2])[:: -1 if number % 2 else 1]
        shaded = small * (light if number // 2 % 2 else light[:, np.newaxis])
        yield _look(np.rint(shaded).astype(np.uint8), share > 127, weight)
        number += 1


def _fit(pages: Sequence[Sequence[_Page]]) -> Forest:
    """Some pixels of each page; each weighs as much as it stands for in the F-measure of its page."""
    features, targets, weights = [], [], []
    for number, page in enumerate(page for versions in pages for page in versions):
        n = len(page.truth)
        chosen = np.sort(np.random.default_rng(number).choice(n, min(n, _SAMPLES), replace=False))
        features.append(page.features[:, chosen])
        targets.append(page.truth[chosen].astype(np.float64))
        weights.append(np.full(len(chosen), page.weight * n / max(1, len(chosen)) / max(1, page.n_ink)))
    return fit_forest(
        np.concatenate(features, axis=1),
        np.concatenate(targets),
        weights=np.concatenate(weights),
        boosting=_BOOSTING,
    )


def _score(page: _Page, forest: Forest) -> float:
    """The F-measure in percent; ink that is not near any is missed."""
    ink = predict_forest(forest, page.features) > SURE
    right, found = (int(np.count_nonzero(part)) for part in (ink & page.truth, ink))
    return 200 * right / max(1, found + page.n_ink)


if __name__ == "__main__":
    main()

"""Regions that merge by scored arcs, in stages: arcs are scored, regions merge up to a cut, and what is left is
scored anew, on larger regions and longer arcs."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg.flooding.basins import basins_of_minima
from classicseg.labeling.numbering import number_by_first_pixel
from classicseg.labeling.union_find import first_of_component
from classicseg.learning.forest import Forest, predict_forest
from classicseg.learning.model import BoundaryModel, check_model
from classicseg.trees.arcs.arcs import SCORE_STEPS, Arcs, Boundaries, arcs_of, joined, strengths_of
from classicseg.trees.arcs.cracks import Cracks, cracks_of
from classicseg.trees.arcs.features import FIRST_FEATURES, LATER_FEATURES, features_of
from classicseg.trees.arcs.merges import MERGE_FEATURES, merge_features, merge_tree_of, sums_of_nodes
from classicseg.trees.arcs.planes import levels_of
from classicseg.trees.criteria import prices_of, salient_prices
from classicseg.trees.merging import Contacts, Measures, Merges, merge_all
from classicseg.trees.region_tree import region_tree
from classicseg.types import Regions, RegionTree

CUTS = (0.12,)
"""Up to which score regions merge after each stage but the last."""

SALIENT_AREA = 400.0
"""Pixels from which on a region counts in full."""

AGAIN = 0.7
"""How much the forest that scores merges again counts beside the scores of arcs."""

ARC_FORESTS = {"arcs_first": FIRST_FEATURES, "arcs_second": LATER_FEATURES}
"""What the forests of the stages are called in a model, and what they are asked of."""


MERGES = "merges"
"""What the forest is called that scores merges again, which a model may have beside those of all stages."""


class ArcStages(NamedTuple):
    """Forests that score arcs, from fine to coarse."""

    forests: tuple[Forest, ...]
    cuts: tuple[float, ...]
    """Up to which score regions merge after each stage but the last."""
    merges: Forest | None = None
    """What scores the merges of the last stage again."""


class FinestArcs(NamedTuple):
    """What merges: regions, and what lies between them."""

    regions: Regions
    cracks: Cracks
    arcs: Arcs


def stages_of(model: BoundaryModel) -> ArcStages | None:
    """The stages that a model has forests for, one or more; None if it knows nothing of arcs."""
    names = list(itertools.takewhile(model.forests.__contains__, ARC_FORESTS))
    if not names:
        return None
    check_model(model, {name: ARC_FORESTS[name] for name in names})
    forests, last = tuple(model.forests[name] for name in names), None
    if MERGES in model.forests and len(names) == len(ARC_FORESTS):
        last = check_model(model, {MERGES: MERGE_FEATURES}).forests[MERGES]
    return ArcStages(forests, CUTS[: len(names) - 1], last)


def finest_arcs(steps: NDArray[np.int16], inside: NDArray[np.bool_], boundaries: Boundaries) -> FinestArcs:
    """Flood a map of boundaries from its minima, and measure the arcs between the basins in an image in steps of
    Lab. A caller that keeps neither steps nor boundaries has their memory back."""
    levels = levels_of(steps, inside)
    del steps
    image = Image(np.ascontiguousarray(np.moveaxis(levels[:3], 0, -1)), None if inside.all() else inside)
    regions = number_by_first_pixel(basins_of_minima(boundaries.strengths, image, 1).labels)
    del image
    cracks = cracks_of(regions)
    strengths = strengths_of(cracks, boundaries, inside.shape)
    del boundaries
    return FinestArcs(regions, cracks, arcs_of(regions, cracks, levels, strengths, inside))


def tree_by_stages(finest: FinestArcs, stages: ArcStages) -> RegionTree:
    """The tree of regions whose heights are the mean scores of arcs, from 0 to 1."""
    regions, arcs = finest.regions, finest.arcs
    del finest
    names, pairs, heights = np.arange(len(arcs.regions), dtype=np.int32), [], []
    areas = arcs.regions[:, 0].astype(np.float64)
    for forest, cut in zip(stages.forests, (*stages.cuts, math.inf), strict=True):
        scores = scores_of(forest, features_of(arcs))
        merges = merges_up_to(cut, arcs, scores)
        if cut == math.inf and stages.merges is not None:
            merges = scored_again(stages.merges, arcs, scores, merges)
        pairs.append(names[merges.pairs])
        heights.append(merges.costs)
        if cut < math.inf:
            numbers = numbers_after(len(arcs.regions), merges.pairs)
            arcs, names = joined(arcs, numbers, scores), first_names(names, numbers)
    return region_tree(regions, areas, np.concatenate(pairs), np.concatenate(heights))


def scores_of(forest: Forest, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """How likely people drew each arc, from 0 to 1, in whole steps."""
    found = np.clip(predict_forest(forest, features).astype(np.float64), 0, 1)
    return np.rint(found * SCORE_STEPS) / SCORE_STEPS


def merges_up_to(cut: float, arcs: Arcs, scores: NDArray[np.float64]) -> Merges:
    """Merge over the weakest arcs; where regions merge, arcs become one, with the mean score by length. Without a
    cut, the arcs of regions below `SALIENT_AREA` are weaker than they are scored: specks stand out, but it is not
    them that people draw."""
    lengths = arcs.lengths.astype(np.float64)
    table = np.column_stack([lengths, lengths * scores, np.zeros(len(lengths))])
    measures = Measures(arcs.regions[:, :4].astype(np.float64), 3, 0, 0)
    contacts, options = Contacts(arcs.ends.copy(), table), np.array([1, 1, 1, SALIENT_AREA])
    price = prices_of("border") if cut < math.inf else salient_prices()
    merges = merge_all(price, measures, contacts, options, False)
    low = merges.costs <= cut
    return Merges(merges.pairs[low], merges.costs[low])


def scored_again(forest: Forest, arcs: Arcs, scores: NDArray[np.float64], merges: Merges) -> Merges:
    """The same merges between the heights that they have and those that a forest gives them, less where a region
    is small. What a forest says of whole merges makes the better regions; where lines are strong, arcs tell."""
    tree = merge_tree_of(len(arcs.regions), merges)
    found = scores_of(forest, merge_features(arcs, scores, tree))
    areas = sums_of_nodes(arcs.regions[:, :1], tree)[:, 0]
    shares = np.minimum(areas[tree.children].min(axis=1) / SALIENT_AREA, 1)
    before = tree.heights[len(arcs.regions) :]
    return Merges(tree.firsts[tree.children], before + AGAIN * (found * np.sqrt(shares) - before))


def numbers_after(n_regions: int, pairs: NDArray[np.int32]) -> NDArray[np.int32]:
    """What each region is in after merges: 0 …, in the order of the first regions."""
    firsts = first_of_component(pairs.T.astype(np.int64), n_regions)
    return np.unique(firsts, return_inverse=True)[1].reshape(-1).astype(np.int32)


def first_names(names: NDArray[np.int32], numbers: NDArray[np.int32]) -> NDArray[np.int32]:
    """The name of the first of those that have each number."""
    return names[np.unique(numbers, return_index=True)[1]]

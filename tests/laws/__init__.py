"""The laws that every segmenter keeps, each a function that fails where one does not.

A law knows nothing of the segmenter beyond its signature, whose return annotation says the kind: whoever joins the
catalogue is held to all laws of its kind.
"""

from __future__ import annotations

from classicseg.types import kind_of
from laws.classes import CLASSES
from laws.common import COMMON, FAR, LOCAL, Law, Laws, Segmenter, WithSeeds, seeds_option
from laws.regions import REGIONS
from laws.seeded import SEEDED
from laws.superpixels import SUPERPIXELS

__all__ = ["ALL_LAWS", "FAR", "LOCAL", "laws_of", "seeds_option"]

_OF_KIND = {"classes": CLASSES, "regions": REGIONS, "superpixels": SUPERPIXELS}

ALL_LAWS = COMMON | CLASSES | REGIONS | SUPERPIXELS | SEEDED


def laws_of(segment: Segmenter) -> dict[str, Law]:
    """The laws that a segmenter is held to, by name: those of all, of its kind, and of seeds if it takes any."""
    kind = kind_of(segment)
    if kind == "seeded":
        return {name: _given_seeds(law) for name, law in COMMON.items()} | SEEDED
    return COMMON | _OF_KIND[kind] | (SEEDED if seeds_option(segment) else Laws())


def _given_seeds(law: Law) -> Law:
    """The law, for a segmenter that needs seeds as well."""
    return lambda segment, data: law(WithSeeds(segment), data)

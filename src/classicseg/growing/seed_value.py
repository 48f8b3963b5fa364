"""Growth over what a region accepts by value: all such pixels that connect to its seeds (the magic wand).

Each region floods by itself, a run of pixels along a line at a time, over the mask of what it accepts. Where two
regions meet, all grow again at once, in rounds (`simultaneous`): which pixels a region gets depends on which
region comes first, and floods know no time. Rounds from the start would save a fifth of the time where two regions
share 12 megapixels, and take 11 times as long where they stay apart.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from classicseg._core.image import Image
from classicseg._core.seeds import SeedPixels
from classicseg.growing.acceptance import (
    Acceptance,
    check_interval,
    interval_acceptance,
    mark_accepted,
    seed_acceptance,
    unpadded,
)
from classicseg.growing.openings import open_mask
from classicseg.growing.options import GrowingOptions
from classicseg.growing.run_flood import VISITED, flood, paint_region
from classicseg.growing.simultaneous import grow_simultaneously

MOST_FLOODS = 32
"""More regions than this grow in rounds from the start; the labels are the same. Each flood looks at all
pixels."""

_PAGE = 4096
"""The bytes of a page of memory."""


def grow_by_seed_value(image: Image, seeds: SeedPixels, options: GrowingOptions) -> NDArray[np.int32]:
    """Give each pixel the number of the region whose interval, or whose seed's tolerance, leads to it."""
    if options.interval is None:
        acceptance = seed_acceptance(image, seeds, options.tolerance, options.norm)
    else:
        values = image.values.reshape(-1, image.n_channels)[seeds.nodes]
        check_interval(values, seeds, options.interval, image.shape)
        acceptance = interval_acceptance(image, seeds, options.interval)
    return grow_accepted(image, seeds, acceptance, options)


def grow_accepted(
    image: Image, seeds: SeedPixels, acceptance: Acceptance, options: GrowingOptions
) -> NDArray[np.int32]:
    """Give each pixel that connects to a region's seeds, over what the region accepts, the region's number.

    With an opening radius, over what is left of it after an opening.
    """
    if len(seeds.labels) > MOST_FLOODS and options.opening_radius == 0:
        return grow_simultaneously(image, seeds, acceptance, options)
    labels = np.zeros(image.shape, np.int32)
    for number in range(1, len(seeds.labels) + 1):
        nodes = seeds.nodes[seeds.numbers == number]
        mask = accepted_mask(image, acceptance, number, nodes, options)
        flood(mask, image.shape, options.connectivity, nodes, meanwhile=partial(_touch, labels, number))
        if not paint_region(mask, VISITED, number, labels):
            continue
        if options.opening_radius > 0:
            raise ValueError(
                f"the region of seed {seeds.labels[number - 1]} meets another, and opening_radius is "
                f"{options.opening_radius:g}; it works on regions that stay apart; grow them one at a time, or "
                "let them accept less"
            )
        return grow_simultaneously(image, seeds, acceptance, options)
    return labels


def accepted_mask(
    image: Image, acceptance: Acceptance, number: int, nodes: NDArray[np.int64], options: GrowingOptions
) -> NDArray[np.uint8]:
    """A padded mask, flat, that is 1 where a region with these seed pixels may grow."""
    mask = mark_accepted(image, acceptance, number)
    if options.opening_radius > 0:
        pixels = unpadded(mask, image.shape)
        pixels[:] = open_mask(pixels, image, nodes, options.opening_radius, options.spacing)
    return mask


def _touch(labels: NDArray[np.int32], number: int) -> None:
    """Have the pages of fresh labels made while the first region floods: 2 ms of 14 saved on 12 Mpx."""
    if number == 1:
        labels.reshape(-1)[:: _PAGE // labels.itemsize] = 0

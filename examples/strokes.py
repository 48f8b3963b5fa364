"""Strokes in, labels out
======================

Strokes in, labels out: the same strokes, and what each method of the family makes of them.

::

    python examples/strokes.py [strokes.png]

Which of the family when: geodesics where strokes are many and near, since they are fast and know the shortest way
alone; the random walker where outlines have gaps or noise, since it counts all ways; the watershed where edges are
strong, since a way counts by its highest point; growing where each object has values of its own.

Needs classicseg[cli] (matplotlib, and scikit-image for the photograph).
"""

import sys

import numpy as np
from matplotlib.figure import Figure
from skimage import data

from classicseg import (
    geodesic_distance,
    geodesic_segment,
    random_walker_probabilities,
    random_walker_segment,
    region_growing_segment,
    watershed_segment,
)
from classicseg.extras.plot import check_figure, overlay_image, save_figure

path = sys.argv[1] if len(sys.argv) > 1 else "strokes.png"
check_figure(path)

photograph = data.astronaut()[:320, 60:380]

strokes = np.zeros(photograph.shape[:2], np.int32)
strokes[40:150, 158:164] = 1  # the face, the suit, and what is behind
strokes[230:300, 120:128] = strokes[230:236, 120:230] = 1
strokes[20:120, 30:36] = strokes[10:16, 60:110] = strokes[30:200, 290:296] = 2

panels = {
    "the photograph and the strokes": overlay_image(photograph, strokes),
    "random walker": random_walker_segment(photograph, strokes=strokes),
    "its probability of the astronaut": random_walker_probabilities(photograph, strokes=strokes)[..., 0],
    "geodesics": geodesic_segment(photograph, strokes=strokes),
    "distance to the strokes": geodesic_distance(photograph, strokes=strokes),
    "watershed": watershed_segment(photograph, markers=strokes),
    "growing": region_growing_segment(photograph, seeds=strokes, criterion="competition"),
}

figure = Figure(figsize=(14, 7.4), dpi=100, layout="constrained")
grid = figure.subplots(2, 4)
for axes in grid.flat:
    axes.set_axis_off()
for axes, (title, image) in zip(grid.flat, panels.items(), strict=False):
    is_labels = image.dtype == np.int32
    axes.imshow(overlay_image(photograph, image) if is_labels else image, cmap="magma")
    axes.set_title(title)

save_figure(figure, path)
print(f"wrote {path}")

"""Four families of methods side by side
=====================================

One photograph, four families of methods, side by side.

::

    python examples/four_families.py [four_families.png]

Needs classicseg[cli] (matplotlib, and scikit-image for the photograph).
"""

import sys

from matplotlib.figure import Figure
from skimage import data

from classicseg import (
    boundary_segment,
    connected_regions,
    gradient_segment,
    kmeans_segment,
    region_growing_segment,
    threshold_segment,
)
from classicseg.extras.plot import check_figure, overlay, save_figure

path = sys.argv[1] if len(sys.argv) > 1 else "four_families.png"
check_figure(path)

photograph = data.astronaut()

segmentations = {
    "threshold_segment: Otsu, three classes": threshold_segment(photograph, n_classes=3),
    "gradient_segment: flat and steep": gradient_segment(photograph),
    "kmeans_segment: five colors": kmeans_segment(photograph, n_clusters=5),
    "region_growing_segment": region_growing_segment(photograph),
    "boundary_segment: Canny": boundary_segment(photograph),
}

figure = Figure(figsize=(12, 8.6), dpi=100, layout="constrained")
panels = figure.subplots(2, 3).flat
next_panel = next(panels)
next_panel.imshow(photograph)
next_panel.set_title("photograph")
for title, labels in segmentations.items():
    next_panel = next(panels)
    overlay(photograph, labels, ax=next_panel)
    next_panel.set_title(f"{title}\n{connected_regions(labels).max()} connected regions", fontsize=10)
for axes in figure.axes:
    axes.set_axis_off()

save_figure(figure, path)
print(f"wrote {path}")

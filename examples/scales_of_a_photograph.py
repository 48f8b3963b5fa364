"""A photograph at several scales
==============================

One tree of a photograph: three cuts, each inside the one before, and how strong each boundary is.

::

    python examples/scales_of_a_photograph.py [scales_of_a_photograph.png]

Needs classicseg[cli] (matplotlib, and scikit-image for the photograph).
"""

import sys

from matplotlib.figure import Figure
from skimage import data

from classicseg import contour_strengths, cut_tree, merge_tree
from classicseg.extras.plot import check_figure, dendrogram_plot, overlay, save_figure, scales_plot

COUNTS = [8, 40, 200]

path = sys.argv[1] if len(sys.argv) > 1 else "scales_of_a_photograph.png"
check_figure(path)

photograph = data.coffee()

tree = merge_tree(photograph)  # once …
levels = cut_tree(tree, n_segments=COUNTS)  # … and milliseconds for each scale
print(f"{tree.regions.max()} finest regions; cuts into {', '.join(str(labels.max()) for labels in levels)}")

figure = Figure(figsize=(15, 8), dpi=100, layout="tight")
panels = iter(figure.subplots(2, 3).flat)
for count, labels in zip(COUNTS, levels, strict=True):
    overlay(photograph, labels, ax=next(panels)).set_title(f"cut_tree: {count} segments")
scales_plot(photograph, levels, ax=next(panels)).set_title("the three, one inside the other")
saliency = next(panels)
saliency.imshow(contour_strengths(tree) ** 0.5, cmap="gray_r")
saliency.set_title("contour_strengths: where a boundary goes (square root)")
saliency.set_axis_off()
dendrogram_plot(tree, ax=next(panels)).set_title("the last 30 segments merge")

save_figure(figure, path)
print(f"wrote {path}")

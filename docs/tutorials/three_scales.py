"""Regions of a photograph at three scales
=======================================

A photograph has parts, and parts of parts: cup and saucer, then handle and rim. One tree holds the regions of
all scales. Building it takes a second or so; each cut through it takes milliseconds.

Needs ``classicseg[plot]`` and scikit-image.
"""

# %%
# A tree
# ------

import time

import numpy as np
from matplotlib.figure import Figure
from skimage import data

from classicseg import boundary_tree, contour_strengths, cut_tree, label_means, merge_tree
from classicseg.extras.plot import dendrogram_plot, overlay

image = data.coffee()[::2, ::2]
tree = merge_tree(image)
print(tree.regions.max(), "finest regions,", len(tree.parents), "nodes")

# %%
# The finest regions are small and of one shade. The two neighbors that are most alike merge, then the next two,
# until one region is left. By default the border with the least contrast goes first; ``criterion=`` names other
# rules.
#
# Three cuts
# ----------
# A cut at 100 regions, one at 25, one at 6. They are nested: each region of the coarse one is made of whole
# regions of the fine one.

started = time.perf_counter()
fine, middle, coarse = cut_tree(tree, n_segments=[100, 25, 6])
print("three cuts in", "less than a second" if time.perf_counter() - started < 1 else "more than a second")

pairs = np.unique(np.stack([fine.ravel(), coarse.ravel()]), axis=1)
print("nested:", pairs.shape[1] == fine.max())

figure = Figure(figsize=(9, 4.8), dpi=100, layout="constrained")
for column, labels in zip(figure.subplots(2, 3).T, (fine, middle, coarse), strict=True):
    overlay(image, labels, ax=column[0]).set_title(f"{labels.max()} regions")
    column[1].imshow(label_means(labels, image).astype(np.uint8))
    column[1].set_axis_off()

# %%
# The lower row paints each region with its mean color.
#
# How long does each border last?
# -------------------------------
# ``contour_strengths`` says for each pixel up to which height its border lives. Strong borders are those of
# things.

figure_of_strengths = Figure(figsize=(6, 4), dpi=100, layout="constrained")
axes = figure_of_strengths.add_subplot()
axes.imshow(np.log1p(contour_strengths(tree)), cmap="gray_r")
axes.set_axis_off()

# %%
# The tree itself, its last 20 merges:

dendrogram = dendrogram_plot(tree, n_leaves=20).figure

# %%
# As people would divide it
# -------------------------
# Contrast is not all that people see. ``boundary_tree`` looks for the boundaries that people would draw,
# learned from drawings.

drawn = boundary_tree(image)
figure_drawn = Figure(figsize=(9, 2.6), dpi=100, layout="constrained")
for axes, n in zip(figure_drawn.subplots(1, 3), (40, 12, 5), strict=True):
    overlay(image, cut_tree(drawn, n_segments=n), ax=axes).set_title(f"{n} regions")

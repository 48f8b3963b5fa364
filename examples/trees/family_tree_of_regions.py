"""
The family tree of regions
==========================

``merges_of`` lists the merges of a tree as SciPy's linkage matrix, and SciPy draws it. The regions are numbered
in the picture as on the axis below: those that join low are nearly alike, and a long vertical line is a step
between scales.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.cluster.hierarchy import dendrogram
from skimage import data

from classicseg import cut_tree, distance_map, merge_tree, merges_of
from classicseg.extras.plot import overlay

image = data.coffee()
regions = cut_tree(merge_tree(image), n_segments=14)
tree = merge_tree(image, regions=regions)

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
overlay(image, regions, ax=left).set_title("14 regions")
inside = distance_map(np.pad(regions, 1))[1:-1, 1:-1]
for label in range(1, 15):
    row, column = np.unravel_index(np.where(regions == label, inside, 0).argmax(), regions.shape)
    left.text(column, row, str(label), ha="center", va="center", color="black", weight="bold")
left.set_axis_off()
dendrogram(merges_of(tree), ax=right, labels=range(1, 15), link_color_func=lambda node: "0.3")
right.set_title("which merge, and at what height")
plt.show()

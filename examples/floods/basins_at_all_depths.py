"""
Basins at all depths
====================

``watershed_tree`` floods once and keeps which basin overflows into which, and at what depth. Any number of
basins is then a cut, in milliseconds. The order decides which basins last: the deep ones, the wide ones, or
those of the greatest volume.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import cut_tree, watershed_tree
from classicseg.extras.plot import overlay

image = data.coffee()

figure, panels = plt.subplots(2, 3, figsize=(11, 5.6), layout="constrained")
for column, order in zip(panels.T, ("depth", "area", "volume"), strict=True):
    tree = watershed_tree(image, order=order)
    for axes, n_segments in zip(column, (100, 15), strict=True):
        overlay(image, cut_tree(tree, n_segments=n_segments), ax=axes)
        axes.set_title(f"by {order}: {n_segments} basins")
        axes.set_axis_off()
plt.show()

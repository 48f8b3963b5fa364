"""
Clusters that know their place
==============================

With a ``spatial_weight`` the row and the column of a pixel count beside its color. Classes then hold together in
the image: of things of one color in different corners each becomes a class of its own, and specks vanish.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import connected_regions, kmeans_segment
from classicseg.extras.plot import overlay

image = data.coffee()

figure, panels = plt.subplots(1, 3, figsize=(11, 3.1), layout="constrained")
for axes, weight in zip(panels, (0, 0.3, 1), strict=True):
    labels = kmeans_segment(image, n_clusters=6, spatial_weight=weight)
    overlay(image, labels, ax=axes)
    axes.set_title(f"weight {weight}: {connected_regions(labels).max()} pieces")
    axes.set_axis_off()
plt.show()

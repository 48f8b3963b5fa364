"""
Small regions join their neighbors
==================================

A segmentation with a thousand specks has too much to look at. ``merge_small_regions`` joins each region below
``min_area`` to the neighbor that is most like it, so that every pixel keeps a label and no hole is left.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import connected_regions, kmeans_segment, label_means, merge_small_regions

image = data.coffee()
regions = connected_regions(kmeans_segment(image, n_clusters=6))

figure, panels = plt.subplots(1, 3, figsize=(11, 3.1), layout="constrained")
for axes, min_area in zip(panels, (0, 30, 1000), strict=True):
    labels = merge_small_regions(regions, image, min_area=min_area) if min_area else regions
    axes.imshow(label_means(labels, image).astype("uint8"))
    axes.set_title(f"of {min_area} pixels or more: {labels.max()}")
    axes.set_axis_off()
plt.show()

"""
Shallow basins join
===================

Without markers each minimum of the gradient is a basin, and grain alone makes hundreds. With ``min_depth`` a
basin must be so much deeper than its lowest pass; shallower ones join the neighbor that they overflow into.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import watershed_segment
from classicseg.extras.plot import overlay

image = data.coffee()

figure, panels = plt.subplots(1, 3, figsize=(11, 3.1), layout="constrained")
for axes, min_depth in zip(panels, (0, 3, 20), strict=True):
    labels = watershed_segment(image, min_depth=min_depth)
    overlay(image, labels, ax=axes)
    axes.set_title(f"min_depth {min_depth}: {labels.max()} regions")
    axes.set_axis_off()
plt.show()

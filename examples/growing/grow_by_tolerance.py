"""
From a click to a region
========================

From a seed, a region takes in all pixels that hang together with it and are like it. The ``tolerance``, in the
image's own units, says how like: too small and the region stays a speck, too large and it leaks.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import region_growing_segment
from classicseg.extras.plot import overlay

image = data.coffee()
seed = (170, 330)  # the coffee in the cup

figure, panels = plt.subplots(1, 3, figsize=(11, 3.1), layout="constrained")
for axes, tolerance in zip(panels, (20, 100, 195), strict=True):
    region = region_growing_segment(image, seeds=seed, tolerance=tolerance)
    overlay(image, region, ax=axes)
    axes.plot(seed[1], seed[0], "x", color="white", markersize=10, markeredgewidth=2)
    axes.set_title(f"tolerance {tolerance}: {region.sum()} pixels")
    axes.set_axis_off()
plt.show()

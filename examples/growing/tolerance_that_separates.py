"""
The tolerance that separates
============================

Two clicks say more than a number: this belongs to it, that does not. ``separating_tolerance`` finds the largest
tolerance at which the region of the first does not reach the second.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import region_growing_segment, separating_tolerance
from classicseg.extras.plot import overlay

image = data.coffee()
inside, outside = (170, 330), (100, 100)
tolerance = separating_tolerance(image, inside, outside)

figure, panels = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
for axes, factor in zip(panels, (1, 1.1), strict=True):
    overlay(image, region_growing_segment(image, seeds=inside, tolerance=factor * tolerance), ax=axes)
    axes.plot(*inside[::-1], "o", color="white", markersize=8)
    axes.plot(*outside[::-1], "X", color="black", markersize=10)
    axes.set_title(f"tolerance {factor * tolerance:.1f}")
    axes.set_axis_off()
plt.show()

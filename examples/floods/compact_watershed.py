"""
A compact watershed
===================

Where there is no edge a flood runs on as it likes. ``compactness`` charges for the distance from the marker: the
greater it is, the rounder the regions, until they divide the plane by distance alone.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import seed_grid, watershed_segment
from classicseg.extras.plot import overlay

image = data.astronaut()
markers = seed_grid(image, 60)

figure, panels = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
for axes, compactness in zip(panels, (0, 0.2, 20), strict=True):
    overlay(image, watershed_segment(image, markers=markers, compactness=compactness), ax=axes)
    axes.plot(markers[:, 1], markers[:, 0], ".", color="white", markersize=3)
    axes.set_title(f"compactness {compactness}")
    axes.set_axis_off()
plt.show()

"""
Boundaries that close
=====================

Edges have gaps, and through a gap two regions are one. ``boundary_segment`` continues edges over gaps up to
``max_gap`` and makes regions of what they enclose.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import boundary_segment, canny_edges
from classicseg.extras.plot import overlay

image = data.coins()

figure, panels = plt.subplots(2, 2, figsize=(9, 7.4), layout="constrained")
panels[0, 0].imshow(image, cmap="gray")
panels[0, 0].set_title("the image")
panels[0, 1].imshow(canny_edges(image, sigma=2), cmap="gray_r")
panels[0, 1].set_title("Canny's edges")
for axes, max_gap in zip(panels[1], (0, 8), strict=True):
    labels = boundary_segment(image, max_gap=max_gap)
    overlay(image, labels, ax=axes).set_title(f"gaps to {max_gap} pixels: {labels.max()} regions")
for axes in panels.flat:
    axes.set_axis_off()
plt.show()

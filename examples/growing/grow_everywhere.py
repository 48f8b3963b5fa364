"""
Regions everywhere
==================

Without seeds the whole image is divided: a region grows from the flattest pixel, the next one from the flattest
that is left. ``min_area`` gives what stays too small to a neighbor.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import region_growing_segment
from classicseg.extras.plot import overlay

image = data.astronaut()

figure, panels = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
for axes, tolerance in zip(panels, (40, 80, None), strict=True):
    labels = region_growing_segment(image, tolerance=tolerance, min_area=100)
    overlay(image, labels, ax=axes)
    axes.set_title(f"tolerance {tolerance or 'by default'}: {labels.max()} regions")
    axes.set_axis_off()
plt.show()

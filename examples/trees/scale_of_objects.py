"""
Regions of one scale
====================

Multiresolution segmentation, as object-based analysis of satellite images uses it: regions merge as long as that
costs less than the ``scale``. The cost counts color and form, so that regions stay of about one size and even in
outline.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import multiresolution_segment
from classicseg.extras.plot import overlay

image = data.coins()

figure, panels = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
for axes, scale in zip(panels, (10, 20, 40), strict=True):
    labels = multiresolution_segment(image, scale=scale, shape=0.2)
    overlay(image, labels, ax=axes)
    axes.set_title(f"scale {scale}: {labels.max()} regions")
    axes.set_axis_off()
plt.show()

"""
Three kinds of superpixels
==========================

SLIC assigns pixels to centers again and again; SNIC grows from the centers once, so that each superpixel is
connected from the start; ETPS moves the borders of a grid, blocks first, pixels last. All three take the same
number and look for the same edges.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import etps_segment, slic_segment, snic_segment
from classicseg.extras.plot import overlay

image = data.chelsea()

figure, panels = plt.subplots(1, 3, figsize=(12, 3.2), layout="constrained")
for axes, segmenter in zip(panels, (slic_segment, snic_segment, etps_segment), strict=True):
    labels = segmenter(image, n_segments=200)
    overlay(image, labels, ax=axes).set_title(f"{segmenter.__name__}: {labels.max()}")
    axes.set_axis_off()
plt.show()

"""
Lines between regions
=====================

``region_boundaries`` marks the pixels at which the label changes: to draw lines over a photograph, or to compare
the lines of two segmentations.
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from classicseg import felzenszwalb_segment, region_boundaries

image = data.coffee()
labels = felzenszwalb_segment(image)
lines = region_boundaries(labels)

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
left.imshow(lines, cmap="gray_r")
left.set_title("where labels change")
right.imshow(np.where(lines[..., None], [255, 255, 0], image))
right.set_title("drawn over the photograph")
for axes in (left, right):
    axes.set_axis_off()
plt.show()

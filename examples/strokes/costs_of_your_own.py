"""
Costs of your own
=================

A graph cut takes what each label costs each pixel, from anywhere: here the negative logarithm of normal densities.
Without neighbors (no smoothness) noise decides for each pixel; with them, the cheapest outline does.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import graph_cut_segment
from classicseg.extras.plot import overlay

rows, columns = np.indices((120, 160))
blob = np.hypot(rows - 60, columns - 60) < 35
bar = (np.abs(rows - 60) < 8) & (columns > 60) & (columns < 140)
image = np.where(blob | bar, 140, 100) + np.random.default_rng(0).normal(0, 30, blob.shape)
costs = np.stack([(image - 100) ** 2, (image - 140) ** 2], axis=-1) / (2 * 30**2)

figure, panels = plt.subplots(1, 4, figsize=(12, 2.8), layout="constrained")
panels[0].imshow(image, cmap="gray")
panels[0].set_title("the image")
for axes, smoothness in zip(panels[1:], (0, 0.5, 2), strict=True):
    labels = graph_cut_segment(image, unary=costs, smoothness=smoothness)
    overlay(image, labels, ax=axes).set_title(f"smoothness={smoothness}")
for axes in panels:
    axes.set_axis_off()
plt.show()

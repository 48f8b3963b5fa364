"""
Smooth outlines
===============

Noise makes outlines ragged. ``smooth_labels`` gives each pixel the label that most of the pixels within a
``radius`` have: teeth and bays go, corners round, and no gap opens between neighbors.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import smooth_labels, threshold_segment

rows, columns = np.indices((140, 200))
waves = np.sin(rows / 19) + np.cos(columns / 23) + np.random.default_rng(0).normal(0, 0.35, rows.shape)
labels = threshold_segment(waves, n_classes=3)

figure, panels = plt.subplots(1, 3, figsize=(11, 3), layout="constrained")
panels[0].imshow(labels, cmap="viridis")
panels[0].set_title("as thresholds leave them")
for axes, radius in zip(panels[1:], (1.5, 5), strict=True):
    axes.imshow(smooth_labels(labels, radius=radius), cmap="viridis")
    axes.set_title(f"radius {radius}")
for axes in panels:
    axes.set_axis_off()
plt.show()

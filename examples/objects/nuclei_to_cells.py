"""
From nuclei to cells
====================

A nucleus is easy to see and its cell is not. ``expand_labels`` grows each label over the background by a
distance, and where two meet each takes the pixels that are nearer to it.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import connected_regions, expand_labels
from classicseg.extras.plot import overlay

rng = np.random.default_rng(1)
rows, columns = np.indices((160, 220))
centers = [
    (y + rng.integers(-8, 9), x + rng.integers(-8, 9)) for y in range(25, 160, 38) for x in range(25, 220, 42)
]
nuclei = np.any([np.hypot(rows - y, columns - x) < rng.integers(6, 10) for y, x in centers], axis=0)
labels = connected_regions(nuclei)
image = 40 + 120 * nuclei + rng.normal(0, 8, nuclei.shape)

figure, panels = plt.subplots(1, 3, figsize=(11, 3), layout="constrained")
overlay(image, labels, ax=panels[0]).set_title("nuclei")
overlay(image, expand_labels(labels, distance=6), ax=panels[1]).set_title("6 pixels around them")
overlay(image, expand_labels(labels, distance=40), ax=panels[2]).set_title("all that is nearest")
for axes in panels:
    axes.set_axis_off()
plt.show()

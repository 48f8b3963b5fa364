"""
Split what touches
==================

Grains that touch are one region to a threshold. ``split_touching`` floods the distance to the outside from its
maxima: each grain has one, and the floods meet at the waist. ``min_depth`` is how much a waist must be narrower
than what it joins.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import connected_regions, distance_map, split_touching
from classicseg.extras.plot import overlay

rng = np.random.default_rng(4)
rows, columns = np.indices((200, 260))
grains = np.zeros(rows.shape, dtype=bool)
for y in range(25, 200, 30):
    for x in range(25, 260, 30):
        grains |= np.hypot(rows - y, columns - x) < rng.uniform(11, 17)

touching, split = connected_regions(grains), split_touching(grains)
figure, panels = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
overlay(grains.astype(float), touching, ax=panels[0]).set_title(f"connected: {touching.max()}")
panels[1].imshow(distance_map(grains), cmap="magma")
panels[1].set_title("distance to the outside")
overlay(grains.astype(float), split, ax=panels[2]).set_title(f"split at their waists: {split.max()}")
for axes in panels:
    axes.set_axis_off()
plt.show()

"""
Zones that are flat, or nearly so
=================================

Neighbors that differ by no more than a tolerance are in one zone, and so are the neighbors' neighbors. On
drawings and phantoms, but for a little grain, the zones are the things themselves; ``flat_zone_tree`` has the
zones of all tolerances at once.
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from classicseg import cut_tree, flat_zone_tree
from classicseg.extras.plot import overlay

grain = np.random.default_rng(0).integers(-1, 2, (400, 400))
image = np.round(250 * data.shepp_logan_phantom() + grain).clip(0).astype(np.uint8)
tree = flat_zone_tree(image)

figure, panels = plt.subplots(1, 4, figsize=(12, 3.5), layout="constrained")
panels[0].imshow(image, cmap="gray")
panels[0].set_title("the image")
for axes, tolerance in zip(panels[1:], (0, 5, 30), strict=True):
    labels = cut_tree(tree, height=tolerance)
    overlay(image, labels, ax=axes).set_title(f"tolerance {tolerance}: {labels.max()} zones")
for axes in panels:
    axes.set_axis_off()
plt.show()

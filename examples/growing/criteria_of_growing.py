"""
What a region accepts
=====================

Four ideas of when a pixel belongs: it is like the seed; like the neighbor it is reached from; like the mean of
the region so far; or within some standard deviations of that mean. On a ball whose light falls off, the neighbor
follows the shading, and the seed's own value does not.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import region_growing_segment
from classicseg.extras.plot import overlay

rows, columns = np.indices((120, 120)) - 60
ball = np.hypot(rows, columns) < 45
light = np.where(ball, 150 + rows + columns, 30)
image = (light + np.random.default_rng(0).normal(0, 2, light.shape)).clip(0, 255).astype(np.uint8)

options = {
    "seed": {"tolerance": 40},
    "neighbor": {"tolerance": 8},
    "mean": {"tolerance": 40},
    "confidence": {"multiplier": 2.5},
}
figure, panels = plt.subplots(1, 5, figsize=(12, 2.9), layout="constrained")
panels[0].imshow(image, cmap="gray")
panels[0].set_title("the image")
for axes, (criterion, option) in zip(panels[1:], options.items(), strict=True):
    region = region_growing_segment(image, seeds=(40, 60), criterion=criterion, **option)
    overlay(image, region, ax=axes).set_title(f'"{criterion}"')
for axes in panels:
    axes.set_axis_off()
plt.show()

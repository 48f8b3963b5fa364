"""
Which way the gradient points
=============================

``gradient_components`` has the derivative along each axis, with its sign. Together they are an arrow at each
pixel, from dark to bright, across the edge: the hue shows its direction, the brightness its length.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import hsv_to_rgb
from skimage import data

from classicseg import gradient_components

image = data.coins()
down, across = gradient_components(image, sigma=2)
length = np.hypot(down, across)
angle = np.arctan2(down, across) / (2 * np.pi) % 1
hues = hsv_to_rgb(np.stack([angle, np.ones_like(angle), np.minimum(1, 3 * length / length.max())], axis=-1))

figure, panels = plt.subplots(2, 2, figsize=(9, 7), layout="constrained")
limit = length.max() / 2
for axes, title, picture in zip(
    panels.flat, ("the image", "direction as hue", "down", "across"), (image, hues, down, across), strict=True
):
    signed = {"cmap": "RdBu", "vmin": -limit, "vmax": limit} if title in ("down", "across") else {"cmap": "gray"}
    axes.imshow(picture, **signed)
    axes.set_title(title)
    axes.set_axis_off()
plt.show()

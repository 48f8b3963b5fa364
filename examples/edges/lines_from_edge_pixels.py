"""
Lines from edge pixels
======================

An edge map is pixels; ``link_edges`` makes chains of points of them, as a plotter would draw them. Where edges
are broken, as here by stripes that are missing, it goes on over gaps along the ridge of the gradient, and the
outlines close. Each color is one chain.
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from classicseg import canny_edges, gradient_magnitude, link_edges

image = data.coins()[:160, :200]
gradient = gradient_magnitude(image, sigma=2)
broken = canny_edges(image, sigma=2) & (np.arange(200) % 25 > 5)

figure, panels = plt.subplots(1, 2, figsize=(11, 4.8), layout="constrained")
for axes, max_gap in zip(panels, (0, 10), strict=True):
    lines = link_edges(broken, gradient=gradient if max_gap else None, max_gap=max_gap)
    axes.imshow(image, cmap="gray", alpha=0.5)
    for line in lines:
        axes.plot(line[:, 1], line[:, 0], linewidth=2)
    axes.set_title(f"gaps to {max_gap} pixels: {len(lines)} chains")
    axes.set_axis_off()
plt.show()

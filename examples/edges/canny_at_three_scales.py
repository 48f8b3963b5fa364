"""
Canny's edges at three scales
=============================

Canny's edges are lines of one pixel where the gradient is greatest across them. The ``sigma`` of the Gaussian
that goes before is the scale: a small one finds each blade of grass, a large one the man and his camera.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import canny_edges

image = data.camera()

figure, panels = plt.subplots(1, 4, figsize=(12, 3.4), layout="constrained")
panels[0].imshow(image, cmap="gray")
panels[0].set_title("the image")
for axes, sigma in zip(panels[1:], (1, 2, 4), strict=True):
    edges = canny_edges(image, sigma=sigma)
    axes.imshow(edges, cmap="gray_r")
    axes.set_title(f"sigma {sigma}: {edges.sum()} pixels")
for axes in panels:
    axes.set_axis_off()
plt.show()

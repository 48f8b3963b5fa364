"""
Edges where the Laplacian changes its sign
==========================================

Smoothed by a Gaussian, an image bends up on the dark side of an edge and down on the bright one; between them
its Laplacian is zero. These edges close by nature. A threshold on the gradient there leaves the strong ones.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import zero_crossing_edges

image = data.coins()
pictures = {
    "all crossings": zero_crossing_edges(image, sigma=3, threshold=0),
    "the strong ones, by default": zero_crossing_edges(image, sigma=3),
}
figure, panels = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
panels[0].imshow(image, cmap="gray")
panels[0].set_title("the image")
for axes, (title, edges) in zip(panels[1:], pictures.items(), strict=True):
    axes.imshow(edges, cmap="gray_r")
    axes.set_title(title)
for axes in panels:
    axes.set_axis_off()
plt.show()

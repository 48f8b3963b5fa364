"""
A network as a segmenter
========================

``NetworkSegmenter`` makes a segmenter of any function from tiles to probabilities: a network of PyTorch, an ONNX
file, or, as here, a few lines that stand in for one. Tiles overlap, and one prediction passes into the other, so
that no seam shows.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy import ndimage
from skimage import data

from classicseg.extras.networks import NetworkSegmenter
from classicseg.extras.plot import overlay


def red_or_not(tiles):
    """Probabilities of two classes, by how much red there is beside green, nearby."""
    redness = ndimage.gaussian_filter(tiles[:, :1] - tiles[:, 1:2], (0, 0, 2, 2))
    sure = 1 / (1 + np.exp(-40 * (redness - 0.35)))
    return np.concatenate([1 - sure, sure], axis=1)


image = data.astronaut()[:300, 100:400]
segment = NetworkSegmenter(red_or_not, n_classes=2, tile=128, overlap=32, stride=1)

figure, panels = plt.subplots(1, 3, figsize=(11, 3.8), layout="constrained")
panels[0].imshow(image)
panels[0].set_title("the image")
panels[1].imshow(segment.probabilities(image)[..., 1], cmap="magma", vmin=0, vmax=1)
panels[1].set_title("the probability of a class")
overlay(image, segment(image) - 1, ax=panels[2]).set_title("its labels")
for axes in panels:
    axes.set_axis_off()
plt.show()

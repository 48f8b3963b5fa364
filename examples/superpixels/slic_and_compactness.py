"""
SLIC and its compactness
========================

SLIC is k-means in small windows, over color and place. ``compactness`` weighs place against color: small,
superpixels cling to each edge; large, they are nearly squares; "adaptive" finds the weight for each of them by
itself.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import slic_segment
from classicseg.extras.plot import overlay

image = data.astronaut()[:300, 80:380]

figure, panels = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
for axes, compactness in zip(panels, (3, 40, "adaptive"), strict=True):
    overlay(image, slic_segment(image, n_segments=150, compactness=compactness), ax=axes)
    axes.set_title(f"compactness {compactness}")
    axes.set_axis_off()
plt.show()

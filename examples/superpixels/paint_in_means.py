"""
Painted in their means
======================

``label_means`` gives each segment its mean color. Few hundred superpixels so painted still show the photograph:
what comes after has a thousandth of the pixels to look at, and loses little.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import label_means, slic_segment

image = data.astronaut()

figure, panels = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
for axes, n_segments in zip(panels, (50, 300, 2000), strict=True):
    labels = slic_segment(image, n_segments=n_segments)
    axes.imshow(label_means(labels, image).astype("uint8"))
    axes.set_title(f"{labels.max()} superpixels")
    axes.set_axis_off()
plt.show()

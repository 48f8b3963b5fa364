"""
A common scale of values
========================

``normalize`` brings images from different places to one scale, ``match_channels`` to as many channels as a
network takes. Methods of this library need neither. By percentiles one dead pixel changes hardly anything; by
the extremes it changes all.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg.preprocess import match_channels, normalize

image = data.camera().astype(float)
image[10, 10] = 4000  # a dead pixel
by_extremes = normalize(image, method="minmax")
by_percentiles = match_channels(normalize(image, method="percentile"), n_channels=3)

figure, panels = plt.subplots(1, 3, figsize=(11, 3.8), layout="constrained")
panels[0].imshow(image, cmap="gray", vmin=0, vmax=255)
panels[0].set_title("as it is, with a dead pixel of 4000")
panels[1].imshow(by_extremes.image, cmap="gray", vmin=0, vmax=1)
panels[1].set_title("by the extremes: nearly black")
panels[2].imshow(by_percentiles.image)
panels[2].set_title(f"by percentiles, {by_percentiles.image.shape[-1]} channels")
for axes in panels:
    axes.set_axis_off()
plt.show()

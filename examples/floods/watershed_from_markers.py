"""
A watershed from markers
========================

Put a mark in each thing, and one outside: floods rise from all of them over the gradient and meet on the edges.
The marks only say which things there are, and the image says where they end.
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from classicseg import watershed_segment
from classicseg.extras.plot import overlay

image = data.coins()
markers = np.zeros(image.shape, dtype=np.int32)
markers[image < 30] = 1  # surely ground
markers[image > 150] = 2  # surely coin
labels = watershed_segment(image, markers=markers, sigma=1)

figure, panels = plt.subplots(1, 3, figsize=(11, 3.1), layout="constrained")
panels[0].imshow(image, cmap="gray")
panels[0].set_title("the image")
overlay(image, markers, ax=panels[1]).set_title("markers: 1 where dark, 2 where bright")
overlay(image, labels == 2, ax=panels[2]).set_title("what floods from 2")
for axes in panels:
    axes.set_axis_off()
plt.show()

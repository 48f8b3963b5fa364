"""
The largest object
==================

Often there is one thing to find, and the rest is clutter: ``keep_largest`` keeps it, or the few largest ones.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import fill_holes, keep_largest, threshold_segment
from classicseg.extras.plot import overlay

image = data.camera()
dark = threshold_segment(image) == 1
man = fill_holes(keep_largest(dark))

figure, panels = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
panels[0].imshow(image, cmap="gray")
panels[0].set_title("the image")
panels[1].imshow(dark, cmap="gray")
panels[1].set_title("what is dark")
overlay(image, man, ax=panels[2]).set_title("the largest of it, holes filled")
for axes in panels:
    axes.set_axis_off()
plt.show()

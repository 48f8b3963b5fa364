"""
Cut out, and brought home
=========================

``crop`` cuts a box out of an image, or what is labeled in it, and ``pad`` puts room around it that takes no
part. What one of them returns the other one takes, and ``undo`` brings labels of the part home to the whole
image.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import boundary_segment, threshold_segment
from classicseg.extras.plot import overlay
from classicseg.preprocess import crop, pad

image = data.coins()
labels = boundary_segment(image)
one = labels == labels[170, 335]
part = pad(crop(image, one, margin=6), width=8)
bright = threshold_segment(part.image, mask=part.mask) == 2

figure, panels = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained")
overlay(image, one, ax=panels[0]).set_title("a label")
overlay(part.image, bright, ax=panels[1]).set_title("its box, segmented")
overlay(image, part.undo(bright), ax=panels[2]).set_title("home again")
for axes in panels:
    axes.set_axis_off()
plt.show()

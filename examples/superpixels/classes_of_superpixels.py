"""
The class of a superpixel
=========================

Classes by pixel are ragged where an image has grain. ``majority_classes`` lets the pixels of each superpixel
vote: the classes then end where superpixels end, which is on edges. With a truth as the votes, it tells the best
that any classifier of these superpixels could reach.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import kmeans_segment, majority_classes, slic_segment
from classicseg.extras.plot import overlay

image = data.immunohistochemistry()
classes = kmeans_segment(image, n_clusters=3)
superpixels = slic_segment(image, n_segments=600)
voted = majority_classes(superpixels, classes)

figure, panels = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
panels[0].imshow(image)
panels[0].set_title("the image")
overlay(image, classes, ax=panels[1]).set_title("three classes of pixels")
overlay(image, voted, ax=panels[2]).set_title("three classes of superpixels")
for axes in panels:
    axes.set_axis_off()
plt.show()

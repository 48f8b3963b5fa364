"""
Regions that people would draw
==============================

``contour_segment`` finds boundaries, closes them to regions and cuts where boundaries are surer than ``height``.
The boundaries may be those of the gradient, which is quick, or those that ``boundary_probability`` learned from
drawings.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import boundary_tree, contour_segment, cut_tree
from classicseg.extras.plot import overlay

image = data.coffee()[::2, ::2]
learned = boundary_tree(image)

figure, panels = plt.subplots(1, 3, figsize=(11, 3.1), layout="constrained")
overlay(image, contour_segment(image, n_segments=12), ax=panels[0]).set_title("contour_segment: 12 regions")
overlay(image, cut_tree(learned, n_segments=12), ax=panels[1]).set_title("boundary_tree: 12 regions")
overlay(image, cut_tree(learned, height=0.5), ax=panels[2]).set_title("boundary_tree: surer than 0.5")
for axes in panels:
    axes.set_axis_off()
plt.show()

"""
Contours by their strength
==========================

``contour_tree`` closes a map of boundaries to regions at all scales. Seen as an image, each contour is as bright
as the height at which it vanishes: a threshold on it always leaves closed lines.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import contour_strengths, contour_tree, cut_tree, gradient_magnitude
from classicseg.extras.plot import overlay

image = data.coffee()
gradient = gradient_magnitude(image, sigma=2)
tree = contour_tree(gradient)

figure, panels = plt.subplots(1, 3, figsize=(11, 3.1), layout="constrained")
panels[0].imshow(gradient, cmap="gray_r")
panels[0].set_title("gradient")
panels[1].imshow(contour_strengths(tree), cmap="gray_r")
panels[1].set_title("strengths of closed contours")
overlay(image, cut_tree(tree, n_segments=25), ax=panels[2]).set_title("the 25 that last")
for axes in panels:
    axes.set_axis_off()
plt.show()

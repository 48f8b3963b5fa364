"""
Where to cut?
=============

While regions grow within things, their values stay alike; when they grow beyond, the spread within them rises.
``choose_scale`` follows that spread over the scales of a tree, and proposes the one before its steepest rise.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import choose_scale, cut_tree, merge_tree
from classicseg.extras.plot import overlay

image = data.coins()
tree = merge_tree(image)
curve = choose_scale(tree, image)

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
left.semilogx(curve.n_segments, curve.local_variance, color="0.4")
left.axvline(cut_tree(tree, height=curve.height).max(), color="C3")
left.invert_xaxis()
left.set_xlabel("segments")
left.set_title("the spread of values within segments")
labels = cut_tree(tree, height=curve.height)
overlay(image, labels, ax=right).set_title(f"the scale chosen: {labels.max()} segments")
right.set_axis_off()
plt.show()

"""
Merging, step by step
=====================

Each frame is the same tree, cut further up: the two regions that lose least by it are one in the next. Built
once, the tree answers for any number of segments.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation
from skimage import data

from classicseg import cut_tree, label_means, merge_tree

image = data.coffee()[::2, ::2]
tree = merge_tree(image)

figure, axes = plt.subplots(figsize=(4, 3.1), layout="constrained")
shown = axes.imshow(image)
axes.set_axis_off()


def draw(n_segments):
    labels = cut_tree(tree, n_segments=n_segments)
    shown.set_data(label_means(labels, image).astype(np.uint8))
    axes.set_title(f"{n_segments} segments")


numbers = [2000, 1000, 500, 250, 120, 60, 40, 30, 24, 20, 16, 12, 9, 7, 5, 4, 3, 2]
animation = FuncAnimation(figure, draw, frames=numbers, interval=400)
plt.show()

"""
Workers change nothing but the time
===================================

Large images are divided among threads, by default one for each core. ``set_workers`` limits them, for good or
within a ``with``: on a shared machine, or where a pool of processes has one image each. Labels are the same with
any number.
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from classicseg import kmeans_segment, set_workers
from classicseg.extras.plot import overlay

image = data.astronaut()
labels = {}
for n_workers in (1, 2):
    with set_workers(n_workers):
        labels[n_workers] = kmeans_segment(image, n_clusters=5)

figure, panels = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
for axes, n_workers in zip(panels, labels, strict=False):
    overlay(image, labels[n_workers], ax=axes).set_title(f"workers: {n_workers}")
panels[2].imshow(labels[1] != labels[2], cmap="gray", vmin=0, vmax=1)
panels[2].set_title(f"pixels that differ: {np.count_nonzero(labels[1] != labels[2])}")
for axes in panels:
    axes.set_axis_off()
plt.show()

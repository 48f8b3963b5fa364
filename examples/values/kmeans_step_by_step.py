"""
K-means, step by step
=====================

From five poor starting colors, k-means takes turns: each pixel goes to its nearest center, each center to the
mean of its pixels. ``max_iter`` stops it after any number of turns. Colors move much at first, then less, and at
last not at all.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation
from skimage import data

from classicseg import kmeans_assign, kmeans_fit

image = data.astronaut()[::3, ::3]
start = np.array([[0] * 3, [20] * 3, [40] * 3, [60] * 3, [80] * 3])

figure, axes = plt.subplots(figsize=(3.2, 3.5), layout="constrained")
shown = axes.imshow(image)
axes.set_axis_off()


def draw(turns):
    centers = kmeans_fit(image, init=start, n_clusters=5, max_iter=turns).centers if turns else start
    shown.set_data(np.round(centers).astype(np.uint8)[kmeans_assign(image, centers) - 1])
    axes.set_title(f"{turns} turns")


animation = FuncAnimation(figure, draw, frames=[0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 30, 50], interval=500)
plt.show()

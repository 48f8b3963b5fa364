"""
Centers for the next image
==========================

Two photographs of one motorcycle, from the left and from the right: clusters of their own would differ.
``kmeans_fit`` finds the centers in the first, and ``kmeans_assign`` takes them to the second, so that a class is
the same in both.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import kmeans_assign, kmeans_fit

left_eye, right_eye, _ = data.stereo_motorcycle()
result = kmeans_fit(left_eye, n_clusters=6)
palette = result.centers.round().astype("uint8")

figure, panels = plt.subplots(2, 2, figsize=(9, 6.4), layout="constrained")
for (top, bottom), eye, name in zip(panels.T, (left_eye, right_eye), ("left", "right"), strict=True):
    top.imshow(eye)
    top.set_title(f"from the {name}")
    bottom.imshow(palette[kmeans_assign(eye, result.centers) - 1])
    bottom.set_title("in the six colors of the left one")
for axes in panels.flat:
    axes.set_axis_off()
plt.show()

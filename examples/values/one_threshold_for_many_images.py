"""
One threshold for many images
=============================

A series needs one threshold: by its own, an image without objects would divide its empty ground in two. The
histograms of all images, merged, know the whole series, and cost no more memory however long it is.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import merge_histograms, otsu_threshold, pixel_histogram, threshold_segment

rng = np.random.default_rng(0)
rows, columns = np.indices((90, 120))
images = []
for n_cells in (9, 0, 4):
    cells = [np.hypot(rows - rng.integers(90), columns - rng.integers(120)) < 9 for _ in range(n_cells)]
    bright = np.any(cells, axis=0) if cells else np.zeros(rows.shape)
    images.append((60 + 80 * bright + rng.normal(0, 12, rows.shape)).round().astype(np.uint8))

together = merge_histograms(pixel_histogram(image) for image in images)
shared = otsu_threshold(together)

figure, panels = plt.subplots(3, 3, figsize=(8, 7), layout="constrained")
for (top, middle, bottom), image in zip(panels.T, images, strict=True):
    top.imshow(image, cmap="gray", vmin=0, vmax=200)
    middle.imshow(threshold_segment(image), cmap="gray")
    middle.set_title(f"its own threshold: {otsu_threshold(image):g}", fontsize=10)
    bottom.imshow(threshold_segment(image, thresholds=shared), cmap="gray", vmin=1, vmax=2)
    bottom.set_title(f"that of all: {shared:g}", fontsize=10)
for axes in panels.flat:
    axes.set_axis_off()
plt.show()

"""
One score for many images
=========================

The mean of the scores of images is not the score of all: an image with a handful of pixels of a class would
count as much as a full one. Count each image once, in a contingency table; merge the tables, and score what they
say together.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import threshold_segment
from classicseg.metrics import contingency_table, iou, merge_contingency_tables

rng = np.random.default_rng(0)
rows, columns = np.indices((80, 80))
images, tables = [], []
for radius in (30, 18, 6):
    truth = 1 + (np.hypot(rows - 40, columns - 40) < radius)
    image = 80 * truth + rng.normal(0, 25, truth.shape)
    images.append(image)
    tables.append(contingency_table(truth, threshold_segment(image, thresholds=120)))
together = iou(merge_contingency_tables(tables)).score[-1]
single = [iou(table).score[-1] for table in tables]

figure, panels = plt.subplots(1, 4, figsize=(12, 3.2), layout="constrained")
for axes, image, score in zip(panels, images, single, strict=False):
    axes.imshow(image, cmap="gray")
    axes.set_title(f"IoU of the disk: {score:.2f}")
    axes.set_axis_off()
panels[3].bar(["mean of three", "of all pixels"], [np.mean(single), together], color=["0.7", "C0"])
panels[3].set_title(f"{np.mean(single):.2f} or {together:.2f}")
plt.show()

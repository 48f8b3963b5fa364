"""
Which classes are mixed up
==========================

The confusion matrix has a row for each true class and a column for each class found. One number, the share of
pixels that are right, says how good the labels are; the matrix says what to mend.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import threshold_segment
from classicseg.metrics import confusion_matrix, pixel_accuracy

rng = np.random.default_rng(0)
truth = np.kron([[1, 2], [3, 2], [1, 3]], np.ones((30, 50), dtype=int))
image = np.array([0, 50, 90, 180])[truth] + rng.normal(0, 14, truth.shape)
labels = threshold_segment(image, n_classes=3)
matrix = confusion_matrix(truth, labels)
shares = matrix.counts / matrix.counts.sum(axis=1, keepdims=True)

figure, panels = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
panels[0].imshow(truth, cmap="viridis")
panels[0].set_title("truth")
panels[1].imshow(labels, cmap="viridis")
panels[1].set_title(f"{pixel_accuracy(truth, labels):.0%} of the pixels are right")
for axes in panels[:2]:
    axes.set_axis_off()
panels[2].imshow(shares, cmap="Blues", vmin=0, vmax=1)
for (row, column), share in np.ndenumerate(shares):
    panels[2].text(
        column, row, f"{share:.0%}", ha="center", va="center", color="white" if share > 0.5 else "black"
    )
panels[2].set(xticks=range(len(matrix.label)), xticklabels=matrix.label, xlabel="found")
panels[2].set(yticks=range(len(matrix.label)), yticklabels=matrix.label, ylabel="truth")
panels[2].set_title("the confusion matrix")
plt.show()

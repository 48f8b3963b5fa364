"""
Superpixels, scored
===================

The more superpixels, the better they fit; a good method needs few. Three scores take a truth: what the best
choice of superpixels could reach, how much of the true boundary they have, and how much they spill over it.
Others look at the superpixels alone: how round and even they are, and how much boundary they spend.
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from classicseg import metrics, slic_segment, snic_segment

truth = ~data.horse()
image = 60 + 60 * truth + np.random.default_rng(0).normal(0, 15, truth.shape)
numbers = [50, 100, 200, 400]

figure, panels = plt.subplots(2, 4, figsize=(12, 5.2), layout="constrained")
for segmenter in (slic_segment, snic_segment):
    made = [segmenter(image, n_segments=number) for number in numbers]
    scores = {
        "achievable accuracy": [metrics.achievable_accuracy(truth, labels) for labels in made],
        "boundary recall": [metrics.boundary_recall(truth, labels) for labels in made],
        "undersegmentation error": [metrics.undersegmentation_error(truth, labels) for labels in made],
        "explained variation": [metrics.explained_variation(image, labels) for labels in made],
        "compactness": [metrics.compactness(labels) for labels in made],
        "contour density": [metrics.contour_density(labels) for labels in made],
        "connectivity": [metrics.segment_connectivity(labels) for labels in made],
        "count control": [
            metrics.count_control(labels, n_segments=n) for labels, n in zip(made, numbers, strict=True)
        ],
    }
    for axes, (name, score) in zip(panels.flat, scores.items(), strict=True):
        axes.plot([str(number) for number in numbers], score, "o-", label=segmenter.__name__)
        axes.set_title(name, fontsize=10)
panels[0, 0].legend()
plt.show()

"""
Too many segments, or too few
=============================

Scores of partitions do not care for names. Cut finer and finer, all agree that the true number of segments is
the best; they differ in what they forgive. Rand's index hardly minds too many segments, the covering minds them
much.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import cut_tree, merge_tree, metrics
from classicseg.extras.plot import overlay

truth = np.kron(np.arange(1, 13).reshape(3, 4), np.ones((24, 24), dtype=int))
values = np.random.default_rng(1).permutation(12)[truth - 1] * 18
image = values + np.random.default_rng(0).normal(0, 16, truth.shape)
tree = merge_tree(image, criterion="ward")
numbers = [2, 4, 6, 8, 10, 12, 16, 24, 36, 60, 100]
cuts = cut_tree(tree, n_segments=numbers)
scores = {
    "Rand": [metrics.rand_index(truth, cut) for cut in cuts],
    "probabilistic Rand": [metrics.probabilistic_rand_index([truth, truth > 6], cut) for cut in cuts],
    "adjusted Rand": [metrics.adjusted_rand_index(truth, cut) for cut in cuts],
    "1 − adapted Rand error": [1 - metrics.adapted_rand_error(truth, cut).error for cut in cuts],
    "covering": [metrics.segmentation_covering(truth, cut) for cut in cuts],
    "information that varies, in bits": [sum(metrics.variation_of_information(truth, cut)) for cut in cuts],
}
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
overlay(image, truth, ax=left).set_title("the truth: 12 squares")
left.set_axis_off()
for name, score in scores.items():
    right.semilogx(numbers, score, "--" if "bits" in name else "-", label=name)
right.axvline(12, color="0.8")
right.set_xlabel("segments")
right.legend(fontsize=8)
plt.show()

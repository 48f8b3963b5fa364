"""
Objects found and missed
========================

``match_labels`` pairs each found object with the true one that it covers best. IoU and Dice then score the
overlap of each pair, panoptic quality weighs that by how many were found, and average precision counts them at
stricter and stricter overlaps.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import connected_regions, threshold_segment
from classicseg.extras.plot import overlay
from classicseg.metrics import average_precision, dice, iou, match_labels, panoptic_quality

rng = np.random.default_rng(5)
rows, columns = np.indices((120, 200))
truth = np.zeros(rows.shape, dtype=np.int32)
for label, (y, x) in enumerate([(30, 30), (35, 85), (30, 150), (85, 45), (90, 110), (86, 140)], start=1):
    truth[np.hypot(rows - y, columns - x) < 19] = label
image = np.where(truth > 0, 95 + 8 * truth, 40) + rng.normal(0, 7, truth.shape)
found = match_labels(truth, connected_regions(threshold_segment(image) == 2))

figure, panels = plt.subplots(1, 3, figsize=(12, 3.2), layout="constrained")
overlay(image, truth, ax=panels[0]).set_title("truth")
overlay(image, found, ax=panels[1]).set_title("found")
for axes in panels[:2]:
    axes.set_axis_off()
scores = iou(truth, found)
panels[2].bar(scores.label, scores.score, color="0.7")
panels[2].set_xlabel("object (0: the ground)")
panels[2].set_title(
    f"IoU of each; Dice {dice(truth, found).mean:.2f}, PQ {panoptic_quality(truth, found).quality:.2f}, "
    f"AP {average_precision(truth, found).mean:.2f}",
    fontsize=10,
)
plt.show()

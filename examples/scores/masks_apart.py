"""
How far apart two surfaces are
==============================

Overlap says little of a thin spike that goes astray. The Hausdorff distance is the farthest that any point of
one outline is from the other; its 95th percentile forgives a few points, and the average distance most of them.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg.extras.plot import boundaries_plot
from classicseg.metrics import average_surface_distance, dice, hausdorff, hausdorff95

rows, columns = np.indices((120, 160))
truth = (np.hypot(rows - 60, columns - 60) < 35).astype(int)
moved = (np.hypot(rows - 60, columns - 64) < 35).astype(int)
spike = truth | ((abs(rows - 60) < 2) & (columns > 60) & (columns < 140))

figure, panels = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
for axes, (name, labels) in zip(panels, {"moved by 4": moved, "with a spike": spike}.items(), strict=True):
    boundaries_plot(np.zeros(truth.shape), labels, truth=truth, ax=axes)
    axes.set_title(
        f"{name}: Dice {dice(truth, labels).mean:.3f}\nHausdorff {hausdorff(truth, labels):.0f}, "
        f"95 % {hausdorff95(truth, labels):.1f}, average {average_surface_distance(truth, labels):.1f}"
    )
    axes.set_axis_off()
plt.show()

"""
Boundaries, matched one to one
==============================

Two outlines are never the same pixels. Within a tolerance each pixel of one is matched with one pixel of the
other: recall is the share of the truth that was found, precision the share of the found that is true, and F
their harmonic mean.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import canny_edges, watershed_segment
from classicseg.extras.plot import boundaries_plot
from classicseg.metrics import boundary_f1, boundary_f1_dilated, match_edges

rows, columns = np.indices((150, 200))
truth = 1 + (np.hypot(rows - 70, columns - 70) < 45) + 2 * (columns > 140 + 8 * np.sin(rows / 12))
clean = np.array([0, 60, 120, 85])[truth]
image = clean + np.random.default_rng(0).normal(0, 26, truth.shape)
labels = watershed_segment(image)

result = boundary_f1(truth, labels)
counts = match_edges(canny_edges(clean, high=4), canny_edges(image, sigma=2, high=4))
print(f"quickly, without matching one to one: F = {boundary_f1_dilated(truth, labels).f1:.2f}")
print(
    f"{counts.matched_truth} of {counts.n_truth} true edge pixels found, {counts.matched} of {counts.n} are true"
)

figure, panels = plt.subplots(1, 2, figsize=(10, 4.8), layout="constrained")
panels[0].imshow(image, cmap="gray")
panels[0].set_title("the image")
boundaries_plot(image, labels, truth=truth, ax=panels[1])
panels[1].set_title(f"F {result.f1:.2f}: precision {result.precision:.2f}, recall {result.recall:.2f}")
for axes in panels:
    axes.set_axis_off()
plt.show()

"""
Edges at all thresholds
=======================

A detector says how sure an edge is; where to draw the line is up to who uses it. ``edge_curve`` scores each
threshold, and ``ods_ois_ap`` sums up many images: at one threshold for all (ODS), at the best for each (OIS),
and over all (AP).
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import canny_edges, gradient_magnitude
from classicseg.extras.plot import precision_recall_plot
from classicseg.metrics import edge_curve, ods_ois_ap

rows, columns = np.indices((120, 160))
clean = 60.0 + 60 * (np.hypot(rows - 60, columns - 60) < 35) + 40 * (columns > 115)
truth = canny_edges(clean, sigma=1)
thresholds = np.linspace(1, 40, 30)
edges, curves = {}, {}
for noise in (10, 30):
    image = clean + np.random.default_rng(0).normal(0, noise, clean.shape)
    is_edge = canny_edges(image, sigma=2, low=0, high=0)
    edges[noise] = np.where(is_edge, gradient_magnitude(image, sigma=2), 0)
    curves[noise] = edge_curve(truth, edges[noise], thresholds=thresholds)
scores = ods_ois_ap(list(curves.values()))

figure, panels = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
for axes, (noise, strengths) in zip(panels, edges.items(), strict=False):
    axes.imshow(strengths, cmap="gray_r")
    axes.set_title(f"edges by their strength, noise of {noise}")
    axes.set_axis_off()
lines = {
    f"noise of {noise}": ([at.recall for at in curve.counts], [at.precision for at in curve.counts])
    for noise, curve in curves.items()
}
precision_recall_plot(lines, ax=panels[2])
panels[2].set_title(f"ODS {scores.ods:.2f}, OIS {scores.ois:.2f}, AP {scores.ap:.2f}")
plt.show()

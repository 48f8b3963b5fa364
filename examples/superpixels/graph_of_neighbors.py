"""
The graph of neighbors
======================

Which regions touch, how long their border is, and how much their values differ: ``region_graph`` has a row for
each pair. Drawn from center to center, thick lines join what is alike; where they are thin a thing ends.
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from classicseg import region_boundaries, region_graph, region_table, slic_segment

image = data.coffee()
labels = slic_segment(image, n_segments=150)
graph = region_graph(labels, image)
center = region_table(labels).centroid
difference = np.linalg.norm(graph.differences, axis=1)

figure, axes = plt.subplots(figsize=(8, 5.4), layout="constrained")
axes.imshow(np.where(region_boundaries(labels)[..., None], 255, image // 2 + 100))
for (first, second), step in zip(graph.pairs - 1, difference, strict=True):
    ends = center[[first, second]]
    axes.plot(ends[:, 1], ends[:, 0], color="C0" if step < 40 else "C3", linewidth=4 / (1 + step / 20))
axes.set_title(f"{len(center)} superpixels, {len(graph.pairs)} pairs; red: they differ by 40 or more")
axes.set_axis_off()
plt.show()

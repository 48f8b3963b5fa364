"""
Mean shift and its two radii
============================

Each pixel moves to the mean of what is near to it in place and in color, until it stands still; those that meet
are one region. ``range_radius`` is how different colors may be: a larger one paints with a broader brush.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import label_means, mean_shift_segment

image = data.coffee()[::2, ::2]

figure, panels = plt.subplots(1, 3, figsize=(11, 3.1), layout="constrained")
panels[0].imshow(image)
panels[0].set_title("the photograph")
for axes, radius in zip(panels[1:], (8, 16), strict=True):
    labels = mean_shift_segment(image, spatial_radius=6, range_radius=radius, min_area=30)
    axes.imshow(label_means(labels, image).astype("uint8"))
    axes.set_title(f"range_radius {radius}: {labels.max()} regions")
for axes in panels:
    axes.set_axis_off()
plt.show()

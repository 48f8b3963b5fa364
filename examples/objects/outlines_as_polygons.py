"""
Outlines as polygons
====================

For maps, annotation tools and laser cutters an object is a polygon. ``region_outlines`` follows the sides of
pixels, with holes of their own; a ``tolerance`` leaves out points from which the line would stray no farther
than that.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import region_outlines

horse = ~data.horse()

figure, panels = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
for axes, tolerance in zip(panels, (0, 2, 8), strict=True):
    outlines = region_outlines(horse, tolerance=tolerance)
    axes.imshow(horse, cmap="gray", alpha=0.25, extent=(0, horse.shape[1], horse.shape[0], 0))
    for polygon in outlines.polygons():
        for ring in [polygon.exterior, *polygon.holes]:
            axes.fill(ring[:, 1], ring[:, 0], fill=False, edgecolor="C3", linewidth=1.5)
    axes.set_title(f"tolerance {tolerance}: {len(outlines.points)} points")
    axes.set_axis_off()
plt.show()

"""
Edges between pixels
====================

An edge rarely runs through the middle of a pixel. ``canny_edge_points`` finds where between pixels the gradient
is greatest, and which way it points. Of a disk all points are as far from its middle, to some hundredths of a
pixel; the Gaussian draws them a little inward, as it does at every bend.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import canny_edge_points

# A disk of radius 9.3, each pixel as bright as the share of it that the disk covers.
place = (np.arange(240) - 119.5) / 8
disk = (np.hypot(place[:, None], place) < 9.3).reshape(30, 8, 30, 8).mean(axis=(1, 3))
found = canny_edge_points(disk, sigma=1)
coarse, fine = (np.hypot(*(places - 14.5).T) for places in (found.pixels, found.points))

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.6), layout="constrained")
left.imshow(disk, cmap="gray")
left.plot(found.pixels[:, 1], found.pixels[:, 0], "s", color="C1", markersize=4)
left.set_title(f"pixels: radius {coarse.mean():.2f} ± {coarse.std():.2f}")
right.imshow(disk, cmap="gray")
right.quiver(*found.points.T[::-1], *found.orientation.T[::-1], color="C0", angles="xy", scale=15)
right.plot(found.points[:, 1], found.points[:, 0], ".", color="C3")
right.set_title(f"points between them: radius {fine.mean():.2f} ± {fine.std():.2f}")
for axes in (left, right):
    axes.set_axis_off()
plt.show()

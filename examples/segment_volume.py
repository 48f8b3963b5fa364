"""A volume with holes
===================

A volume with holes: k-means over a mask, a region grown from one seed, three slices through both.

::

    python examples/segment_volume.py [segment_volume.png]

Needs classicseg[plot] (matplotlib).
"""

import sys

import numpy as np
from matplotlib.figure import Figure

from classicseg import kmeans_segment, region_growing_segment, region_table
from classicseg.extras.plot import check_figure, save_figure

path = sys.argv[1] if len(sys.argv) > 1 else "segment_volume.png"
check_figure(path)

# A scan of 40 x 64 x 64 voxels, twice as far apart between slices as within one: a ball of tissue with a bright
# core and a tilted vessel through it, noise, and a slice that the scanner lost.
spacing = (2.0, 1.0, 1.0)
z, y, x = (np.indices((40, 64, 64)) - np.array([20, 32, 32])[:, None, None, None]) * np.array(spacing)[
    :, None, None, None
]
radius = np.sqrt((z / 1.3) ** 2 + y**2 + x**2)
scan = 20.0 + 40.0 * (radius < 26) + 45.0 * (radius < 10)
scan[np.hypot(y - 0.35 * z, x + 15) < 4] = 150.0
scan += np.random.default_rng(0).normal(0, 4, scan.shape)
scan[13] = np.nan
field_of_view = np.hypot(y, x) < 31

# NaN and what the mask leaves out get label 0 and count in no statistic, and no region grows through them: the
# vessel ends at the lost slice. channel_axis=None says that every axis is spatial.
tissues = kmeans_segment(scan, n_clusters=4, channel_axis=None, mask=field_of_view)
vessel = region_growing_segment(scan, seeds=[(20, 32, 17)], tolerance=25, channel_axis=None, mask=field_of_view)
volume = region_table(vessel, scan, channel_axis=None, spacing=spacing).area[0]

views = {
    "from above": (lambda a: a[20], 1.0),
    "from the front": (lambda a: a[:, 36], 2.0),
    "from the side": (lambda a: a[:, :, 17], 2.0),
}
figure = Figure(figsize=(10, 10), dpi=100, layout="constrained")
for row, (view, (cut, aspect)) in enumerate(views.items()):
    pictures = {
        f"scan {view}": (cut(scan), "gray", (0, 160)),
        "kmeans_segment": (cut(tissues), "viridis", (0, 4)),
        f"region_growing_segment: {volume:.0f} mm³": (cut(vessel), "magma", (0, 1)),
    }
    for column, (title, (picture, colors, limits)) in enumerate(pictures.items()):
        axes = figure.add_subplot(3, 3, 3 * row + column + 1)
        axes.imshow(picture, cmap=colors, clim=limits, aspect=aspect, interpolation="nearest")
        axes.set_title(title if row == 0 or column == 0 else "", fontsize=10)
        axes.set_axis_off()

save_figure(figure, path)
print(f"the vessel fills {volume:.0f} mm³; wrote {path}")

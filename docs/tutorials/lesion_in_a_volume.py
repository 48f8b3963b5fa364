"""A lesion in a volume with spacing
=================================

A scan has slices that are three times as far apart as the pixels of a slice. We grow a lesion from one seed,
and measure its volume in milliliters.

Needs ``classicseg[plot]``. The scan is made here; with a file, ``read_image`` gives pixels and spacing.
"""

# %%
# A scan
# ------
# Axes are slices, rows, columns. ``SPACING`` has one number for each, in millimeters.

import numpy as np
from matplotlib.figure import Figure
from scipy import ndimage

from classicseg import otsu_threshold, region_growing_segment, region_table
from classicseg.metrics import dice, hausdorff95

SPACING = (3.0, 1.0, 1.0)
z, y, x = (np.indices((24, 96, 96)) - np.array([12, 48, 48])[:, None, None, None]) * np.array(SPACING)[
    :, None, None, None
]
head = (z / 34) ** 2 + (y / 44) ** 2 + (x / 40) ** 2 < 1
lesion = (z / 12) ** 2 + ((y + 10) / 11) ** 2 + ((x - 12) / 9) ** 2 < 1
vessel = (np.hypot(z, y + 10 - 0.3 * x) < 2.2) & head & ~lesion  # as bright as the lesion, and it runs into it
scan = 70.0 * head + 60 * lesion + 60 * vessel
scan = ndimage.gaussian_filter(scan, (0.3, 0.8, 0.8)) + np.random.default_rng(0).normal(0, 6, scan.shape)
seed = (12, 38, 60)

# %%
# A volume is an image with three spatial axes. ``channel_axis=None`` says so in every call.
#
# Grow from a seed
# ----------------
# The first try: what is connected with the seed and within a tolerance. It leaks into the vessel.

leaky = region_growing_segment(scan, seeds=[seed], tolerance=35, channel_axis=None, spacing=SPACING)
print(np.count_nonzero(leaky), "voxels; the lesion has", np.count_nonzero(lesion))

# %%
# ``opening_radius`` keeps a region from running through what is thinner than a ball: here of 4 mm, whatever the
# axis.

smooth = ndimage.gaussian_filter(scan, 1 / np.array(SPACING))
found = region_growing_segment(
    smooth, seeds=[seed], tolerance=30, opening_radius=4, fill_holes=True, channel_axis=None, spacing=SPACING
)

figure = Figure(figsize=(9, 3.4), dpi=100, layout="constrained")
for axis, axes in enumerate(figure.subplots(1, 3)):
    rows, columns = (a for a in range(3) if a != axis)
    axes.imshow(scan.take(seed[axis], axis), cmap="gray", aspect=SPACING[rows] / SPACING[columns])
    for color, region in {"deepskyblue": lesion, "orangered": leaky > 0, "yellow": found > 0}.items():
        if region.take(seed[axis], axis).any():
            axes.contour(region.take(seed[axis], axis), [0.5], colors=color, linewidths=1.5)
    axes.set_title(["from above", "from the front", "from the side"][axis])
    axes.set_axis_off()

# %%
# Blue is the truth, red the first try, yellow the second one.
#
# Measure
# -------
# With ``spacing``, an area is a volume in cubic millimeters.

table = region_table(found, scan, channel_axis=None, spacing=SPACING)
print(f"{table.area[0] / 1000:.1f} ml found, {np.count_nonzero(lesion) * np.prod(SPACING) / 1000:.1f} ml true")
print("Dice:", dice(lesion.astype(int), found).score.round(3))
print("95 % of the surface is nearer than", hausdorff95(lesion, found > 0, spacing=SPACING), "mm")

# %%
# A threshold for the whole scan would not do: the head itself is brighter than the air around it.

print("Otsu:", round(float(otsu_threshold(scan, channel_axis=None)), 1))

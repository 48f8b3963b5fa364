"""Count coins
===========

How many coins are in a photograph, and how large is each? We start with the simplest method, see where it
fails, and mend it.

Needs ``classicseg[cli]``.
"""

# %%
# The photograph
# --------------
# An image is an array: rows, columns, and a number from 0 (black) to 255 (white).

import numpy as np
from matplotlib.figure import Figure
from skimage import data

from classicseg import (
    clear_border,
    connected_regions,
    fill_holes,
    local_threshold_segment,
    otsu_threshold,
    region_table,
    relabel,
    remove_small_regions,
    threshold_segment,
)
from classicseg.extras.plot import histogram_with_thresholds, overlay

image = data.coins()
print(image.shape, image.dtype, image.min(), image.max())

# %%
# One threshold
# -------------
# Coins are bright, the ground is dark. Otsu's threshold divides the values such that both classes are as even
# as can be.

threshold = otsu_threshold(image)
print("bright from", threshold)
axes = histogram_with_thresholds(image, threshold)
histogram = axes.figure

# %%
# The two hills overlap. Here is why: at the top left, the ground is as bright as coins are elsewhere.

axes = overlay(image, threshold_segment(image))
one_threshold = axes.figure

# %%
# A threshold for each pixel
# --------------------------
# So we compare each pixel with its surroundings: the mean of a window that is wider than a coin. What is much
# brighter is coin.

classes = local_threshold_segment(image, method="mean", window=101, offset=-12)
coins = connected_regions(classes == 2)
print(coins.max(), "pieces")

# %%
# Many pieces are specks. We fill the holes within coins, and remove what is smaller than any coin.

coins = fill_holes(coins)
coins = relabel(remove_small_regions(coins, min_area=400)).labels
print(coins.max(), "coins")
axes = overlay(image, coins)
found = axes.figure

# %%
# Measure
# -------
# The table has one row a coin. We write each area where its coin is.

table = region_table(coins, image)
figure = Figure(figsize=(8, 6.4), dpi=100, layout="constrained")
axes = overlay(image, coins, ax=figure.add_subplot())
for (row, column), area in zip(table.centroid, table.area, strict=True):
    axes.text(column, row, f"{area:.0f}", ha="center", va="center", fontsize=9, weight="bold")
print("mean area:", round(table.area.mean()), "pixels; the largest is number", table.label[np.argmax(table.area)])

# %%
# What next
# ---------
# Coins that the border of the image cuts have the wrong area; ``clear_border`` leaves them out.

print(relabel(clear_border(coins)).labels.max(), "coins are whole")

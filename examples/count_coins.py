"""Count coins and measure them
============================

Count coins and measure them: threshold, split into connected regions, read the table.

::

    python examples/count_coins.py [count_coins.png]

Needs classicseg[cli] (matplotlib, and scikit-image for the photograph).
"""

import sys

import numpy as np
from matplotlib.figure import Figure
from skimage import data

from classicseg import connected_regions, otsu_threshold, region_table, threshold_segment
from classicseg.extras.plot import check_figure, overlay, save_figure

path = sys.argv[1] if len(sys.argv) > 1 else "count_coins.png"
check_figure(path)

photograph = data.coins()

# The ground is brighter at the top than at the bottom: take off the plane that fits its values best.
rows, columns = np.indices(photograph.shape)
dark = photograph < otsu_threshold(photograph)
ground = np.stack([np.ones(dark.sum()), rows[dark], columns[dark]], axis=1)
(level, down, across), *_ = np.linalg.lstsq(ground, photograph[dark].astype(float), rcond=None)
even = photograph - (level + down * rows + across * columns)

# Of the dark regions the largest is the ground; the others are shadows on coins, which belong to their coin.
dark = connected_regions(threshold_segment(even) == 1)
not_ground = dark != 1 + np.argmax(region_table(dark).area)
coins = connected_regions(not_ground)
table = region_table(coins)
is_coin = table.area > 400
coins = np.where(np.isin(coins, table.label[is_coin]), coins, 0)

figure = Figure(figsize=(9, 6.4), dpi=100, layout="constrained")
axes = figure.add_subplot()
overlay(photograph, coins, ax=axes)
for (row, column), area in zip(table.centroid[is_coin], table.area[is_coin], strict=True):
    axes.text(column, row, f"{area:.0f}", color="black", ha="center", va="center", fontsize=9, weight="bold")
axes.set_title(f"{is_coin.sum()} coins, and the area of each in pixels")
axes.set_axis_off()

save_figure(figure, path)
print(f"{is_coin.sum()} coins, of {table.area[is_coin].mean():.0f} pixels on average; wrote {path}")

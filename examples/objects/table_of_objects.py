"""
A table of objects
==================

``connected_regions`` numbers what hangs together, and ``region_table`` measures each: area, place, shape,
values. The table is a dictionary of columns, which pandas takes as it is. Here its columns draw the main axis of
each grain.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import connected_regions, region_table
from classicseg.extras.plot import overlay

rows, columns = np.indices((220, 300))
grains = np.zeros(rows.shape, dtype=bool)
for y, x, angle, length, width in [(55, 60, 0.4, 40, 15), (60, 205, 1.2, 50, 20), (160, 80, 2.2, 45, 25)]:
    along = (rows - y) * np.cos(angle) + (columns - x) * np.sin(angle)
    across = (columns - x) * np.cos(angle) - (rows - y) * np.sin(angle)
    grains |= (along / length) ** 2 + (across / width) ** 2 < 1

labels = connected_regions(grains)
table = region_table(labels)

figure, axes = plt.subplots(figsize=(7, 5), layout="constrained")
overlay(grains.astype(float), labels, ax=axes)
for (row, column), angle, length, area in zip(
    table.centroid, table.orientation, table.major_axis_length, table.area, strict=True
):
    down, across = np.cos(angle) * length / 2, np.sin(angle) * length / 2
    axes.plot([column - across, column + across], [row - down, row + down], color="black")
    axes.text(column, row - length / 2, f"{area:.0f} pixels", ha="center", va="bottom", color="white")
axes.set_title(f"{len(table.label)} objects, their areas and main axes")
axes.set_axis_off()
plt.show()

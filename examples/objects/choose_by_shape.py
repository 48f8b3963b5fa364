"""
Objects chosen by their shape
=============================

``region_table`` measures, and ``filter_regions`` keeps the segments whose row says True. Any column will do, and
any condition: here what is round, and not small.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import connected_regions, filter_regions, region_table
from classicseg.extras.plot import overlay

rng = np.random.default_rng(3)
rows, columns = np.indices((180, 260))
things = np.zeros(rows.shape, dtype=bool)
for y in range(25, 180, 44):
    for x in range(25, 260, 42):
        angle, long, short = rng.uniform(0, np.pi), rng.uniform(8, 17), rng.uniform(4, 12)
        along = (rows - y) * np.cos(angle) + (columns - x) * np.sin(angle)
        across = (columns - x) * np.cos(angle) - (rows - y) * np.sin(angle)
        things |= (along / long) ** 2 + (across / short) ** 2 < 1

labels = connected_regions(things)
table = region_table(labels)
is_round = (table.eccentricity < 0.75) & (table.area > 150)

figure, panels = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
overlay(things.astype(float), labels, ax=panels[0]).set_title(f"{len(table.label)} objects")
chosen = filter_regions(labels, is_round)
overlay(things.astype(float), chosen, ax=panels[1]).set_title(f"{is_round.sum()} round ones")
for axes in panels:
    axes.set_axis_off()
plt.show()

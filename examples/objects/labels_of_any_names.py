"""
Labels of any names
===================

Labels from elsewhere may be class codes, identifiers of a database, or have gaps. ``relabel`` numbers them 1 …
n, as colors and tables like them, and keeps the names that they had.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import region_table, relabel

parcels = np.kron(
    [[40117, 40117, 0, 90210], [7, 40117, 90210, 90210], [7, 7, 7, -3]], np.ones((20, 30), dtype=int)
)
labels, names = relabel(parcels)
center = region_table(labels).centroid

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
left.imshow(np.where(parcels == 0, np.nan, parcels), cmap="viridis")
left.set_title("parcels by their identifiers")
right.imshow(np.ma.masked_equal(labels, 0), cmap="viridis")
right.set_title("numbered, with the names they had")
for label, (row, column) in enumerate(center, start=1):
    text = f"{label}: {names[label]}"
    right.text(column, row, text, ha="center", va="center", bbox={"color": "white", "alpha": 0.7})
for axes in (left, right):
    axes.set_axis_off()
plt.show()

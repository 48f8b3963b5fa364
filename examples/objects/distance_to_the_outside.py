"""
How far from the outside
========================

``distance_map`` holds for each pixel of an object how far away the nearest pixel outside is. Its ridge runs
along the middle, and its greatest value is the radius of the largest disk that fits. Of pixels that are not
square, ``spacing`` says how large they are.
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from classicseg import distance_map

horse = ~data.horse()
distance = distance_map(horse)
row, column = np.unravel_index(distance.argmax(), distance.shape)

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
left.imshow(horse, cmap="gray")
left.set_title("an object")
shown = right.imshow(distance, cmap="magma")
right.add_patch(plt.Circle((column, row), distance.max(), fill=False, color="white"))
right.set_title(f"distance, and the largest disk: {distance.max():.0f}")
figure.colorbar(shown, ax=right)
for axes in (left, right):
    axes.set_axis_off()
plt.show()

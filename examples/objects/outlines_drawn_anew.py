"""
Outlines drawn anew
===================

One threshold for all cells draws the bright ones too large and the faint ones too small. ``refine_outlines``
takes each cell by itself: its outline runs at a level between its own value and that of the ground around it.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg import connected_regions, refine_outlines
from classicseg.extras.plot import boundaries_plot

rng = np.random.default_rng(0)
rows, columns = np.indices((120, 240))
image = rng.normal(20, 3, rows.shape)
truth = np.zeros(rows.shape, dtype=np.int32)
for label, (x, value) in enumerate([(45, 200), (120, 100), (195, 60)], start=1):
    distance = np.hypot(rows - 60, columns - x)
    image += value / (1 + np.exp((distance - 25) / 3))
    truth[distance < 25] = label
found = connected_regions(image > 60)

figure, panels = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
boundaries_plot(image, found, truth=truth, ax=panels[0]).set_title("one threshold")
boundaries_plot(image, refine_outlines(found, image, level=0.5), truth=truth, ax=panels[1]).set_title(
    "each outline at half of its own height"
)
for axes in panels:
    axes.set_axis_off()
plt.show()

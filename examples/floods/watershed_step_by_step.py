"""
A watershed, step by step
=========================

The image is a landscape, and water rises in it. Each valley has its own color; where two floods meet a dam holds
them apart, and once all is under water the dams are the lines of the watershed.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation

from classicseg import watershed_segment
from classicseg.extras.plot import overlay_image

rows, columns = np.indices((120, 160))
valleys = [(30, 35, 20), (80, 60, 5), (35, 110, 0), (90, 125, 30)]
landscape = np.min([np.hypot(rows - y, columns - x) + bottom for y, x, bottom in valleys], axis=0)
basins = watershed_segment(landscape, surface="image", lines=True)

figure, axes = plt.subplots(figsize=(4, 3.4), layout="constrained")
shown = axes.imshow(overlay_image(landscape, basins))
axes.set_axis_off()


def draw(level):
    shown.set_data(overlay_image(landscape, np.where(landscape <= level, basins, 0)))
    axes.set_title(f"water at {level}")


animation = FuncAnimation(figure, draw, frames=range(4, 81, 4), interval=300)
plt.show()

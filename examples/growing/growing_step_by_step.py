"""
Growing, step by step
=====================

As the tolerance rises, a region grows from its seed: pixel by pixel while it fills a thing, at once where a
bridge to the next thing opens. The right tolerance is any of the many at which it stands still.
"""

import matplotlib.pyplot as plt
from matplotlib.animation import FuncAnimation
from skimage import data

from classicseg import region_growing_segment
from classicseg.extras.plot import overlay_image

image = data.coffee()[::2, ::2]
seed = (85, 165)  # the coffee in the cup

figure, axes = plt.subplots(figsize=(4, 3.1), layout="constrained")
shown = axes.imshow(image)
axes.plot(seed[1], seed[0], "x", color="white")
axes.set_axis_off()


def draw(tolerance):
    region = region_growing_segment(image, seeds=seed, tolerance=tolerance)
    shown.set_data(overlay_image(image, region))
    axes.set_title(f"tolerance {tolerance}: {region.sum()} pixels")


animation = FuncAnimation(figure, draw, frames=range(10, 201, 10), interval=400)
plt.show()

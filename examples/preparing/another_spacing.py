"""
Another spacing, over the same extent
=====================================

``resize`` takes an image to another shape or spacing. Values are averaged, labels are counted: each new pixel
has the label that covers most of it, so that no label comes to be that was not there.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import boundary_segment
from classicseg.extras.plot import overlay
from classicseg.preprocess import resize

image = data.coins()[:160, :200]
labels = boundary_segment(image)

figure, panels = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
for axes, step in zip(panels, (1, 4, 8), strict=True):
    resized = resize(image, labels, to_spacing=step)
    overlay(resized.image, resized.labels, ax=axes)
    axes.set_title(f"steps of {resized.spacing[0]:.3g}: {resized.labels.max()} labels")
    axes.set_axis_off()
plt.show()

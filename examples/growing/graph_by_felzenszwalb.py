"""
Regions by Felzenszwalb and Huttenlocher
========================================

Two regions merge where the weakest step between them is no greater than the steps within them: a textured thing
may have strong steps inside, a smooth one may not. ``scale`` says how large regions like to be.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import felzenszwalb_segment
from classicseg.extras.plot import overlay

image = data.astronaut()

figure, panels = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
for axes, scale in zip(panels, (100, 300, 1000), strict=True):
    labels = felzenszwalb_segment(image, scale=scale)
    overlay(image, labels, ax=axes)
    axes.set_title(f"scale {scale}: {labels.max()} regions")
    axes.set_axis_off()
plt.show()

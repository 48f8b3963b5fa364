"""
Seeds on a grid
===============

``seed_grid`` lays seeds at even distances over an image, or over what a mask leaves of it, about as many as
asked. SNIC, region growing and the watershed take them as they are.
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from classicseg import seed_grid, snic_segment
from classicseg.extras.plot import overlay

image = data.retina()[::3, ::3]
eye = image.max(axis=-1) > 20
seeds = seed_grid(image, 120, mask=eye)
labels = snic_segment(image, seeds=seeds, mask=eye)

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.6), layout="constrained")
left.imshow(image)
left.plot(seeds[:, 1], seeds[:, 0], "+", color="white")
left.set_title(f"{len(seeds)} seeds within the mask")
overlay(image, labels, ax=right).set_title(f"{len(np.unique(labels[eye]))} superpixels")
for axes in (left, right):
    axes.set_axis_off()
plt.show()

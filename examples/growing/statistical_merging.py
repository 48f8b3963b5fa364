"""
Statistical region merging
==========================

Each color is taken as a sum of chance, and two regions merge unless their means differ by more than chance
allows. The fewer terms the sum has, the ``complexity``, the more chance allows and the fewer regions there are.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import label_means, srm_segment

image = data.coffee()

figure, panels = plt.subplots(1, 3, figsize=(11, 3.1), layout="constrained")
for axes, complexity in zip(panels, (8, 32, 256), strict=True):
    labels = srm_segment(image, complexity=complexity)
    axes.imshow(label_means(labels, image).astype("uint8"))
    axes.set_title(f"complexity {complexity}: {labels.max()} regions")
    axes.set_axis_off()
plt.show()

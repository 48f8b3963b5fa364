"""
All segmenters on one image
===========================

``segmenters`` lists what turns an image into labels, all of it or one kind. Each is called with the image alone,
so a loop shows what its defaults make of a photograph.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import segmenters
from classicseg.extras.plot import overlay

image = data.coffee()[::2, ::2]
found = {**segmenters("classes"), **segmenters("regions"), **segmenters("superpixels")}

figure, panels = plt.subplots(
    -(-len(found) // 4), 4, figsize=(12, 2.4 * -(-len(found) // 4)), layout="constrained"
)
for axes, (name, segmenter) in zip(panels.flat, found.items(), strict=False):
    labels = segmenter(image)
    overlay(image, labels, ax=axes)
    axes.set_title(f"{name}: {labels.max()}", fontsize=10)
for axes in panels.flat:
    axes.set_axis_off()
plt.show()

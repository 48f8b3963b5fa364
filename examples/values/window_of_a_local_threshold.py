"""
The window of a local threshold
===============================

Where light is uneven each pixel needs a threshold of its own, from the values around it. The window must be
wider than what is sought: a narrow one hollows out thick strokes, and a very wide one follows the light no more.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import local_threshold_segment, threshold_segment

image = data.page()[:, :250]
pictures = {
    "the page": image,
    "one threshold": threshold_segment(image),
    "window of 5": local_threshold_segment(image, window=5),
    "window of 25": local_threshold_segment(image, window=25),
    "window of 151": local_threshold_segment(image, window=151),
    "Gaussian mean less 12": local_threshold_segment(image, method="gaussian", window=51, offset=12),
}
figure, panels = plt.subplots(2, 3, figsize=(10, 5.6), layout="constrained")
for axes, (title, picture) in zip(panels.flat, pictures.items(), strict=True):
    axes.imshow(picture, cmap="gray")
    axes.set_title(title)
    axes.set_axis_off()
plt.show()

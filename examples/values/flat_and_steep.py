"""
Flat and steep
==============

``gradient_segment`` puts a threshold on how fast an image changes, not on its values. Class 1 is flat and class
2 steep, whatever their brightness: that tells smooth sky and dark coat, both, from grass and edges.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import gradient_segment, threshold_segment

image = data.camera()
pictures = {
    "the image": image,
    "by value": threshold_segment(image),
    "by gradient": gradient_segment(image, sigma=1),
    "by gradient, three classes": gradient_segment(image, sigma=1, n_classes=3),
}
figure, panels = plt.subplots(1, 4, figsize=(12, 3.4), layout="constrained")
for axes, (title, picture) in zip(panels, pictures.items(), strict=True):
    axes.imshow(picture, cmap="gray")
    axes.set_title(title)
    axes.set_axis_off()
plt.show()

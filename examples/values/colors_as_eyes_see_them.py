"""
Colors as eyes see them
=======================

Distances of red, green and blue are not those that a person sees. In CIELAB, equal distances look about equally
different: one axis for lightness, two for color. Clusters of the two color axes alone find the brown stain
whatever its lightness.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import kmeans_segment, rgb_to_lab

image = data.immunohistochemistry()
lab = rgb_to_lab(image)

# %%
# The axes of color alone are an image of two channels.
stain = kmeans_segment(lab[..., 1:], n_clusters=2)

pictures = {
    "the image": image,
    "lightness L": lab[..., 0],
    "yellow or blue b": lab[..., 2],
    "two clusters of a and b": stain,
}
figure, panels = plt.subplots(1, 4, figsize=(12, 3.4), layout="constrained")
for axes, (title, picture) in zip(panels, pictures.items(), strict=True):
    axes.imshow(picture, cmap="gray")
    axes.set_title(title)
    axes.set_axis_off()
plt.show()

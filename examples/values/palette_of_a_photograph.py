"""
The palette of a photograph
===========================

``palette_image`` draws a photograph in few colors: so many, or as few as come so near to it in decibels. It
holds the number of each pixel and the colors, from dark to bright, as a GIF or a paletted PNG does.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import palette_image

image = data.chelsea()
few = palette_image(image, n_colors=8)
near = palette_image(image, min_psnr=32)

figure, panels = plt.subplots(
    2, 3, figsize=(11, 3.6), layout="constrained", height_ratios=[8, 1], sharex="col", squeeze=False
)
panels[0, 0].imshow(image)
panels[0, 0].set_title("the photograph")
panels[1, 0].set_axis_off()
for (top, bottom), result in zip(panels.T[1:], (few, near), strict=True):
    top.imshow(result.colors[result.labels - 1])
    top.set_title(f"{len(result.colors)} colors")
    bottom.imshow(result.colors[None], aspect="auto", extent=(0, image.shape[1], 0, 1))
for axes in panels.flat:
    axes.set_axis_off()
plt.show()

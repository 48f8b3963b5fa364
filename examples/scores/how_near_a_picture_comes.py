"""
How near a picture comes
========================

In fewer colors a photograph takes less room and is less like itself. PSNR counts the squared differences, in
decibels; SSIM compares brightness, contrast and pattern around each pixel, nearer to what a person sees.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import palette_image
from classicseg.metrics import psnr, ssim

image = data.chelsea()

figure, panels = plt.subplots(1, 4, figsize=(13, 2.8), layout="constrained")
panels[0].imshow(image)
panels[0].set_title("the photograph")
for axes, n_colors in zip(panels[1:], (3, 12, 64), strict=True):
    result = palette_image(image, n_colors=n_colors)
    drawn = result.colors[result.labels - 1]
    axes.imshow(drawn)
    axes.set_title(f"{n_colors} colors: {psnr(image, drawn):.1f} dB, SSIM {ssim(image, drawn):.2f}", fontsize=10)
for axes in panels:
    axes.set_axis_off()
plt.show()

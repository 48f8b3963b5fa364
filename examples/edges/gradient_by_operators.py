"""
The gradient of a photograph
============================

The magnitude of the gradient is how fast values change, in value units per pixel. Operators differ in how they
average across the edge; with ``sigma`` the image is smoothed first, so that grain vanishes and edges broaden.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import gradient_magnitude

image = data.camera()
pictures = {
    "Sobel": gradient_magnitude(image),
    "Scharr": gradient_magnitude(image, operator="scharr"),
    "Sobel after a Gaussian of 2 pixels": gradient_magnitude(image, sigma=2),
}
figure, panels = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
for axes, (title, picture) in zip(panels, pictures.items(), strict=True):
    shown = axes.imshow(picture, cmap="gray_r", vmin=0, vmax=picture.max() / 2)
    figure.colorbar(shown, ax=axes, location="bottom", shrink=0.8)
    axes.set_title(title)
    axes.set_axis_off()
plt.show()

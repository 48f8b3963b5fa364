"""
Boundaries learned from people
==============================

A gradient is as strong in the grain of wood as at the rim of a cup. ``boundary_probability`` has learned from
drawings which changes people call a boundary, and ``thin_boundaries`` makes lines of it, each as strong as it is
sure.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import boundary_probability, gradient_magnitude, thin_boundaries

image = data.coffee()[::2, ::2]
boundaries = boundary_probability(image)
pictures = {
    "the photograph": image,
    "gradient": gradient_magnitude(image, sigma=1),
    "boundary_probability": boundaries.strength,
    "thin_boundaries": thin_boundaries(boundaries),
}
figure, panels = plt.subplots(2, 2, figsize=(9, 6.4), layout="constrained")
for axes, (title, picture) in zip(panels.flat, pictures.items(), strict=True):
    axes.imshow(picture, cmap="gray_r")
    axes.set_title(title)
    axes.set_axis_off()
plt.show()

"""
Holes filled, specks removed, the border cleared
================================================

What a threshold leaves is rarely what one wants to count. ``fill_holes`` closes what objects enclose,
``remove_small_regions`` drops specks, and ``clear_border`` what the edge of the image cuts, which cannot be
measured.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import clear_border, fill_holes, remove_small_regions, threshold_segment

image = data.coins()[100:280, 55:]
found = threshold_segment(image) == 2
filled = fill_holes(found)
large = remove_small_regions(filled, min_area=200)
inside = clear_border(large)

pictures = {
    "the image": image,
    "above Otsu's threshold": found,
    "fill_holes": filled,
    "remove_small_regions": large,
    "clear_border": inside,
}
figure, panels = plt.subplots(2, 3, figsize=(11, 5.2), layout="constrained")
for axes, (title, picture) in zip(panels.flat, pictures.items(), strict=False):
    axes.imshow(picture, cmap="gray")
    axes.set_title(title)
for axes in panels.flat:
    axes.set_axis_off()
plt.show()

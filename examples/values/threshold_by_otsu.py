"""
A threshold by Otsu
===================

Otsu's threshold divides the values of an image into two classes, each as much alike within itself as can be. It
is what to try first where objects are brighter or darker than their ground. The histogram shows what it decides:
each value belongs to one side, wherever its pixel lies.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import otsu_threshold, pixel_histogram, threshold_segment

image = data.camera()
threshold = otsu_threshold(image)
values, counts = pixel_histogram(image)

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
left.imshow(image, cmap="gray")
left.set_title("the image")
middle.bar(values[:, 0], counts, width=1, color="0.6")
middle.axvline(threshold, color="C3")
middle.set_title(f"its histogram, divided at {threshold:g}")
middle.set_yticks([])
right.imshow(threshold_segment(image), cmap="gray")
right.set_title("class 1, class 2")
for axes in (left, right):
    axes.set_axis_off()
plt.show()

"""
How many clusters?
==================

The more clusters, the nearer each pixel is to its center: that alone says nothing. ``choose_n_clusters`` looks
for the number at which a power of that distance jumps. Where an image has a few clear levels it finds them; in a
photograph of many colors there is no such number, and it goes on up to the most that is allowed.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import choose_n_clusters, kmeans_fit, kmeans_segment, label_means

image = data.camera()
chosen = choose_n_clusters(image)
numbers = range(1, 9)
spread = [(kmeans_fit(image, n_clusters=number).inertia / image.size) ** 0.5 for number in numbers]

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 3.7), layout="constrained")
left.imshow(image, cmap="gray")
left.set_title("the image")
middle.plot(numbers, spread, "o-", color="0.5")
middle.plot(chosen, spread[chosen - 1], "o", color="C3", markersize=10)
middle.set_xlabel("clusters")
middle.set_title("how far pixels are from their centers")
right.imshow(label_means(kmeans_segment(image, n_clusters=chosen), image), cmap="gray")
right.set_title(f"{chosen} clusters")
for axes in (left, right):
    axes.set_axis_off()
plt.show()

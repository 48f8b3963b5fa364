"""
Colors by k-means
=================

K-means divides the colors of a photograph into so many clusters, and each pixel takes the number of its nearest
center. Painted in the means of their classes, two clusters tell light from dark, four the things apart, and
twelve come near to the photograph.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import kmeans_segment, label_means

image = data.coffee()

figure, panels = plt.subplots(2, 2, figsize=(9, 6.4), layout="constrained")
panels[0, 0].imshow(image)
panels[0, 0].set_title("the photograph")
for axes, n_clusters in zip(panels.flat[1:], (2, 4, 12), strict=True):
    labels = kmeans_segment(image, n_clusters=n_clusters)
    axes.imshow(label_means(labels, image).astype("uint8"))
    axes.set_title(f"{n_clusters} clusters")
for axes in panels.flat:
    axes.set_axis_off()
plt.show()

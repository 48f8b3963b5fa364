"""
Regions that compete
====================

With ``criterion="competition"`` no tolerance is needed: each pixel goes to the region that it touches and is
most like, the most like of all first, until none is left. A seed for each thing divides the whole image.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import region_growing_segment
from classicseg.extras.plot import overlay

image = data.coffee()
seeds = {
    1: [(165, 300)],  # coffee
    2: [(25, 300), (203, 300), (80, 340), (100, 215)],  # cup
    3: [(220, 130), (250, 440), (370, 250)],  # saucer
    4: [(60, 500), (240, 30)],  # table, bright
    6: [(330, 530), (385, 560), (30, 150)],  # table, in shade
    5: [(20, 30), (300, 300), (250, 320)],  # what is dark
}
labels = region_growing_segment(image, seeds=seeds, criterion="competition")

figure, axes = plt.subplots(figsize=(7.4, 5), layout="constrained")
overlay(image, labels, ax=axes)
for name, points in seeds.items():
    axes.plot([column for _, column in points], [row for row, _ in points], "o", color=f"C{name}", mec="white")
axes.set_title("each pixel to the region that it is most like")
axes.set_axis_off()
plt.show()

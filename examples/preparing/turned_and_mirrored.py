"""
Turned and mirrored
===================

``flip`` and ``quarter_turns`` move pixels and lose nothing, ``rotate`` turns by any angle on the grid that was
there: what turns in from outside takes no part. ``augmentations`` draws such turns, for what learns from few
images.
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from classicseg import kmeans_segment
from classicseg.extras.plot import overlay
from classicseg.preprocess import augmentations, flip, quarter_turns, rotate

image = data.coffee()[::4, ::4]
labels = kmeans_segment(image, n_clusters=3)
shown = {
    "mirrored": flip(image, labels, axes=1),
    "a quarter turn": quarter_turns(image, labels, turns=1),
    "turned by 20 degrees": rotate(image, labels, degrees=20),
}
rng = np.random.default_rng(3)
for number in (1, 2, 3):
    drawn = image, labels
    for augment in augmentations(rng, degrees=30):
        drawn = (augment(*drawn),)
    shown[f"drawn, {number}"] = drawn[0]

figure, panels = plt.subplots(2, 3, figsize=(10, 5.4), layout="constrained")
for axes, (title, prepared) in zip(panels.flat, shown.items(), strict=True):
    overlay(prepared.image, prepared.labels, ax=axes).set_title(title)
    axes.set_axis_off()
plt.show()

"""
Textures from a few strokes
===========================

Two textures of the same mean: no threshold tells them apart, and features of the neighborhood do. A forest learns
from three strokes what the pixels of each look like, is kept in a file, and read again for other images.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from classicseg import (
    classify_segment,
    pixel_classifier_apply,
    pixel_classifier_fit,
    pixel_features,
    read_pixel_classifier,
    write_pixel_classifier,
)
from classicseg.extras.plot import overlay

rows, columns = np.indices((160, 200))
fine, coarse = np.sin(rows * 1.6) * np.sin(columns * 1.6), np.sin(rows / 3) * np.sin(columns / 3)
inside = np.hypot(rows - 80, columns - 100) < 55
noise = np.random.default_rng(0).normal(0, 15, inside.shape)
image = (128 + 60 * np.where(inside, fine, coarse) + noise).clip(0, 255).astype(np.uint8)

strokes = np.zeros(image.shape, int)
strokes[78:82, 70:130] = 1
strokes[8:12, 20:180] = strokes[150:154, 20:180] = 2
labels = classify_segment(image, strokes=strokes, scales=(1, 2, 4))
features = pixel_features(image, scales=(1, 2, 4))

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "textures.npz"
    write_pixel_classifier(path, pixel_classifier_fit(image, strokes=strokes, scales=(1, 2, 4)))
    again = pixel_classifier_apply(image[:, ::-1], read_pixel_classifier(path))

figure, panels = plt.subplots(1, 4, figsize=(13, 2.9), layout="constrained")
overlay(image, strokes, ax=panels[0]).set_title("strokes")
panels[1].imshow(features.planes[5], cmap="gray")
panels[1].set_title(f"one feature: {features.names[5]}")
overlay(image, labels, ax=panels[2]).set_title("classify_segment")
overlay(image[:, ::-1], again, ax=panels[3]).set_title("the same classifier, another image")
for axes in panels:
    axes.set_axis_off()
plt.show()

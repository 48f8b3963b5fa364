"""
Read, segment, write
====================

``read_image`` reads photographs, TIFF stacks and more, with what the file says of its place and scale;
``write_labels`` writes labels so that no number is lost, and with ``like`` the place of the picture that they
belong to.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from skimage import data, io

from classicseg import merge_segment, read_image, write_labels
from classicseg.extras.plot import overlay

with tempfile.TemporaryDirectory() as folder:
    io.imsave(Path(folder) / "rocket.png", data.rocket(), check_contrast=False)

    # Your own path goes here.
    picture = read_image(Path(folder) / "rocket.png")
    labels = merge_segment(picture.pixels, n_segments=12)
    path = write_labels(Path(folder) / "rocket_labels.tif", labels, like=picture)
    written = read_image(path).pixels

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
left.imshow(picture.pixels)
left.set_title("read_image")
overlay(picture.pixels, written, ax=right).set_title(f"write_labels: {written.max()} regions, read again")
for axes in (left, right):
    axes.set_axis_off()
plt.show()

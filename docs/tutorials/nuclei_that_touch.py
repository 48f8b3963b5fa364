"""Nuclei that touch
=================

Nuclei lie close together, and a threshold makes one blob of two. We split the blobs, draw each outline anew,
and score the result against the truth.

Needs ``classicseg[cli]``. The image is made here, so that the truth is known; your own goes the same way.
"""

# %%
# An image with a truth
# ---------------------

import numpy as np
from matplotlib.figure import Figure
from scipy import ndimage

from classicseg import (
    connected_regions,
    fill_holes,
    refine_outlines,
    region_table,
    split_touching,
    threshold_segment,
)
from classicseg.extras.plot import overlay
from classicseg.metrics import average_precision

rng = np.random.default_rng(3)
rows, columns = np.indices((200, 280))
truth = np.zeros(rows.shape, np.int32)
for number in range(1, 43):
    row, column = rng.uniform(8, 192), rng.uniform(8, 272)
    long, wide, turn = rng.uniform(11, 16), rng.uniform(8, 11), rng.uniform(0, np.pi)
    along = (rows - row) * np.cos(turn) + (columns - column) * np.sin(turn)
    across = (columns - column) * np.cos(turn) - (rows - row) * np.sin(turn)
    inside = (along / long) ** 2 + (across / wide) ** 2 < 1
    if np.count_nonzero(inside & (truth > 0)) < 0.06 * np.count_nonzero(inside):  # they touch, and hardly overlap
        truth[inside & (truth == 0)] = number
brightness = rng.uniform(90, 180, 43)[truth] * (truth > 0)
image = ndimage.gaussian_filter(brightness, 1.2) + 20 + rng.normal(0, 6, truth.shape)
image = image.clip(0, 255).astype(np.uint8)

figure = Figure(figsize=(9, 3.4), dpi=100, layout="constrained")
left, right = figure.subplots(1, 2)
left.imshow(image, cmap="gray")
left.set_title("the image")
overlay(image, truth, ax=right).set_title("the truth")
left.set_axis_off()

# %%
# A threshold, and what it joins
# ------------------------------

blobs = fill_holes(connected_regions(threshold_segment(image) == 2))
n_true = len(np.unique(truth)) - 1
print(n_true, "nuclei,", blobs.max(), "blobs")

# %%
# Split at the waists
# -------------------
# Inside each blob the distance to the outside has a peak for each nucleus, and a pass between two peaks: their
# waist. A blob is cut where the pass is at least ``min_depth`` pixels lower than the lesser peak.

nuclei = split_touching(blobs, min_depth=1.5)
print(nuclei.max(), "nuclei found")

figure = Figure(figsize=(9, 3.4), dpi=100, layout="constrained")
left, right = figure.subplots(1, 2)
overlay(image, blobs, ax=left).set_title("one threshold")
overlay(image, nuclei, ax=right).set_title("split at the waists")

# %%
# Each outline at its own level
# -----------------------------
# One threshold is too high for dark nuclei and too low for bright ones. ``refine_outlines`` draws each outline
# where the image is 0.4 of the way from the ground around it to the nucleus itself.

refined = refine_outlines(nuclei, image, level=0.4)

# %%
# How good?
# ---------
# Average precision counts nuclei: at an overlap (intersection over union) of t, a nucleus is found, missed, or
# invented.

for name, labels in {"one threshold": blobs, "split": nuclei, "refined": refined}.items():
    scores = average_precision(truth, labels)
    print(f"{name:>14}:", np.round(scores.precision, 2))

# %%
# The table
# ---------

table = region_table(refined, image, properties=["area", "eccentricity", "mean"])
print("median area", np.median(table.area), "pixels, median eccentricity", np.median(table.eccentricity).round(2))

"""Superpixels and a forest on a street scene
==========================================

What is road, what is sky, what is a car? We cut a picture into superpixels, describe each by a few numbers, and
let a random forest learn from one picture what the pieces of another one are.

Needs ``classicseg[plot]`` and scikit-learn. The scenes are made here; photographs with drawn labels go the same
way.
"""

# %%
# Two scenes
# ----------
# One to learn from, one to be tried on, each with its truth.

import numpy as np
from matplotlib.figure import Figure
from scipy import ndimage
from sklearn.ensemble import RandomForestClassifier

from classicseg import majority_classes, region_table, slic_segment
from classicseg.extras.plot import overlay
from classicseg.metrics import achievable_accuracy, iou, pixel_accuracy

NAMES = ["sky", "house", "tree", "road", "car"]
COLORS = [(150, 180, 225), (170, 130, 110), (60, 95, 50), (105, 105, 110), (150, 40, 45)]


def scene(rng):
    """A street of 150 x 240 pixels, and its classes: 1 sky … 5 car."""
    rows, columns = np.indices((150, 240))
    horizon, vanishing = rng.integers(60, 75), rng.integers(90, 150)
    truth = np.where(rows < horizon, 1, 3)
    for left in range(0, 240, 48):
        roof = rng.integers(15, 45)
        truth[
            (columns >= left) & (columns < left + rng.integers(25, 48)) & (rows >= roof) & (rows < horizon + 12)
        ] = 2
    for _ in range(4):
        truth[np.hypot(rows - horizon, columns - rng.integers(0, 240)) < rng.integers(10, 20)] = 3
    truth[np.abs(columns - vanishing) < (rows - horizon) * 1.6] = 4
    for _ in range(3):
        row = rng.integers(horizon + 15, 130)
        size = (row - horizon) / 3
        column = vanishing + rng.uniform(-1, 1) * (row - horizon)
        truth[(np.abs(rows - row) < size * 0.6) & (np.abs(columns - column) < size)] = 5
    clean = np.array([(0, 0, 0), *COLORS], float)[truth]
    light = 1 + 0.35 * np.sin(columns / 60 + rng.uniform(0, 6))
    texture = (
        ndimage.gaussian_filter(rng.normal(0, 1, (*truth.shape, 1)), (1, 1, 0))
        * np.where(truth == 3, 60, 15)[..., None]
    )
    picture = clean * light[..., None] + texture + rng.normal(0, 8, clean.shape)
    return picture.clip(0, 255).astype(np.uint8), truth.astype(np.int32)


known, known_truth = scene(np.random.default_rng(1))
new, new_truth = scene(np.random.default_rng(2))

# %%
# Superpixels
# -----------
# 400 small pieces in the place of 36 000 pixels. How much is lost? If each piece got its best class, so many
# pixels would be right:

known_pieces, new_pieces = slic_segment(known, n_segments=400), slic_segment(new, n_segments=400)
print("best possible accuracy:", round(achievable_accuracy(new_truth, new_pieces), 3))

figure = Figure(figsize=(9, 3), dpi=100, layout="constrained")
left, right = figure.subplots(1, 2)
left.imshow(new)
left.set_axis_off()
overlay(new, new_pieces, ax=right)

# %%
# Numbers that describe a piece
# -----------------------------
# Mean color, spread, and how high in the picture it is: each a column of the table.


def describe(picture, pieces):
    """One row a piece."""
    table = region_table(pieces, picture, properties=["centroid", "mean", "std"])
    return np.column_stack([table.mean, table.std, table.centroid[:, 0]])


# %%
# Learn, and try
# --------------
# The class of a piece is that of most of its pixels: ``majority_classes`` paints it, and we read it off at one
# pixel of each piece.

painted = majority_classes(known_pieces, known_truth)
first_pixel = np.unique(known_pieces, return_index=True)[1]
forest = RandomForestClassifier(n_estimators=100, random_state=0)
forest.fit(describe(known, known_pieces), painted.ravel()[first_pixel])

found = np.concatenate([[0], forest.predict(describe(new, new_pieces))])[new_pieces]
print("accuracy:", round(pixel_accuracy(new_truth, found), 3))
for label, score in zip(*iou(new_truth, found)[:2], strict=True):
    print(f"{NAMES[label - 1]:>6}: {score:.2f}")

result = Figure(figsize=(9, 3), dpi=100, layout="constrained")
left, right = result.subplots(1, 2)
overlay(new, new_truth, ax=left).set_title("the truth")
overlay(new, found, ax=right).set_title("what the forest says")

"""Boundaries that people would draw
=================================

Boundaries that people would draw on a photograph: how sure, which way they run, and the regions they close.

::

    python examples/drawn_boundaries.py [drawn_boundaries.png [photograph.jpg photograph.mat]]

Of a photograph of BSDS500 and its drawings, what people drew is shown as well. Needs classicseg[cli]
(matplotlib, and scikit-image for the photograph).
"""

import sys

import numpy as np
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure
from scipy.io import loadmat
from skimage import data

from classicseg import boundary_probability, boundary_tree, cut_tree, read_image, thin_boundaries
from classicseg.extras.plot import check_figure, overlay, save_figure

HEIGHTS = [0.25, 0.4, 0.55]

path, *given = sys.argv[1:] or ["drawn_boundaries.png"]
check_figure(path)

photograph = read_image(given[0]).pixels if given else data.coffee()

found = boundary_probability(photograph)
tree = boundary_tree(photograph)
levels = cut_tree(tree, height=HEIGHTS)
print(f"{tree.regions.max()} finest regions; cuts into {', '.join(str(labels.max()) for labels in levels)}")

sure = found.strength / found.strength.max()
hue = hsv_to_rgb(np.stack([found.orientation / np.pi, np.ones_like(sure), np.sqrt(sure)], axis=-1))

figure = Figure(figsize=(15, 8), dpi=100, layout="tight")
panels = iter(figure.subplots(2, 3).flat)
for title, picture in [
    ("the photograph", photograph),
    ("boundary_probability: direction as hue", hue),
]:
    panel = next(panels)
    panel.imshow(picture)
    panel.set_title(title)
    panel.set_axis_off()
last = next(panels)
if given:
    people = loadmat(given[1])["groundTruth"][0]
    last.imshow(np.mean([one["Boundaries"][0, 0] for one in people], axis=0), cmap="gray_r")
    last.set_title(f"what {len(people)} people drew")
else:
    last.imshow(np.sqrt(thin_boundaries(found)), cmap="gray_r")
    last.set_title("thin_boundaries (square root)")
last.set_axis_off()
for height, labels in zip(HEIGHTS, levels, strict=True):
    overlay(photograph, labels, ax=next(panels)).set_title(
        f"boundary_tree cut at {height}: {labels.max()} regions"
    )

save_figure(figure, path)
print(f"wrote {path}")

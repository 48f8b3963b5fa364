"""Ink and paper on an unevenly lit page
=====================================

One threshold for all of it, a threshold for each pixel, and a cut along edges.

::

    python examples/binarize_page.py [binarize_page.png]

Needs classicseg[cli] (matplotlib, and scikit-image for the photograph).
"""

import sys

from matplotlib.figure import Figure
from skimage import data

from classicseg import ink_segment, local_threshold_segment, threshold_segment
from classicseg.extras.plot import check_figure, save_figure

path = sys.argv[1] if len(sys.argv) > 1 else "binarize_page.png"
check_figure(path)

page = data.page()

panels = {
    "the photograph": page,
    "Otsu's threshold": threshold_segment(page),
    "a cut along edges (ink_segment)": ink_segment(page),
    "Sauvola, window 25": local_threshold_segment(page, window=25),
    "Wolf, window 25": local_threshold_segment(page, method="wolf", window=25),
    "Gaussian mean less 10, window 51": local_threshold_segment(page, method="gaussian", window=51, offset=10),
}

figure = Figure(figsize=(12, 4.6), dpi=100, layout="constrained")
for axes, (title, image) in zip(figure.subplots(2, 3).flat, panels.items(), strict=True):
    axes.imshow(image, cmap="gray")
    axes.set_title(title)
    axes.set_axis_off()

save_figure(figure, path)
print(f"wrote {path}")

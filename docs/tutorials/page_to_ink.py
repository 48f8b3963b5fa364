"""Binarize a page
===============

A photographed page has a shadow. We want ink black and paper white, as a scan would be, in a file of one bit a
pixel.

Needs ``classicseg[cli]``.
"""

# %%
# One threshold is not enough
# ---------------------------

import tempfile
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from skimage import data

from classicseg import local_threshold_segment, remove_small_regions, threshold_segment
from classicseg.metrics import f_measure

page = data.page()
one = threshold_segment(page)


def side_by_side(**panels):
    """Black where a class is 1 (ink)."""
    figure = Figure(figsize=(9, 2.4 * ((len(panels) + 1) // 2)), dpi=100, layout="constrained")
    for axes, (title, picture) in zip(figure.subplots(-(-len(panels) // 2), 2).flat, panels.items(), strict=False):
        axes.imshow(picture, cmap="gray")
        axes.set_title(title.replace("_", " "))
        axes.set_axis_off()
    return figure


first = side_by_side(the_page=page, Otsu=one)

# %%
# The shadow at the left is as dark as ink is at the right. So no threshold can be right for both.
#
# A threshold for each pixel
# --------------------------
# Sauvola's threshold follows the mean of a window, and lies the lower the less the window varies: empty paper
# stays white. The window should hold two letters or so; here 25 pixels.

sauvola = local_threshold_segment(page, window=25)
second = side_by_side(
    Sauvola=sauvola,
    Wolf=local_threshold_segment(page, method="wolf", window=25),
    NICK=local_threshold_segment(page, method="nick", window=25),
    Gaussian_less_10=local_threshold_segment(page, method="gaussian", window=51, offset=10),
)

# %%
# ``k`` says how much darker than its surroundings ink must be. Smaller keeps faint strokes, and more dirt.

third = side_by_side(**{f"k={k}": local_threshold_segment(page, window=25, k=k) for k in (0.05, 0.1, 0.2, 0.4)})

# %%
# Specks
# ------
# A stroke has more than 6 pixels. What is smaller is dirt.

ink = remove_small_regions(sauvola == 1, min_area=6, connectivity=2) > 0
print(np.count_nonzero(sauvola == 1) - np.count_nonzero(ink), "pixels of dirt removed")

# %%
# How much does it matter? The F-measure of document contests compares the ink of two pages; one stands in for
# the truth here.

print(
    "one threshold:", round(f_measure(ink, one == 1), 3), " another rule:", round(f_measure(ink, sauvola == 1), 3)
)

# %%
# One bit a pixel
# ---------------

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "page.png"
    Image.fromarray(~ink).save(path)
    print(path.stat().st_size, "bytes; the photograph has", page.size)

# %%
# On the command line: ``classicseg local-threshold page.png --window 25 --save binary``.

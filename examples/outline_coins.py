"""Outlines as lines between the pixels
====================================

Outlines of coins as lines between the pixels: edges, linked to chains, with gaps bridged and spurs removed.

::

    python examples/outline_coins.py [outline_coins.png]

Needs classicseg[cli] (matplotlib, and scikit-image for the photograph).
"""

import sys

from matplotlib.figure import Figure
from skimage import data

from classicseg import canny_edge_points, canny_edges, gradient_magnitude, link_edges
from classicseg.extras.plot import check_figure, save_figure

path = sys.argv[1] if len(sys.argv) > 1 else "outline_coins.png"
check_figure(path)

photograph = data.coins()

edges = canny_edges(photograph, sigma=2)
chains = link_edges(
    edges,
    points=canny_edge_points(photograph, sigma=2),
    gradient=gradient_magnitude(photograph, sigma=2),
    max_gap=10,
    max_spur=6,
)
outlines = [chain for chain in chains if len(chain) > 60 and (chain[0] == chain[-1]).all()]
print(f"{edges.sum()} edge pixels, {len(chains)} chains, {len(outlines)} closed outlines")

figure = Figure(figsize=(12, 5), dpi=100, layout="constrained")
left, right = figure.subplots(1, 2)
left.imshow(edges, cmap="gray_r")
left.set_title("canny_edges: pixels")
right.imshow(photograph, cmap="gray", alpha=0.5)
for chain in chains:
    closed = any(chain is outline for outline in outlines)
    right.plot(chain[:, 1], chain[:, 0], color="C3" if closed else "C0", linewidth=1.5)
right.set_title("link_edges: lines, red where they are closed")
for axes in figure.axes:
    axes.set_axis_off()

save_figure(figure, path)
print(f"wrote {path}")

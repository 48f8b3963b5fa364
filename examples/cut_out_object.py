"""Cut an object out
=================

An object is cut out of a photograph: a box around it, and a few strokes where colors alone were wrong.

::

    python examples/cut_out_object.py [cut_out_object.png]

Needs classicseg[cli] (matplotlib, and scikit-image for the photograph).
"""

import sys

import numpy as np
from matplotlib.figure import Figure
from skimage import data

from classicseg import grabcut_segment
from classicseg.extras.plot import check_figure, save_figure

path = sys.argv[1] if len(sys.argv) > 1 else "cut_out_object.png"
check_figure(path)

photograph = data.astronaut()[:400]
BOX = (10, 60, 400, 400)  # first row, first column, last row + 1, last column + 1

# The object is large and of few colors: outlines may be short.
first = grabcut_segment(photograph, box=BOX, smoothness=50)

strokes = np.zeros(first.shape, int)
strokes[190:210, 190:260] = strokes[195:200, 180:280] = strokes[150:180, 228:234] = 2  # the dark collar, the neck
strokes[20:140, 100:106] = strokes[290:297, 330:395] = 1  # the wall, what the shuttle stands on
refined = grabcut_segment(photograph, labels=first, strokes=strokes, smoothness=50)


def cut_out(labels):
    """The object on white."""
    return np.where(labels[..., np.newaxis] == 2, photograph, 255)


panels = {
    "a box around the object": photograph,
    "GrabCut from the box": cut_out(first),
    "refined by strokes (green, red)": cut_out(refined),
}

figure = Figure(figsize=(12, 4.6), dpi=100, layout="constrained")
for axes, (title, image) in zip(figure.subplots(1, 3), panels.items(), strict=True):
    axes.imshow(image)
    axes.set_title(title)
    axes.set_axis_off()
    if image is photograph:
        axes.plot([BOX[1], BOX[3], BOX[3], BOX[1], BOX[1]], [BOX[0], BOX[0], BOX[2], BOX[2], BOX[0]], "yellow")
rows, columns = np.nonzero(strokes)
colors = np.where(strokes[rows, columns] == 2, "lime", "red")
figure.axes[2].scatter(columns, rows, s=1, c=colors)

save_figure(figure, path)
print(f"wrote {path}: the object has {np.mean(refined == 2):.0%} of the picture")

"""A lesion in a volume, measured
==============================

A lesion in a medical volume: confidence growing from one seed, measured against the known truth.

::

    python examples/grow_lesion.py [grow_lesion.png] [stack membranes]

Two folders of numbered slices may be given instead, of an electron microscope and of the cells that somebody
outlined there, membranes 0: then a cell is grown, from what is brighter than Otsu's threshold. That works for a
cell much wider than the gaps in its membrane; in a smaller one the region leaks into its neighbors.

Needs classicseg[plot] (matplotlib).
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy import ndimage

from classicseg import connected_regions, otsu_threshold, region_growing_segment
from classicseg.extras.files import read_image
from classicseg.extras.plot import check_figure, save_figure

SPACING = (3.0, 1.0, 1.0)  # mm: slices are three times as far apart as pixels
SLICES = (12.5, 1.0, 1.0)  # 50 nm apart, of pixels of 4 nm


def make_volume(rng):
    """A head of 48 slices of 128 x 128: returns the scan, the true lesion and a seed in it."""
    shape = (48, 128, 128)
    center = np.array(shape)[:, None, None, None] / 2
    z, y, x = (np.indices(shape) - center) * np.array(SPACING)[:, None, None, None]
    head = (z / 66) ** 2 + (y / 58) ** 2 + (x / 50) ** 2 < 1
    matter = (z / 58) ** 2 + (y / 50) ** 2 + (x / 42) ** 2 < 1
    lesion = ((z - 5) / 15) ** 2 + ((y + 14) / 11) ** 2 + ((x - 12) / 13) ** 2 < 1
    lesion |= (z + 8) ** 2 + (y + 8) ** 2 + (x - 16) ** 2 < 9**2  # a lobe
    vessels = np.hypot(y + 14 - 12 * np.sin(z / 25), x + 6) < 3
    vessels |= (np.hypot(z - 5, y + 12 + 0.15 * x) < 2.5) & (x > 0)  # this one runs into the lesion
    scan = 30.0 * head + 60.0 * matter
    scan[lesion] = 135
    scan[vessels & matter & ~lesion] = 150
    bias = 1 + 0.07 * np.sin(z / 60) + 0.07 * np.cos(y / 50) + 0.05 * x / 64
    scan = ndimage.gaussian_filter(scan, (0.4, 0.8, 0.8)) * bias + rng.normal(0, 7, shape)
    return scan.astype(np.float32), lesion, (25, 50, 76)


def grow_lesion(scan, seed):
    """The region that a seed's neighborhood stands for, without what is thinner than a ball of 3 mm."""
    options = {"criterion": "confidence", "multiplier": 4, "initial_radius": 4, "opening_radius": 3}
    smooth = ndimage.gaussian_filter(scan, 1 / np.array(SPACING))
    return grow(smooth, seed, options, SPACING)


def grow_cell(scan, seed):
    """What is bright around a seed, without what is thinner than a ball of 11 pixels: membranes have gaps."""
    smooth = ndimage.gaussian_filter(scan.astype(np.float32), (0, 3, 3))
    bright = otsu_threshold(smooth, channel_axis=None), smooth.max()
    return grow(smooth, seed, {"interval": bright, "opening_radius": 11}, SLICES)


def grow(scan, seed, options, spacing):
    common = {"seeds": seed, "fill_holes": True, "channel_axis": None, "spacing": spacing}
    return region_growing_segment(scan, **options, **common) > 0


def dice(found, truth):
    """Twice the voxels that both have, by those of each."""
    return 2 * np.count_nonzero(found & truth) / (np.count_nonzero(found) + np.count_nonzero(truth))


def draw(scan, outlines, seed, spacing, title):
    """Three orthogonal slices through the seed, with outlines in colors by their names."""
    figure = Figure(figsize=(12, 4.6), dpi=100, layout="constrained")
    figure.suptitle(title)
    for axis, view in enumerate(["from above", "from the front", "from the side"]):
        rows, columns = (a for a in range(3) if a != axis)
        axes = figure.add_subplot(1, 3, axis + 1)
        axes.imshow(scan.take(seed[axis], axis), cmap="gray", aspect=spacing[rows] / spacing[columns])
        for color, region in outlines.items():
            axes.contour(region.take(seed[axis], axis), [0.5], colors=color, linewidths=1.5)
        axes.plot(seed[columns], seed[rows], "+", color="red")
        axes.set_title(view)
        axes.set_axis_off()
    return figure


def read_stack(folder):
    """The slices in a folder, in the order of the numbers that they are named by."""
    paths = sorted(Path(folder).iterdir(), key=lambda path: int(path.stem))
    return np.stack([read_image(path).pixels for path in paths])


def true_cell(membranes):
    """The cell with the most room on the slice in the middle, known on that slice only, and a seed in it."""
    middle = len(membranes) // 2
    inside = membranes[middle] > 0
    room = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    seed = np.unravel_index(np.argmax(room), room.shape)
    cells = connected_regions(inside)
    truth = np.zeros(membranes.shape, bool)
    truth[middle] = cells == cells[seed]
    return truth, (middle, *(int(index) for index in seed))


def main(figure_path="grow_lesion.png", stack=None, membranes=None):
    read = [folder for folder in (stack, membranes) if folder is not None]
    check_figure(figure_path, read)
    if stack is None:
        scan, truth, seed = make_volume(np.random.default_rng(0))
        found = grow_lesion(scan, seed)
        title = f"confidence growing (yellow) and truth (blue): Dice {dice(found, truth):.3f}"
        figure = draw(scan, {"deepskyblue": truth, "yellow": found}, seed, SPACING, title)
    else:
        scan, (truth, seed) = read_stack(stack), true_cell(read_stack(membranes))
        found = grow_cell(scan, seed)
        score = dice(found[seed[0]], truth[seed[0]])
        title = f"a cell of {np.count_nonzero(found):,} voxels (yellow), truth on a slice (blue): Dice {score:.3f}"
        figure = draw(scan, {"deepskyblue": truth, "yellow": found}, seed, SLICES, title)
    save_figure(figure, figure_path, read)
    print(f"{title}; wrote {figure_path}")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The magic wand by hand
======================

The magic wand by hand: click on a photograph, and the region of similar color appears.

::

    python examples/magic_wand.py [magic_wand.png] [photograph]

A click grows a region, a click with shift held adds a seed to it, the wheel changes the tolerance, c clears and s
saves the labels. Given a file to draw into, it clicks by itself, once, and draws what a hand would see.

Needs classicseg[plot] (matplotlib), and a window for clicks by hand.
"""

import sys
from functools import reduce

import numpy as np
from matplotlib import pyplot as plt
from skimage import data

from classicseg import region_boundaries, region_growing_segment
from classicseg.extras.files import check_outputs, read_image, write_labels
from classicseg.extras.plot import check_figure, save_figure

MOST_ROWS = 900  # a screen shows no more, and pictures of 12 megapixels take matplotlib seconds
COLOR = (0, 230, 255)
KEYS = {"keymap.save": ["ctrl+s"], "keymap.back": ["left", "backspace"]}  # matplotlib's own, without s and c


class MagicWand:
    """A photograph in a matplotlib axes, and the region that is grown in it."""

    def __init__(self, axes, image, tolerance=25.0, read=()):
        self.axes, self.image, self.tolerance, self.read = axes, np.asarray(image), tolerance, read
        self.shape = self.image.shape[:2]
        self.seeds, self.labels = [], np.zeros(self.shape, np.int32)
        self.step = -(-max(self.shape) // MOST_ROWS)
        self.extent = (-0.5, self.shape[1] - 0.5, self.shape[0] - 0.5, -0.5)
        shown = self.image[:: self.step, :: self.step]
        if shown.ndim == 3 and shown.dtype != np.uint8:  # matplotlib takes other colors as 0 to 1
            shown = shown / shown.max()
        axes.imshow(shown, cmap="gray", extent=self.extent)
        self.overlay = axes.imshow(self.colored(), extent=self.extent, interpolation="nearest")
        (self.marks,) = axes.plot([], [], "w+", markersize=12, markeredgewidth=2, scalex=False, scaley=False)
        axes.set_axis_off()
        self.show("click on something")
        canvas = axes.figure.canvas
        canvas.mpl_connect("button_press_event", self.on_click)
        canvas.mpl_connect("scroll_event", self.on_wheel)
        canvas.mpl_connect("key_press_event", self.on_key)

    def on_click(self, event):
        """Grow from the pixel under the mouse; with shift, from the ones before as well."""
        toolbar = self.axes.figure.canvas.toolbar
        if event.inaxes is not self.axes or event.button != 1 or (toolbar is not None and toolbar.mode):
            return
        row, column = np.clip(np.rint((event.ydata, event.xdata)), 0, np.subtract(self.shape, 1)).astype(int)
        pixel = int(row), int(column)
        held = self.seeds if event.key == "shift" else []
        self.grow([*(seed for seed in held if seed != pixel), pixel])

    def on_wheel(self, event):
        """A tenth more tolerance for each step of the wheel, or less."""
        self.tolerance *= 1.1**event.step
        if self.seeds:
            self.grow(self.seeds)
        else:
            self.show("click on something")

    def on_key(self, event):
        if event.key == "c":
            self.seeds, self.labels = [], np.zeros(self.shape, np.int32)
            self.show("click on something")
        elif event.key == "s":
            self.show(self.save("magic_wand_labels"))

    def save(self, path):
        try:
            check_outputs([f"{path}.png"], self.read)
        except (OSError, ValueError) as error:  # the photograph is there
            return str(error).partition(";")[0]
        return f"wrote {write_labels(path, self.labels)}"

    def grow(self, seeds):
        """Each seed has its own value; together they are one region."""
        try:
            regions = [region_growing_segment(self.image, seeds=seed, tolerance=self.tolerance) for seed in seeds]
        except ValueError as error:  # a pixel that takes no part
            self.show(str(error).partition(";")[0])
            return
        self.seeds, self.labels = seeds, reduce(np.bitwise_or, regions)
        self.show(f"{np.count_nonzero(self.labels):,} pixels")

    def show(self, message):
        self.overlay.set_data(self.colored())
        self.marks.set_data([column for _, column in self.seeds], [row for row, _ in self.seeds])
        self.axes.set_title(f"{message} · tolerance {self.tolerance:.3g}")
        self.axes.figure.canvas.draw_idle()

    def colored(self):
        """The region in a transparent color, its outline in a solid one, as large as a screen needs them."""
        labels = self.labels[:: self.step, :: self.step]
        alpha = np.where(region_boundaries(labels, connectivity=2), 255, 90) * (labels > 0)
        return np.concatenate([np.broadcast_to(COLOR, (*labels.shape, 3)), alpha[..., None]], axis=-1).astype(
            np.uint8
        )


def main(figure_path=None, photograph=None):
    read = [] if photograph is None else [photograph]
    if figure_path is not None:
        check_figure(figure_path, read)
    image = data.astronaut() if photograph is None else read_image(photograph).pixels
    figure, axes = plt.subplots(figsize=(8, 8), dpi=100, layout="constrained")
    wand = MagicWand(axes, image, tolerance=float(image.max()) / 4, read=read)
    if figure_path is None:
        with plt.rc_context(KEYS):
            plt.show()
        return
    wand.grow([(300, 130)] if photograph is None else [tuple(n // 2 for n in wand.shape)])
    save_figure(figure, figure_path, read)
    print(f"the region has {np.count_nonzero(wand.labels)} pixels; wrote {figure_path}")


if __name__ == "__main__":
    main(*sys.argv[1:])

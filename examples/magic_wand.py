"""A workbench for strokes
=======================

A photograph to draw in: brush over a thing and over what is around it, choose a method, and see what it makes of
that.

::

    python examples/magic_wand.py [magic_wand.png] [photograph]

The left button draws on the thing; the right one, or the left with shift held, draws on what is around it. The
magic wand grows from each stroke, and a click is enough; the wheel changes its tolerance. The other methods divide
the whole photograph between the two. z takes the last stroke back, c clears, and s saves the labels. Of large
photographs one sees a draft, made of as many pixels as the method answers in about half a second; what is saved is
made of all. Given a file to draw into, it draws by itself, once, what a hand would see.

Needs classicseg[plot] (matplotlib), and a window for strokes by hand.
"""

import sys
from math import ceil, prod, sqrt

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.widgets import RadioButtons
from skimage import data

import classicseg
from classicseg import region_boundaries, region_growing_segment
from classicseg.extras.files import check_outputs, read_image, write_labels
from classicseg.extras.plot import check_figure, save_figure

WAND = "magic wand"
METHODS = {  # what is called, and how many pixels are answered in half a second
    WAND: ("region_growing_segment", 2**20),
    "watershed": ("watershed_segment", 2**20),
    "geodesic": ("geodesic_segment", 2**20),
    "random walker": ("random_walker_segment", 2**18),
    "graph cut": ("graph_cut_segment", 2**18),
    "GrabCut": ("grabcut_segment", 2**16),
    "pixels that learn": ("classify_segment", 2**16),
}
HINT = "draw on something"
THING, AROUND = 1, 2
COLORS = {THING: (0, 230, 255), AROUND: (255, 120, 0)}
STROKES = [  # what a hand would draw on the astronaut, as parts of the height and the width
    (THING, [(0.2, 0.33), (0.07, 0.42), (0.17, 0.5), (0.3, 0.42), (0.5, 0.42), (0.75, 0.3), (0.95, 0.2)]),
    (THING, [(0.42, 0.27), (0.6, 0.14), (0.8, 0.1)]),
    (THING, [(0.66, 0.69), (0.55, 0.65), (0.7, 0.52), (0.95, 0.4)]),
    (AROUND, [(0.1, 0.05), (0.35, 0.18), (0.6, 0.02), (0.97, 0.02)]),
    (AROUND, [(0.03, 0.2), (0.1, 0.28), (0.3, 0.25), (0.1, 0.28), (0.02, 0.4), (0.02, 0.65), (0.35, 0.63)]),
    (AROUND, [(0.3, 0.68), (0.62, 0.8), (0.72, 0.97), (0.3, 0.9)]),
    (AROUND, [(0.95, 0.95), (0.72, 0.8), (0.8, 0.62), (0.97, 0.58)]),
]
MOST_ROWS = 900  # a screen shows no more, and pictures of 12 megapixels take matplotlib seconds
KEYS = {"keymap.save": ["ctrl+s"], "keymap.back": ["left", "backspace"]}  # matplotlib's own, without s and c


class Workbench:
    """A photograph in a matplotlib axes, strokes on it, and what a method makes of them."""

    def __init__(self, axes, image, tolerance=25.0, read=()):
        self.axes, self.image, self.tolerance, self.read = axes, np.asarray(image), tolerance, read
        self.shape = self.image.shape[:2]
        self.radius = max(self.shape) // 150
        self.method = WAND
        self.strokes, self.drawn = (
            [],
            None,
        )  # pairs of a kind and the pixels on its way; the one that is being drawn
        self.labels, self.step = np.zeros(self.shape, np.int32), 1
        extent = (-0.5, self.shape[1] - 0.5, self.shape[0] - 0.5, -0.5)
        shown = self.image[:: self.screen_step, :: self.screen_step]
        if shown.ndim == 3 and shown.dtype != np.uint8:  # matplotlib takes other colors as 0 to 1
            shown = shown / shown.max()
        axes.imshow(shown, cmap="gray", extent=extent)
        self.overlay = axes.imshow(self.colored(), extent=extent, interpolation="nearest")
        axes.set_axis_off()
        self.show(HINT)
        canvas = axes.figure.canvas
        canvas.mpl_connect("button_press_event", self.on_press)
        canvas.mpl_connect("motion_notify_event", self.on_move)
        canvas.mpl_connect("button_release_event", self.on_release)
        canvas.mpl_connect("scroll_event", self.on_wheel)
        canvas.mpl_connect("key_press_event", self.on_key)

    @property
    def screen_step(self):
        return ceil(max(self.shape) / MOST_ROWS)

    def on_press(self, event):
        """A stroke begins: on the thing, or on what is around it."""
        toolbar = self.axes.figure.canvas.toolbar
        if event.inaxes is self.axes and event.button in (1, 3) and not (toolbar is not None and toolbar.mode):
            self.drawn = AROUND if event.button == 3 or event.key == "shift" else THING, [self.place(event)]

    def on_move(self, event):
        if self.drawn is not None and event.inaxes is self.axes:
            self.drawn[1].append(self.place(event))
            self.show("…")

    def on_release(self, event):
        """The stroke is whole: see what comes of it."""
        if self.drawn is not None:
            kind, places = self.drawn
            self.drawn = None
            self.draw(kind, places)

    def on_wheel(self, event):
        """A tenth more tolerance for each step of the wheel, or less."""
        self.tolerance *= 1.1**event.step
        self.answer()

    def on_key(self, event):
        if event.key == "c":
            self.strokes.clear()
            self.answer()
        elif event.key == "z":
            del self.strokes[-1:]
            self.answer()
        elif event.key == "s":
            self.show(self.save("magic_wand_labels"))

    def choose(self, method):
        self.method = method
        self.answer()

    def place(self, event):
        """The pixel under the mouse."""
        return tuple(np.clip(np.rint((event.ydata, event.xdata)), 0, np.subtract(self.shape, 1)).astype(int))

    def draw(self, kind, places):
        """Add a stroke through some pixels."""
        self.strokes.append((kind, places))
        self.answer()

    def answer(self):
        """What the method makes of the strokes, on as many pixels as it answers at once."""
        self.step = max(ceil(sqrt(prod(self.shape) / METHODS[self.method][1])), 1)
        try:
            self.labels = self.segment(self.step)
            message = f"{np.count_nonzero(self.labels) * self.step**2:,} pixels" if self.strokes else HINT
        except ValueError as error:  # too few strokes, or on pixels that take no part
            self.labels = np.zeros_like(self.labels)
            message = str(error).partition(";")[0]
        self.show(message)

    def segment(self, step):
        """1 on the thing and 0 elsewhere, of each `step`-th pixel along both axes."""
        image = self.image[::step, ::step]
        kinds = np.array([0, *(kind for kind, _ in self.strokes)])
        if THING not in kinds:
            return np.zeros(image.shape[:2], np.int32)
        if self.method == WAND:  # each stroke has its own value, and grows by itself
            strokes = self.markers(range(1, len(kinds)), step)
            regions = region_growing_segment(image, seeds=strokes, tolerance=self.tolerance)
            return (kinds == THING).astype(np.int32)[regions]
        if AROUND not in kinds:
            raise ValueError("now draw on what is around it, with the right button")
        name = METHODS[self.method][0]
        strokes = {"markers" if name == "watershed_segment" else "strokes": self.markers(kinds[1:], step)}
        return (getattr(classicseg, name)(image, **strokes) == THING).astype(np.int32)

    def markers(self, numbers, step):
        """The strokes by their numbers, a later one over an earlier one."""
        markers = np.zeros(self.image[::step, ::step].shape[:2], np.int32)
        for number, (_, places) in zip(numbers, self.strokes, strict=True):
            markers[brushed(places, self.radius, step, markers.shape)] = number
        return markers

    def save(self, path):
        try:
            check_outputs([f"{path}.png"], self.read)
            return f"wrote {write_labels(path, self.segment(1))}"
        except (OSError, ValueError) as error:  # the photograph is there
            return str(error).partition(";")[0]

    def show(self, message):
        self.overlay.set_data(self.colored())
        tolerance = f" · tolerance {self.tolerance:.3g}" if self.method == WAND else ""
        self.axes.set_title(f"{message}{tolerance}")
        self.axes.figure.canvas.draw_idle()

    def colored(self):
        """The thing in a transparent color, outlines and strokes in solid ones, as large as a screen needs."""
        step = max(self.screen_step // self.step, 1)
        labels = self.labels[::step, ::step]
        alpha = np.where(region_boundaries(labels, connectivity=2), 255, 90) * (labels > 0)
        colors = np.zeros((*labels.shape, 4), np.uint8)
        colors[..., :3], colors[..., 3] = COLORS[THING], alpha
        for kind, places in [*self.strokes, *([] if self.drawn is None else [self.drawn])]:
            colors[brushed(places, self.radius, step * self.step, labels.shape)] = *COLORS[kind], 255
        return colors


def brushed(places, radius, step, shape):
    """Rows and columns of a round brush that is drawn through some places, in an image of each `step`-th pixel."""
    ends = np.array(places) / step
    starts = np.concatenate([ends[:1], ends[:-1]])
    parts = np.linspace(0, 1, int(np.abs(ends - starts).max()) + 2)[:, None, None]
    line = np.unique(np.rint(starts + parts * (ends - starts)).astype(int).reshape(-1, 2), axis=0)
    reach = radius // step
    disc = np.argwhere(np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1]) <= radius / step) - reach
    pixels = (line[:, None] + disc).reshape(-1, 2)
    return tuple(pixels[((pixels >= 0) & (pixels < shape)).all(axis=1)].T)


def main(figure_path=None, photograph=None):
    read = [] if photograph is None else [photograph]
    if figure_path is not None:
        check_figure(figure_path, read)
    image = data.astronaut() if photograph is None else read_image(photograph).pixels
    figure, (side, axes) = plt.subplots(1, 2, figsize=(10, 8), dpi=100, width_ratios=(1, 4), layout="constrained")
    bench = Workbench(axes, image, tolerance=float(image.max()) / 4, read=read)
    side.set_frame_on(False)
    buttons = RadioButtons(side, list(METHODS), activecolor="tab:blue")
    buttons.on_clicked(bench.choose)
    if figure_path is None:
        with plt.rc_context(KEYS):
            plt.show()
        return
    for kind, places in STROKES:
        bench.draw(kind, [(int(y * bench.shape[0]), int(x * bench.shape[1])) for y, x in places])
    buttons.set_active(list(METHODS).index("random walker"))
    save_figure(figure, figure_path, read)
    print(f"the thing has {np.count_nonzero(bench.labels) * bench.step**2} pixels; wrote {figure_path}")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Colors of a photograph as a palette
===================================

A photograph has tens of thousands of colors. We find the few that stand for all of them: for a poster, for a
small file, for a strip of swatches.

Needs ``classicseg[cli]``.
"""

# %%
# How many colors are there?
# --------------------------

import io

import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from skimage import data

from classicseg import kmeans_fit, kmeans_segment, label_means, mean_shift_segment, palette_image, pixel_histogram

photo = data.coffee()[::2, ::2]
colors = pixel_histogram(photo)
print(len(colors.values), "colors of", colors.counts.sum(), "pixels")

# %%
# Six colors
# ----------
# k-means finds six colors such that each pixel is near to one of them. ``color_space="lab"`` measures near as
# the eye does.

found = kmeans_fit(photo, n_clusters=6)
share = found.counts / found.counts.sum()
print(np.column_stack([found.centers.round(), (100 * share).round(1)]))

figure = Figure(figsize=(8, 1.2), dpi=100)
axes = figure.add_axes((0, 0, 1, 1))
axes.barh([0], share, left=np.cumsum(share) - share, color=found.centers / 255, height=1)
axes.set_xlim(0, 1)
axes.set_axis_off()

# %%
# Each swatch is as wide as its color is frequent.
#
# A poster
# --------
# Each pixel gets the color of its class.

labels = kmeans_segment(photo, n_clusters=6)
poster = label_means(labels, photo).round().astype(np.uint8)
calm = mean_shift_segment(photo, range_radius=12, min_area=40)
calm_poster = label_means(calm, photo).round().astype(np.uint8)

posters = Figure(figsize=(9, 2.4), dpi=100, layout="constrained")
for axes, (title, picture) in zip(
    posters.subplots(1, 3),
    {"photograph": photo, "six colors": poster, f"mean shift, {calm.max()} regions": calm_poster}.items(),
    strict=True,
):
    axes.imshow(picture)
    axes.set_title(title)
    axes.set_axis_off()

# %%
# A small file
# ------------
# ``palette_image`` finds the palette for so many colors, or the fewest colors for a quality. PSNR says how near
# the colors are: 40 dB is hard to tell from the original, 30 dB shows.

for n in (8, 32, 128):
    few = palette_image(photo, n_colors=n)
    shown = few.colors[few.labels - 1].astype(float)
    quality = 10 * np.log10(255**2 / np.mean((shown - photo) ** 2))
    indexed = Image.fromarray((few.labels - 1).astype(np.uint8))
    indexed.putpalette(few.colors.astype(np.uint8).tobytes())
    file = io.BytesIO()
    indexed.save(file, "png", optimize=True)
    print(f"{n:>4} colors: {quality:.1f} dB, {len(file.getvalue()):,} bytes")

# %%
# On the command line: ``classicseg compress photo.png --colors 32``, or ``--quality 36dB``.

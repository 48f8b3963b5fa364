"""
Ink, scored as contests do
==========================

Contests of binarization count pixels of ink: F weighs what is missed against what is wrong. The pseudo F here
forgives pixels at the rim of a stroke, which no reader would miss, and DRD measures how much wrong pixels
disturb the eye.
"""

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from classicseg import distance_map, local_threshold_segment, threshold_segment
from classicseg.metrics import drd, f_measure, pseudo_f_measure

page = Image.new("L", (300, 120), 255)
for line, text in enumerate(["From values to classes,", "from places to regions.", "Each pixel has its say."]):
    ImageDraw.Draw(page).text((20, 10 + 34 * line), text, fill=0, font=ImageFont.load_default(size=24))
truth = np.asarray(page) < 128
rows, columns = np.indices(truth.shape)
light = 120 + 0.4 * columns - 0.4 * rows
image = np.where(truth, 0.45, 1) * light + np.random.default_rng(0).normal(0, 8, truth.shape)
inner = distance_map(truth) > 1  # the rim counts for nothing
found = {
    "one threshold": threshold_segment(image) == 1,
    "a threshold for each pixel": local_threshold_segment(image, window=25) == 1,
}
figure, panels = plt.subplots(1, 3, figsize=(12, 2.6), layout="constrained")
panels[0].imshow(image, cmap="gray")
panels[0].set_title("ink, unevenly lit")
for axes, (name, ink) in zip(panels[1:], found.items(), strict=True):
    axes.imshow(ink, cmap="gray_r")
    pseudo = pseudo_f_measure(truth, ink, recall_weights=inner)
    axes.set_title(f"{name}: F {f_measure(truth, ink):.2f},\npseudo F {pseudo:.2f}, DRD {drd(truth, ink):.1f}")
for axes in panels:
    axes.set_axis_off()
plt.show()

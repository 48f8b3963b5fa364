"""
Contours that move
==================

Two ways of moving a contour. Chan and Vese's goes where the means of its two sides differ most, whatever it began
with. An active contour is pressed inwards until edges hold it: it needs edges, and no even ground.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import active_contour_segment, chan_vese_segment
from classicseg.extras.plot import overlay

image = data.coins()[160:300, 20:190]

parts = chan_vese_segment(image, smoothing=2)
held = active_contour_segment(image, sigma=3, smoothing=2)

figure, panels = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained")
panels[0].imshow(image, cmap="gray")
panels[0].set_title("the image")
overlay(image, parts, ax=panels[1]).set_title("chan_vese_segment: two even parts")
overlay(image, held, ax=panels[2]).set_title("active_contour_segment: held by edges")
for axes in panels:
    axes.set_axis_off()
plt.show()

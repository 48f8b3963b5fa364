"""
How sure, and rightly so?
=========================

A method that says how likely each class is should be punished for being sure and wrong. The cross-entropy is the
mean of minus the logarithm of what the true class was given: least where the method is as sure as it may be.
"""

import matplotlib.pyplot as plt
import numpy as np

from classicseg.metrics import cross_entropy

rng = np.random.default_rng(0)
truth = (np.arange(120) > 60) * np.ones((90, 1), dtype=int)
image = 40.0 * truth + rng.normal(0, 15, truth.shape)
slopes = np.geomspace(0.01, 2, 30)


def bright(slope):
    """How likely a pixel is bright, for a method that is so sure."""
    return 1 / (1 + np.exp(-slope * (image - 20)))


scores = [cross_entropy(np.stack([1 - bright(slope), bright(slope)], axis=-1), truth) for slope in slopes]
best = slopes[np.argmin(scores)]

figure, panels = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
panels[0].imshow(image, cmap="gray")
panels[0].set_title("two classes, and noise")
panels[1].imshow(bright(best), cmap="gray")
panels[1].set_title("how likely each pixel is bright")
panels[2].semilogx(slopes, scores)
panels[2].axvline(best, color="C3")
panels[2].set(title="cross-entropy", xlabel="too unsure … too sure")
for axes in panels[:2]:
    axes.set_axis_off()
plt.show()

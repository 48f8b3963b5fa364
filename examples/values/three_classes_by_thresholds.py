"""
Three classes by two thresholds
===============================

Ground, object and highlight: where an image has three levels, two thresholds divide it.
``multi_otsu_thresholds`` finds the best pair exactly, of all pairs there are, and ``threshold_segment`` numbers
the classes from dark to bright.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import multi_otsu_thresholds, threshold_segment
from classicseg.extras.plot import histogram_with_thresholds, overlay

image = data.camera()
thresholds = multi_otsu_thresholds(image, n_classes=3)
labels = threshold_segment(image, n_classes=3)

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", width_ratios=[1, 1.2])
overlay(image, labels, ax=left).set_title("three classes")
histogram_with_thresholds(image, thresholds, ax=right).set_title("and where they part")
plt.show()

"""Pixels that learn
=================

Draw a few strokes, and let the pixels learn: labels, how sure they are, and what they looked at.

::

    python examples/pixels_that_learn.py [pixels_that_learn.png]

Needs classicseg[cli] (matplotlib, and scikit-image for the photograph).
"""

import sys

import numpy as np
from matplotlib.figure import Figure
from skimage import data

from classicseg import feature_importance, pixel_classifier_apply, pixel_classifier_fit
from classicseg.extras.plot import check_figure, overlay, save_figure

path = sys.argv[1] if len(sys.argv) > 1 else "pixels_that_learn.png"
check_figure(path)

# A section of a colon: glands (brown, with blue nuclei in them), the tissue between them (blue nuclei, too), and
# what is empty.
photograph = data.immunohistochemistry()
strokes = np.zeros(photograph.shape[:2], int)
strokes[148:152, 60:220] = strokes[88:92, 380:440] = strokes[408:412, 285:345] = 1
strokes[288:292, 170:250] = strokes[200:330, 478:482] = strokes[478:482, 200:240] = 2
strokes[338:342, 5:40] = strokes[418:422, 5:35] = 3

classifier = pixel_classifier_fit(photograph, strokes=strokes)
labels = pixel_classifier_apply(photograph, classifier)
probabilities = pixel_classifier_apply(photograph, classifier, probabilities=True)

figure = Figure(figsize=(11, 9), dpi=100, layout="constrained")
drawn, found, sure, counts = figure.subplots(2, 2).flat
overlay(photograph, strokes, ax=drawn)
drawn.set_title(f"strokes on {np.mean(strokes > 0):.1%} of the pixels")
overlay(photograph, labels, ax=found)
found.set_title("glands, what is between them, and nothing")
sure.imshow(probabilities.max(axis=0), cmap="gray", vmin=1 / 3, vmax=1)
sure.set_title("how sure the trees are, dark to bright")
for axes in (drawn, found, sure):
    axes.set_axis_off()
importance = list(feature_importance(classifier).items())[:10][::-1]
counts.barh([name for name, _ in importance], [share for _, share in importance])
counts.set_title("what told them apart")

counts.tick_params(labelsize=8)

save_figure(figure, path)
shares = ", ".join(f"{np.mean(labels == label):.0%}" for label in classifier.labels)
print(f"glands, tissue and nothing: {shares}; out of bag {classifier.score:.1%}; wrote {path}")

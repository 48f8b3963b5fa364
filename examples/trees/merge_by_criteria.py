"""
Merged into twenty
==================

``merge_segment`` joins small regions until so many are left. The criterion is what a merge costs: "contrast"
looks at the step between two regions, "ward" at how much the spread within them grows, which also spares what is
large.
"""

import matplotlib.pyplot as plt
from skimage import data

from classicseg import label_means, merge_segment

image = data.coffee()

figure, panels = plt.subplots(1, 3, figsize=(11, 3.1), layout="constrained")
panels[0].imshow(image)
panels[0].set_title("the photograph")
for axes, criterion in zip(panels[1:], ("contrast", "ward"), strict=True):
    labels = merge_segment(image, n_segments=20, criterion=criterion)
    axes.imshow(label_means(labels, image).astype("uint8"))
    axes.set_title(f'20 segments by "{criterion}"')
for axes in panels:
    axes.set_axis_off()
plt.show()

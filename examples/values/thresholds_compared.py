"""
All global thresholds on one image
==================================

Each criterion has its own idea of two classes: equal spread, most information, the corner of the histogram. On
the vessels of an eye they lead far apart, and a look at all of them is the quickest way to the one that fits.
"""

import matplotlib.pyplot as plt
from skimage import data

import classicseg

image = data.microaneurysms()
histogram = classicseg.pixel_histogram(image)
thresholds = {
    "Otsu": classicseg.otsu_threshold(histogram),
    "isodata": classicseg.isodata_threshold(histogram),
    "Kittler": classicseg.kittler_threshold(histogram),
    "Li": classicseg.li_threshold(histogram),
    "Kapur": classicseg.kapur_threshold(histogram),
    "Rényi": classicseg.renyi_threshold(histogram),
    "Yen": classicseg.yen_threshold(histogram),
    "Huang": classicseg.huang_threshold(histogram),
    "Shanbhag": classicseg.shanbhag_threshold(histogram),
    "triangle": classicseg.triangle_threshold(histogram),
    "minimum": classicseg.minimum_threshold(histogram),
    "mean": classicseg.mean_threshold(histogram),
    "moments": classicseg.moments_threshold(histogram),
    "Otsu, the upper of two": classicseg.multi_otsu_thresholds(histogram)[-1],
}
figure, panels = plt.subplots(3, 5, figsize=(11, 7.4), layout="constrained")
panels[0, 0].imshow(image, cmap="gray")
panels[0, 0].set_title("the image")
for axes, (name, threshold) in zip(panels.flat[1:], thresholds.items(), strict=True):
    axes.imshow(classicseg.threshold_segment(image, thresholds=threshold), cmap="gray")
    axes.set_title(f"{name}: {threshold:.4g}", fontsize=10)
for axes in panels.flat:
    axes.set_axis_off()
plt.show()

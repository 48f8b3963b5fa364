"""Pictures of segmentations and of their scores, drawn by matplotlib.

Functions that draw return the Axes, on a figure of their own or where `ax` says, and leave pyplot's state alone.
"""

from classicseg.extras.plot.curves import histogram_with_thresholds, precision_recall_plot
from classicseg.extras.plot.overlays import boundaries_plot, overlay
from classicseg.extras.plot.pictures import overlay_image
from classicseg.extras.plot.sheets import compare_sheet

__all__ = [
    "boundaries_plot",
    "compare_sheet",
    "histogram_with_thresholds",
    "overlay",
    "overlay_image",
    "precision_recall_plot",
]

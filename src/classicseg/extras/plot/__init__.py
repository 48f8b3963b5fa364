"""Pictures of segmentations: on their image, beside a truth, side by side; histograms; precision against recall.

Every function that draws takes `ax`, the axes to draw in, and returns the axes. Without `ax` it makes a figure of
its own, which pyplot knows nothing of: show it with ``axes.figure`` in a notebook, save it with
``save_figure(axes.figure, path)``, and forget it; nothing is left open. `overlay_image` needs no matplotlib, and
the others import it when they are called.
"""

from classicseg.extras.plot.boundaries import boundaries_plot
from classicseg.extras.plot.histograms import histogram_with_thresholds
from classicseg.extras.plot.overlays import overlay, overlay_image
from classicseg.extras.plot.precision import precision_recall_plot
from classicseg.extras.plot.saving import check_figure, save_figure
from classicseg.extras.plot.sheets import compare_sheet
from classicseg.extras.plot.trees import dendrogram_plot, scales_plot

__all__ = [
    "boundaries_plot",
    "check_figure",
    "compare_sheet",
    "dendrogram_plot",
    "histogram_with_thresholds",
    "overlay",
    "overlay_image",
    "precision_recall_plot",
    "save_figure",
    "scales_plot",
]

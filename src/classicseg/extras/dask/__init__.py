"""The catalogue in tiles: dask arrays in, lazy labels out, which are those of the whole image, bit for bit.

Names, options and errors are those of `classicseg` and `classicseg.metrics`. What must be known of the whole
image first is found when a function is called, with the scheduler that dask has at that time: the client of a
cluster, or threads. What has no exact result in tiles is refused, by name.
"""

from collections.abc import Callable as _Callable
from typing import Any as _Any

import classicseg as _classicseg
from classicseg.extras.dask import histogram_methods as _histogram_methods
from classicseg.extras.dask.boundary import boundary_segment as boundary_segment
from classicseg.extras.dask.edges import canny_edges as canny_edges
from classicseg.extras.dask.edges import gradient_segment as gradient_segment
from classicseg.extras.dask.filters import gradient_components as gradient_components
from classicseg.extras.dask.filters import gradient_magnitude as gradient_magnitude
from classicseg.extras.dask.growing import region_growing_segment as region_growing_segment
from classicseg.extras.dask.histogram_methods import choose_n_clusters as choose_n_clusters
from classicseg.extras.dask.histogram_methods import kmeans_assign as kmeans_assign
from classicseg.extras.dask.histogram_methods import kmeans_fit as kmeans_fit
from classicseg.extras.dask.histogram_methods import kmeans_segment as kmeans_segment
from classicseg.extras.dask.histogram_methods import pixel_histogram as pixel_histogram
from classicseg.extras.dask.histogram_methods import threshold_segment as threshold_segment
from classicseg.extras.dask.local import local_threshold_segment as local_threshold_segment
from classicseg.extras.dask.mean_shift import mean_shift_segment as mean_shift_segment
from classicseg.extras.dask.pixel_classes import pixel_classifier_apply as pixel_classifier_apply
from classicseg.extras.dask.regions import connected_regions as connected_regions
from classicseg.extras.dask.regions import region_boundaries as region_boundaries
from classicseg.extras.dask.scores import achievable_accuracy as achievable_accuracy
from classicseg.extras.dask.scores import adapted_rand_error as adapted_rand_error
from classicseg.extras.dask.scores import adjusted_rand_index as adjusted_rand_index
from classicseg.extras.dask.scores import average_precision as average_precision
from classicseg.extras.dask.scores import confusion_matrix as confusion_matrix
from classicseg.extras.dask.scores import contingency_table as contingency_table
from classicseg.extras.dask.scores import dice as dice
from classicseg.extras.dask.scores import iou as iou
from classicseg.extras.dask.scores import panoptic_quality as panoptic_quality
from classicseg.extras.dask.scores import pixel_accuracy as pixel_accuracy
from classicseg.extras.dask.scores import probabilistic_rand_index as probabilistic_rand_index
from classicseg.extras.dask.scores import rand_index as rand_index
from classicseg.extras.dask.scores import segmentation_covering as segmentation_covering
from classicseg.extras.dask.scores import undersegmentation_error as undersegmentation_error
from classicseg.extras.dask.scores import variation_of_information as variation_of_information

globals().update(_histogram_methods.tiled_thresholds())  # otsu_threshold and its like


def __getattr__(name: str) -> _Callable[..., _Any]:
    if name == "classify_segment":
        raise AttributeError(
            "classify_segment learns from strokes on the image as a whole; learn from some parts of it with "
            "classicseg.pixel_classifier_fit, and give the tiles to pixel_classifier_apply"
        )
    if hasattr(_classicseg, name):
        raise AttributeError(
            f"{name} depends on the image as a whole, and has no exact result in tiles; take the array as a "
            "whole, image.compute(); if it is too large for that, cut it into parts or make it smaller first"
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

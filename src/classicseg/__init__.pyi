import collections.abc
import typing

from . import metrics as metrics
from .edges.canny import canny_edges as canny_edges
from .edges.learned.detector import boundary_probability as boundary_probability
from .edges.learned.thinning import thin_boundaries as thin_boundaries
from .edges.linking import link_edges as link_edges
from .edges.subpixel import canny_edge_points as canny_edge_points
from .edges.zero_crossings import zero_crossing_edges as zero_crossing_edges
from .extras.files.geometry import Geometry as Geometry
from .extras.files.label_files import write_labels as write_labels
from .extras.files.pictures import Picture as Picture
from .extras.files.reading import read_image as read_image
from .filters.color import rgb_to_lab as rgb_to_lab
from .filters.distances import distance_map as distance_map
from .filters.gradients import gradient_components as gradient_components
from .filters.gradients import gradient_magnitude as gradient_magnitude
from .flooding.splitting import split_touching as split_touching
from .growing.separating import separating_tolerance as separating_tolerance
from .histograms.pixel_histogram import merge_histograms as merge_histograms
from .histograms.pixel_histogram import pixel_histogram as pixel_histogram
from .labeling.cleaning import clear_border as clear_border
from .labeling.cleaning import keep_largest as keep_largest
from .labeling.cleaning import remove_small_regions as remove_small_regions
from .labeling.connected import connected_regions as connected_regions
from .labeling.expansion import expand_labels as expand_labels
from .labeling.holes import fill_holes as fill_holes
from .labeling.majority import smooth_labels as smooth_labels
from .labeling.refining import refine_outlines as refine_outlines
from .labeling.relabeling import relabel as relabel
from .metrics.majority import majority_classes as majority_classes
from .regions.columns import RegionTable as RegionTable
from .regions.graph import region_graph as region_graph
from .regions.label_images import label_means as label_means
from .regions.label_images import region_boundaries as region_boundaries
from .regions.outlines import region_outlines as region_outlines
from .regions.small_regions import merge_small_regions as merge_small_regions
from .regions.table import filter_regions as filter_regions
from .regions.table import region_table as region_table
from .segmentation.boundary import boundary_segment as boundary_segment
from .segmentation.contour import contour_segment as contour_segment
from .segmentation.etps import etps_segment as etps_segment
from .segmentation.felzenszwalb import felzenszwalb_segment as felzenszwalb_segment
from .segmentation.grabcut import grabcut_segment as grabcut_segment
from .segmentation.gradient import gradient_segment as gradient_segment
from .segmentation.graph_cut import graph_cut_segment as graph_cut_segment
from .segmentation.ink import ink_segment as ink_segment
from .segmentation.kmeans import kmeans_assign as kmeans_assign
from .segmentation.kmeans import kmeans_fit as kmeans_fit
from .segmentation.kmeans import kmeans_segment as kmeans_segment
from .segmentation.local_threshold import local_threshold_segment as local_threshold_segment
from .segmentation.mean_shift import mean_shift_segment as mean_shift_segment
from .segmentation.merge import merge_segment as merge_segment
from .segmentation.multiresolution import multiresolution_segment as multiresolution_segment
from .segmentation.n_clusters import choose_n_clusters as choose_n_clusters
from .segmentation.palette import palette_image as palette_image
from .segmentation.region_growing import region_growing_segment as region_growing_segment
from .segmentation.slic import slic_segment as slic_segment
from .segmentation.snic import snic_segment as snic_segment
from .segmentation.srm import srm_segment as srm_segment
from .segmentation.threshold import threshold_segment as threshold_segment
from .segmentation.watershed import watershed_segment as watershed_segment
from .superpixels.seed_grid import seed_grid as seed_grid
from .thresholds.entropy import kapur_threshold as kapur_threshold
from .thresholds.entropy import li_threshold as li_threshold
from .thresholds.entropy import renyi_threshold as renyi_threshold
from .thresholds.entropy import yen_threshold as yen_threshold
from .thresholds.fuzzy import huang_threshold as huang_threshold
from .thresholds.fuzzy import shanbhag_threshold as shanbhag_threshold
from .thresholds.moments import mean_threshold as mean_threshold
from .thresholds.moments import moments_threshold as moments_threshold
from .thresholds.shape import minimum_threshold as minimum_threshold
from .thresholds.shape import triangle_threshold as triangle_threshold
from .thresholds.variance import isodata_threshold as isodata_threshold
from .thresholds.variance import kittler_threshold as kittler_threshold
from .thresholds.variance import multi_otsu_thresholds as multi_otsu_thresholds
from .thresholds.variance import otsu_threshold as otsu_threshold
from .trees.boundary_tree import boundary_tree as boundary_tree
from .trees.contour_tree import contour_tree as contour_tree
from .trees.contours import contour_strengths as contour_strengths
from .trees.cuts import cut_tree as cut_tree
from .trees.flat_zones import flat_zone_tree as flat_zone_tree
from .trees.linkage import merges_of as merges_of
from .trees.merge_tree import merge_tree as merge_tree
from .trees.scales import choose_scale as choose_scale
from .trees.watershed_basins import watershed_tree as watershed_tree
from .types import BoundaryMap as BoundaryMap
from .types import Classes as Classes
from .types import EdgePoints as EdgePoints
from .types import KMeansResult as KMeansResult
from .types import Labels as Labels
from .types import Named as Named
from .types import PaletteImage as PaletteImage
from .types import PixelHistogram as PixelHistogram
from .types import RegionGraph as RegionGraph
from .types import RegionOutline as RegionOutline
from .types import RegionOutlines as RegionOutlines
from .types import RegionTree as RegionTree
from .types import Regions as Regions
from .types import Relabeled as Relabeled
from .types import ScaleCurve as ScaleCurve
from .types import Segmenter as Segmenter
from .types import Superpixels as Superpixels
from .workers import set_workers as set_workers

__version__: str

@typing.overload
def segmenters(
    kind: typing.Literal["classes", "regions", "superpixels"] | None = None,
) -> dict[str, Segmenter]: ...
@typing.overload
def segmenters(kind: typing.Literal["seeded"]) -> dict[str, collections.abc.Callable[..., Labels]]: ...

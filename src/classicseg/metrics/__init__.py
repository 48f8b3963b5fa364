"""Scores of a segmentation against the truth: the truth comes first, then the labels.

Every function takes label images of any dimension, leaves out what `mask` and `ignore_label` leave out, and says
what it returns where its definition divides by zero.
"""

from classicseg.metrics.binary import f_measure as f_measure
from classicseg.metrics.binary import pseudo_f_measure as pseudo_f_measure
from classicseg.metrics.boundaries import BoundaryF1 as BoundaryF1
from classicseg.metrics.boundaries import boundary_f1 as boundary_f1
from classicseg.metrics.boundaries import boundary_f1_dilated as boundary_f1_dilated
from classicseg.metrics.compactness import compactness as compactness
from classicseg.metrics.confusion import ConfusionMatrix as ConfusionMatrix
from classicseg.metrics.confusion import confusion_matrix as confusion_matrix
from classicseg.metrics.confusion import pixel_accuracy as pixel_accuracy
from classicseg.metrics.contingency import Contingency as Contingency
from classicseg.metrics.contingency import contingency_table as contingency_table
from classicseg.metrics.contingency import merge_contingency_tables as merge_contingency_tables
from classicseg.metrics.distances import average_surface_distance as average_surface_distance
from classicseg.metrics.distances import hausdorff as hausdorff
from classicseg.metrics.distances import hausdorff95 as hausdorff95
from classicseg.metrics.distortion import drd as drd
from classicseg.metrics.distortion import psnr as psnr
from classicseg.metrics.edge_curves import EdgeCurve as EdgeCurve
from classicseg.metrics.edge_curves import EdgeScores as EdgeScores
from classicseg.metrics.edge_curves import edge_curve as edge_curve
from classicseg.metrics.edge_curves import ods_ois_ap as ods_ois_ap
from classicseg.metrics.edges import EdgeCounts as EdgeCounts
from classicseg.metrics.edges import match_edges as match_edges
from classicseg.metrics.instances import AveragePrecision as AveragePrecision
from classicseg.metrics.instances import PanopticQuality as PanopticQuality
from classicseg.metrics.instances import average_precision as average_precision
from classicseg.metrics.instances import panoptic_quality as panoptic_quality
from classicseg.metrics.overlap import Overlap as Overlap
from classicseg.metrics.overlap import dice as dice
from classicseg.metrics.overlap import iou as iou
from classicseg.metrics.overlap import match_labels as match_labels
from classicseg.metrics.partitions import VariationOfInformation as VariationOfInformation
from classicseg.metrics.partitions import segmentation_covering as segmentation_covering
from classicseg.metrics.partitions import variation_of_information as variation_of_information
from classicseg.metrics.probabilities import cross_entropy as cross_entropy
from classicseg.metrics.rand import AdaptedRandError as AdaptedRandError
from classicseg.metrics.rand import adapted_rand_error as adapted_rand_error
from classicseg.metrics.rand import adjusted_rand_index as adjusted_rand_index
from classicseg.metrics.rand import probabilistic_rand_index as probabilistic_rand_index
from classicseg.metrics.rand import rand_index as rand_index
from classicseg.metrics.regularity import contour_density as contour_density
from classicseg.metrics.regularity import count_control as count_control
from classicseg.metrics.regularity import segment_connectivity as segment_connectivity
from classicseg.metrics.structural_similarity import ssim as ssim
from classicseg.metrics.superpixels import achievable_accuracy as achievable_accuracy
from classicseg.metrics.superpixels import boundary_recall as boundary_recall
from classicseg.metrics.superpixels import explained_variation as explained_variation
from classicseg.metrics.superpixels import undersegmentation_error as undersegmentation_error

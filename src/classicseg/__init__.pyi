from ._core.bands import set_workers as set_workers
from ._core.labels import connected_regions as connected_regions
from ._core.labels import region_boundaries as region_boundaries
from ._core.labels import region_table as region_table
from .filters.canny import canny_edges as canny_edges
from .filters.gradients import gradient_magnitude as gradient_magnitude
from .segmentation.boundary import boundary_segment as boundary_segment
from .segmentation.gradient import gradient_segment as gradient_segment
from .segmentation.kmeans import kmeans_assign as kmeans_assign
from .segmentation.kmeans import kmeans_fit as kmeans_fit
from .segmentation.kmeans import kmeans_segment as kmeans_segment
from .segmentation.region_growing import region_growing_segment as region_growing_segment
from .segmentation.threshold import multi_otsu_thresholds as multi_otsu_thresholds
from .segmentation.threshold import otsu_threshold as otsu_threshold
from .segmentation.threshold import threshold_segment as threshold_segment
from .types import KMeansResult as KMeansResult
from .types import Labels as Labels
from .types import RegionTable as RegionTable
from .types import Segmenter as Segmenter

__version__: str

def segmenters() -> dict[str, Segmenter]: ...

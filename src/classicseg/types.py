"""The words that the whole package speaks: what a segmenter is, what labels are, what results hold."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Protocol, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

Labels: TypeAlias = NDArray[np.int32]
"""int32, the image's spatial shape: 0 takes no part or is not assigned, segments are 1 … n."""

Classes: TypeAlias = Annotated[Labels, "classes"]
"""Labels that values decide: a class need not be connected. Classes are numbered by their center, dark to
bright."""

Regions: TypeAlias = Annotated[Labels, "regions"]
"""Labels of connected segments, numbered by their first pixel in raster order. Where the caller names the
segments, by seeds or markers, those names stay."""

Superpixels: TypeAlias = Annotated[Labels, "superpixels"]
"""Connected segments of about equal size, about as many as the option ``n_segments`` asks for, numbered as regions
are."""

Named: TypeAlias = Annotated[Labels, "classes", "seeded"]
"""Labels that values decide and a person names: by strokes, or by another option that says where to begin."""

Kind: TypeAlias = Literal["classes", "regions", "superpixels", "seeded"]
"""What a segmenter makes, as its return annotation says; ``"seeded"``: it needs seeds beside the image."""

ChannelAxis: TypeAlias = int | Literal["auto"] | None
"""The axis that holds the channels; ``None``: every axis is spatial; ``"auto"``: a third or later axis of
length 1 to 4 holds the channels."""

Mask: TypeAlias = ArrayLike | None
"""bool, the image's spatial shape, True where a pixel takes part; what is masked of a masked array takes none."""

Weights: TypeAlias = ArrayLike | None
"""Real, the image's spatial shape, at least 0: how much a pixel counts; what is masked weighs 0."""

Seeds: TypeAlias = ArrayLike | Mapping[int, ArrayLike] | None
"""Points (n, ndim) in index order; or the points of each region under its label; or an integer marker image of the
image's spatial shape. What is masked of a masked array is no seed."""

SegmentCounts: TypeAlias = int | Sequence[int] | None
"""How many segments; of several numbers there are labels for each, along a first axis."""

Heights: TypeAlias = float | Sequence[float] | None
"""Up to which height segments merge; of several numbers there are labels for each, along a first axis."""

Norm: TypeAlias = Literal["euclidean", "maximum"]
"""The distance of two colors: the root of the sum over the channels of squared differences, or the largest
difference."""

Spacing: TypeAlias = float | Sequence[float] | None
"""The distance between neighboring pixels: one number, or one for each axis."""

EdgeDetector: TypeAlias = Literal["canny", "sobel", "log"] | Callable[[Any], ArrayLike] | ArrayLike
"""What finds edges: a detector by name, a function from an image to an edge map, or the edge map."""

ThresholdName: TypeAlias = Literal[
    "otsu", "multi_otsu", "isodata", "kittler", "li", "kapur", "renyi", "yen", "huang", "shanbhag", "triangle",
    "minimum", "mean", "moments"
]  # fmt: skip
"""The global thresholds by name: the keys of the table in `thresholds.names`, for type checkers."""

FeatureNames: TypeAlias = str | Sequence[str]
"""Features of pixels by name; "standard" stands for some."""

Random: TypeAlias = int | np.random.Generator | None
"""A seed or a generator for `numpy.random.default_rng`; ``None`` draws a new seed."""


class Segmenter(Protocol):
    """Anything that turns an image into labels."""

    def __call__(self, image: ArrayLike, /) -> Labels: ...


def kind_of(segmenter: Callable[..., Labels]) -> Kind:
    """Read the kind of a segmenter from its signature.

    An option without a default makes it "seeded", and so does the return annotation `Named`. Otherwise that says
    the kind: `Classes`, `Regions` or `Superpixels`. A `functools.partial` that holds the seeds has the kind of its
    labels.
    """
    signature = inspect.signature(segmenter, eval_str=True)
    options = [option for option in signature.parameters.values() if option.kind is option.KEYWORD_ONLY]
    if any(option.default is option.empty for option in options):
        return "seeded"
    declared = getattr(signature.return_annotation, "__metadata__", ())
    if "seeded" in declared and not isinstance(segmenter, functools.partial):
        return "seeded"
    for kind in get_args(Kind):
        if kind in declared:
            return kind
    name = getattr(segmenter, "__name__", repr(segmenter))
    raise TypeError(f"{name} declares no kind of labels; expected -> Classes, -> Regions or -> Superpixels")


def _in_notebook(result: Any) -> str:
    """What a notebook shows of a result; what makes pictures is loaded when one asks."""
    found: str = importlib.import_module("classicseg.extras.notebook").html_of(result)
    return found


class PixelHistogram(NamedTuple):
    """The distinct values, or colors, of one image or several."""

    values: NDArray[Any]
    """(n, channels), each row once."""
    counts: NDArray[np.int64]
    """(n,), the number of pixels that have it."""


class KMeansResult(NamedTuple):
    """What `kmeans_fit` found."""

    centers: NDArray[np.float64]
    """(n_clusters, channels), dark to bright, in the image's own units; with a `spatial_weight` the weighted
    coordinates follow."""
    counts: NDArray[Any]
    """(n_clusters,), the pixels of each cluster (int64), or the sum of their weights where there are any
    (float64)."""
    inertia: float
    """The weighted sum of squared distances of the pixels to their centers."""
    n_iter: int
    """Iterations done; 0 where the optimum was computed directly."""
    converged: bool
    """False where the iteration stopped at ``max_iter``."""

    def _repr_html_(self) -> str:
        return _in_notebook(self)


class PixelFeatures(NamedTuple):
    """What the neighborhoods of pixels look like."""

    planes: NDArray[np.float32]
    """(n_features, M, N[, …]); 0 where a pixel takes no part."""
    names: tuple[str, ...]
    """What each plane is, such as "gaussian, scale 2" or "laplacian, scale 1, channel 0"."""


class PaletteImage(NamedTuple):
    """An image in few colors."""

    labels: Classes
    """Of the image's spatial shape: the number of each pixel's color, from 1; 0 takes no part."""
    colors: NDArray[Any]
    """(n, channels), from dark to bright, in the image's dtype; each of them has a pixel."""

    def _repr_html_(self) -> str:
        return _in_notebook(self)


class EdgePoints(NamedTuple):
    """One row for each edge pixel, in raster order."""

    pixels: NDArray[np.int64]
    """(n, ndim), the index of the pixel."""
    points: NDArray[np.float64]
    """(n, ndim), where the gradient has its maximum along its direction, in index units: at most half a step of
    the longest axis from the pixel."""
    magnitude: NDArray[np.float64]
    """(n,), the gradient there, in value units per unit of ``spacing``."""
    orientation: NDArray[np.float64]
    """(n, ndim), the unit vector along the gradient, from dark to bright; of several channels with either sign."""


class BoundaryMap(NamedTuple):
    """How sure a boundary is at each pixel, and which way it runs."""

    strength: NDArray[np.float32]
    """(M, N), from 0 to 1; 0 where a pixel takes no part."""
    orientation: NDArray[np.float32]
    """(M, N), the direction along the boundary, in radians from 0 to less than π, from that of the columns towards
    that of the rows, in 256 steps; 0 where there is none."""

    def _repr_html_(self) -> str:
        return _in_notebook(self)


class Relabeled(NamedTuple):
    """Labels that are numbered, and what they were."""

    labels: Labels
    """1 … n in ascending order of the names; 0 belongs to none."""
    names: NDArray[Any]
    """(n + 1,), the label that each number had; 0 for 0."""


class RegionOutline(NamedTuple):
    """A polygon: one piece of a segment. Points are (row, column), with pixel (0, 0) from 0 to 1 in both."""

    label: int
    exterior: NDArray[np.int32]
    """(n, 2), clockwise on the screen; the last point joins the first."""
    holes: list[NDArray[np.int32]]
    """The same of each hole, counterclockwise."""


class RegionOutlines(NamedTuple):
    """Polygons in ascending order of ``label``, those of one label by their first pixel."""

    label: NDArray[np.int32]
    """(n,), each label as often as it has polygons."""
    points: NDArray[np.int32]
    """(n_points, 2), row and column of the points of all rings; pixel (0, 0) goes from 0 to 1 in both."""
    ring_starts: NDArray[np.int64]
    """(n_rings + 1,), where in ``points`` each ring begins, and ``n_points``. The last point joins the first."""
    polygon_starts: NDArray[np.int64]
    """(n + 1,), the first ring of each polygon, its exterior, which its holes follow; and ``n_rings``."""

    def polygons(self) -> Iterator[RegionOutline]:
        """Go through the polygons: views of the points, ring by ring."""
        rings, starts = np.split(self.points, self.ring_starts[1:-1]), self.polygon_starts.tolist()
        for label, first, stop in zip(self.label.tolist(), starts[:-1], starts[1:], strict=True):
            yield RegionOutline(label, rings[first], rings[first + 1 : stop])


class RegionGraph(NamedTuple):
    """One row for each pair of regions that touch, in ascending order of ``pairs``."""

    pairs: NDArray[np.int32]
    """(m, 2), two labels, the lower one first."""
    lengths: NDArray[np.float64]
    """(m,), the length of their border, in three dimensions its area, in units of ``spacing``: that of the faces
    that pixels share; 0 where they share corners only."""
    differences: NDArray[np.float64]
    """(m, channels), the mean value of the second less that of the first; no columns where no image was given."""
    borders: NDArray[np.float64]
    """(m,), the mean strength of the boundaries between them; empty where none were given."""


class ScaleCurve(NamedTuple):
    """What `choose_scale` found, one number for each scale, from fine to coarse."""

    heights: NDArray[np.float64]
    """(n_scales,), ascending: `cut_tree` takes them."""
    n_segments: NDArray[np.int64]
    """(n_scales,), how many segments there are."""
    local_variance: NDArray[np.float64]
    """(n_scales,), the mean over the segments of the standard deviation within each, in the image's units."""
    rate: NDArray[np.float64]
    """(n_scales,), the rise of ``local_variance`` from the scale before, as a share of it; 0 for the first."""
    height: float
    """The scale chosen."""


class RegionTree(NamedTuple):
    """Regions at all scales: the finest ones, and which merge into which, at what height.

    Node ``i < n`` is the region labeled ``i + 1``. The nodes from n on are merges of two: in ascending order of
    their heights, so that a parent comes after its children. An image, or a mask, of several pieces has as many
    roots.
    """

    regions: Regions
    """The finest regions, 1 … n; 0 takes no part."""
    parents: NDArray[np.int32]
    """(n_nodes,), the node that each one merges into; a root is its own parent."""
    heights: NDArray[np.float64]
    """(n_nodes,), where a node comes to be: 0 for the finest regions, never falling towards the root."""
    areas: NDArray[np.float64]
    """(n_nodes,), pixels times the volume of one (``spacing``)."""

    def _repr_html_(self) -> str:
        return _in_notebook(self)

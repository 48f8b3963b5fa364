"""How good the methods are, on images with ground truth, beside those of other libraries."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.quality.boundaries import boundaries
from benchmarks.quality.defaults import defaults
from benchmarks.quality.documents import documents
from benchmarks.quality.edges import edges
from benchmarks.quality.objects import membranes, nuclei
from benchmarks.quality.palettes import palettes
from benchmarks.quality.regions import regions
from benchmarks.quality.scenes import scenes
from benchmarks.quality.streets import streets
from benchmarks.quality.strokes import strokes
from benchmarks.quality.superpixels import superpixels
from benchmarks.tables import Section

PARTS: dict[str, Callable[[Path], Section]] = {
    "edges": edges,
    "boundaries": boundaries,
    "regions": regions,
    "superpixels": superpixels,
    "documents": documents,
    "nuclei": nuclei,
    "membranes": membranes,
    "scenes": scenes,
    "streets": streets,
    "palettes": palettes,
    "strokes": strokes,
    "defaults": defaults,
}
"""What `python -m benchmarks quality` scores."""

"""The most memory that functions take, beside what goes in and comes out, as docs/memory.md has it.

``python tests/test_memory.py`` prints the rows of that page.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from classicseg.thresholds.names import METHODS

MEASURE = """
import sys
import numpy as np
from skimage import data
import classicseg
from classicseg import metrics

def status(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))

call, kind, length = sys.argv[1], sys.argv[2], int(sys.argv[3])
photo = np.kron(data.astronaut(), np.ones((4, 4, 1), np.uint8))[:length, :length]
noise = np.random.default_rng(0).integers(0, 256, photo.shape, dtype=np.uint8)
color = np.ascontiguousarray(photo if kind == "photo" else noise)
function = eval("lambda color, grey, labels, others, edges, markers: " + call)

def inputs(color):
    grey = color[..., 1].copy()
    labels, others = (classicseg.connected_regions((grey + off) // 64 + 1) for off in (0, 9))
    edges = classicseg.canny_edges(grey) if "edges)" in call else None
    markers = np.zeros(grey.shape, np.int32)
    markers[10::25, 10::25] = np.arange(markers[10::25, 10::25].size).reshape(markers[10::25, 10::25].shape) + 1
    return color, grey, labels, others, edges, markers

def size_of(result):
    result = list(result.values()) if isinstance(result, dict) else result
    parts = result if isinstance(result, tuple | list) else [result]
    return sum(getattr(part, "nbytes", 0) for part in parts)

function(*inputs(color[:60, :60].copy()))  # compiled, and imported
given = inputs(color)
before = status("VmRSS")
open("/proc/self/clear_refs", "w").write("5")  # the peak counts from here on
result = function(*given)
print((status("VmHWM") - before - size_of(result)) / given[1].size)
"""

THRESHOLDS = [method.function.__name__ for name, method in METHODS.items() if name != "multi_otsu"]
TWO_LABELINGS = [
    "pixel_accuracy",
    "iou",
    "dice",
    "match_labels",
    "contingency_table",
    "rand_index",
    "adjusted_rand_index",
    "probabilistic_rand_index",
    "adapted_rand_error",
    "variation_of_information",
    "segmentation_covering",
    "boundary_f1",
    "boundary_f1_dilated",
    "boundary_recall",
    "panoptic_quality",
    "average_precision",
    "achievable_accuracy",
    "undersegmentation_error",
]
TWO_SETS = [
    "f_measure",
    "pseudo_f_measure",
    "psnr",
    "drd",
    "hausdorff",
    "hausdorff95",
    "average_surface_distance",
    "match_edges",
]

CALLS = {
    **{name: f"classicseg.{name}(grey)" for name in THRESHOLDS},
    "multi_otsu_thresholds": "classicseg.multi_otsu_thresholds(grey, n_classes=4)",
    "pixel_histogram, color": "classicseg.pixel_histogram(color)",
    "threshold_segment": "classicseg.threshold_segment(grey)",
    "threshold_segment, float32": "classicseg.threshold_segment(grey / np.float32(255))",
    "local_threshold_segment": "classicseg.local_threshold_segment(grey)",
    "kmeans_segment, grey": "classicseg.kmeans_segment(grey, n_clusters=4)",
    "kmeans_segment, color": "classicseg.kmeans_segment(color, n_clusters=4)",
    "kmeans_fit, color": "classicseg.kmeans_fit(color, n_clusters=4)",
    "kmeans_assign, color": "classicseg.kmeans_assign(color, [[0, 0, 0], [99, 99, 99], [200, 200, 200]])",
    "choose_n_clusters, color": "classicseg.choose_n_clusters(color)",
    "rgb_to_lab": "classicseg.rgb_to_lab(color)",
    "gradient_magnitude": "classicseg.gradient_magnitude(grey)",
    "gradient_magnitude, sigma 2": "classicseg.gradient_magnitude(grey, sigma=2)",
    "gradient_components": "classicseg.gradient_components(grey)",
    "gradient_segment": "classicseg.gradient_segment(grey)",
    "canny_edges": "classicseg.canny_edges(grey)",
    "canny_edge_points": "classicseg.canny_edge_points(grey)",
    "zero_crossing_edges": "classicseg.zero_crossing_edges(grey, sigma=2)",
    "link_edges": "classicseg.link_edges(edges)",
    "connected_regions": "classicseg.connected_regions(labels)",
    "region_boundaries": "classicseg.region_boundaries(labels)",
    "region_table": "classicseg.region_table(labels)",
    "region_table, with an image": "classicseg.region_table(labels, grey)",
    'region_table, properties="all"': 'classicseg.region_table(labels, grey, properties="all")',
    "filter_regions": "classicseg.filter_regions(labels, np.arange(labels.max()) % 2 > 0)",
    "label_means": "classicseg.label_means(labels, grey)",
    "region_growing_segment": "classicseg.region_growing_segment(grey)",
    "region_growing_segment, a seed": "classicseg.region_growing_segment(grey, seeds=[(20, 20)], tolerance=40)",
    "separating_tolerance": "classicseg.separating_tolerance(grey, [(5, 5)], [(50, 40)])",
    "boundary_segment": "classicseg.boundary_segment(grey)",
    "felzenszwalb_segment": "classicseg.felzenszwalb_segment(color)",
    "felzenszwalb_segment, neighbors at corners": "classicseg.felzenszwalb_segment(color, connectivity=2)",
    "srm_segment": "classicseg.srm_segment(color)",
    "mean_shift_segment": "classicseg.mean_shift_segment(color)",
    "merge_segment": "classicseg.merge_segment(color)",
    "multiresolution_segment": "classicseg.multiresolution_segment(color, scale=50)",
    "slic_segment": "classicseg.slic_segment(color)",
    "etps_segment": "classicseg.etps_segment(color)",
    "snic_segment": "classicseg.snic_segment(color)",
    "merge_tree": "classicseg.merge_tree(color)",
    'merge_tree, criterion="ward"': 'classicseg.merge_tree(color, criterion="ward")',
    "flat_zone_tree": "classicseg.flat_zone_tree(grey)",
    "watershed_tree": "classicseg.watershed_tree(grey)",
    'watershed_tree, order="area"': 'classicseg.watershed_tree(grey, order="area")',
    "watershed_segment": "classicseg.watershed_segment(grey)",
    'watershed_segment, surface="image"': 'classicseg.watershed_segment(grey, surface="image")',
    "watershed_segment, markers on a grid": "classicseg.watershed_segment(grey, markers=markers)",
    "confusion_matrix": "metrics.confusion_matrix(grey // 64, grey // 50)",
    **{name: f"metrics.{name}(labels, others)" for name in TWO_LABELINGS},
    **{name: f"metrics.{name}(grey > 128, grey > 140)" for name in TWO_SETS},
    "compactness": "metrics.compactness(labels)",
    "contour_density": "metrics.contour_density(labels)",
    "count_control": "metrics.count_control(labels, n_segments=400)",
    "segment_connectivity": "metrics.segment_connectivity(labels)",
    "explained_variation, color": "metrics.explained_variation(color, labels)",
}
"""`labels` and `others` are the connected regions of four levels of grey, and `edges` Canny's."""


def bytes_a_pixel(call: str, kind: str, length: int) -> float:
    # glibc keeps freed arrays below a limit that grows with them; a fixed one tells what is in use
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "131072"}
    command = [sys.executable, "-c", MEASURE, call, kind, str(length)]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert found.returncode == 0, found.stderr
    return float(found.stdout)


@pytest.mark.jit
@pytest.mark.large
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize(
    ("name", "kind", "most"),
    [
        ("watershed_segment", "photo", 18),
        ('watershed_segment, surface="image"', "photo", 11),
        ("boundary_f1", "noise", 260),
    ],
)
def test_the_peak_is_what_the_docs_say(name, kind, most):
    """2 bytes a pixel are for what a thread takes."""
    assert bytes_a_pixel(CALLS[name], kind, 1500 if name != "boundary_f1" else 400) < most + 2


def _row(name: str, call: str) -> str:
    cells = []
    for kind in ("photo", "noise"):
        try:
            cells.append(f"{max(bytes_a_pixel(call, kind, 2000), 0):.1f}")
        except subprocess.TimeoutExpired:
            cells.append("longer than 10 minutes")
    function, _, options = name.partition(",")
    return f"| `{function}`{',' * bool(options)}{options} | {' | '.join(cells)} |"


if __name__ == "__main__":
    for name, call in CALLS.items():
        print(_row(name, call), flush=True)

"""What is done in tiles; run as a module, one of them from Zarr to Zarr, with its time and its peak of memory.

python -m benchmarks.tiles.work METHOD IMAGE.zarr LABELS.zarr
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

METHODS: dict[str, Callable[[Any, Any], Any]] = {
    "Otsu": lambda package, image: package.threshold_segment(image),
    "k-means of colors": lambda package, image: package.kmeans_segment(image, n_clusters=4),
    "Canny, numbers": lambda package, image: package.canny_edges(image, low=3, high=9),
    "Canny, Otsu": lambda package, image: package.canny_edges(image),
    "components": lambda package, image: package.connected_regions(image >= 128),
}
OF_COLORS = {"k-means of colors"}


def main(method: str, source: str, target: str) -> None:
    """Print the seconds and the peak of resident memory, in MB, of a whole run in this process."""
    from classicseg.extras import dask as tiled
    from classicseg.extras.dask.storing import store_labels
    from classicseg.extras.files.chunked import open_chunked

    image = open_chunked(source).pixels
    start = time.perf_counter()
    store_labels(target, lambda: METHODS[method](tiled, image), {"method": method})
    seconds = time.perf_counter() - start
    status = Path("/proc/self/status").read_text(encoding="ascii")  # getrusage has the parent's peak, too
    peak = int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1e3
    print(json.dumps({"seconds": seconds, "peak": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
